"""When two see each other. What an appointment is about lies above this floor: a kind and a number, see `subjects`."""

import uuid

from django.db import models
from django.db.models import Q

from relais.accounts.models import Organisation, User
from relais.foundation.contacts import ContactPointField
from relais.foundation.states import Moves

from .dated import Dated
from .places import MeetingPlace, Room


class ContactMode(models.TextChoices):
    """How the person wants to be reminded, or asked for news."""

    DOOR = "door", "Ici, ou par là où j’écris d’habitude"
    EMAIL = "email", "Par e-mail"
    SMS = "sms", "Par SMS"


class AppointmentQuerySet(models.QuerySet):
    def about(self, kind: str, *numbers: uuid.UUID):
        """Those that hang on these things of one kind; without a number, on any of them."""
        return self.filter(subject_kind=kind, **({"subject_id__in": numbers} if numbers else {}))

    def meeting(self, kind: str, number: uuid.UUID):
        """Those with this other party."""
        return self.filter(with_kind=kind, with_id=number)

    def open(self):
        return self.filter(state__in=[Appointment.State.PROPOSED, Appointment.State.CHOSEN])

    def shown(self):
        """All but those that fell when another was chosen, in their order."""
        return self.exclude(state=Appointment.State.DROPPED).order_by("starts_at", "id")


class Appointment(Dated):
    """One slot. Several are proposed together (`proposal`); the person chooses one, the others fall."""

    class State(models.TextChoices):
        PROPOSED = "proposed", "Proposé"
        CHOSEN = "chosen", "Choisi"
        DROPPED = "dropped", "Non retenu"
        CANCELLED = "cancelled", "Annulé"
        HELD = "held", "A eu lieu"
        NO_SHOW = "no-show", "Personne n’est venu"

    class Kind(models.TextChoices):
        CALL = "call", "Un appel"
        CALL_3 = "call-3", "Un appel à trois"
        VISIT = "visit", "Sur place"
        VIDEO = "video", "En vidéo"

    MOVES = Moves(
        {
            State.PROPOSED: {State.CHOSEN, State.DROPPED, State.CANCELLED},
            State.CHOSEN: {State.CANCELLED, State.HELD, State.NO_SHOW},
        },
        late={
            State.PROPOSED: "Personne n’a encore choisi ce créneau.",
            State.CHOSEN: "Ce créneau est déjà choisi.",
            State.DROPPED: "Ce créneau n’a pas été retenu.",
            State.CANCELLED: "Ce rendez-vous a été annulé.",
            State.HELD: "Ce rendez-vous est déjà noté comme tenu.",
            State.NO_SHOW: "Ce rendez-vous est déjà noté comme manqué.",
        },
    )

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    subject_kind = models.CharField(max_length=20, help_text="of what it hangs on, declared above (subjects.py)")
    subject_id = models.UUIDField()
    person = models.UUIDField(null=True, help_text="the path of the young person, by whatever they are met about")
    with_kind = models.CharField(max_length=20, blank=True, help_text="of the other party, declared above")
    with_id = models.UUIDField(null=True)
    staff = models.ManyToManyField(User, related_name="+", help_text="who of those who work here is there; may be none")
    zone = models.CharField(max_length=40, help_text="IANA name: the clock of the place")
    proposal = models.UUIDField(help_text="shared by the slots proposed together")
    kind = models.CharField(max_length=6, choices=Kind)
    starts_at = models.DateTimeField()
    minutes = models.PositiveSmallIntegerField(default=30)
    place = models.CharField("lieu, lien ou numéro", max_length=200, blank=True)
    meeting_place = models.ForeignKey(MeetingPlace, models.PROTECT, null=True, related_name="appointments")
    room = models.ForeignKey(Room, models.PROTECT, null=True, related_name="appointments")
    video_room = models.CharField(max_length=16, blank=True, help_text="what the room of a video call is named by")
    video_opened_at = models.DateTimeField(null=True, help_text="when the server said that there is a room")
    state = models.CharField(max_length=9, choices=State, default=State.PROPOSED)
    regardless = models.BooleanField(
        default=False, help_text="proposed by somebody who had read that their own agenda says that they are taken"
    )
    proposed_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    proposed_at = models.DateTimeField()
    remind_at = models.DateTimeField(null=True)
    reminded_at = models.DateTimeField(null=True)
    # An address is left here with the person's consent, for the reminder alone; erased once it left.
    remind_by = models.CharField(max_length=5, choices=ContactMode, default=ContactMode.DOOR)
    address = ContactPointField(blank=True)

    objects = AppointmentQuerySet.as_manager()

    class Meta:
        ordering = ["starts_at", "id"]
        indexes = [
            models.Index(
                fields=["remind_at"], name="appointment_remind", condition=Q(state="chosen", reminded_at=None)
            ),
            models.Index(fields=["subject_kind", "subject_id"], name="appointment_subject"),
            models.Index(fields=["with_kind", "with_id"], name="appointment_with", condition=~Q(with_kind="")),
            models.Index(fields=["person"], name="appointment_person"),
            models.Index(fields=["starts_at"], name="appointment_taken", condition=Q(state="chosen")),
        ]
        constraints = [
            models.UniqueConstraint(fields=["proposal"], condition=Q(state="chosen"), name="appointment_one_chosen")
        ]
