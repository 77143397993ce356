"""Handovers leave the answer line for an app of their own: the same rows in tables of its name, nothing copied."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import relais.foundation.contacts
import relais.foundation.sealed
from relais.foundation.database.moving import moved


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("catalogue", "0007_tables"),
        ("coaching", "0023_topic"),
        ("contenttypes", "0002_remove_content_type_name"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=moved(
                "coaching", "handovers", "handover", "handovermessage", "outcomereport", "partnercapacity", "followup"
            ),
            state_operations=[
                migrations.CreateModel(
                    name="Handover",
                    fields=[
                        ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        (
                            "partner_email",
                            models.EmailField(max_length=254, verbose_name="adresse e-mail du partenaire"),
                        ),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("proposed", "Proposé"),
                                    ("declined", "Refusé par la personne"),
                                    ("sent", "Envoyé, sans réponse"),
                                    ("accepted", "Accepté"),
                                    ("refused", "Refusé par le partenaire"),
                                    ("returned", "Revenu sans réponse"),
                                    ("withdrawn", "Accord retiré"),
                                    ("stopped", "Arrêté : moins de 15 ans, ou âge non dit"),
                                ],
                                default="proposed",
                                max_length=10,
                            ),
                        ),
                        ("summary", relais.foundation.sealed.SealedTextField(verbose_name="ce qui sera transmis")),
                        ("shared_name", relais.foundation.sealed.SealedTextField(blank=True, verbose_name="prénom")),
                        (
                            "shared_contact",
                            relais.foundation.contacts.ContactPointField(blank=True, verbose_name="moyen de contact"),
                        ),
                        ("key", models.UUIDField(unique=True)),
                        ("proposed_at", models.DateTimeField()),
                        ("agreed_at", models.DateTimeField(null=True)),
                        ("agreed_until", models.DateTimeField(null=True)),
                        ("intake_week", models.DateField(null=True)),
                        ("return_at", models.DateTimeField(null=True)),
                        ("answered_at", models.DateTimeField(null=True)),
                        ("refusal", models.CharField(blank=True, max_length=300, verbose_name="raison du refus")),
                        (
                            "mode",
                            models.CharField(
                                choices=[
                                    ("letter", "Une lettre avec un lien"),
                                    ("joint", "Un message écrit à trois"),
                                    ("call", "Un appel à trois"),
                                ],
                                default="letter",
                                max_length=6,
                                verbose_name="manière",
                            ),
                        ),
                        (
                            "told_again",
                            models.BooleanField(
                                null=True, verbose_name="la personne a dû raconter son histoire de nouveau"
                            ),
                        ),
                        (
                            "known_checked",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("accompanied", "Oui, et quelqu’un me suit"),
                                    ("known", "J’y ai un dossier, mais personne ne me suit"),
                                    ("unknown", "Non"),
                                    ("unsure", "Je ne sais pas"),
                                ],
                                max_length=16,
                            ),
                        ),
                        (
                            "outcome",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("training", "Formation qualifiante"),
                                    ("preparation", "Formation préparatoire ou remise à niveau"),
                                    ("apprenticeship", "Apprentissage"),
                                    ("work-study", "Contrat de professionnalisation"),
                                    ("school", "Retour à l’école"),
                                    ("higher-education", "Études supérieures"),
                                    ("job", "Emploi (contrat non précisé)"),
                                    ("job-permanent", "Emploi en CDI"),
                                    ("job-long", "Emploi de six mois ou plus"),
                                    ("job-short", "Emploi de moins de six mois, intérim"),
                                    ("job-supported", "Emploi aidé ou en insertion"),
                                    ("job-public", "Emploi public"),
                                    ("self-employed", "Création d’activité"),
                                    ("internship", "Stage ou immersion"),
                                    ("civic-service", "Service civique"),
                                    ("volunteering", "Bénévolat régulier"),
                                    ("registered-ml", "Inscription à la mission locale"),
                                    ("registered-ft", "Inscription à France Travail"),
                                    ("support", "Accompagnement par la structure"),
                                    ("grant", "Aide ou allocation obtenue"),
                                    ("health", "La santé d’abord"),
                                    ("housing", "Le logement d’abord"),
                                    ("family", "La famille d’abord"),
                                    ("moved", "Déménagement"),
                                    ("other", "Autre solution"),
                                    ("none", "Pas de suite"),
                                    ("lost", "Plus de nouvelles"),
                                ],
                                max_length=20,
                                verbose_name="suite",
                            ),
                        ),
                        ("outcome_at", models.DateTimeField(null=True)),
                        (
                            "conversation",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="handovers",
                                to="coaching.conversation",
                            ),
                        ),
                        (
                            "proposed_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "structure",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="catalogue.structure"
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-proposed_at", "id"],
                    },
                ),
                migrations.CreateModel(
                    name="HandoverMessage",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "side",
                            models.CharField(
                                choices=[("young", "Jeune"), ("staff", "Équipe"), ("partner", "Partenaire")],
                                max_length=7,
                            ),
                        ),
                        ("body", relais.foundation.sealed.SealedTextField()),
                        ("key", models.UUIDField(unique=True)),
                        ("at", models.DateTimeField()),
                        (
                            "author",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "handover",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="words",
                                to="handovers.handover",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["handover", "at", "id"],
                    },
                ),
                migrations.CreateModel(
                    name="OutcomeReport",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "code",
                            models.CharField(
                                choices=[
                                    ("training", "Formation qualifiante"),
                                    ("preparation", "Formation préparatoire ou remise à niveau"),
                                    ("apprenticeship", "Apprentissage"),
                                    ("work-study", "Contrat de professionnalisation"),
                                    ("school", "Retour à l’école"),
                                    ("higher-education", "Études supérieures"),
                                    ("job", "Emploi (contrat non précisé)"),
                                    ("job-permanent", "Emploi en CDI"),
                                    ("job-long", "Emploi de six mois ou plus"),
                                    ("job-short", "Emploi de moins de six mois, intérim"),
                                    ("job-supported", "Emploi aidé ou en insertion"),
                                    ("job-public", "Emploi public"),
                                    ("self-employed", "Création d’activité"),
                                    ("internship", "Stage ou immersion"),
                                    ("civic-service", "Service civique"),
                                    ("volunteering", "Bénévolat régulier"),
                                    ("registered-ml", "Inscription à la mission locale"),
                                    ("registered-ft", "Inscription à France Travail"),
                                    ("support", "Accompagnement par la structure"),
                                    ("grant", "Aide ou allocation obtenue"),
                                    ("health", "La santé d’abord"),
                                    ("housing", "Le logement d’abord"),
                                    ("family", "La famille d’abord"),
                                    ("moved", "Déménagement"),
                                    ("other", "Autre solution"),
                                    ("none", "Pas de suite"),
                                    ("lost", "Plus de nouvelles"),
                                ],
                                max_length=20,
                                verbose_name="suite",
                            ),
                        ),
                        (
                            "said_by",
                            models.CharField(
                                choices=[("young", "La personne"), ("staff", "L’équipe"), ("partner", "Le partenaire")],
                                max_length=7,
                            ),
                        ),
                        ("milestone", models.PositiveSmallIntegerField(default=0, verbose_name="mois")),
                        ("at", models.DateTimeField()),
                        (
                            "conversation",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="outcomes",
                                to="coaching.conversation",
                            ),
                        ),
                        (
                            "handover",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="outcomes",
                                to="handovers.handover",
                            ),
                        ),
                        (
                            "user",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["at", "id"],
                    },
                ),
                migrations.CreateModel(
                    name="PartnerCapacity",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("weekly", models.PositiveSmallIntegerField(verbose_name="accueils par semaine")),
                        ("updated_at", models.DateTimeField()),
                        (
                            "structure",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="capacity",
                                to="catalogue.structure",
                            ),
                        ),
                        (
                            "updated_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["structure"],
                    },
                ),
                migrations.CreateModel(
                    name="FollowUp",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("milestone", models.PositiveSmallIntegerField(verbose_name="mois")),
                        (
                            "by",
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
                        ("address", relais.foundation.contacts.ContactPointField(blank=True)),
                        ("due_at", models.DateTimeField()),
                        ("asked_at", models.DateTimeField(null=True)),
                        ("reminded_at", models.DateTimeField(null=True)),
                        ("answered_at", models.DateTimeField(null=True)),
                        (
                            "conversation",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="follow_ups",
                                to="coaching.conversation",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["due_at", "id"],
                        "indexes": [
                            models.Index(
                                condition=models.Q(("asked_at", None)), fields=["due_at"], name="follow_up_due"
                            ),
                            models.Index(
                                condition=models.Q(("answered_at", None), ("reminded_at", None)),
                                fields=["asked_at"],
                                name="follow_up_remind",
                            ),
                        ],
                        "constraints": [
                            models.UniqueConstraint(fields=("conversation", "milestone"), name="follow_up_once")
                        ],
                    },
                ),
                migrations.AddIndex(
                    model_name="handover",
                    index=models.Index(
                        condition=models.Q(("state", "sent")), fields=["return_at"], name="handover_return"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="handover",
                    constraint=models.UniqueConstraint(
                        condition=models.Q(("state__in", ["proposed", "sent"])),
                        fields=("conversation",),
                        name="handover_one_at_a_time",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="handover",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            ("state__in", ["proposed", "declined", "withdrawn", "stopped"]),
                            ("agreed_at__isnull", False),
                            _connector="OR",
                        ),
                        name="handover_needs_agreement",
                    ),
                ),
            ],
        )
    ]
