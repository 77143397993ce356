"""The agenda takes up the table of appointments that `coaching.0020` has renamed, with all its rows."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import relais.foundation.sealed

# Who proposed it is there, but where the person goes to see a structure without us.
THERE = """
INSERT INTO agenda_appointment_staff (appointment_id, user_id)
SELECT id, proposed_by_id FROM agenda_appointment
 WHERE proposed_by_id IS NOT NULL AND (with_kind = '' OR kind = 'call-3')
"""


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0010_links"),
        ("coaching", "0020_appointments_leave"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.CreateModel(
                    name="Appointment",
                    fields=[
                        ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        (
                            "subject_kind",
                            models.CharField(
                                help_text="of what it hangs on, declared above (subjects.py)", max_length=20
                            ),
                        ),
                        ("subject_id", models.UUIDField()),
                        (
                            "person",
                            models.UUIDField(
                                help_text="the path of the young person, by whatever they are met about", null=True
                            ),
                        ),
                        (
                            "with_kind",
                            models.CharField(blank=True, help_text="of the other party, declared above", max_length=20),
                        ),
                        ("with_id", models.UUIDField(null=True)),
                        ("zone", models.CharField(help_text="IANA name: the clock of the place", max_length=40)),
                        ("proposal", models.UUIDField(help_text="shared by the slots proposed together")),
                        (
                            "kind",
                            models.CharField(
                                choices=[
                                    ("call", "Un appel"),
                                    ("call-3", "Un appel à trois"),
                                    ("visit", "Sur place"),
                                    ("video", "En vidéo"),
                                ],
                                max_length=6,
                            ),
                        ),
                        ("starts_at", models.DateTimeField()),
                        ("minutes", models.PositiveSmallIntegerField(default=30)),
                        ("place", models.CharField(blank=True, max_length=200, verbose_name="lieu, lien ou numéro")),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("proposed", "Proposé"),
                                    ("chosen", "Choisi"),
                                    ("dropped", "Non retenu"),
                                    ("cancelled", "Annulé"),
                                    ("held", "A eu lieu"),
                                    ("no-show", "Personne n’est venu"),
                                ],
                                default="proposed",
                                max_length=9,
                            ),
                        ),
                        ("proposed_at", models.DateTimeField()),
                        ("remind_at", models.DateTimeField(null=True)),
                        ("reminded_at", models.DateTimeField(null=True)),
                        (
                            "remind_by",
                            models.CharField(
                                choices=[
                                    ("door", "Ici, ou par là où j’écris d’habitude"),
                                    ("email", "Par e-mail"),
                                    ("sms", "Par SMS"),
                                ],
                                default="door",
                                max_length=5,
                            ),
                        ),
                        ("address", relais.foundation.sealed.SealedTextField(blank=True)),
                        (
                            "organisation",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="accounts.organisation",
                            ),
                        ),
                        (
                            "proposed_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["starts_at", "id"],
                        "indexes": [
                            models.Index(
                                condition=models.Q(("reminded_at", None), ("state", "chosen")),
                                fields=["remind_at"],
                                name="appointment_remind",
                            )
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("state", "chosen")),
                                fields=("proposal",),
                                name="appointment_one_chosen",
                            )
                        ],
                    },
                ),
            ]
        ),
        migrations.AddField(
            "appointment",
            "staff",
            models.ManyToManyField(
                help_text="who of those who work here is there; may be none",
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.RunSQL(THERE, migrations.RunSQL.noop),
        migrations.AddIndex(
            "appointment", models.Index(fields=["subject_kind", "subject_id"], name="appointment_subject")
        ),
        migrations.AddIndex(
            "appointment",
            models.Index(fields=["with_kind", "with_id"], name="appointment_with", condition=~models.Q(with_kind="")),
        ),
        migrations.AddIndex("appointment", models.Index(fields=["person"], name="appointment_person")),
        migrations.AddIndex(
            "appointment",
            models.Index(fields=["starts_at"], name="appointment_taken", condition=models.Q(state="chosen")),
        ),
    ]
