"""Sessions with places: planned by the team, proposed to a person, who takes a place, waits for one, or says no.

A place that is free goes to who waits longest. What one person does tells another nothing by itself: each of them hangs on a thing of their
own, which is locked before their registration and their registration before the session, so what follows for others (a place given, a session
called off) is done by the loop, each in a transaction of its own, as soon as the bell rings.
"""

from collections.abc import Collection
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Model, QuerySet

from relais.accounts.models import User
from relais.accounts.permissions import record_access
from relais.foundation import claims, loops, meanwhile, states
from relais.foundation.events import record
from relais.foundation.refusals import AlreadyThere, NotAcceptable, WrongState
from relais.foundation.subjects import subject_of

from . import events, instants, locks, places, subjects, taken
from .models import GroupSession, MeetingPlace, Registration
from .services import remind_at

BELL = "sessions"
State = Registration.State
LED = {
    taken.STAFF: "Qui mène la séance a déjà un rendez-vous ou une séance à cette heure-là.",
    taken.AWAY: "Qui mène la séance est en absence à cette heure-là.",
    taken.BUSY: "L’agenda de qui mène la séance dit cette heure-là déjà prise.",
}
CALLED_OFF = "Cette séance est annulée."
CLOSED = "Les inscriptions à cette séance sont closes."
USED = "Cette page a déjà servi à prévoir une autre séance : rouvrez « Prévoir une séance »."
GONE = "Cette personne est suivie par une autre organisation maintenant : rien n’a été changé."
GONE_FOR_YOU = "Cette séance est d’une équipe qui ne te répond plus. Demande à celle qui te répond maintenant."


# --- what the team does


@transaction.atomic
def plan(*, session: GroupSession, by: User, regardless: bool = False, now: datetime) -> GroupSession:
    """A new session; sent twice (its number comes with the page), once. `regardless` of what the agenda of who leads it says.

    Raises taken.HourTaken, NotAcceptable when its place is closed, AlreadyThere when that has no room left or the number is that of another's.
    """
    # Its number too: sent twice at the same instant, the second looks once the first is there.
    locks.hold([session.pk, session.led_by_id])
    if known := GroupSession.objects.filter(pk=session.pk).first():
        if known.made_by_id != by.pk:
            raise AlreadyThere(USED)
        return known
    session.made_by, session.made_at = by, now
    _refuse_taken(session, regardless)
    if session.meeting_place_id:
        # Before its rooms, as whoever writes about it does.
        session.meeting_place = place = MeetingPlace.objects.select_for_update().get(pk=session.meeting_place_id)
        places.refuse_closed(place, session.organisation_id, [session.starts_at], session.clock)
        session.place = place.words
        if not places.give_room(session):
            raise AlreadyThere(f"Toutes les salles de « {place.name} » sont prises à cette heure-là.")
    session.save(force_insert=True)
    record_access(by, "plan-session", session, now=now)
    return session


def told(session: GroupSession) -> dict[str, str]:
    """What may change of it, {what it is called on the form: how it reads}."""
    return {
        "Titre": session.title,
        "Ce qui s’y passe": session.about,
        "Nombre de places": str(session.seats),
        "Inscriptions jusqu’à": instants.spoken(session.register_until, session.clock),
        "Qui la mène": str(session.led_by),
    }


@transaction.atomic
def change(*, session: GroupSession, by: User, values: dict[str, Any], seen: str, now: datetime) -> GroupSession:
    """All but when and where it is: who has a place counts on that. More places go to who waits. `seen`: the fingerprint of what was `told`.

    Raises WrongState (what was shown is not what is there, too), taken.HourTaken.
    """
    leader = values["led_by"]
    locks.hold([leader.pk])
    held = _held(session.pk)
    states_allow(held, now)
    meanwhile.refuse_if_changed(seen, told(held))
    if (seated := held.registrations.seated().count()) > values["seats"]:
        raise WrongState(f"{seated} places sont déjà prises : il en faut au moins autant.")
    moved = leader.pk != held.led_by_id
    for name, value in values.items():
        setattr(held, name, value)
    if moved:
        # Their own agenda may well hold this very session, copied by hand.
        _refuse_taken(held, regardless=True)
    held.save()
    record_access(by, "change-session", held, now=now)
    loops.wake(BELL)
    return held


