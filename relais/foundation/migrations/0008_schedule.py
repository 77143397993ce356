"""What runs by itself: when, and what came of it."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("foundation", "0007_links"),
    ]

    operations = [
        migrations.CreateModel(
            name="Schedule",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("job", models.SlugField(max_length=40, unique=True)),
                ("is_on", models.BooleanField(default=False, verbose_name="se fait toute seule")),
                ("hour", models.TimeField(verbose_name="heure")),
                (
                    "days",
                    models.CharField(
                        choices=[
                            ("all", "tous les jours"),
                            ("working", "du lundi au vendredi"),
                            ("0", "le lundi"),
                            ("1", "le mardi"),
                            ("2", "le mercredi"),
                            ("3", "le jeudi"),
                            ("4", "le vendredi"),
                            ("5", "le samedi"),
                            ("6", "le dimanche"),
                        ],
                        default="all",
                        max_length=8,
                        verbose_name="jours",
                    ),
                ),
                (
                    "lines",
                    models.TextField(
                        blank=True, help_text="what the job is given, one a line", verbose_name="sur quoi"
                    ),
                ),
                ("next_at", models.DateTimeField(help_text="None while it is off", null=True)),
                ("retry_at", models.DateTimeField(help_text="the second try of a run that went wrong", null=True)),
            ],
            options={
                "ordering": ["job"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("is_on", False), ("next_at__isnull", False), _connector="OR"),
                        name="schedule_on_has_next",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Run",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Demandé"),
                            ("running", "En cours"),
                            ("done", "Fait"),
                            ("failed", "Échec"),
                            ("broken", "Interrompu"),
                        ],
                        default="running",
                        max_length=8,
                    ),
                ),
                ("started_at", models.DateTimeField(help_text="asked for, while it waits")),
                ("ended_at", models.DateTimeField(null=True)),
                ("asked_by", models.UUIDField(help_text="who asked for it; None for the clock", null=True)),
                ("is_retry", models.BooleanField(default=False)),
                ("words", models.TextField(blank=True, help_text="what it did, or why it did not, in French")),
                ("said", models.TextField(blank=True, help_text="what the program said, as it says it")),
                (
                    "schedule",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="runs", to="foundation.schedule"
                    ),
                ),
            ],
            options={
                "ordering": ["-started_at", "-id"],
                "indexes": [models.Index(fields=["schedule", "-started_at"], name="run_schedule")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state__in", ["waiting", "running"])),
                        fields=("schedule",),
                        name="run_one_at_a_time",
                    )
                ],
            },
        ),
    ]
