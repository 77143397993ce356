"""The places of an organisation: their days, and their rooms, each for one appointment or one session at a time.

A day on which a place is closed is refused when slots are proposed. A room is given when a slot is chosen or a session planned, the first that is free then;
a place without any room named takes as many as come.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from relais.accounts.models import User
from relais.accounts.permissions import record_access
from relais.foundation.hours import DAYS
from relais.foundation.refusals import AlreadyThere, NotAcceptable, WrongState

from . import locks
from .models import Appointment, GroupSession, MeetingPlace, Room

ROOMS, LONGEST_NAME = 30, 40


# --- what somebody writes about them


@transaction.atomic
def keep(
    *, place: MeetingPlace, rooms: Collection[str], values: Mapping[str, object], user: User, now: datetime
) -> MeetingPlace:
    """Write a place, a new one too, and its rooms by their names. Raises AlreadyThere, WrongState."""
    if place.pk:
        place = MeetingPlace.objects.select_for_update().get(pk=place.pk)
    for name, value in values.items():
        setattr(place, name, value)
    try:
        with transaction.atomic():
            place.save()
    except IntegrityError:
        raise AlreadyThere("Un lieu de votre organisation porte déjà ce nom.") from None
    _keep_rooms(place, rooms, now)
    record_access(user, "keep-place", place, now=now)
    return place


def _keep_rooms(place: MeetingPlace, names: Collection[str], now: datetime) -> None:
    locks.hold([place.pk])
    gone = place.rooms.exclude(name__in=names)
    chosen = Appointment.objects.filter(room__in=gone, state=Appointment.State.CHOSEN)
    near = chosen.filter(starts_at__gt=now - locks.LONGEST).select_related("room")
    if held := next((one for one in near if one.ends_at > now), None):
        raise WrongState(
            f"Un rendez-vous est pris dans « {held.room.name} » : cette salle se retire une fois qu’il est passé ou annulé."
        )
    sessions = GroupSession.objects.planned().filter(room__in=gone, starts_at__gt=now - locks.LONGEST)
    if met := next((one for one in sessions.select_related("room") if one.ends_at > now), None):
        raise WrongState(
            f"Une séance est prévue dans « {met.room.name} » : cette salle se retire une fois qu’elle est passée ou annulée."
        )
    # What is over keeps the words of its place, without the room.
    Appointment.objects.filter(room__in=gone).update(room=None)
    GroupSession.objects.filter(room__in=gone).update(room=None)
    gone.delete()
    known = set(place.rooms.values_list("name", flat=True))
    Room.objects.bulk_create(Room(place=place, name=name) for name in names if name not in known)


# --- whether they are open


def closed_then(place: MeetingPlace, starts_at: datetime, zone: ZoneInfo) -> str:
    """Why nobody is received there then, in a sentence; '' when they are."""
    day = starts_at.astimezone(zone).date()
    if place.opens_on(day):
        return ""
    if place.is_closed:
        return f"« {place.name} » n’est plus proposé : choisissez un autre lieu."
    return f"« {place.name} » est fermé le {DAYS[day.weekday()]} : on y est reçu {place.open_days}."


def refuse_closed(place: MeetingPlace | None, organisation, starts: Collection[datetime], zone: ZoneInfo) -> None:
    """Raises NotAcceptable, also for a place of somebody else."""
    if place is None:
        return
    if place.organisation_id != organisation:
        raise NotAcceptable("Ce lieu n’est pas de votre organisation : choisissez-en un autre.")
    if why := next((why for at in starts if (why := closed_then(place, at, zone))), ""):
        raise NotAcceptable(why)


# --- rooms


def free_rooms(place: MeetingPlace, starts_at: datetime, ends_at: datetime) -> QuerySet[Room]:
    taken = Appointment.objects.filter(
        meeting_place=place,
        state=Appointment.State.CHOSEN,
        starts_at__gt=starts_at - locks.LONGEST,
        starts_at__lt=ends_at,
        room__isnull=False,
    )
    sessions = GroupSession.objects.planned().filter(
        meeting_place=place,
        starts_at__gt=starts_at - locks.LONGEST,
        starts_at__lt=ends_at,
        room__isnull=False,
    )
    held = [one.room_id for one in (*taken, *sessions) if one.ends_at > starts_at]
    return place.rooms.exclude(pk__in=held).order_by("name", "id")


def is_full(place: MeetingPlace | None, starts_at: datetime, ends_at: datetime) -> bool:
    """Whether all its rooms are taken then; never, where no room is named."""
    return bool(place) and place.rooms.exists() and not free_rooms(place, starts_at, ends_at).exists()


def can_receive(appointment: Appointment | GroupSession) -> bool:
    """Whether its place, if it has one, is open then and has a room left."""
    place = appointment.meeting_place
    if place is None:
        return True
    is_open = not closed_then(place, appointment.starts_at, appointment.clock)
    return is_open and not is_full(place, appointment.starts_at, appointment.ends_at)


def give_room(appointment: Appointment | GroupSession) -> bool:
    """In the transaction that chooses it: a room, where its place has some. False when it cannot be received."""
    place = appointment.meeting_place
    if place is None:
        return True
    locks.hold([place.pk])
    if not can_receive(appointment):
        return False
    appointment.room = free_rooms(place, appointment.starts_at, appointment.ends_at).first()
    return True