@transaction.atomic
def call_off(*, session: GroupSession, reason: str, by: User, now: datetime) -> GroupSession:
    """It is not held; whoever was expected, or had not answered yet, is told why. Pressed twice, once."""
    held = _held(session.pk)
    if held.state == GroupSession.State.CANCELLED:
        return held
    states_allow(held, now)
    states.turn(held, GroupSession.State.CANCELLED)
    held.reason = reason
    held.save()
    record_access(by, "call-off-session", held, now=now)
    loops.wake(BELL)
    return held


def states_allow(session: GroupSession, now: datetime) -> None:
    """Raises WrongState once it is called off, or has begun."""
    if session.state == GroupSession.State.CANCELLED:
        raise WrongState(CALLED_OFF)
    if session.starts_at <= now:
        raise WrongState("Cette séance a déjà commencé.")


@transaction.atomic
def invite(*, session: GroupSession, about: subjects.About, by: User, now: datetime) -> Registration:
    """Propose it in what `about` says; again to who had said no, or was taken out. Raises AlreadyThere, WrongState."""
    row = subjects.Booked.of(about.kind).thing.locked(about.number)
    if about.organisation != session.organisation_id:
        raise NotAcceptable("Cette séance n’est pas de l’organisation de cette ligne.")
    known = Registration.objects.select_for_update().about(about.kind, about.number).filter(session=session).first()
    if known and known.state in (*Registration.OPEN, *Registration.SEATED):
        raise AlreadyThere("Cette séance est déjà proposée à cette personne.")
    session = _held(session.pk)
    states_allow(session, now)
    if session.register_until <= now:
        raise WrongState(CLOSED)
    one = known or Registration(session=session, subject_kind=about.kind, subject_id=about.number)
    if known:
        states.turn(one, State.PROPOSED)
    one.person, one.proposed_by, one.proposed_at, one.waiting_since = about.person, by, now, None
    one.save()
    _tell(one, row, events.SessionProposed, now)
    return one


@transaction.atomic
def remove(*, registration: Registration, now: datetime) -> Registration:
    """The team takes somebody out, who is told."""
    row, one = locked(registration)
    if one.state == State.REMOVED:
        return one
    _refuse_gone(one, row, GONE)
    states_allow(one.session, now)
    was = states.turn(one, State.REMOVED)
    return _gives_up(one, row, events.SessionRemoved, now, was=was)


@transaction.atomic
def attend(*, registration: Registration, came: bool, now: datetime) -> Registration:
    """Whether they came, said once it has begun, and put right later; once, of who is answered elsewhere since: it is here that they came."""
    row, one = locked(registration)
    if one.state != State.REGISTERED:
        _refuse_gone(one, row, GONE)
    to = State.PRESENT if came else State.ABSENT
    if one.state == to:
        return one
    if one.session.state == GroupSession.State.CANCELLED:
        raise WrongState(CALLED_OFF)
    if one.session.starts_at > now:
        raise WrongState("Cette séance n’a pas encore commencé.")
    states.turn(one, to)
    one.save()
    _tell(one, row, events.SessionAttended if came else events.SessionMissed, now)
    return one


# --- what the person does


@transaction.atomic
def register(*, registration: Registration, now: datetime) -> Registration:
    """A place, or the end of the waiting list where none is left. Raises WrongState, taken.HourTaken."""
    row, one = locked(registration)
    if one.state in (State.REGISTERED, State.WAITING):
        return one
    _refuse_gone(one, row, GONE_FOR_YOU)
    states.check(one, State.REGISTERED)
    locks.hold([one.person] if one.person else [])
    session = _held(one.session_id)
    states_allow(session, now)
    if session.register_until <= now:
        raise WrongState(CLOSED)
    if one.person and taken.elsewhere(session, [one.person]):
        raise taken.HourTaken("Tu as déjà quelque chose de prévu à cette heure-là.")
    if is_full(session):
        states.turn(one, State.WAITING)
        one.waiting_since = now
        one.save()
        _tell(one, row, events.SessionQueued, now)
        return one
    _seat(one, session, now)
    _tell(one, row, events.SessionJoined, now)
    return one


