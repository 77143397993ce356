"""Appointments about conversations: what the person, and the structure they meet, are told of what happens to one."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db.models import Q
from django.urls import reverse

from relais.accounts.models import User
from relais.agenda import services as agenda
from relais.agenda import subjects
from relais.agenda.events import (
    AppointmentCancelled,
    AppointmentChosen,
    AppointmentDeclined,
    AppointmentHeld,
    AppointmentMissed,
    AppointmentProposed,
)
from relais.agenda.models import Appointment, ContactMode, Registration
from relais.channels.sms.segment import TooLong, TooTelling, one_segment
from relais.coaching import thread
from relais.coaching.events import ConversationClaimed, ConversationTransferred
from relais.coaching.models import Conversation
from relais.coaching.models.conversation import CONVERSATION
from relais.foundation import sites
from relais.foundation.events import subscribe
from relais.foundation.grammar import upper_first

from . import common
from .contact import notify_contact
from .models import Handover, OutcomeReport

Said = OutcomeReport.Said


class BookedConversations(subjects.Booked):
    kind = CONVERSATION

    def page(self, number: UUID) -> str:
        return reverse("follow", args=[number])

    def read_by(self, user: User, numbers: Iterable[UUID]) -> set[UUID]:
        return set(Conversation.objects.visible_to(user).filter(pk__in=numbers).order_by().values_list("pk", flat=True))

    def remind(self, row: Conversation, appointment: Appointment, now: datetime) -> None:
        by = appointment.remind_by
        thread.system_message(row, f"Rappel : {agenda.words(appointment)}.", now=now, leaves=by == ContactMode.DOOR)
        notify_contact(
            row,
            by=by,
            address=appointment.address,
            sms=_sms(sites.of(row.line.organisation_id).name, appointment),
            letter="handovers/reminder",
            # Where it is goes out for a place that everybody may know; what was typed may be a number of the person's own.
            said={"when": appointment.when, "place": appointment.where if appointment.meeting_place_id else ""},
            key=f"remind:{appointment.pk}",
            now=now,
        )
        _tell_partner(row, appointment, "reminder", now)

    def remind_of_session(self, row: Conversation, registration: Registration, now: datetime) -> None:
        thread.system_message(row, f"Rappel : {registration.session.words}.", now=now, leaves=True)


def _sms(name: str, appointment: Appointment) -> str:
    """With the name of the place, where it says nothing to who reads over a shoulder and fits in one."""
    text = f"{name} : rappel, c’est {appointment.when}"
    place = appointment.meeting_place
    if place is None:
        return f"{text}."
    try:
        one_segment(f"{text}, {place.name}.")
    except (TooLong, TooTelling):
        return f"{text}."
    return f"{text}, {place.name}."


def about(held: Conversation, handover: Handover | None) -> subjects.About:
    """On the clock of the structure that is met, or of the line where there is none."""
    return subjects.About(
        kind=CONVERSATION,
        number=held.pk,
        organisation=held.line.organisation_id,
        person=held.journey_id,
        zone=handover.structure.time_zone if handover else held.line.time_zone,
        with_kind=common.HANDOVER if handover else "",
        with_id=handover.pk if handover else None,
    )


def met(appointment: Appointment) -> Handover | None:
    """The handover to the structure that is met."""
    if appointment.with_kind != common.HANDOVER:
        return None
    return Handover.objects.select_related("structure").get(pk=appointment.with_id)


def with_us() -> Q:
    """Those where somebody of the team is expected: not where the person goes to see a structure without us."""
    return Q(with_kind="") | Q(kind=Appointment.Kind.CALL_3)


@subscribe(ConversationClaimed)
@subscribe(ConversationTransferred)
def whoever_holds_it_is_expected(event: ConversationClaimed | ConversationTransferred, now: datetime) -> None:
    """What is ahead stands in the agenda of whoever holds the conversation, and of nobody while nobody does."""
    ahead = Appointment.objects.about(CONVERSATION, event.subject).open().filter(with_us(), starts_at__gt=now)
    if ahead.exists():
        holder = thread.locked(event.subject).claimed_by
        agenda.expect(ahead, [holder] if holder else [])


# --- what is told


@subscribe(AppointmentProposed)
def slots_proposed(event: AppointmentProposed, now: datetime) -> None:
    """Told as an answer when the team proposes, which ends the wait; as a notice when it is the structure."""
    one = Appointment.objects.filter(proposal=event.proposal).select_related("proposed_by").first()
    if one.subject_kind != CONVERSATION:
        return
    held = thread.locked(one.subject_id)
    address = sites.absolute(reverse("appointment", args=[one.proposal]), organisation=one.organisation_id)
    if one.proposed_by:
        body = f"Je te propose un rendez-vous. Choisis ton créneau : {address}"
        thread.answer(held, user=one.proposed_by, body=body, key=one.proposal, now=now)
    else:
        who = upper_first(met(one).structure.spoken)
        text = f"{who} te propose un rendez-vous. Choisis ton créneau : {address}"
        thread.system_message(held, text, now=now, key=one.proposal, leaves=True)


@subscribe(AppointmentChosen)
def slot_chosen(event: AppointmentChosen, now: datetime) -> None:
    if found := _ours(event.appointment):
        held, one = found
        _tell_partner(held, one, "chosen", now)
        thread.system_message(held, f"Rendez-vous pris : {agenda.words(one)}.", now=now)


@subscribe(AppointmentDeclined)
def none_suits(event: AppointmentDeclined, now: datetime) -> None:
    """A human looks for others."""
    one = Appointment.objects.filter(proposal=event.proposal).first()
    if one.subject_kind == CONVERSATION:
        held = thread.locked(one.subject_id)
        common.return_to_line(held, "Aucun de ces créneaux ne te va. On en cherche d’autres avec toi.", now=now)


@subscribe(AppointmentCancelled)
def called_off(event: AppointmentCancelled, now: datetime) -> None:
    """The others are told, and the person is not left without a next step."""
    if not (found := _ours(event.appointment)):
        return
    held, one = found
    if event.was == Appointment.State.PROPOSED:
        _taken_out(held, one, event.said, now)
        return
    if event.said != Said.PARTNER:
        _tell_partner(held, one, "cancelled", now)
    text = f"Rendez-vous annulé : {agenda.words(one)}. On en cherche un autre avec toi."
    if event.said == Said.STAFF:
        thread.system_message(held, text, now=now, leaves=True)
    else:
        common.return_to_line(held, text, now=now)


def _taken_out(held: Conversation, one: Appointment, said: str, now: datetime) -> None:
    """A slot that nobody had chosen: the person chooses among the others, or a human looks for some."""
    others = Appointment.objects.filter(proposal=one.proposal, state=Appointment.State.PROPOSED, starts_at__gt=now)
    text = f"Ce créneau n’est plus possible : {agenda.words(one)}."
    if others.exists():
        thread.system_message(held, f"{text} Tu peux en choisir un autre.", now=now, leaves=True)
    elif said == Said.STAFF:
        thread.system_message(held, f"{text} On en cherche un autre avec toi.", now=now, leaves=True)
    else:
        common.return_to_line(held, f"{text} On en cherche un autre avec toi.", now=now)


@subscribe(AppointmentHeld)
def took_place(event: AppointmentHeld, now: datetime) -> None:
    if found := _ours(event.appointment):
        held, one = found
        thread.system_message(held, f"Le rendez-vous a eu lieu : {agenda.words(one)}.", now=now)


@subscribe(AppointmentMissed)
def missed(event: AppointmentMissed, now: datetime) -> None:
    """Nobody is scolded for having missed one."""
    if found := _ours(event.appointment):
        held, one = found
        text = f"On ne s’est pas vus au rendez-vous : {agenda.words(one)}. Ça arrive. Écris un mot ici, on en trouve un autre."
        thread.system_message(held, text, now=now, leaves=True)


def _ours(number: UUID) -> tuple[Conversation, Appointment] | None:
    one = Appointment.objects.get(pk=number)
    return (thread.locked(one.subject_id), one) if one.subject_kind == CONVERSATION else None


def _tell_partner(held: Conversation, appointment: Appointment, what: str, now: datetime) -> None:
    """`what`: chosen, cancelled or reminder."""
    handover = met(appointment)
    if handover is None or handover.state not in common.OPEN or not held.may_agree:
        return
    handover.conversation = held
    key, link = f"appointment:{appointment.pk}:{what}", common.partner_address(handover)
    said = {"what": what, "words": agenda.words(appointment)}
    common.write_to_partner("appointment", handover, key=key, now=now, address=link, **said)
