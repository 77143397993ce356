"""The baton: handovers, what a structure can take, and what became of people."""

import uuid

from django.db import models
from django.db.models import Q

from relais.accounts.models import User
from relais.agenda.models import ContactMode
from relais.catalogue.models import Structure
from relais.coaching.models import Conversation
from relais.foundation.contacts import ContactPointField
from relais.foundation.sealed import SealedTextField
from relais.foundation.states import Moves


class OutcomeCode(models.TextChoices):
    """What came of it. A place found is where one learns or works (see insights.figures)."""

    TRAINING = "training", "Formation qualifiante"
    PREPARATION = "preparation", "Formation préparatoire ou remise à niveau"
    APPRENTICESHIP = "apprenticeship", "Apprentissage"
    WORK_STUDY = "work-study", "Contrat de professionnalisation"
    SCHOOL = "school", "Retour à l’école"
    HIGHER_EDUCATION = "higher-education", "Études supérieures"
    JOB = "job", "Emploi (contrat non précisé)"
    JOB_PERMANENT = "job-permanent", "Emploi en CDI"
    JOB_LONG = "job-long", "Emploi de six mois ou plus"
    JOB_SHORT = "job-short", "Emploi de moins de six mois, intérim"
    JOB_SUPPORTED = "job-supported", "Emploi aidé ou en insertion"
    JOB_PUBLIC = "job-public", "Emploi public"
    SELF_EMPLOYED = "self-employed", "Création d’activité"
    INTERNSHIP = "internship", "Stage ou immersion"
    CIVIC_SERVICE = "civic-service", "Service civique"
    VOLUNTEERING = "volunteering", "Bénévolat régulier"
    REGISTERED_ML = "registered-ml", "Inscription à la mission locale"
    REGISTERED_FT = "registered-ft", "Inscription à France Travail"
    SUPPORT = "support", "Accompagnement par la structure"
    GRANT = "grant", "Aide ou allocation obtenue"
    HEALTH = "health", "La santé d’abord"
    HOUSING = "housing", "Le logement d’abord"
    FAMILY = "family", "La famille d’abord"
    MOVED = "moved", "Déménagement"
    OTHER = "other", "Autre solution"
    NONE = "none", "Pas de suite"
    LOST = "lost", "Plus de nouvelles"


class HandoverQuerySet(models.QuerySet):
    def sent_to(self, user):
        """What was addressed to this partner, once the person had agreed; nothing after they took it back, or is too young for it."""
        agreed = [Handover.State.SENT, Handover.State.ACCEPTED, Handover.State.REFUSED, Handover.State.RETURNED]
        return self.filter(
            partner_email__iexact=user.email, state__in=agreed, conversation__age_band__in=Conversation.MAY_AGREE
        )


