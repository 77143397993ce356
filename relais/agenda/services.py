"""Appointments: several slots are proposed, the person chooses one, both sides are reminded, and what came of it is kept.

Who may do it, and what is said of it to whom, is known above: the app of the subject asks its own questions first and subscribes to what
happens (`events`). Each of these locks the subject, then the appointment.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from django.db import transaction
from django.db.models import Model, QuerySet, prefetch_related_objects

from relais.accounts.models import User
from relais.foundation import claims, states
from relais.foundation.events import record
from relais.foundation.refusals import WrongState
from relais.foundation.subjects import subject_of

from . import places, subjects, taken, video
from .events import (
    AppointmentCancelled,
    AppointmentChosen,
    AppointmentDeclined,
    AppointmentHeld,
    AppointmentMissed,
    AppointmentProposed,
)
from .models import Appointment, ContactMode, MeetingPlace

BEFORE, SHORTLY = timedelta(hours=24), timedelta(hours=2)
"""When one is reminded; shortly before, when it was chosen less than a day ahead."""
State = Appointment.State
KINDS = {
    Appointment.Kind.CALL: "un appel",
    Appointment.Kind.CALL_3: "un appel à trois",
    Appointment.Kind.VISIT: "un rendez-vous sur place",
    Appointment.Kind.VIDEO: "un appel en vidéo",
}


@transaction.atomic
def propose(
    *,
    about: subjects.About,
    kind: str,
    minutes: int,
    place: str,
    starts: list[datetime],
    key: UUID,
    by: User | None,
    staff: Collection[User] = (),
    regardless: Collection[datetime] = (),
    meeting_place: MeetingPlace | None = None,
    now: datetime,
) -> list[Appointment]:
    """Offer slots. Sent twice (`key`), once. `staff`: who of those who work here will be there. `regardless`: those of `starts` that are offered though their own agenda says no.

    Raises taken.HourTaken when one of them is away then, NotAcceptable when the place is closed: no one could choose that slot.
    """
    one = Appointment(**about.values())
    row = subjects.of(one).thing.locked(about.number)
    if already := list(Appointment.objects.about(about.kind, about.number).filter(proposal=key)):
        return already
    taken.refuse_away(staff, starts, minutes)
    places.refuse_closed(meeting_place, about.organisation, starts, one.clock)
    place = meeting_place.words if meeting_place else place
    values = {"kind": kind, "minutes": minutes, "place": place, "proposal": key, "proposed_by": by, "proposed_at": now}
    values |= {"meeting_place": meeting_place}
    slots = [
        Appointment(**about.values(), **values, starts_at=at, regardless=at in regardless) for at in sorted(set(starts))
    ]
    Appointment.objects.bulk_create(slots)
    there = Appointment.staff.through
    there.objects.bulk_create([there(appointment=slot, user=who) for slot in slots for who in staff])
    record(AppointmentProposed(**subject_of(row).ids, proposal=key, kind=kind, slots=len(slots)), now=now)
    return slots


@transaction.atomic
def choose(*, appointment: Appointment, remind_by: str, address: str, now: datetime) -> Appointment:
    """One slot is taken; the others fall. `address`: where to be reminded. Raises WrongState, taken.HourTaken."""
    row, appointment = locked(appointment)
    if appointment.state == State.CHOSEN:
        return appointment
    if appointment.starts_at <= now:
        raise WrongState("Ce créneau est déjà passé. Choisis-en un autre.")
    states.turn(appointment, State.CHOSEN)
    taken.check(appointment)
    appointment.video_room = video.letters_for(appointment)
    appointment.remind_at = remind_at(appointment.starts_at, now)
    # Too near for a reminder: nothing will be sent there, so that it is not kept.
    appointment.remind_by, appointment.address = remind_by, address if appointment.remind_at else ""
    appointment.save()
    states.move_all(Appointment.objects.filter(proposal=appointment.proposal), State.DROPPED)
    _tell(appointment, row, AppointmentChosen, now, kind=appointment.kind)
    return appointment


def remind_at(starts_at: datetime, now: datetime) -> datetime | None:
    """None when it is too near for a reminder to help."""
    return next((starts_at - before for before in (BEFORE, SHORTLY) if starts_at - before > now), None)


@transaction.atomic
def decline(*, kind: str, number: UUID, proposal: UUID, now: datetime) -> None:
    """None of the slots proposed together suits the person: they fall."""
    slots = Appointment.objects.about(kind, number).filter(proposal=proposal)
    if (first := slots.first()) is None:
        raise Appointment.DoesNotExist
    row = subjects.of(first).thing.locked(number)
    if states.move_all(slots, State.DROPPED):
        record(AppointmentDeclined(**subject_of(row).ids, proposal=proposal), now=now)


@transaction.atomic
def cancel(*, appointment: Appointment, said: str, now: datetime) -> Appointment:
    """One side (`said`) calls it off."""
    row, appointment = locked(appointment)
    if appointment.state == State.CANCELLED:
        return appointment
    was = states.turn(appointment, State.CANCELLED)
    appointment.address = ""
    appointment.save()
    _tell(appointment, row, AppointmentCancelled, now, said=said, was=was)
    return appointment


@transaction.atomic
def settle(*, appointment: Appointment, held_it: bool, said: str, now: datetime) -> Appointment:
    """Whether it took place, said afterwards."""
    row, appointment = locked(appointment)
    if appointment.starts_at > now:
        raise WrongState("Ce rendez-vous n’a pas encore eu lieu.")
    states.turn(appointment, State.HELD if held_it else State.NO_SHOW)
    appointment.address = ""
    appointment.save()
    event = AppointmentHeld if held_it else AppointmentMissed
    _tell(appointment, row, event, now, kind=appointment.kind, said=said)
    return appointment


# --- for the app of the subject, in a transaction that holds it


def locked(appointment: Appointment) -> tuple[Model, Appointment]:
    """What it hangs on, then the appointment, both locked."""
    row = subjects.of(appointment).thing.locked(appointment.subject_id)
    return row, Appointment.objects.select_for_update(of=("self",)).get(pk=appointment.pk)


def expect(slots: QuerySet[Appointment], staff: Collection[User]) -> None:
    """These of those who work here will be there, instead of whoever was expected.

    Even where they are elsewhere at that hour: somebody counts on it, and `clashes` tells them to move one of both.
    """
    there, numbers = Appointment.staff.through, list(slots.values_list("pk", flat=True))
    there.objects.filter(appointment__in=numbers).delete()
    there.objects.bulk_create([there(appointment_id=pk, user=who) for pk in numbers for who in staff])


def forget_addresses(kind: str, number: UUID) -> None:
    """The person is reminded where they write, and nowhere else."""
    Appointment.objects.about(kind, number).exclude(remind_by=ContactMode.DOOR).update(
        remind_by=ContactMode.DOOR, address=""
    )


def drop_with(kind: str, number: UUID) -> int:
    """It is over with this party: so are the appointments with it. Nothing is told: what ended it tells."""
    found = Appointment.objects.meeting(kind, number)
    return states.move_all(found, State.CANCELLED, address="", remind_at=None)


def carry(kind: str, *, old: UUID, new: UUID, person: UUID | None) -> None:
    """Two subjects become one: its appointments follow, each once, and go on as they were."""
    Appointment.objects.about(kind, old).update(subject_id=new, person=person)


# --- the loop


def remind_due(now: datetime) -> int:
    """Remind both sides, once, of what comes soon; returns how many appointments were looked at."""
    due = Appointment.objects.filter(state=State.CHOSEN, reminded_at=None, remind_at__lte=now)
    under = claims.Under(("subject_kind", "subject_id"), subjects.above)
    return claims.each(due.order_by("remind_at", "id"), partial(_remind, now=now), under=under).done


def _remind(due: Appointment, *, now: datetime) -> None:
    row, appointment = locked(due)
    # A worker that slept until after the hour keeps quiet: a reminder of the past only worries.
    if appointment.starts_at > now:
        subjects.of(appointment).remind(row, appointment, now)
    Appointment.objects.filter(pk=appointment.pk).update(reminded_at=now, address="")


# --- words


def words(appointment: Appointment) -> str:
    """« un appel, lundi 3 mars à 14 h 05 (heure de La Réunion), au 02 38 00 00 00 »."""
    return worded([appointment])[0][1]


def worded(appointments) -> list[tuple[Appointment, str]]:
    """Each with its words; one query for all the parties of a kind, and one for their rooms."""
    found = list(appointments)
    prefetch_related_objects(found, "room")
    others = subjects.parties(found)
    return [(one, _words(one, others.get(one.pk, ""))) for one in found]


def _words(one: Appointment, other: str) -> str:
    parts = [one.when, f"avec {other}" if other else "", one.where]
    return f"{KINDS[Appointment.Kind(one.kind)]}, {', '.join(part for part in parts if part)}"


def _tell(appointment: Appointment, row: Model, event, now: datetime, **values) -> None:
    record(event(**subject_of(row).ids, appointment=appointment.pk, **values), now=now)