@transaction.atomic
def give_up(*, registration: Registration, seen: str, now: datetime) -> Registration:
    """The person says no, leaves the list, or leaves their place to another. `seen`: the state in which they were shown it.

    Raises WrongState when it is another one: who has a place by now may not have known it.
    """
    row, one = locked(registration)
    if one.state in (State.DECLINED, State.LEFT):
        return one
    states_allow(one.session, now)
    if one.state != seen:
        raise WrongState("Cette page avait changé depuis que tu l’as ouverte : relis où tu en es, puis choisis.")
    if one.state == State.PROPOSED:
        states.turn(one, State.DECLINED)
        one.save()
        _tell(one, row, events.SessionDeclined, now)
        return one
    was = states.turn(one, State.LEFT)
    return _gives_up(one, row, events.SessionLeft, now, was=was)


def _gives_up(one: Registration, row: Model, event, now: datetime, *, was: str) -> Registration:
    one.waiting_since = one.remind_at = None
    one.save()
    _tell(one, row, event, now, was=was)
    loops.wake(BELL)
    return one


def _seat(one: Registration, session: GroupSession, now: datetime) -> None:
    states.turn(one, State.REGISTERED)
    one.waiting_since, one.reminded_at = None, None
    one.remind_at = remind_at(session.starts_at, now)
    one.save()


# --- for the app of what it was proposed in


def locked(registration: Registration) -> tuple[Model, Registration]:
    """What it hangs on, then the registration, both locked."""
    row = subjects.of(registration).thing.locked(registration.subject_id)
    return row, Registration.objects.select_for_update(of=("self",)).select_related("session__room").get(
        pk=registration.pk
    )


def proposable(organisation: UUID, now: datetime) -> QuerySet[GroupSession]:
    """What may be proposed, with how many places are taken."""
    ahead = GroupSession.objects.planned().filter(organisation=organisation, register_until__gt=now, starts_at__gt=now)
    return ahead.select_related("meeting_place").counted().order_by("starts_at", "id")


def is_full(session: GroupSession) -> bool:
    """Whether who comes by waits: a place that was given up is for who waits already, unless they cannot come then."""
    return session.seats - session.registrations.seated().count() <= len(_could_come(session))


def carry(kind: str, *, old: UUID, new: UUID, person: UUID | None) -> None:
    """Two subjects become one: its registrations follow. Of two to one session the one that goes furthest stays, and waits since the first of them."""
    order = (State.PRESENT, State.ABSENT, State.REGISTERED, State.WAITING, State.PROPOSED)
    stays = {one.session_id: one for one in Registration.objects.select_for_update().about(kind, new)}
    for one in Registration.objects.select_for_update().about(kind, old):
        other = stays.get(one.session_id)
        if other is not None:
            rank = [order.index(each.state) if each.state in order else len(order) for each in (one, other)]
            if one.state == other.state == State.WAITING:
                one.waiting_since = other.waiting_since = min(one.waiting_since, other.waiting_since)
            if rank[0] >= rank[1]:
                one.delete()
                other.save()
                continue
            other.delete()
        one.subject_id, one.person = new, person
        one.save()
    loops.wake(BELL)


# --- the loop


def follow(now: datetime) -> None:
    """What was done to a session, for each of those whom it concerns."""
    call_off_due(now)
    fill_due(now)
    remind_due(now)
    pass_due(now)


def call_off_due(now: datetime) -> int:
    """Tell each of those whom a session that was called off concerns."""
    due = Registration.objects.open().filter(session__state=GroupSession.State.CANCELLED)
    return claims.each(due.order_by("proposed_at", "id"), partial(_called_off, now=now), under=_UNDER).done


