"""The answer line: conversations, the promise that a human answers in time, and the handover to a place that helps."""

import uuid
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db import models
from django.db.models import F, Q

from relais.accounts.models import Organisation, Role, User
from relais.catalogue.models import Structure
from relais.foundation.hours import Closure, OpeningHours, Window
from relais.journeys.models import Journey


class Line(models.Model):
    """An answer line: who answers, when it is open, and what it promises (minutes of opening time)."""

    slug = models.SlugField(max_length=40, unique=True)
    name = models.CharField("nom", max_length=100)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="lines")
    time_zone = models.CharField("fuseau horaire", max_length=40, default="Europe/Paris")
    departement = models.CharField("département (jours fériés)", max_length=3, blank=True)
    promise_minutes = models.PositiveSmallIntegerField(default=30)
    alert_minutes = models.PositiveSmallIntegerField(default=15)
    escalate_minutes = models.PositiveSmallIntegerField(default=25)
    handover_working_hours = models.PositiveSmallIntegerField(default=16)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(alert_minutes__lt=F("escalate_minutes")) & Q(escalate_minutes__lt=F("promise_minutes")),
                name="line_alert_before_escalation_before_promise",
            )
        ]

    def __str__(self):
        return self.name

    def hours(self) -> OpeningHours:
        """The opening hours of this line (two queries, kept with the object)."""
        if not hasattr(self, "_hours"):
            self._hours = OpeningHours(
                zone=ZoneInfo(self.time_zone),
                windows=tuple(Window(w.weekday, w.opens, w.closes) for w in self.windows.all()),
                closures=tuple(Closure(c.first, c.last) for c in self.closures.all()),
                departement=self.departement,
            )
        return self._hours


class OpeningWindow(models.Model):
    line = models.ForeignKey(Line, models.CASCADE, related_name="windows")
    weekday = models.PositiveSmallIntegerField("jour (0 : lundi)")
    opens = models.TimeField("ouvre à")
    closes = models.TimeField("ferme à")

    class Meta:
        ordering = ["weekday", "opens"]


class LineClosure(models.Model):
    line = models.ForeignKey(Line, models.CASCADE, related_name="closures")
    first = models.DateField("premier jour")
    last = models.DateField("dernier jour")
    reason = models.CharField("raison", max_length=100, blank=True)

    class Meta:
        ordering = ["first", "id"]


class ConversationQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Mediators and supervisors of the line's organisation; nobody else, administrators included."""
        return self.filter(line__organisation__in=user.memberships.filter(role__in=[Role.MEDIATOR, Role.SUPERVISOR]).values("organisation"))

    def waiting(self):
        return self.filter(state=Conversation.State.WAITING)

    def overdue(self, now: datetime):
        return self.waiting().filter(due_at__lt=now)

    def by_deadline(self):
        """Those who wait first, by deadline; then the others, the last touched first."""
        return self.order_by(F("due_at").asc(nulls_last=True), "-updated_at", "id")


