"""Several lines: whom each serves, and the one that gets everything else. The first line there goes on as it did."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

FIRST = "UPDATE coaching_line SET is_fallback = true WHERE id = (SELECT min(id) FROM coaching_line)"
KEEP_ONE = """
CREATE FUNCTION relais_line_keeps_fallback() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM coaching_line) AND NOT EXISTS (SELECT 1 FROM coaching_line WHERE is_fallback) THEN
        RAISE EXCEPTION 'one line must get what no other one takes' USING ERRCODE = 'check_violation', CONSTRAINT = 'line_has_fallback';
    END IF;
    RETURN NULL;
END $$;
-- At commit: another line becomes it in the transaction in which this one ceases to be it.
CREATE CONSTRAINT TRIGGER line_has_fallback AFTER INSERT OR DELETE OR UPDATE OF is_fallback ON coaching_line
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION relais_line_keeps_fallback();
"""
FORGET = "DROP TRIGGER line_has_fallback ON coaching_line; DROP FUNCTION relais_line_keeps_fallback()"


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0006_right_requests"),
        ("coaching", "0015_two_eyes"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="conversation",
            name="employment",
            field=models.CharField(
                blank=True,
                choices=[
                    ("school", "À l’école, en formation"),
                    ("employed", "J’ai un emploi dans le privé"),
                    ("public-agent", "Je travaille dans la fonction publique"),
                    ("no-job", "Je n’ai pas d’emploi"),
                ],
                default="",
                max_length=12,
                verbose_name="école ou travail",
            ),
        ),
        migrations.AddField(
            model_name="conversation",
            name="promised_until",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="line",
            name="communes",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=5),
                blank=True,
                default=list,
                size=None,
                verbose_name="communes servies",
            ),
        ),
        migrations.AddField(
            model_name="line",
            name="departements",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=3),
                blank=True,
                default=list,
                size=None,
                verbose_name="départements servis",
            ),
        ),
        migrations.AddField(
            model_name="line",
            name="is_fallback",
            field=models.BooleanField(default=False, verbose_name="répond à tout le reste"),
        ),
        migrations.AddField(
            model_name="line",
            name="situations",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(
                    choices=[
                        ("minor", "Moins de 18 ans"),
                        ("public-agent", "Travaille dans la fonction publique"),
                        ("employed", "A un emploi dans le privé"),
                        ("adult-no-job", "Adulte sans emploi"),
                        ("under-26", "Moins de 26 ans"),
                    ],
                    max_length=12,
                ),
                blank=True,
                default=list,
                size=None,
                verbose_name="situations",
            ),
        ),
        migrations.AddField(
            model_name="line",
            name="subjects",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=12),
                blank=True,
                default=list,
                help_text="of Conversation.Subject",
                size=None,
                verbose_name="sujets",
            ),
        ),
        migrations.AddField(
            model_name="transfer",
            name="from_line",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="coaching.line"
            ),
        ),
        migrations.AddField(
            model_name="transfer",
            name="to_line",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="coaching.line"
            ),
        ),
        migrations.AlterField(
            model_name="transfer",
            name="by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.RunSQL(FIRST, migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name="line",
            constraint=models.UniqueConstraint(
                condition=models.Q(("is_fallback", True)), fields=("is_fallback",), name="line_one_fallback"
            ),
        ),
        migrations.RunSQL(KEEP_ONE, FORGET),
    ]
