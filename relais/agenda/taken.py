"""Nobody is in two places at once: what holds somebody who works here, or a young person, at an hour.

It is said when slots are proposed, and refused when one is chosen: in between, anybody may take the hour. What becomes impossible
afterwards (an absence, a substitute who is elsewhere) is found by `clashes`.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from relais.accounts.models import User
from relais.foundation.refusals import AlreadyThere

from . import away, locks, places
from .models import Appointment, BusyTime, GroupSession, Registration

PERSON, STAFF, AWAY, BUSY, OFFERED = "person", "staff", "away", "busy", "offered"
ORDER = (PERSON, STAFF, AWAY, BUSY, OFFERED)
"""What is said first, of several things that hold them."""
HOLDS = (PERSON, STAFF, AWAY, BUSY)
"""What keeps a slot from being chosen. What is only offered to somebody else is still free."""
State = Appointment.State


class HourTaken(AlreadyThere):
    """Somebody who should be there is elsewhere at that hour."""


@dataclass(frozen=True)
class Held:
    """Somebody is held from `starts_at` until `ends_at`; `by` is one of ORDER, `proposal` that of an appointment, or the session."""

    by: str
    starts_at: datetime
    ends_at: datetime
    proposal: UUID | None = None
    appointment: UUID | None = None

    def meets(self, starts_at: datetime, ends_at: datetime) -> bool:
        return self.starts_at < ends_at and self.ends_at > starts_at


class Occupied:
    """What holds these young people (`persons`, their paths) and these of the team between two instants; one look for all of them."""

    def __init__(self, persons: Collection[UUID], staff: Collection[UUID], since: datetime, until: datetime):
        self._of: dict[UUID, list[Held]] = defaultdict(list)
        near = Appointment.objects.open().filter(starts_at__gt=since - locks.LONGEST, starts_at__lt=until)
        self._add_appointments("person", near.filter(person__in=persons) if persons else near.none(), PERSON)
        self._add_appointments("staff", near.filter(staff__in=staff) if staff else near.none(), STAFF)
        self._add_sessions(persons, staff, since, until)
        for one in away.between(staff, since, until):
            self._of[one.user].append(Held(AWAY, one.starts_at, one.ends_at))
        busy = BusyTime.objects.filter(feed__user__in=staff, starts_at__lt=until, ends_at__gt=since)
        for who, starts, ends in busy.order_by().values_list("feed__user", "starts_at", "ends_at") if staff else ():
            self._of[who].append(Held(BUSY, starts, ends))

    def _add_appointments(self, whom: str, found, by: str) -> None:
        rows = found.order_by().values_list(whom, "pk", "state", "starts_at", "minutes", "proposal")
        for who, pk, state, starts_at, minutes, proposal in rows:
            how = by if state == State.CHOSEN else OFFERED
            self._of[who].append(Held(how, starts_at, starts_at + timedelta(minutes=minutes), proposal, pk))

    def _add_sessions(self, persons: Collection[UUID], staff: Collection[UUID], since: datetime, until: datetime):
        """Who has a place is held, who has not answered is not; who leads is held."""
        near = GroupSession.objects.planned().filter(starts_at__gt=since - locks.LONGEST, starts_at__lt=until)
        came = Registration.objects.open().filter(person__in=persons, session__in=near).order_by()
        columns = ("session__starts_at", "session__minutes", "session")
        found = [
            (who, PERSON if state == Registration.State.REGISTERED else OFFERED, *when)
            for who, state, *when in (came.values_list("person", "state", *columns) if persons else ())
        ]
        led = near.filter(led_by__in=staff).order_by().values_list("led_by", "starts_at", "minutes", "pk")
        found += [(who, STAFF, *when) for who, *when in (led if staff else ())]
        for who, by, starts_at, minutes, pk in found:
            self._of[who].append(Held(by, starts_at, starts_at + timedelta(minutes=minutes), pk))

    def at(
        self, who: Collection[UUID], starts_at: datetime, ends_at: datetime, *, but: UUID | None = None
    ) -> Iterator[Held]:
        """What holds one of these then; `but`: the proposal, or the session, that is being decided."""
        for one in who:
            yield from (
                held
                for held in self._of.get(one, ())
                if held.meets(starts_at, ends_at) and (but is None or held.proposal != but)
            )


@dataclass(frozen=True)
class Free:
    """Who has to be there, to be asked for any hour: `person`, a young person's path, and those who work here."""

    person: UUID | None
    staff: Collection[User]

    @property
    def who(self) -> list[UUID]:
        return [*([self.person] if self.person else []), *(one.pk for one in self.staff)]

    def near(self, since: datetime, until: datetime) -> Occupied:
        return Occupied([self.person] if self.person else [], [one.pk for one in self.staff], since, until)

    def takes(self, starts_at: datetime, minutes: int) -> str:
        """'' when all are free then and nothing is offered to anybody, else one of ORDER."""
        ends_at = starts_at + timedelta(minutes=minutes)
        return _first(self.near(starts_at, ends_at).at(self.who, starts_at, ends_at), ORDER)

    def hold(self) -> None:
        """Whoever else decides about one of them waits until the end of this transaction: two do not both find the hour free."""
        locks.hold(self.who)


