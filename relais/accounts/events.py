"""What happens to accounts of people who work here; `user` and `by` are their numbers."""

from uuid import UUID

from relais.foundation.events import Event


class ReadingWarned(Event):
    """More files in an hour than work asks for: supervisors were told."""

    name = "reading.warned"
    unsaid = "of somebody who works here: the page of reading limits shows it"
    user: UUID


class ReadingStopped(Event):
    name = "reading.stopped"
    unsaid = "of somebody who works here: the page of reading limits shows it"
    user: UUID


class ReadingStopLifted(Event):
    name = "reading.stop-lifted"
    unsaid = "of somebody who works here: the page of reading limits shows it"
    user: UUID
    by: UUID


class VolunteerChecked(Event):
    """A volunteer's certificate of good standing was seen and verified."""

    name = "volunteer.checked"
    unsaid = "the page of volunteers shows who checked what, and when"
    user: UUID
    by: UUID


class VolunteerCheckRevoked(Event):
    name = "volunteer.check-revoked"
    unsaid = "the page of volunteers shows who checked what, and when"
    user: UUID
    by: UUID


class SessionsClosed(Event):
    """Somebody of the administration signed an account out everywhere: its holder lost a telephone."""

    name = "account.sessions-closed"
    unsaid = "of somebody who works here: they are told by letter, and the trace of accesses says who did it"
    user: UUID
    by: UUID
