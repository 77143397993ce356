"""Safeguarding: signs of danger that a human must see, and the file of a person in danger."""

import uuid

from django.db import models
from django.db.models import Q

from relais.accounts.models import Role, User
from relais.accounts.scope import Scoped
from relais.foundation.sealed import SealedTextField
from relais.foundation.states import Moves
from relais.foundation.two_eyes import another

TEAM = (Role.MEDIATOR, Role.SUPERVISOR)
"""Who says what an alarm was, and writes in a danger file."""


class About(models.QuerySet):
    """Rows that hang on a subject (see `watched`): no foreign key leads to what lies on a floor above."""

    def about(self, kind: str, pk: uuid.UUID):
        return self.filter(subject_kind=kind, subject_id=pk)


class AlarmGroupQuerySet(Scoped):
    readers = TEAM


class AlarmGroup(models.Model):
    """Alarms that came one upon the other from one network, to be listed together. It decides nothing: each stays an alarm of its own."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    subject_kind = models.CharField(max_length=20)
    organisation = models.ForeignKey("accounts.Organisation", models.PROTECT, related_name="+")
    origin = models.CharField(
        max_length=64,
        blank=True,
        help_text="a keyed digest of the network; erased once nothing more can come",
    )
    began_at = models.DateTimeField()
    last_at = models.DateTimeField()
    is_listed = models.BooleanField(default=False, help_text="enough people wrote for it to be one row of a list")

    objects = AlarmGroupQuerySet.as_manager()

    class Meta:
        ordering = ["-began_at", "id"]
        constraints = [models.UniqueConstraint(fields=["origin"], condition=~Q(origin=""), name="alarm_group_goes_on")]
        indexes = [models.Index(fields=["last_at"], name="alarm_group_last")]


class AlarmQuerySet(About, Scoped):
    readers = TEAM

    def open(self):
        return self.filter(seen_at=None)


class Alarm(models.Model):
    """A message bears signs of danger. It tells a human, and does nothing else: the message is neither held nor hidden."""

    class Together(models.TextChoices):
        """Why several alarms are none."""

        FLOOD = "flood", "Des envois en rafale, sans personne en danger derrière"
        JOKE = "joke", "Une blague, un jeu entre camarades"
        LESSON = "lesson", "Un exposé, une chanson, un exercice"
        TRIAL = "trial", "Un essai, une démonstration"
        READING = "reading", "Le programme a mal lu"

    subject_kind = models.CharField(max_length=20)
    subject_id = models.UUIDField()
    item = models.CharField(max_length=40, help_text="the message, by its number within what this is about")
    organisation = models.ForeignKey(
        "accounts.Organisation", models.PROTECT, related_name="+", help_text="who answers there now"
    )
    kinds = models.JSONField(help_text="codes of safeguarding.detection")
    is_urgent = models.BooleanField(default=False)
    raised_at = models.DateTimeField()
    told_at = models.DateTimeField(null=True, help_text="when the letters to the people on duty were written")
    told_again_at = models.DateTimeField(null=True, help_text="when, urgent and unread, it was told again")
    group = models.ForeignKey(AlarmGroup, models.SET_NULL, null=True, related_name="alarms")
    seen_at = models.DateTimeField(null=True)
    seen_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    is_false = models.BooleanField(null=True, help_text="what the human who read it says")
    together = models.CharField(
        max_length=8,
        choices=Together,
        blank=True,
        default="",
        help_text="why it is none, where it was decided with others",
    )

    objects = AlarmQuerySet.as_manager()

    class Meta:
        ordering = ["-raised_at", "id"]
        indexes = [
            models.Index(fields=["raised_at"], name="alarm_open", condition=Q(seen_at=None)),
            models.Index(fields=["raised_at"], name="alarm_to_tell", condition=Q(told_at=None)),
            models.Index(fields=["subject_id", "subject_kind"], name="alarm_subject"),
        ]
        constraints = [models.UniqueConstraint(fields=["subject_kind", "item"], name="alarm_once")]


class DangerFileQuerySet(About):
    def visible_to(self, user):
        """Who opened it, who reads it second, and the supervisors of the organisation; nobody else."""
        theirs = Q(organisation__in=user.organisation_ids(*TEAM)) & (Q(opened_by=user) | Q(second_reader=user))
        return self.filter(theirs | Q(organisation__in=user.organisation_ids(Role.SUPERVISOR)))


class DangerFile(models.Model):
    """One situation of danger, from the first worry to a recorded decision. Level B is never closed by one person alone."""

    class Level(models.TextChoices):
        A = "A", "A : danger immédiat"
        B = "B", "B : mineur en danger ou en risque"
        C = "C", "C : inquiétude"

    class State(models.TextChoices):
        OPEN = "open", "Ouvert"
        READ_TWICE = "read-twice", "Relu par une deuxième personne"
        DECIDED = "decided", "Décision prise"
        CLOSED = "closed", "Clos"

    class Decision(models.TextChoices):
        EMERGENCY = "emergency", "Secours ou police appelés"
        CRIP = "crip", "Information préoccupante transmise à la CRIP"
        PROSECUTOR = "prosecutor", "Signalement au procureur"
        ADVICE = "advice", "Avis demandé au 119"
        SUPPORT = "support", "Suivi par l’équipe, sans transmission"
        NONE = "none", "Pas de danger après examen"

    class Parents(models.TextChoices):
        TOLD = "told", "Parents informés"
        NOT_TOLD = "not-told", "Parents non informés, dans l’intérêt de l’enfant"
        NOT_APPLICABLE = "not-applicable", "Sans objet (majeur)"

    MOVES = Moves(
        {State.OPEN: {State.READ_TWICE}, State.READ_TWICE: {State.DECIDED}, State.DECIDED: {State.CLOSED}},
        late="Ce dossier en est à « {state} » : cette étape ne vient pas maintenant.",
    )

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    subject_kind = models.CharField(max_length=20)
    subject_id = models.UUIDField(null=True, help_text="none once it was erased: the file outlives it")
    was_minor = models.BooleanField(
        null=True,
        help_text="who an undecided file is about, kept when that is erased: whether parents are told depends on it",
    )
    organisation = models.ForeignKey(
        "accounts.Organisation", models.PROTECT, related_name="+", help_text="who opened it, wherever its subject goes"
    )
    level = models.CharField("niveau", max_length=1, choices=Level)
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    facts = SealedTextField("faits, mots de la personne entre guillemets")
    opened_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    opened_at = models.DateTimeField()
    second_due_at = models.DateTimeField(help_text="one hour after it was opened, whatever the opening hours")
    second_reader = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    second_read_at = models.DateTimeField(null=True)
    decision = models.CharField("décision", max_length=10, choices=Decision, blank=True)
    reasons = SealedTextField("motifs", blank=True)
    parents = models.CharField("information des parents", max_length=14, choices=Parents, blank=True)
    parents_reason = SealedTextField("motif", blank=True)
    decided_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    sent_to = models.CharField("transmis à", max_length=120, blank=True)
    sent_at = models.DateTimeField(null=True)
    receipt = models.CharField("accusé de réception", max_length=200, blank=True)
    closed_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    closed_at = models.DateTimeField(null=True)

    objects = DangerFileQuerySet.as_manager()

    class Meta:
        ordering = ["-opened_at", "id"]
        indexes = [models.Index(fields=["subject_id", "subject_kind"], name="danger_subject")]
        constraints = [
            another("second_reader", "opened_by", name="danger_second_reader_is_another"),
            another("closed_by", "decided_by", name="danger_closed_by_another", unless=Q(level="C")),
            models.CheckConstraint(
                condition=~Q(state="closed") | Q(decided_at__isnull=False, second_read_at__isnull=False),
                name="danger_closed_after_decision",
            ),
        ]


class DangerEntry(models.Model):
    """What was done about a danger file, by whom, when."""

    file = models.ForeignKey(DangerFile, models.CASCADE, related_name="entries")
    action = models.CharField(max_length=20)
    text = SealedTextField(blank=True)
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["at", "id"]
