from django.db import migrations, models


def doubt_what_came_in(apps, schema_editor):
    """What was known of these senders is no longer there: nothing proves them."""
    apps.get_model("coaching", "Message").objects.filter(side="young", door__in=["email", "sms"]).update(
        doubt="unknown"
    )


class Migration(migrations.Migration):
    dependencies = [
        ("coaching", "0010_handover_stopped"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="dooraddress",
            name="door_address_once",
        ),
        migrations.AddField(
            model_name="dooraddress",
            name="receives",
            field=models.BooleanField(
                default=True, help_text="what this sender writes next comes into this conversation"
            ),
        ),
        migrations.AddField(
            model_name="message",
            name="doubt",
            field=models.CharField(
                blank=True,
                choices=[
                    ("unknown", "Rien ne prouve qui l’a envoyé : une adresse ou un numéro s’imite."),
                    ("failed", "Le contrôle de l’expéditeur a échoué : quelqu’un d’autre l’a peut-être écrit."),
                ],
                max_length=7,
            ),
        ),
        migrations.AddConstraint(
            model_name="dooraddress",
            constraint=models.UniqueConstraint(
                condition=models.Q(("receives", True)), fields=("door", "digest"), name="door_address_once"
            ),
        ),
        migrations.RunPython(doubt_what_came_in, migrations.RunPython.noop, elidable=True),
    ]