def _called_off(due: Registration, *, now: datetime) -> None:
    row, one = locked(due)
    was = states.turn(one, State.CANCELLED)
    one.waiting_since = one.remind_at = None
    if was == State.REGISTERED:
        one.reminded_at = one.reminded_at or now
    one.save()
    _tell(one, row, events.SessionCalledOff, now, was=was)


def fill_due(now: datetime) -> int:
    """Give each place that is free to who waits longest for it, until the session begins; returns how many were given."""
    ahead = Registration.objects.with_a_seat_to_take()
    due, failed = ahead.filter(session__state=GroupSession.State.PLANNED, session__starts_at__gt=now), set[UUID]()

    def filled(one: Registration) -> int:
        try:
            return _filled(one, now=now, failed=failed)
        except Exception:
            # They keep their turn, and are tried again at the next one; those who wait behind them do not wait for that.
            failed.add(one.pk)
            raise

    return claims.each(due, filled, under=_UNDER).done


def _filled(due: Registration, *, now: datetime, failed: Collection[UUID]) -> int:
    row, one = locked(due)
    locks.hold([one.person] if one.person else [])
    session = _held(one.session_id)
    is_over = session.state != GroupSession.State.PLANNED or session.starts_at <= now
    if is_over or session.registrations.seated().count() >= session.seats:
        return 0
    if next((each for each in _could_come(session) if each.pk not in failed), None) != one:
        return 0
    _seat(one, session, now)
    _tell(one, row, events.SessionSeatGiven, now)
    return 1


def _could_come(session: GroupSession) -> list[Registration]:
    """Those who wait, in their order, but for those who are expected elsewhere at that hour: they stay on the list, and the next one has the place."""
    waiting = list(session.registrations.waiting())
    busy = taken.elsewhere(session, {each.person for each in waiting if each.person})
    return [each for each in waiting if each.person not in busy]


def remind_due(now: datetime) -> int:
    """Remind, once, who has a place at what comes soon."""
    due = Registration.objects.filter(state=State.REGISTERED, reminded_at=None, remind_at__lte=now)
    due = due.filter(session__state=GroupSession.State.PLANNED)
    return claims.each(due.order_by("remind_at", "id"), partial(_remind, now=now), under=_UNDER).done


def _remind(due: Registration, *, now: datetime) -> None:
    row, one = locked(due)
    # As with appointments: a reminder of the past only worries.
    if one.session.starts_at > now:
        subjects.of(one).remind_of_session(row, one, now)
    Registration.objects.filter(pk=one.pk).update(reminded_at=now)


def pass_due(now: datetime) -> int:
    """Once it has begun, nobody waits for a place or has to answer."""
    over = Registration.objects.filter(session__state=GroupSession.State.PLANNED, session__starts_at__lte=now)
    return states.move_all(over, State.PASSED, waiting_since=None)


_UNDER = claims.Under(("subject_kind", "subject_id"), subjects.above)


def _held(pk: UUID) -> GroupSession:
    """The session, locked: who counts its places waits for who did so before."""
    GroupSession.objects.select_for_update().only("pk").get(pk=pk)
    return GroupSession.objects.select_related("room", "led_by").get(pk=pk)


def is_theirs(one: Registration, row: Model) -> bool:
    """Whether what it hangs on is still of the organisation that holds the session: another may have taken it over since."""
    return subject_of(row).organisation_id == one.session.organisation_id


def _refuse_gone(one: Registration, row: Model, words: str) -> None:
    if not is_theirs(one, row):
        raise WrongState(words)


def _refuse_taken(session: GroupSession, regardless: bool) -> None:
    if why := taken.why_led(session, taken.leads([session]), regardless=regardless):
        raise taken.HourTaken(LED[why])


def _tell(one: Registration, row: Model, event, now: datetime, **values) -> None:
    record(event(**subject_of(row).ids, session=one.session_id, registration=one.pk, **values), now=now)
