import uuid

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0011_networks"),
        ("safeguarding", "0002_dangerfile_was_minor"),
    ]

    operations = [
        migrations.AddField(
            model_name="alarm",
            name="together",
            field=models.CharField(
                blank=True,
                choices=[
                    ("flood", "Des envois en rafale, sans personne en danger derrière"),
                    ("joke", "Une blague, un jeu entre camarades"),
                    ("lesson", "Un exposé, une chanson, un exercice"),
                    ("trial", "Un essai, une démonstration"),
                    ("reading", "Le programme a mal lu"),
                ],
                default="",
                help_text="why it is none, where it was decided with others",
                max_length=8,
            ),
        ),
        migrations.AddField(
            model_name="alarm",
            name="told_again_at",
            field=models.DateTimeField(help_text="when, urgent and unread, it was told again", null=True),
        ),
        migrations.CreateModel(
            name="AlarmGroup",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("subject_kind", models.CharField(max_length=20)),
                (
                    "origin",
                    models.CharField(
                        blank=True,
                        help_text="a keyed digest of the network; erased once nothing more can come",
                        max_length=64,
                    ),
                ),
                ("began_at", models.DateTimeField()),
                ("last_at", models.DateTimeField()),
                (
                    "is_listed",
                    models.BooleanField(default=False, help_text="enough people wrote for it to be one row of a list"),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.organisation"
                    ),
                ),
            ],
            options={
                "ordering": ["-began_at", "id"],
            },
        ),
        migrations.AddField(
            model_name="alarm",
            name="group",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="alarms",
                to="safeguarding.alarmgroup",
            ),
        ),
        migrations.AddIndex(
            model_name="alarmgroup",
            index=models.Index(fields=["last_at"], name="alarm_group_last"),
        ),
        migrations.AddConstraint(
            model_name="alarmgroup",
            constraint=models.UniqueConstraint(
                condition=models.Q(("origin", ""), _negated=True), fields=("origin",), name="alarm_group_goes_on"
            ),
        ),
    ]
