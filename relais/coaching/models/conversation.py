"""Conversations, what is said in them, and how to reach a person who asked for it."""

import uuid
from datetime import datetime

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from relais.accounts.models import Role, User
from relais.accounts.scope import Scoped
from relais.foundation.contacts import ContactPointField
from relais.foundation.sealed import SealedTextField
from relais.foundation.states import Moves
from relais.journeys.models import Journey
from relais.safeguarding.models import AlarmGroup

from .line import Line

TEAM = (Role.MEDIATOR, Role.SUPERVISOR)
"""The roles of those who may take any conversation of their line."""
CONVERSATION = "conversation"
"""The kind under which other apps know a conversation: appointments, alarms, danger files, the trace of reads."""


class ConversationQuerySet(Scoped):
    path, readers = "line__organisation", TEAM

    def visible_to(self, user):
        """Mediators and supervisors of the line's organisation; a volunteer, what they hold and may hold; nobody else."""
        staff = Q(line__organisation__in=user.organisation_ids(*TEAM))
        # The second half would cost the planner the indexes of the line; nobody else needs it.
        return self.filter(
            staff if user.roles().isdisjoint([Role.VOLUNTEER]) else staff | self._held_by_volunteer(user)
        )

    def _held_by_volunteer(self, user) -> Q:
        """What was entrusted to them. A minor's, only under a supervisor's eyes and while their check is valid: today, not when they signed in."""
        theirs = Q(claimed_by=user, line__organisation__in=user.organisation_ids(Role.VOLUNTEER))
        if user.checks.valid(timezone.localdate()).exists():
            return theirs & (Q(supervised_by__isnull=False) | ~Q(age_band__in=Conversation.MINOR))
        return theirs & ~Q(age_band__in=Conversation.MINOR)

    def waiting(self):
        return self.filter(state=Conversation.State.WAITING)

    def overdue(self, now: datetime):
        return self.waiting().filter(due_at__lt=now)

    def in_a_group(self):
        """Those whose alarms came together, while they wait and nobody has them: listed on one line (`thread.grouped`)."""
        return self.waiting().filter(claimed_by=None, alarm_group__is_listed=True)

    def apart(self):
        """The others."""
        return self.exclude(state=Conversation.State.WAITING, claimed_by=None, alarm_group__is_listed=True)

    def by_deadline(self):
        """Those who wait first, by deadline; then the others, the last touched first."""
        return self.order_by(F("due_at").asc(nulls_last=True), "-updated_at", "id")


