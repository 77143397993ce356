"""What was agreed and can no longer be as it was: an absence declared since, two appointments at one hour, slots of which none is left.

Looked for each time and written nowhere: an absence that is taken back leaves no trace. Nothing is called off by itself; whoever
is expected there is told, and moves it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from relais.accounts.models import User

from . import places, taken
from .models import Appointment, GroupSession, Registration

CLOSED = "closed"
MOST = 500
"""Appointments that are looked at: more than anybody has ahead of them."""
WORDS = {
    taken.PERSON: "la personne a un autre rendez-vous à cette heure-là",
    taken.STAFF: "vous avez un autre rendez-vous à cette heure-là",
    taken.AWAY: "vous êtes en absence à cette heure-là",
    CLOSED: "le lieu n’est plus ouvert ce jour-là",
}


@dataclass(frozen=True)
class Clash:
    """`by`: one of WORDS."""

    appointment: Appointment
    by: str

    @property
    def words(self) -> str:
        return WORDS[self.by]


def chosen(mine, user: User, now: datetime) -> list[Clash]:
    """Those of `mine`, appointments of `user`, that are chosen and can no longer be."""
    ahead = list(_ahead(mine, now, Appointment.State.CHOSEN))
    found = ((one, taken.why(one, free, occupied) or _closed(one)) for one, free, occupied in _looked_at(ahead, user))
    # Their own agenda may well hold this very appointment, copied by hand: it says nothing against it.
    return [Clash(one, by) for one, by in found if by in WORDS]


def spent(mine, user: User, now: datetime) -> list[Appointment]:
    """The first slot of each proposal of `user` of which none may be chosen any more, though the person has not answered."""
    ahead = list(_ahead(mine, now, Appointment.State.PROPOSED))
    looked = _looked_at(ahead, user)
    free = {one.proposal for one, free, occupied in looked if not taken.why(one, free, occupied) and not _closed(one)}
    left = {one.proposal: one for one in reversed(ahead) if one.proposal not in free}
    return sorted(left.values(), key=lambda one: (one.starts_at, one.pk))


def within(mine, starts_at: datetime, ends_at: datetime, now: datetime) -> int:
    """How many chosen ones there are in this time."""
    return sum(one.starts_at < ends_at and one.ends_at > starts_at for one in _ahead(mine, now, "chosen"))


def led(sessions, now: datetime) -> list[tuple[GroupSession, str]]:
    """Those of `sessions` that are ahead and can no longer be held as planned, each with why, in words for who leads it."""
    ahead = list(sessions.filter(starts_at__gt=now).select_related("meeting_place").order_by("starts_at", "id")[:MOST])
    if not ahead:
        return []
    occupied = taken.leads(ahead)
    found = ((one, taken.why_led(one, occupied, regardless=True) or _closed(one)) for one in ahead)
    return [(one, WORDS[by]) for one, by in found if by]


def seated(sessions, now: datetime) -> list[Registration]:
    """The places at those of `sessions` that are ahead, of somebody who is expected elsewhere then: two paths that became one, each of which had its own."""
    ahead = sessions.filter(starts_at__gt=now).order_by().values("pk")
    places = Registration.objects.filter(state=Registration.State.REGISTERED, session__in=ahead)
    return taken.doubly(places.select_related("session").order_by("session__starts_at", "id")[:MOST])


def _closed(one: Appointment | GroupSession) -> str:
    place = one.meeting_place
    return CLOSED if place and places.closed_then(place, one.starts_at, one.clock) else ""


def _ahead(mine, now: datetime, state: str):
    return (
        mine.filter(state=state, starts_at__gt=now).select_related("meeting_place").order_by("starts_at", "id")[:MOST]
    )


def _looked_at(ahead: list[Appointment], user: User) -> Iterable[tuple[Appointment, taken.Free, taken.Occupied]]:
    if not ahead:
        return []
    persons: set[UUID] = {one.person for one in ahead if one.person}
    until = max(one.ends_at for one in ahead)
    occupied = taken.Occupied(persons, [user.pk], ahead[0].starts_at, until)
    return [(one, taken.Free(one.person, [user]), occupied) for one in ahead]
