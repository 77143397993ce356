"""What every app stands on: the event log, the letters still to be sent, the counters that slow an abuser down."""

import uuid

from django.db import models
from django.db.models import Case, Exists, F, OuterRef, Q, Subquery, Value, When

from .sealed import SealedJSONField, SealedTextField
from .states import Moves


class EventRecord(models.Model):
    """One row of the event log. The database refuses UPDATE, DELETE and TRUNCATE (migration 0002).

    Every figure shown anywhere is a query on this table. It holds no personal data: only codes, counts and
    random identifiers (see `events.Event`, which allows nothing else).
    """

    at = models.DateTimeField()
    name = models.CharField(max_length=60)
    touch = models.CharField(max_length=8, blank=True)
    journey = models.UUIDField(null=True)
    subject = models.UUIDField(null=True)
    data = models.JSONField(default=dict)

    class Meta:
        db_table = "foundation_event"
        ordering = ["id"]
        indexes = [
            models.Index(fields=["name", "touch", "at"], name="event_name_touch"),
            models.Index(fields=["name", "at"], name="event_name_at"),
            models.Index(fields=["subject"], name="event_subject", condition=Q(subject__isnull=False)),
        ]


class OutboundQuerySet(models.QuerySet):
    def needing_a_human(self):
        return self.filter(state__in=Outbound.STUCK)

    def not_left(self):
        """On their way: at their hour, or tried again by themselves."""
        return self.filter(state__in=[Outbound.State.WAITING, Outbound.State.SENDING])

    def stopped(self, since):
        """Those that did not leave because nobody wanted them: there is nothing to decide, but somebody waits for an answer."""
        return self.filter(state=Outbound.State.STOPPED, claimed_at__gte=since)

    def tried_again(self):
        """They could not leave, and are tried again by themselves: nobody has to decide, but somebody should know."""
        return self.not_left().exclude(error="")