class Conversation(models.Model):
    """One person, one thread, whatever the door. Every change of it locks this row, so `seq` is also the order of commits.

    While WAITING, `waiting_since` is the first message without an answer and the three deadlines are set;
    each of `alerted_at`, `escalated_at`, `broken_at` is written once per wait, by whoever claims it first.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "Attend une réponse"
        ANSWERED = "answered", "Répondu"
        CLOSED = "closed", "Terminée"

    MOVES = {
        State.WAITING: {State.ANSWERED},
        State.ANSWERED: {State.WAITING, State.CLOSED},
        State.CLOSED: {State.WAITING},
    }

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    line = models.ForeignKey(Line, models.PROTECT, related_name="conversations")
    journey = models.OneToOneField(Journey, models.CASCADE, related_name="conversation")
    key = models.UUIDField(unique=True, help_text="of the form that opened it: a form sent twice opens one conversation")
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    seq = models.PositiveIntegerField(default=0)
    opened_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    first_answered_at = models.DateTimeField(null=True)
    claimed_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    claimed_at = models.DateTimeField(null=True)
    waiting_since = models.DateTimeField(null=True)
    alert_at = models.DateTimeField(null=True)
    escalate_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)
    alerted_at = models.DateTimeField(null=True)
    escalated_at = models.DateTimeField(null=True)
    broken_at = models.DateTimeField(null=True)

    objects = ConversationQuerySet.as_manager()

    class Meta:
        ordering = ["opened_at", "id"]
        indexes = [
            models.Index(fields=["line", "due_at"], name="conversation_inbox", condition=Q(state="waiting")),
            models.Index(fields=["alert_at"], name="conversation_alert", condition=Q(state="waiting", alerted_at=None)),
            models.Index(fields=["escalate_at"], name="conversation_escalate", condition=Q(state="waiting", escalated_at=None)),
            models.Index(fields=["due_at"], name="conversation_break", condition=Q(state="waiting", broken_at=None)),
            models.Index(fields=["line", "-updated_at"], name="conversation_recent"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="waiting", waiting_since__isnull=False) | (~Q(state="waiting") & Q(waiting_since=None, due_at=None)),
                name="conversation_waits_or_not",
            )
        ]


class Message(models.Model):
    """`seq` numbers the messages of a conversation from 1 without a gap; `key` makes a form sent twice one message."""

    class Side(models.TextChoices):
        YOUNG = "young", "Jeune"
        STAFF = "staff", "Équipe"
        NOTICE = "notice", "Relais"

    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="messages")
    seq = models.PositiveIntegerField()
    side = models.CharField(max_length=6, choices=Side)
    author = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    body = models.TextField()
    handover = models.ForeignKey("Handover", models.CASCADE, null=True, related_name="messages")
    key = models.UUIDField(default=uuid.uuid4)
    at = models.DateTimeField()

    class Meta:
        ordering = ["conversation", "seq"]
        constraints = [
            models.UniqueConstraint(fields=["conversation", "seq"], name="message_in_order"),
            models.UniqueConstraint(fields=["conversation", "key"], name="message_once"),
        ]


class Callback(models.Model):
    """How to reach a person once, when they ask for it; erased when done."""

    class Kind(models.TextChoices):
        EMAIL = "email", "par e-mail"
        PHONE = "phone", "par téléphone"

    conversation = models.OneToOneField(Conversation, models.CASCADE, related_name="callback")
    kind = models.CharField(max_length=6, choices=Kind)
    value = models.CharField(max_length=120)
    asked_at = models.DateTimeField()


class HandoverQuerySet(models.QuerySet):
    def sent_to(self, user):
        """What was addressed to this partner, once the person had agreed; nothing after they took it back."""
        agreed = [Handover.State.SENT, Handover.State.ACCEPTED, Handover.State.REFUSED, Handover.State.RETURNED]
        return self.filter(partner_email__iexact=user.email, state__in=agreed)


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

    MOVES = {
        State.PROPOSED: {State.SENT, State.DECLINED, State.WITHDRAWN},
        State.SENT: {State.ACCEPTED, State.REFUSED, State.RETURNED, State.WITHDRAWN},
        State.ACCEPTED: {State.WITHDRAWN},
    }

    class Outcome(models.TextChoices):
        TRAINING = "training", "Formation"
        APPRENTICESHIP = "apprenticeship", "Apprentissage"
        JOB = "job", "Emploi"
        INTERNSHIP = "internship", "Stage ou immersion"
        CIVIC_SERVICE = "civic-service", "Service civique"
        SCHOOL = "school", "Retour à l’école"
        SUPPORT = "support", "Accompagnement par la structure"
        OTHER = "other", "Autre solution"
        NONE = "none", "Pas de suite"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="handovers")
    structure = models.ForeignKey(Structure, models.PROTECT, related_name="+")
    partner_email = models.EmailField("adresse e-mail du partenaire")
    proposed_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=State, default=State.PROPOSED)
    # What is passed on: the mediator's summary as the person read it, and what the person chose to add.
    summary = models.TextField("ce qui sera transmis")
    shared_name = models.CharField("prénom", max_length=40, blank=True)
    shared_contact = models.CharField("moyen de contact", max_length=120, blank=True)
    key = models.UUIDField(unique=True)
    proposed_at = models.DateTimeField()
    agreed_at = models.DateTimeField(null=True)
    agreed_until = models.DateTimeField(null=True)
    link_digest = models.CharField(max_length=64, blank=True)
    link_expires_at = models.DateTimeField(null=True)
    return_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    refusal = models.CharField("raison du refus", max_length=300, blank=True)
    follow_digest = models.CharField(max_length=64, blank=True)
    follow_expires_at = models.DateTimeField(null=True)
    outcome = models.CharField("suite", max_length=15, choices=Outcome, blank=True)
    outcome_at = models.DateTimeField(null=True)

    objects = HandoverQuerySet.as_manager()

    class Meta:
        ordering = ["-proposed_at", "id"]
        indexes = [
            models.Index(fields=["return_at"], name="handover_return", condition=Q(state="sent")),
            models.Index(fields=["link_digest"], name="handover_link"),
            models.Index(fields=["follow_digest"], name="handover_follow"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["conversation"], condition=Q(state__in=["proposed", "sent"]), name="handover_one_at_a_time"),
            models.CheckConstraint(
                condition=Q(state__in=["proposed", "declined", "withdrawn"]) | Q(agreed_at__isnull=False), name="handover_needs_agreement"
            ),
        ]
