"""What happens to an appointment. The subject, the path and the touch are those of what it hangs on (`Subject.ids`)."""

from uuid import UUID

from relais.foundation.events import Code, Event

SAID = {"young": "la personne", "staff": "l’équipe", "partner": "la structure"}


class AppointmentProposed(Event):
    name = "appointment.proposed"
    proposal: UUID
    kind: Code
    slots: int

    @property
    def words(self) -> str:
        return f"Rendez-vous proposé, {self.slots} {'créneau' if self.slots < 2 else 'créneaux'}"


class AppointmentChosen(Event):
    name = "appointment.chosen"
    words = "La personne a choisi un rendez-vous"
    appointment: UUID
    kind: Code


class AppointmentDeclined(Event):
    """None of the slots proposed together suited the person."""

    name = "appointment.declined"
    words = "Aucun créneau ne convenait à la personne"
    proposal: UUID


class AppointmentCancelled(Event):
    """Called off by one side (`said`); `was`: proposed or chosen until then."""

    name = "appointment.cancelled"
    appointment: UUID
    said: Code
    was: Code

    @property
    def words(self) -> str:
        return f"Rendez-vous annulé par {SAID.get(self.said, 'la structure')}"


class AppointmentHeld(Event):
    name = "appointment.held"
    words = "Le rendez-vous a eu lieu"
    appointment: UUID
    kind: Code
    said: Code


class AppointmentMissed(Event):
    name = "appointment.missed"
    words = "Personne n’est venu au rendez-vous"
    appointment: UUID
    kind: Code
    said: Code


class SessionEvent(Event):
    """What happens to one person's place at a session; `session` is held by one of the team."""

    session: UUID
    registration: UUID


class SessionProposed(SessionEvent):
    name = "session.proposed"
    words = "Séance collective proposée"


class SessionJoined(SessionEvent):
    name = "session.joined"
    words = "La personne a pris une place à la séance"


class SessionQueued(SessionEvent):
    name = "session.queued"
    words = "La séance est complète : la personne est sur la liste d’attente"


class SessionSeatGiven(SessionEvent):
    """Somebody gave up theirs, or there are more."""

    name = "session.seat-given"
    words = "Une place s’est libérée à la séance : elle est pour la personne"


class SessionDeclined(SessionEvent):
    name = "session.declined"
    words = "La séance ne convenait pas à la personne"


class SessionLeft(SessionEvent):
    """`was`: registered or waiting until then."""

    name = "session.left"
    was: Code

    @property
    def words(self) -> str:
        return (
            "La personne a quitté la liste d’attente de la séance"
            if self.was == "waiting"
            else "La personne a laissé sa place à la séance"
        )


class SessionRemoved(SessionEvent):
    """By the team; `was`: proposed, registered or waiting until then."""

    name = "session.removed"
    words = "L’équipe a retiré la personne de la séance"
    was: Code


class SessionCalledOff(SessionEvent):
    """For one of those who were expected there."""

    name = "session.called-off"
    words = "La séance a été annulée"
    was: Code


class SessionAttended(SessionEvent):
    name = "session.attended"
    words = "La personne est venue à la séance"


class SessionMissed(SessionEvent):
    name = "session.missed"
    words = "La personne n’est pas venue à la séance"