class Handover(models.Model):
    """The baton passed to a structure, with the person's recorded agreement, and back by itself when nobody takes it."""

    class State(models.TextChoices):
        PROPOSED = "proposed", "Proposé"
        DECLINED = "declined", "Refusé par la personne"
        SENT = "sent", "Envoyé, sans réponse"
        ACCEPTED = "accepted", "Accepté"
        REFUSED = "refused", "Refusé par le partenaire"
        RETURNED = "returned", "Revenu sans réponse"
        WITHDRAWN = "withdrawn", "Accord retiré"
        STOPPED = "stopped", "Arrêté : moins de 15 ans, ou âge non dit"

    MOVES = Moves(
        {
            State.PROPOSED: {State.SENT, State.DECLINED, State.WITHDRAWN, State.STOPPED},
            State.SENT: {State.ACCEPTED, State.REFUSED, State.RETURNED, State.WITHDRAWN, State.STOPPED},
            State.ACCEPTED: {State.WITHDRAWN, State.STOPPED},
        },
        late={
            State.PROPOSED: "La personne n’a pas encore donné son accord.",
            State.DECLINED: "La personne a préféré ne pas être mise en lien.",
            State.SENT: "Cette demande est déjà partie.",
            State.ACCEPTED: "Cette demande est déjà acceptée.",
            State.REFUSED: "Cette demande a déjà été refusée.",
            State.RETURNED: "Sans réponse à temps, la demande est revenue à l’équipe Relais.",
            State.WITHDRAWN: "La personne a retiré son accord.",
            State.STOPPED: "L’accord de la personne n’est plus valable : cette demande est fermée.",
        },
    )

    class Mode(models.TextChoices):
        LETTER = "letter", "Une lettre avec un lien"
        JOINT = "joint", "Un message écrit à trois"
        CALL = "call", "Un appel à trois"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="handovers")
    structure = models.ForeignKey(Structure, models.PROTECT, related_name="+")
    partner_email = models.EmailField("adresse e-mail du partenaire")
    proposed_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=State, default=State.PROPOSED)
    # What is passed on: the mediator's summary as the person read it, and what the person chose to add.
    summary = SealedTextField("ce qui sera transmis")
    shared_name = SealedTextField("prénom", blank=True)
    shared_contact = ContactPointField("moyen de contact", blank=True)
    key = models.UUIDField(unique=True)
    proposed_at = models.DateTimeField()
    agreed_at = models.DateTimeField(null=True)
    agreed_until = models.DateTimeField(null=True)
    # The Monday of the week in which it takes one of the structure's places; none where no capacity was said.
    intake_week = models.DateField(null=True)
    return_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    refusal = SealedTextField("raison du refus", blank=True)
    mode = models.CharField("manière", max_length=6, choices=Mode, default=Mode.LETTER)
    told_again = models.BooleanField("la personne a dû raconter son histoire de nouveau", null=True)
    # What the partner says after checking: was this person known to the public employment service before?
    known_checked = models.CharField(max_length=16, choices=Conversation.Known, blank=True)
    outcome = models.CharField("suite", max_length=20, choices=OutcomeCode, blank=True)
    outcome_at = models.DateTimeField(null=True)

    objects = HandoverQuerySet.as_manager()

    class Meta:
        ordering = ["-proposed_at", "id"]
        indexes = [
            models.Index(fields=["return_at"], name="handover_return", condition=Q(state="sent")),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["conversation"], condition=Q(state__in=["proposed", "sent"]), name="handover_one_at_a_time"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["proposed", "declined", "withdrawn", "stopped"]) | Q(agreed_at__isnull=False),
                name="handover_needs_agreement",
            ),
        ]


class PartnerCapacity(models.Model):
    """How many people a structure takes in a week; with none said, nothing is limited."""

    structure = models.OneToOneField(Structure, models.CASCADE, related_name="capacity")
    weekly = models.PositiveSmallIntegerField("accueils par semaine")
    updated_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    updated_at = models.DateTimeField()

    class Meta:
        ordering = ["structure"]


class HandoverMessage(models.Model):
    """What is said by three: the person, the mediator and the partner, once the person has agreed."""

    class Side(models.TextChoices):
        YOUNG = "young", "Jeune"
        STAFF = "staff", "Équipe"
        PARTNER = "partner", "Partenaire"

    handover = models.ForeignKey(Handover, models.CASCADE, related_name="words")
    side = models.CharField(max_length=7, choices=Side)
    author = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    body = SealedTextField()
    key = models.UUIDField(unique=True)
    at = models.DateTimeField()

    class Meta:
        ordering = ["handover", "at", "id"]


class OutcomeReport(models.Model):
    """What somebody says became of a person. All are kept; `milestone` 0 is « when it happened », else months after."""

    class Said(models.TextChoices):
        YOUNG = "young", "La personne"
        STAFF = "staff", "L’équipe"
        PARTNER = "partner", "Le partenaire"

    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="outcomes")
    handover = models.ForeignKey(Handover, models.CASCADE, null=True, related_name="outcomes")
    code = models.CharField("suite", max_length=20, choices=OutcomeCode)
    said_by = models.CharField(max_length=7, choices=Said)
    milestone = models.PositiveSmallIntegerField("mois", default=0)
    user = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["at", "id"]


class FollowUp(models.Model):
    """The question asked again at 3, 6 and 12 months, by the channel the person chose; a deadline is a column.

    `milestone` 0 is another question, some days after a partner accepted: did you have to tell your story again?
    """

    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="follow_ups")
    milestone = models.PositiveSmallIntegerField("mois")
    # An address is left here with the person's consent, for this question alone; erased with its answer.
    by = models.CharField(max_length=5, choices=ContactMode, default=ContactMode.DOOR)
    address = ContactPointField(blank=True)
    due_at = models.DateTimeField()
    asked_at = models.DateTimeField(null=True)
    reminded_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["due_at", "id"]
        indexes = [
            models.Index(fields=["due_at"], name="follow_up_due", condition=Q(asked_at=None)),
            models.Index(fields=["asked_at"], name="follow_up_remind", condition=Q(reminded_at=None, answered_at=None)),
        ]
        constraints = [models.UniqueConstraint(fields=["conversation", "milestone"], name="follow_up_once")]
