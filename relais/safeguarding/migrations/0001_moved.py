"""Alarms and danger files come from the answer line, with their rows."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import relais.foundation.sealed
from relais.foundation.database.moving import moved


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0010_links"),
        ("coaching", "0021_safeguarding_leaves"),
        ("contenttypes", "0002_remove_content_type_name"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=moved("coaching", "safeguarding", "alarm", "dangerfile", "dangerentry"),
            state_operations=[
                migrations.CreateModel(
                    name="DangerFile",
                    fields=[
                        ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        ("subject_kind", models.CharField(max_length=20)),
                        (
                            "subject_id",
                            models.UUIDField(help_text="none once it was erased: the file outlives it", null=True),
                        ),
                        (
                            "level",
                            models.CharField(
                                choices=[
                                    ("A", "A : danger immédiat"),
                                    ("B", "B : mineur en danger ou en risque"),
                                    ("C", "C : inquiétude"),
                                ],
                                max_length=1,
                                verbose_name="niveau",
                            ),
                        ),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("open", "Ouvert"),
                                    ("read-twice", "Relu par une deuxième personne"),
                                    ("decided", "Décision prise"),
                                    ("closed", "Clos"),
                                ],
                                default="open",
                                max_length=10,
                            ),
                        ),
                        (
                            "facts",
                            relais.foundation.sealed.SealedTextField(
                                verbose_name="faits, mots de la personne entre guillemets"
                            ),
                        ),
                        ("opened_at", models.DateTimeField()),
                        (
                            "second_due_at",
                            models.DateTimeField(help_text="one hour after it was opened, whatever the opening hours"),
                        ),
                        ("second_read_at", models.DateTimeField(null=True)),
                        (
                            "decision",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("emergency", "Secours ou police appelés"),
                                    ("crip", "Information préoccupante transmise à la CRIP"),
                                    ("prosecutor", "Signalement au procureur"),
                                    ("advice", "Avis demandé au 119"),
                                    ("support", "Suivi par l’équipe, sans transmission"),
                                    ("none", "Pas de danger après examen"),
                                ],
                                max_length=10,
                                verbose_name="décision",
                            ),
                        ),
                        ("reasons", relais.foundation.sealed.SealedTextField(blank=True, verbose_name="motifs")),
                        (
                            "parents",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("told", "Parents informés"),
                                    ("not-told", "Parents non informés, dans l’intérêt de l’enfant"),
                                    ("not-applicable", "Sans objet (majeur)"),
                                ],
                                max_length=14,
                                verbose_name="information des parents",
                            ),
                        ),
                        ("parents_reason", relais.foundation.sealed.SealedTextField(blank=True, verbose_name="motif")),
                        ("decided_at", models.DateTimeField(null=True)),
                        ("sent_to", models.CharField(blank=True, max_length=120, verbose_name="transmis à")),
                        ("sent_at", models.DateTimeField(null=True)),
                        ("receipt", models.CharField(blank=True, max_length=200, verbose_name="accusé de réception")),
                        ("closed_at", models.DateTimeField(null=True)),
                        (
                            "closed_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "decided_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "opened_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "organisation",
                            models.ForeignKey(
                                help_text="who opened it, wherever its subject goes",
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="accounts.organisation",
                            ),
                        ),
                        (
                            "second_reader",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-opened_at", "id"],
                    },
                ),
                migrations.CreateModel(
                    name="DangerEntry",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("action", models.CharField(max_length=20)),
                        ("text", relais.foundation.sealed.SealedTextField(blank=True)),
                        ("at", models.DateTimeField()),
                        (
                            "by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "file",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="entries",
                                to="safeguarding.dangerfile",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["at", "id"],
                    },
                ),
                migrations.CreateModel(
                    name="Alarm",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("subject_kind", models.CharField(max_length=20)),
                        ("subject_id", models.UUIDField()),
                        (
                            "item",
                            models.CharField(
                                help_text="the message, by its number within what this is about", max_length=40
                            ),
                        ),
                        ("kinds", models.JSONField(help_text="codes of safeguarding.detection")),
                        ("is_urgent", models.BooleanField(default=False)),
                        ("raised_at", models.DateTimeField()),
                        (
                            "told_at",
                            models.DateTimeField(
                                help_text="when the letters to the people on duty were written", null=True
                            ),
                        ),
                        ("seen_at", models.DateTimeField(null=True)),
                        ("is_false", models.BooleanField(help_text="what the human who read it says", null=True)),
                        (
                            "organisation",
                            models.ForeignKey(
                                help_text="who answers there now",
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="accounts.organisation",
                            ),
                        ),
                        (
                            "seen_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-raised_at", "id"],
                        "indexes": [
                            models.Index(
                                condition=models.Q(("seen_at", None)), fields=["raised_at"], name="alarm_open"
                            ),
                            models.Index(
                                condition=models.Q(("told_at", None)), fields=["raised_at"], name="alarm_to_tell"
                            ),
                            models.Index(fields=["subject_id", "subject_kind"], name="alarm_subject"),
                        ],
                        "constraints": [models.UniqueConstraint(fields=("subject_kind", "item"), name="alarm_once")],
                    },
                ),
                migrations.AddIndex(
                    model_name="dangerfile",
                    index=models.Index(fields=["subject_id", "subject_kind"], name="danger_subject"),
                ),
                migrations.AddConstraint(
                    model_name="dangerfile",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            ("second_reader__isnull", True),
                            models.Q(("second_reader", models.F("opened_by")), _negated=True),
                            _connector="OR",
                        ),
                        name="danger_second_reader_is_another",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="dangerfile",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            ("level", "C"),
                            ("closed_by__isnull", True),
                            models.Q(("closed_by", models.F("decided_by")), _negated=True),
                            _connector="OR",
                        ),
                        name="danger_closed_by_another",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="dangerfile",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "closed"), _negated=True),
                            models.Q(("decided_at__isnull", False), ("second_read_at__isnull", False)),
                            _connector="OR",
                        ),
                        name="danger_closed_after_decision",
                    ),
                ),
            ],
        )
    ]