class Conversation(models.Model):
    """One person, one thread, whatever the channel. Every change of it locks this row, so `seq` is also the order of commits.

    While WAITING, `waiting_since` is the first message without an answer and the three deadlines are set;
    each of `alerted_at`, `escalated_at`, `oncalled_at`, `broken_at`, `apologised_at` is written once per wait, by whoever claims it first.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "Attend une réponse"
        ANSWERED = "answered", "Répondu"
        CLOSED = "closed", "Terminée"

    class Subject(models.TextChoices):
        JOBS = "jobs", "Un métier"
        TRAINING = "training", "Une formation"
        INTERNSHIP = "internship", "Un stage"
        WORK = "work", "Un emploi, un contrat"
        MONEY = "money", "De l’argent, une aide"
        LIFE = "life", "Le logement, la santé, les papiers"
        LOST = "lost", "Je ne sais pas"

    class Urgency(models.TextChoices):
        NONE = "none", "Ça peut attendre"
        SOON = "soon", "Cette semaine"
        NOW = "now", "Aujourd’hui"

    class AgeBand(models.TextChoices):
        UNDER_15 = "under-15", "Moins de 15 ans"
        UNDER_18 = "15-17", "15 à 17 ans"
        UNDER_26 = "18-25", "18 à 25 ans"
        ADULT = "26-plus", "26 ans ou plus"

    MINOR = (AgeBand.UNDER_15, AgeBand.UNDER_18, "")
    """An age that nobody gave is treated as a minor's: the strongest protection by default."""
    MAY_AGREE = (AgeBand.UNDER_18, AgeBand.UNDER_26, AgeBand.ADULT)
    """From fifteen on a person consents alone (loi 78-17, article 45). An age that nobody gave is not enough."""

    class Known(models.TextChoices):
        ACCOMPANIED = "accompanied", "Oui, et quelqu’un me suit"
        NOT_ACCOMPANIED = "known", "J’y ai un dossier, mais personne ne me suit"
        UNKNOWN = "unknown", "Non"
        UNSURE = "unsure", "Je ne sais pas"

    class Employment(models.TextChoices):
        SCHOOL = "school", "À l’école, en formation"
        EMPLOYED = "employed", "J’ai un emploi dans le privé"
        PUBLIC_AGENT = "public-agent", "Je travaille dans la fonction publique"
        NO_JOB = "no-job", "Je n’ai pas d’emploi"

    class Channel(models.TextChoices):
        SITE = "site", "Ce site"
        EMAIL = "email", "E-mail"
        SMS = "sms", "SMS"
        DISCORD = "discord", "Discord"
        QUESTION = "question", "Une question sous une vidéo"
        COMMENT = "comment", "Un commentaire sur un réseau"

    # From « répondue » to itself: one more answer.
    MOVES = Moves(
        {
            State.WAITING: {State.ANSWERED},
            State.ANSWERED: {State.WAITING, State.ANSWERED, State.CLOSED},
            State.CLOSED: {State.WAITING, State.ANSWERED},
        },
        late={
            State.WAITING: "Cette personne attend une réponse : répondez-lui avant de terminer.",
            State.ANSWERED: "Cette conversation a déjà sa réponse.",
            State.CLOSED: "Cette conversation est terminée.",
        },
    )

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    line = models.ForeignKey(Line, models.PROTECT, related_name="conversations")
    journey = models.OneToOneField(Journey, models.CASCADE, related_name="conversation")
    key = models.UUIDField(
        unique=True, help_text="of the form that opened it: a form sent twice opens one conversation"
    )
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
    oncall_at = models.DateTimeField(null=True)
    alerted_at = models.DateTimeField(null=True)
    escalated_at = models.DateTimeField(null=True)
    oncalled_at = models.DateTimeField(null=True)
    broken_at = models.DateTimeField(null=True)
    apologised_at = models.DateTimeField(null=True)
    # The end promised by the line that had this wait before: wherever it goes, it never ends later.
    promised_until = models.DateTimeField(null=True)

    # What the person said of their situation; every answer is optional.
    team = models.ForeignKey("Team", models.SET_NULL, null=True, related_name="conversations")
    subject = models.CharField("sujet", max_length=12, choices=Subject, blank=True)
    urgency = models.CharField("urgence", max_length=6, choices=Urgency, blank=True)
    age_band = models.CharField("âge", max_length=8, choices=AgeBand, blank=True)
    # What the team noted and the person has not said themself: it gives no right and lifts no protection until they do.
    age_noted = models.CharField(
        "âge noté par l’équipe, à confirmer", max_length=8, choices=AgeBand, blank=True, default=""
    )
    known = models.CharField("suivi par la mission locale ou France Travail", max_length=16, choices=Known, blank=True)
    employment = models.CharField("école ou travail", max_length=12, choices=Employment, blank=True, default="")
    # The words chosen in the guided start, in order: [{"node": …, "choice": …}].
    guide_path = models.JSONField(default=list)
    # By which channel the person last wrote; answers leave by it.
    channel = models.CharField(max_length=8, choices=Channel, default=Channel.SITE)
    # A volunteer who holds a minor's conversation does so under the eyes of this supervisor.
    supervised_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    is_alarming = models.BooleanField(default=False, help_text="an alarm about it is still open")
    alarm_group = models.ForeignKey(
        AlarmGroup,
        models.SET_NULL,
        null=True,
        db_index=False,
        related_name="+",
        help_text="in which its alarms came; none where one came otherwise, or was real",
    )
    erase_at = models.DateTimeField(null=True, help_text="end of its retention; the person is told before")
    erase_told_at = models.DateTimeField(null=True)

    objects = ConversationQuerySet.as_manager()

    class Meta:
        ordering = ["opened_at", "id"]
        indexes = [
            models.Index(fields=["line", "due_at"], name="conversation_inbox", condition=Q(state="waiting")),
            models.Index(fields=["alert_at"], name="conversation_alert", condition=Q(state="waiting", alerted_at=None)),
            models.Index(
                fields=["escalate_at"], name="conversation_escalate", condition=Q(state="waiting", escalated_at=None)
            ),
            models.Index(
                fields=["oncall_at"], name="conversation_oncall", condition=Q(state="waiting", oncalled_at=None)
            ),
            models.Index(fields=["due_at"], name="conversation_break", condition=Q(state="waiting", broken_at=None)),
            models.Index(
                fields=["broken_at"],
                name="conversation_apologise",
                condition=Q(state="waiting", broken_at__isnull=False, apologised_at=None),
            ),
            models.Index(fields=["line", "-updated_at"], name="conversation_recent"),
            models.Index(fields=["line", "state", "-updated_at", "is_alarming"], name="conversation_state"),
            models.Index(fields=["line"], name="conversation_alarming", condition=Q(is_alarming=True)),
            models.Index(fields=["alarm_group"], name="conversation_together", condition=Q(alarm_group__isnull=False)),
            models.Index(fields=["claimed_by", "-updated_at"], name="conversation_mine"),
            models.Index(fields=["erase_at"], name="conversation_erase", condition=Q(erase_at__isnull=False)),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="waiting", waiting_since__isnull=False)
                | (~Q(state="waiting") & Q(waiting_since=None, due_at=None)),
                name="conversation_waits_or_not",
            )
        ]

    @property
    def is_minor(self) -> bool:
        """True when the person said so, or said nothing."""
        return self.age_band in self.MINOR

    @property
    def may_agree(self) -> bool:
        """True when they said that they are fifteen or more: only then is an agreement of theirs recorded."""
        return self.age_band in self.MAY_AGREE

    @property
    def age_key(self) -> uuid.UUID:
        """The key of the message that asks their age: it is asked once."""
        return uuid.uuid5(self.pk, "age")

    def age_noted_key(self, seq: int) -> uuid.UUID:
        """The key of the notice, number `seq`, that tells them which age the team noted."""
        return uuid.uuid5(self.pk, f"age-noted:{seq}")


