"""What happens to accounts of people who work here; `user` and `by` are their numbers."""

from uuid import UUID

from relais.foundation.events import Event


class ReadingWarned(Event):
    """More files in an hour than work asks for: supervisors were told."""

    name = "reading.warned"
    user: UUID


class ReadingStopped(Event):
    name = "reading.stopped"
    user: UUID


class ReadingStopLifted(Event):
    name = "reading.stop-lifted"
    user: UUID
    by: UUID


class VolunteerChecked(Event):
    """A volunteer's certificate of good standing was seen and verified."""

    name = "volunteer.checked"
    user: UUID
    by: UUID


class VolunteerCheckRevoked(Event):
    name = "volunteer.check-revoked"
    user: UUID
    by: UUID