class Outbound(models.Model):
    """A message that must leave: the durable row first, the effect after.

    `key` is unique, so that the same reason never makes two messages. A row found in SENDING after its lease
    may or may not have left: it becomes AMBIGUOUS, is shown to a human and is never sent again by itself.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "En attente"
        SENDING = "sending", "En cours d’envoi"
        SENT = "sent", "Envoyé"
        AMBIGUOUS = "ambiguous", "Peut-être envoyé"
        FAILED = "failed", "Refusé"
        STOPPED = "stopped", "Non envoyé : refus de recevoir"
        DELIVERED = "delivered", "Remis, selon l’opérateur"
        RETURNED = "returned", "Revenu : pas remis"
        LEFT = "left", "Laissé : plus rien à envoyer"

    STUCK = (State.AMBIGUOUS, State.FAILED, State.RETURNED)
    """Refused for good, come back, or nobody knows whether it left: a human decides. What came back had left: its words are not kept here."""
    # To « envoyé » from wherever it is: the answer of a slow provider may come after its lease, or after a human has decided.
    MOVES = Moves(
        {
            State.WAITING: {State.SENDING, State.SENT, State.AMBIGUOUS},
            State.SENDING: {State.WAITING, State.SENT, State.AMBIGUOUS, State.FAILED, State.STOPPED},
            State.AMBIGUOUS: {State.WAITING, State.SENT, State.FAILED, State.LEFT},
            State.FAILED: {State.WAITING, State.SENT, State.LEFT},
            # Reports come in any order: what was delivered stays so, and what was given up may be delivered after all.
            State.SENT: {State.DELIVERED, State.RETURNED},
            State.RETURNED: {State.DELIVERED, State.LEFT},
        },
        late="Cette lettre est dans l’état « {state} » : il n’y a plus rien à décider.",
    )

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    channel = models.CharField(max_length=20)
    key = models.CharField(max_length=120, unique=True)
    payload = SealedJSONField(default=dict)
    about = models.UUIDField(null=True, help_text="the conversation it belongs to: erased together")
    # No foreign key: organisations live above (accounts), and this floor knows nothing of them.
    owner = models.UUIDField(
        null=True, help_text="the organisation it is of: nobody else sees it. None for a letter of the installation"
    )
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField()
    claimed_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    known_as = models.CharField(
        max_length=150, blank=True, default="", help_text="how its provider names it, where one says what became of it"
    )
    report_at = models.DateTimeField(null=True, help_text="when its provider is asked again what became of it")
    error = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField()

    objects = OutboundQuerySet.as_manager()

    class Meta:
        ordering = ["created_at", "id"]
        indexes = [
            models.Index(fields=["not_before"], name="outbound_due", condition=Q(state__in=["waiting", "sending"])),
            models.Index(fields=["about"], name="outbound_about"),
            # Found whole, and by the head that all of one account share.
            models.Index(
                fields=["known_as"],
                name="outbound_known_as",
                opclasses=["varchar_pattern_ops"],
                condition=Q(known_as__gt=""),
            ),
            models.Index(
                fields=["owner", "created_at"],
                name="outbound_stuck",
                condition=Q(state__in=["ambiguous", "failed", "returned"]),
            ),
        ]


class LinkQuerySet(models.QuerySet):
    def live(self, now):
        """Those that open what they are for."""
        used = Q(single_use=True, used_at__isnull=False)
        return self.filter(Q(expires_at=None) | Q(expires_at__gt=now), revoked_at=None).exclude(used)

    def of(self, purpose: str, *subjects):
        return self.filter(purpose=purpose, subject__in=[str(subject) for subject in subjects])

    def over(self, before):
        """Those that came to their end by then, in whatever way."""
        return self.filter(
            Q(expires_at__lte=before) | Q(revoked_at__lte=before) | Q(single_use=True, used_at__lte=before)
        )


class Link(models.Model):
    """A secret address that was sent to somebody and opens one thing, `subject`, for a `purpose` (see `links`). Only its digest is kept."""

    purpose = models.CharField(max_length=40)
    subject = models.CharField(max_length=40)
    digest = models.CharField(max_length=64, unique=True)
    # No foreign keys: what links open lives above, and this floor knows nothing of it.
    about = models.UUIDField(null=True, help_text="the conversation it belongs to: erased together")
    sent_by = models.CharField(
        max_length=40, blank=True, help_text="to whom another one goes: « address:12 », said by its purpose"
    )
    single_use = models.BooleanField(default=False)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    objects = LinkQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(fields=["subject", "purpose"], name="link_subject"),
            models.Index(fields=["about"], name="link_about", condition=Q(about__isnull=False)),
            models.Index(fields=["expires_at"], name="link_expires"),
        ]

    def is_open(self, now) -> bool:
        ended = self.expires_at is not None and self.expires_at <= now
        return not (ended or self.revoked_at or (self.single_use and self.used_at))


class RateBucket(models.Model):
    """How often one origin did one thing in one window. `origin` is a keyed hash that changes every day."""

    origin = models.CharField(max_length=64, primary_key=True)
    count = models.PositiveIntegerField(default=0)
    expires_at = models.DateTimeField(db_index=True)


class Heartbeat(models.Model):
    """When each loop of the worker last finished a turn: a stopped worker shows on /health/ready and to supervisors."""

    name = models.CharField(max_length=80, primary_key=True)
    every = models.FloatField()
    at = models.DateTimeField()

    class Meta:
        ordering = ["name"]


class HouseSecret(models.Model):
    """The one row from which lasting secrets are drawn (see `keys`), sealed under the ring of keys like every text."""

    secret = SealedTextField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="house_secret_once")]


class Days(models.TextChoices):
    """The days on which something runs by itself."""

    ALL = "all", "tous les jours"
    WORKING = "working", "du lundi au vendredi"
    MONDAY = "0", "le lundi"
    TUESDAY = "1", "le mardi"
    WEDNESDAY = "2", "le mercredi"
    THURSDAY = "3", "le jeudi"
    FRIDAY = "4", "le vendredi"
    SATURDAY = "5", "le samedi"
    SUNDAY = "6", "le dimanche"

    def holds(self, weekday: int) -> bool:
        """`weekday`: 0 is Monday."""
        return self == Days.ALL or (weekday < 5 if self == Days.WORKING else int(self) == weekday)


class ScheduleQuerySet(models.QuerySet):
    def due(self, now):
        """To be run by the clock, and not running."""
        return self.filter(Q(next_at__lte=now) | Q(retry_at__lte=now), is_on=True).exclude(
            runs__state__in=Run.UNDER_WAY
        )

    def with_last(self):
        """Each with `last_state`, `last_at`, `last_lasted`, `last_words`, `last_said` of its last run that ended, and `is_under_way`, `is_waiting`."""
        ended = Run.objects.filter(schedule=OuterRef("pk"), ended_at__isnull=False).order_by("-ended_at", "-id")
        return self.annotate(
            last_state=Subquery(ended.values("state")[:1]),
            last_at=Subquery(ended.values("started_at")[:1]),
            last_lasted=Subquery(ended.annotate(time=F("ended_at") - F("started_at")).values("time")[:1]),
            last_words=Subquery(ended.values("words")[:1]),
            last_said=Subquery(ended.values("said")[:1]),
            is_waiting=Exists(Run.objects.filter(schedule=OuterRef("pk"), state=Run.State.WAITING)),
            is_under_way=Exists(Run.objects.filter(schedule=OuterRef("pk"), state=Run.State.RUNNING)),
            has_failed=Case(When(last_state__in=Run.WRONG, then=Value(True)), default=Value(False)),
        )

    def failing(self):
        """On, and its last run went wrong."""
        return self.with_last().filter(is_on=True, has_failed=True)


class Schedule(models.Model):
    """When one job (see foundation/schedule.py) runs by itself, and on what. One row for each job that some app declares."""

    job = models.SlugField(max_length=40, unique=True)
    is_on = models.BooleanField("se fait toute seule", default=False)
    hour = models.TimeField("heure")
    days = models.CharField("jours", max_length=8, choices=Days, default=Days.ALL)
    lines = models.TextField("sur quoi", blank=True, help_text="what the job is given, one a line")
    next_at = models.DateTimeField(null=True, help_text="None while it is off")
    retry_at = models.DateTimeField(null=True, help_text="the second try of a run that went wrong")

    objects = ScheduleQuerySet.as_manager()

    class Meta:
        ordering = ["job"]
        constraints = [
            models.CheckConstraint(condition=Q(is_on=False) | Q(next_at__isnull=False), name="schedule_on_has_next")
        ]

    def __str__(self):
        return self.job

    @property
    def given(self) -> list[str]:
        return [line.strip() for line in self.lines.splitlines() if line.strip()]


class Run(models.Model):
    """One run of a job, by the clock or because somebody asked (`asked_by`)."""

    class State(models.TextChoices):
        WAITING = "waiting", "Demandé"
        RUNNING = "running", "En cours"
        DONE = "done", "Fait"
        FAILED = "failed", "Échec"
        BROKEN = "broken", "Interrompu"

    MOVES = Moves(
        {State.WAITING: {State.RUNNING}, State.RUNNING: {State.DONE, State.FAILED, State.BROKEN}},
        late="Ce passage est dans l’état « {state} ».",
    )
    UNDER_WAY, WRONG = (State.WAITING, State.RUNNING), (State.FAILED, State.BROKEN)

    schedule = models.ForeignKey(Schedule, models.CASCADE, related_name="runs")
    state = models.CharField(max_length=8, choices=State, default=State.RUNNING)
    started_at = models.DateTimeField(help_text="asked for, while it waits")
    ended_at = models.DateTimeField(null=True)
    # No foreign key: accounts live above.
    asked_by = models.UUIDField(null=True, help_text="who asked for it; None for the clock")
    is_retry = models.BooleanField(default=False)
    words = models.TextField(blank=True, help_text="what it did, or why it did not, in French")
    said = models.TextField(blank=True, help_text="what the program said, as it says it")

    class Meta:
        ordering = ["-started_at", "-id"]
        constraints = [
            # Two nodes that look at the same instant: the second one is refused.
            models.UniqueConstraint(
                fields=["schedule"], condition=Q(state__in=["waiting", "running"]), name="run_one_at_a_time"
            ),
        ]
        indexes = [models.Index(fields=["schedule", "-started_at"], name="run_schedule")]

    def __str__(self):
        return f"{self.schedule}, {self.started_at:%Y-%m-%d %H:%M}"

    @property
    def lasted(self):
        return self.ended_at - self.started_at if self.ended_at else None
