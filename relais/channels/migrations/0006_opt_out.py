from django.db import migrations, models
from django.db.models import Q
from django.db.models.functions import Left


def shorten(apps, schema_editor):
    """Forty signs of the same digest: who wrote STOP stays stopped."""
    apps.get_model("channels", "OptOut").objects.update(digest=Left("digest", 40))


class Migration(migrations.Migration):
    dependencies = [("channels", "0005_inbound_danger")]
    operations = [
        migrations.RemoveConstraint("stopped", "stopped_once"),
        migrations.RenameModel("Stopped", "OptOut"),
        migrations.RunSQL(
            "ALTER INDEX IF EXISTS channels_stopped_pkey RENAME TO channels_optout_pkey;"
            "ALTER SEQUENCE IF EXISTS channels_stopped_id_seq RENAME TO channels_optout_id_seq;",
            migrations.RunSQL.noop,
        ),
        migrations.RunPython(shorten, migrations.RunPython.noop),
        migrations.AlterField(
            "optout",
            "channel",
            models.CharField(max_length=10, help_text="a channel, or a network where comments are answered"),
        ),
        migrations.AlterField("optout", "digest", models.CharField(max_length=40)),
        # All those of before wrote STOP by SMS.
        migrations.AddField(
            "optout",
            "how",
            models.CharField(
                choices=[
                    ("word", "STOP écrit"),
                    ("link", "Lien « ne plus recevoir »"),
                    ("header", "Bouton du logiciel de courrier"),
                    ("block", "Compte bloqué sur Discord"),
                    ("staff", "Noté par l’équipe, à la demande de la personne"),
                ],
                default="word",
                max_length=6,
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            "optout",
            "owner",
            models.UUIDField(
                null=True,
                help_text="the organisation that noted it or was told it, for its own letters; none for what was said for all",
            ),
        ),
        migrations.AddConstraint(
            "optout",
            models.UniqueConstraint(fields=["channel", "digest"], name="opt_out_once", condition=Q(owner=None)),
        ),
        migrations.AddConstraint(
            "optout", models.UniqueConstraint(fields=["channel", "digest", "owner"], name="opt_out_once_each")
        ),
    ]