def _first(found: Iterator[Held], kinds: Collection[str]) -> str:
    by = {one.by for one in found}
    return next((kind for kind in kinds if kind in by), "")


def of(appointment: Appointment) -> Free:
    return Free(appointment.person, list(appointment.staff.all()))


def why(appointment: Appointment, free: Free, occupied: Occupied) -> str:
    """'' while this slot may be chosen, else one of HOLDS."""
    at = (appointment.starts_at, appointment.ends_at)
    kinds = [one for one in HOLDS if one != BUSY or not appointment.regardless]
    return _first(occupied.at(free.who, *at, but=appointment.proposal), kinds)


def check(appointment: Appointment) -> None:
    """In the transaction that chooses it; it has its room afterwards. Raises HourTaken, in words for the young person."""
    free = of(appointment)
    free.hold()
    if not places.give_room(appointment):
        raise HourTaken("Il n’y a plus de place à cet endroit à cette heure-là. Choisis un autre créneau.")
    if held := why(appointment, free, free.near(appointment.starts_at, appointment.ends_at)):
        raise HourTaken(
            "Tu as déjà un rendez-vous à cette heure-là. Choisis un autre créneau."
            if held == PERSON
            else "Ce créneau vient d’être pris. Choisis-en un autre."
            if held == STAFF
            else "Ce créneau n’est plus possible. Choisis-en un autre."
        )


def refuse_away(staff: Collection[User], starts: Collection[datetime], minutes: int) -> None:
    """Raises HourTaken, in words for who proposes."""
    if any(away_then(staff, at, minutes) for at in starts):
        raise HourTaken("Quelqu’un est en absence à l’heure d’un de ces créneaux : choisissez-en un autre.")


def away_then(staff: Collection[User], starts_at: datetime, minutes: int) -> bool:
    return bool(away.between([one.pk for one in staff], starts_at, starts_at + timedelta(minutes=minutes)))


def still_free(slots: list[Appointment]) -> list[Appointment]:
    """Of slots proposed together, those that may still be chosen."""
    if not slots:
        return []
    free = of(slots[0])
    occupied = free.near(min(one.starts_at for one in slots), max(one.ends_at for one in slots))
    return [one for one in slots if not why(one, free, occupied) and places.can_receive(one)]


# --- at a session


def leads(sessions: Collection[GroupSession]) -> Occupied:
    """What holds those who lead these; one look for all of them."""
    until = max(one.ends_at for one in sessions)
    return Occupied([], {one.led_by_id for one in sessions}, min(one.starts_at for one in sessions), until)


def why_led(session: GroupSession, occupied: Occupied, *, regardless: bool = False) -> str:
    """'' while who leads it is free then, else one of HOLDS; `regardless` of what their own agenda says."""
    kinds = [one for one in HOLDS if one != BUSY or not regardless]
    held = occupied.at([session.led_by_id], session.starts_at, session.ends_at, but=session.pk)
    return _first(held, kinds)


def elsewhere(session: GroupSession, persons: Collection[UUID]) -> set[UUID]:
    """Those of these young people who are expected at something else then."""
    occupied = Occupied(persons, [], session.starts_at, session.ends_at)
    return {who for who in persons if _is_met(occupied, who, session)}


def met(person: UUID, sessions: Collection[GroupSession]) -> set[UUID]:
    """The numbers of those of these sessions at whose hour this young person is expected at something else."""
    if not sessions:
        return set()
    since, until = min(one.starts_at for one in sessions), max(one.ends_at for one in sessions)
    occupied = Occupied([person], [], since, until)
    return {one.pk for one in sessions if _is_met(occupied, person, one)}


def doubly(registrations: Collection[Registration]) -> list[Registration]:
    """Those of these places of somebody who is expected at something else then; one look for all of them."""
    found = [one for one in registrations if one.person]
    if not found:
        return []
    since, until = min(one.session.starts_at for one in found), max(one.session.ends_at for one in found)
    occupied = Occupied({one.person for one in found if one.person}, [], since, until)
    return [one for one in found if one.person and _is_met(occupied, one.person, one.session)]


def _is_met(occupied: Occupied, who: UUID, session: GroupSession) -> bool:
    found = occupied.at([who], session.starts_at, session.ends_at, but=session.pk)
    return any(held.by == PERSON for held in found)
