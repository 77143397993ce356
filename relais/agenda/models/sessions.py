"""When several are received together: a session with places, and who of those to whom it was proposed comes."""

import uuid

from django.db import models
from django.db.models import Count, F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from relais.accounts.models import Organisation, Role, User
from relais.accounts.scope import Scoped
from relais.foundation.states import Moves

from .dated import Dated
from .places import MeetingPlace, Room

LASTING = {
    30: "30 minutes",
    45: "45 minutes",
    60: "1 heure",
    90: "1 h 30",
    120: "2 heures",
    180: "3 heures",
    240: "4 heures",
}
"""How long one may last, in minutes and in words."""


class GroupSessionQuerySet(Scoped):
    """Seen and held by whoever of the organisation proposes appointments."""

    readers = (Role.MEDIATOR, Role.SUPERVISOR)

    def planned(self):
        return self.filter(state=GroupSession.State.PLANNED)

    def counted(self):
        """Each with `seated` and `queued`: how many have a place, how many wait for one."""
        seated, queued = Q(registrations__state__in=Registration.SEATED), Q(registrations__state="waiting")
        return self.annotate(seated=Count("registrations", seated), queued=Count("registrations", queued))


class GroupSession(Dated):
    """A workshop, a meeting, a visit: held by one of the team for as many as it has places."""

    class State(models.TextChoices):
        PLANNED = "planned", "Prévue"
        CANCELLED = "cancelled", "Annulée"

    class Kind(models.TextChoices):
        VISIT = "visit", "Sur place"
        VIDEO = "video", "En vidéo"

    MOVES = Moves(
        {State.PLANNED: {State.CANCELLED}},
        late={State.PLANNED: "Cette séance est prévue.", State.CANCELLED: "Cette séance est déjà annulée."},
    )

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    title = models.CharField("titre", max_length=80)
    about = models.TextField("ce qui s’y passe", max_length=1000)
    kind = models.CharField(max_length=5, choices=Kind)
    place = models.CharField(max_length=200, help_text="the words of the place, or the address of the video call")
    meeting_place = models.ForeignKey(MeetingPlace, models.PROTECT, null=True, related_name="+")
    room = models.ForeignKey(Room, models.PROTECT, null=True, related_name="+")
    zone = models.CharField(max_length=40, help_text="IANA name: the clock of the place")
    starts_at = models.DateTimeField()
    minutes = models.PositiveSmallIntegerField()
    seats = models.PositiveSmallIntegerField()
    register_until = models.DateTimeField(help_text="nobody takes a place by themselves from then on")
    led_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    made_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    state = models.CharField(max_length=9, choices=State, default=State.PLANNED)
    reason = models.CharField(max_length=300, blank=True, help_text="why it was called off, as everybody is told")

    objects = GroupSessionQuerySet.as_manager()

    class Meta:
        ordering = ["starts_at", "id"]
        indexes = [
            models.Index(fields=["organisation", "starts_at"], name="session_of_organisation"),
            models.Index(fields=["led_by", "starts_at"], name="session_led", condition=Q(state="planned")),
            models.Index(fields=["starts_at"], name="session_ahead", condition=Q(state="planned")),
        ]
        constraints = [models.CheckConstraint(condition=Q(seats__gte=1), name="session_has_seats")]

    @property
    def lasts(self) -> str:
        return LASTING.get(self.minutes, f"{self.minutes} minutes")

    @property
    def said_where(self) -> str:
        """For whoever reads of it."""
        return "en vidéo" if self.kind == self.Kind.VIDEO else self.where

    @property
    def words(self) -> str:
        """« « Atelier CV », lundi 3 mars à 14 h, Antenne de Montargis », in letters, lists and messages."""
        return f"« {self.title} », {self.when}, {self.said_where}"