class Message(models.Model):
    """`seq` numbers the messages of a conversation from 1 without a gap; `key` makes a form sent twice one message."""

    class Side(models.TextChoices):
        YOUNG = "young", "Jeune"
        STAFF = "staff", "Équipe"
        NOTICE = "notice", "Relais"

    class Doubt(models.TextChoices):
        """What speaks against the sender of a message that came by a channel. None for who writes on the site, or is proven."""

        UNKNOWN = "unknown", "Rien ne prouve qui l’a envoyé : une adresse ou un numéro s’imite."
        FAILED = "failed", "Le contrôle de l’expéditeur a échoué : quelqu’un d’autre l’a peut-être écrit."
        OTHER = "other", "Écrit d’une autre adresse que la sienne, en réponse à une lettre de nous."

    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="messages")
    seq = models.PositiveIntegerField()
    side = models.CharField(max_length=6, choices=Side)
    author = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    body = SealedTextField()
    whole = SealedTextField(
        blank=True, default="", help_text="the letter before its quotation was folded away; empty when nothing was"
    )
    channel = models.CharField(max_length=8, choices=Conversation.Channel, default=Conversation.Channel.SITE)
    doubt = models.CharField(max_length=7, choices=Doubt, blank=True)
    has_contact = models.BooleanField(default=False, help_text="a phone, an e-mail or a handle is offered in it")
    topic = models.UUIDField(null=True, help_text="what it is about, in an app above that knows it (see hooks)")
    key = models.UUIDField(default=uuid.uuid4)
    at = models.DateTimeField()

    class Meta:
        ordering = ["conversation", "seq"]
        constraints = [
            models.UniqueConstraint(fields=["conversation", "seq"], name="message_in_order"),
            models.UniqueConstraint(fields=["conversation", "key"], name="message_once"),
        ]

    about = None
    """What its `topic` is, once `hooks.tell_topics` has asked."""

    @property
    def asks_age(self) -> bool:
        return self.key == self.conversation.age_key

    @property
    def tells_age(self) -> bool:
        return self.key == self.conversation.age_noted_key(self.seq)


class Callback(models.Model):
    """How to reach a person once, when they ask for it; erased when done."""

    class Kind(models.TextChoices):
        EMAIL = "email", "par e-mail"
        PHONE = "phone", "par téléphone"
        SMS = "sms", "par SMS"

    conversation = models.OneToOneField(Conversation, models.CASCADE, related_name="callback")
    kind = models.CharField(max_length=6, choices=Kind)
    value = ContactPointField()
    # When the person prefers to be called; none: as soon as possible.
    slot = models.DateTimeField(null=True)
    after_breach = models.BooleanField(default=False, help_text="chosen after a broken promise")
    asked_at = models.DateTimeField()


class ChannelAddressQuerySet(models.QuerySet):
    def receiving(self):
        return self.filter(receives=True)


class ChannelAddress(models.Model):
    """Where a person who wrote by another channel is answered. The keyed digest finds their conversation again."""

    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="addresses")
    channel = models.CharField(max_length=8, choices=Conversation.Channel)
    address = ContactPointField()
    digest = models.CharField(max_length=64)
    account_of = models.UUIDField(
        null=True, help_text="the organisation to whose account they wrote; none: to that of the installation"
    )
    receives = models.BooleanField(default=True, help_text="what this sender writes next comes into this conversation")
    last_at = models.DateTimeField()
    # A way to answer that ends (Discord's quarter of an hour).
    reply_token = SealedTextField(blank=True)
    reply_until = models.DateTimeField(null=True)

    objects = ChannelAddressQuerySet.as_manager()

    class Meta:
        ordering = ["-last_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["channel", "digest"], name="channel_address_once", condition=Q(receives=True, account_of=None)
            ),
            models.UniqueConstraint(
                fields=["channel", "digest", "account_of"], name="channel_address_once_each", condition=Q(receives=True)
            ),
        ]
