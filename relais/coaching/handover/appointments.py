"""Appointments: several slots are proposed, the person chooses one, both sides are reminded, and what came of it is kept.

Slots are instants; they are typed and read on the clock of the place (see baton.zone_of).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from django.db import transaction
from django.urls import reverse

from relais.accounts.models import User
from relais.foundation import claims, outbox, sites, states
from relais.foundation.events import record
from relais.foundation.grammar import upper_first
from relais.foundation.jinja import clock, day
from relais.foundation.refusals import WrongState
from relais.journeys.models import Journey

from .. import mail, services
from ..doors import reach
from ..events import AppointmentCancelled, AppointmentChosen, AppointmentDeclined, AppointmentHeld, AppointmentMissed, AppointmentProposed
from ..line import promise
from ..models import Appointment, By, Conversation, Handover, OutcomeReport
from . import baton

BEFORE, SHORTLY = timedelta(hours=24), timedelta(hours=2)
"""When one is reminded; shortly before, when it was chosen less than a day ahead."""
Said = OutcomeReport.Said
State = Appointment.State


@transaction.atomic
def propose(
    *, conversation: Conversation, user: User | None, handover: Handover | None, kind: str, minutes: int, place: str, starts: list[datetime],
    key: UUID, now: datetime,
) -> list[Appointment]:  # fmt: skip
    """Offer slots: who holds the conversation, or (without `user`) the partner who accepted `handover`. Sent twice (`key`), once.

    Raises NotAllowed, WrongState, baton.NoAgreement.
    """
    held = services.held_by(conversation, user) if user else services.locked(conversation.pk)
    if already := list(held.appointments.filter(proposal=key)):
        return already
    if handover is not None:
        _, handover = baton.agreed(handover, to=baton.TO_STAFF if user else baton.TO_PARTNER)
        if handover.state not in (baton.OPEN if user else (Handover.State.ACCEPTED,)):
            raise WrongState("Sans accord de la personne en cours, on ne peut pas fixer de rendez-vous avec cette structure.")
    if kind == Appointment.Kind.CALL_3 and handover is None:
        raise WrongState("Un appel à trois se propose avec une structure que la personne a acceptée.")
    values = {"conversation": held, "handover": handover, "kind": kind, "minutes": minutes, "place": place, "proposal": key}
    slots = [Appointment(**values, starts_at=at, proposed_by=user, proposed_at=now) for at in sorted(set(starts))]
    Appointment.objects.bulk_create(slots)
    record(AppointmentProposed(**promise.conversation_ids(held), kind=kind, slots=len(slots)), now=now)
    address = sites.absolute(reverse("appointment", args=[key]), organisation=held.line.organisation_id)
    if user:
        services.answer(held, user=user, body=f"Je te propose un rendez-vous. Choisis ton créneau : {address}", key=key, now=now)
    else:
        services.notice(
            held,
            f"{upper_first(handover.structure.spoken)} te propose un rendez-vous. Choisis ton créneau : {address}",
            now=now,
            key=key,
            leaves=True,
        )
    return slots


@transaction.atomic
def choose(*, appointment: Appointment, journey: Journey, remind_by: str, address: str, now: datetime) -> Appointment:
    """The person takes one slot; the others fall. `address`: where to be reminded, when that is not the door they write by.

    Who may not agree alone leaves no address, and meets no structure that we told of them. Raises baton.NoAgreement.
    """
    held, appointment = _locked(appointment, journey)
    if appointment.handover_id or remind_by != By.DOOR:
        baton.check_age(held, to=baton.TO_YOUNG)
    if appointment.state == State.CHOSEN:
        return appointment
    if appointment.starts_at <= now:
        raise WrongState("Ce créneau est déjà passé. Choisis-en un autre.")
    states.turn(appointment, State.CHOSEN)
    appointment.remind_at, appointment.remind_by, appointment.address = remind_at(appointment.starts_at, now), remind_by, address
    appointment.save()
    states.move_all(held.appointments.filter(proposal=appointment.proposal), State.DROPPED)
    record(AppointmentChosen(**promise.conversation_ids(held), kind=appointment.kind), now=now)
    _tell_partner(appointment, "chosen", now)
    services.notice(held, f"Rendez-vous pris : {words(appointment)}.", now=now)
    return appointment


def remind_at(starts_at: datetime, now: datetime) -> datetime | None:
    """None when it is too near for a reminder to help."""
    return next((starts_at - before for before in (BEFORE, SHORTLY) if starts_at - before > now), None)


@transaction.atomic
def none_fits(*, conversation: Conversation, journey: Journey, proposal: UUID, now: datetime) -> None:
    """No slot suits the person: they fall, and a human looks for others. Raises Appointment.DoesNotExist when it is not theirs."""
    held = services.locked(conversation.pk)
    if held.journey_id != journey.pk:
        raise Appointment.DoesNotExist
    if states.move_all(held.appointments.filter(proposal=proposal), State.DROPPED):
        record(AppointmentDeclined(**promise.conversation_ids(held)), now=now)
        baton.back_to_us(held, "Aucun de ces créneaux ne te va. On en cherche d’autres avec toi.", now=now)


@transaction.atomic
def cancel(*, appointment: Appointment, said: str, now: datetime, journey: Journey | None = None) -> Appointment:
    """One side calls it off; the others are told, and the person is not left without a next step."""
    held, appointment = _locked(appointment, journey)
    if appointment.state == State.CANCELLED:
        return appointment
    was = appointment.state
    states.turn(appointment, State.CANCELLED)
    appointment.address = ""
    appointment.save()
    record(AppointmentCancelled(**promise.conversation_ids(held), said=said), now=now)
    if was == State.CHOSEN and said != Said.PARTNER:
        _tell_partner(appointment, "cancelled", now)
    text = f"Rendez-vous annulé : {words(appointment)}. On en cherche un autre avec toi."
    if said == Said.STAFF:
        services.notice(held, text, now=now, leaves=True)
    else:
        baton.back_to_us(held, text, now=now)
    return appointment


@transaction.atomic
def settle(*, appointment: Appointment, held_it: bool, said: str, now: datetime) -> Appointment:
    """Whether it took place, said afterwards by the team or the partner. Nobody is scolded for having missed one."""
    held, appointment = _locked(appointment)
    if appointment.starts_at > now:
        raise WrongState("Ce rendez-vous n’a pas encore eu lieu.")
    states.turn(appointment, State.HELD if held_it else State.NO_SHOW)
    appointment.address = ""
    appointment.save()
    event = AppointmentHeld if held_it else AppointmentMissed
    record(event(**promise.conversation_ids(held), kind=appointment.kind, said=said), now=now)
    if held_it:
        services.notice(held, f"Le rendez-vous a eu lieu : {words(appointment)}.", now=now)
    else:
        text = f"On ne s’est pas vus au rendez-vous : {words(appointment)}. Ça arrive. Écris un mot ici, on en trouve un autre."
        services.notice(held, text, now=now, leaves=True)
    return appointment


def forget_addresses(held: Conversation) -> None:
    """Remind the person where they write, and nowhere else. In a transaction that holds the conversation."""
    held.appointments.exclude(remind_by=By.DOOR).update(remind_by=By.DOOR, address="")


def drop_with(handover: Handover) -> int:
    """The agreement is over: so are the appointments with this partner. In a transaction that holds the conversation."""
    return states.move_all(handover.appointments.all(), State.CANCELLED, address="", remind_at=None)


# --- the loop


def remind_due(now: datetime) -> int:
    """Remind both sides, once, of what comes soon; returns how many appointments were looked at."""
    due = Appointment.objects.filter(state=State.CHOSEN, reminded_at=None, remind_at__lte=now).order_by("remind_at", "id")
    return claims.each(due, partial(_remind, now=now), under="conversation").done


def _remind(due: Appointment, *, now: datetime) -> None:
    held = services.locked(due.conversation_id)
    appointment = _of(held, due.pk)
    # A worker that slept until after the hour keeps quiet: a reminder of the past only worries.
    if appointment.starts_at > now:
        when, address = words(appointment), appointment.address
        services.notice(held, f"Rappel : {when}.", now=now, leaves=appointment.remind_by == By.DOOR)
        at = appointment.starts_at
        short = f"{day(at, baton.zone_of(appointment))} à {clock(at, baton.zone_of(appointment))}"
        site, thread = sites.of(held.line.organisation_id), sites.absolute(reverse("talk"), organisation=held.line.organisation_id)
        letter = f"Bonjour,\n\nRappel : tu as un rendez-vous {short}.\nLe détail est dans ta conversation : {thread}\n\n{site.name}\n"
        key = f"remind:{appointment.pk}"
        reach.send(held, by=appointment.remind_by, address=address, sms=f"{site.name} : rappel, c'est {short}.", letter=letter, key=key, now=now)
        _tell_partner(appointment, "reminder", now)
    Appointment.objects.filter(pk=appointment.pk).update(reminded_at=now, address="")


# --- what is next


@dataclass(frozen=True)
class Next:
    """Something that waits for the person, or is coming: a sentence, where it leads, and the verb of the button."""

    text: str
    address: str
    verb: str


def agenda(conversation: Conversation, now: datetime) -> list[Next]:
    """What the person has to decide and what comes next, nearest first. Two queries."""
    handovers = conversation.handovers.filter(state__in=[Handover.State.PROPOSED, *baton.OPEN]).select_related("structure")
    items = [
        Next(f"On te propose {one.structure.spoken}.", reverse("agreement", args=[one.pk]), "Lire et décider")
        if one.state == Handover.State.PROPOSED
        else Next(f"Vous êtes trois à vous écrire, avec {one.structure.spoken}.", reverse("joint_thread", args=[one.pk]), "Lire et répondre")
        for one in handovers
        if one.state == Handover.State.PROPOSED or one.mode == Handover.Mode.JOINT
    ]
    coming = conversation.appointments.filter(state__in=[State.PROPOSED, State.CHOSEN], starts_at__gt=now).select_related("handover__structure")
    seen = set()
    for one in coming.order_by("starts_at", "id"):
        one.conversation = conversation
        if one.proposal not in seen:
            seen.add(one.proposal)
            chosen = one.state == State.CHOSEN
            text = f"Ton rendez-vous : {words(one)}." if chosen else "On te propose un rendez-vous."
            items.append(Next(text, reverse("appointment", args=[one.proposal]), "Voir" if chosen else "Choisir mon créneau"))
    return items


# --- inside a transaction


def words(appointment: Appointment) -> str:
    """« un appel, lundi 3 mars à 14 h 05 (heure de La Réunion), au 02 38 00 00 00 »."""
    zone = baton.zone_of(appointment)
    parts = [f"{day(appointment.starts_at, zone)} à {clock(appointment.starts_at, zone)}"]
    if name := baton.clock_name(zone):
        parts[0] += f" ({name})"
    if appointment.handover_id:
        parts.append(f"avec {appointment.handover.structure.spoken}")
    if appointment.place:
        parts.append(appointment.place)
    kind = {"call": "un appel", "call-3": "un appel à trois", "visit": "un rendez-vous sur place", "video": "un appel en vidéo"}[appointment.kind]
    return f"{kind}, {', '.join(parts)}"


def _of(held: Conversation, pk: UUID) -> Appointment:
    appointment = held.appointments.select_for_update(of=("self",)).select_related("handover__structure").get(pk=pk)
    appointment.conversation = held
    if appointment.handover:
        appointment.handover.conversation = held
    return appointment


def _locked(appointment: Appointment, journey: Journey | None = None) -> tuple[Conversation, Appointment]:
    held = services.locked(appointment.conversation_id)
    if journey is not None and held.journey_id != journey.pk:
        raise Appointment.DoesNotExist
    return held, _of(held, appointment.pk)


def _tell_partner(appointment: Appointment, what: str, now: datetime) -> None:
    handover = appointment.handover
    if handover is not None and handover.state in baton.OPEN and appointment.conversation.may_agree:
        letter = mail.appointment(appointment, what, baton.partner_address(handover), words(appointment))
        outbox.enqueue("email", key=f"appointment:{appointment.pk}:{what}", payload=letter, now=now, about=appointment.conversation_id, owner=appointment.conversation.line.organisation_id)