class RegistrationQuerySet(models.QuerySet):
    def about(self, kind: str, *numbers: uuid.UUID):
        """Of these things of one kind: the conversations to which a session was proposed."""
        return self.filter(subject_kind=kind, subject_id__in=numbers)

    def open(self):
        """What the person may still decide, or is expected at."""
        return self.filter(state__in=Registration.OPEN)

    def seated(self):
        return self.filter(state__in=Registration.SEATED)

    def in_their_agenda(self):
        """Those whose file the person may have: of a place they have, or had until the session was called off."""
        called_off = Q(state=Registration.State.CANCELLED, reminded_at__isnull=False)
        return self.filter(Q(state=Registration.State.REGISTERED) | called_off)

    def waiting(self):
        """First come, first."""
        return self.filter(state=Registration.State.WAITING).order_by("waiting_since", "id")

    def with_a_seat_to_take(self):
        """Those who wait where a place is free."""
        seated = Registration.objects.seated().filter(session=OuterRef("session")).order_by().values("session")
        taken = Coalesce(Subquery(seated.annotate(many=Count("pk")).values("many")), 0)
        return self.waiting().annotate(taken=taken).filter(session__seats__gt=F("taken"))


class Registration(models.Model):
    """What one person answered to one session that was proposed to them, and whether they came."""

    class State(models.TextChoices):
        PROPOSED = "proposed", "Proposée"
        REGISTERED = "registered", "Place prise"
        WAITING = "waiting", "Sur la liste d’attente"
        DECLINED = "declined", "A dit non"
        LEFT = "left", "A laissé sa place"
        REMOVED = "removed", "Place retirée"
        CANCELLED = "cancelled", "Séance annulée"
        PASSED = "passed", "Sans suite"
        PRESENT = "present", "Venu·e"
        ABSENT = "absent", "Absent·e"

    OPEN = (State.PROPOSED, State.REGISTERED, State.WAITING)
    SEATED = (State.REGISTERED, State.PRESENT, State.ABSENT)
    MOVES = Moves(
        {
            State.PROPOSED: {
                State.REGISTERED,
                State.WAITING,
                State.DECLINED,
                State.REMOVED,
                State.CANCELLED,
                State.PASSED,
            },
            State.WAITING: {State.REGISTERED, State.LEFT, State.REMOVED, State.CANCELLED, State.PASSED},
            State.REGISTERED: {State.LEFT, State.REMOVED, State.CANCELLED, State.PRESENT, State.ABSENT},
            # Somebody changes their mind.
            State.DECLINED: {State.PROPOSED, State.REGISTERED, State.WAITING},
            State.LEFT: {State.PROPOSED, State.REGISTERED, State.WAITING},
            State.REMOVED: {State.PROPOSED},
            State.PRESENT: {State.ABSENT},
            State.ABSENT: {State.PRESENT},
        },
        late={
            State.PROPOSED: "Cette séance est proposée, sans réponse encore.",
            State.REGISTERED: "Une place y est déjà prise.",
            State.WAITING: "La liste d’attente est déjà rejointe.",
            State.DECLINED: "Cette séance a été refusée.",
            State.LEFT: "Cette place a été laissée.",
            State.REMOVED: "Cette place a été retirée.",
            State.CANCELLED: "Cette séance a été annulée.",
            State.PASSED: "Cette séance est passée.",
            State.PRESENT: "La venue est déjà notée.",
            State.ABSENT: "L’absence est déjà notée.",
        },
    )

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    session = models.ForeignKey(GroupSession, models.CASCADE, related_name="registrations")
    subject_kind = models.CharField(max_length=20, help_text="of what it was proposed in, declared above (subjects.py)")
    subject_id = models.UUIDField()
    person = models.UUIDField(null=True, help_text="the path of the young person")
    state = models.CharField(max_length=10, choices=State, default=State.PROPOSED)
    proposed_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    waiting_since = models.DateTimeField(null=True, help_text="who waits longest has the first place that is free")
    remind_at = models.DateTimeField(null=True)
    # Noted too when the session is called off: of a place, which nothing is left to be reminded of.
    reminded_at = models.DateTimeField(null=True)

    objects = RegistrationQuerySet.as_manager()

    class Meta:
        ordering = ["proposed_at", "id"]
        indexes = [
            models.Index(
                fields=["remind_at"], name="registration_remind", condition=Q(state="registered", reminded_at=None)
            ),
            models.Index(fields=["waiting_since"], name="registration_waiting", condition=Q(state="waiting")),
            models.Index(fields=["subject_kind", "subject_id"], name="registration_subject"),
            models.Index(fields=["person"], name="registration_person"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["session", "subject_kind", "subject_id"], name="registration_once")
        ]
