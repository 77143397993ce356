"""Sessions proposed in conversations: who may propose, register and give up; what the person is told. The agenda does the rest."""

from datetime import datetime
from uuid import UUID, uuid5

from django.db import transaction
from django.urls import reverse

from relais.accounts.models import User
from relais.agenda import sessions as agenda
from relais.agenda import taken
from relais.agenda.events import (
    SessionCalledOff,
    SessionDeclined,
    SessionEvent,
    SessionJoined,
    SessionLeft,
    SessionMissed,
    SessionProposed,
    SessionQueued,
    SessionRemoved,
    SessionSeatGiven,
)
from relais.agenda.models import GroupSession, Registration, RegistrationQuerySet
from relais.coaching import thread
from relais.coaching.models import Conversation
from relais.coaching.models.conversation import CONVERSATION
from relais.foundation import sites
from relais.foundation.events import subscribe
from relais.journeys.models import Journey

from . import booked

State = Registration.State
MET = " (la personne a déjà quelque chose de prévu à cette heure-là)"


def of(conversation: Conversation) -> RegistrationQuerySet:
    """In the order in which they are held."""
    found = Registration.objects.about(CONVERSATION, conversation.pk).select_related("session__room")
    return found.order_by("session__starts_at", "id")


@transaction.atomic
def invite(*, conversation: Conversation, session: GroupSession, user: User, now: datetime) -> Registration:
    """Who holds the conversation proposes one of its organisation. Raises NotAllowed, AlreadyThere, WrongState."""
    held = thread.claimed_by(conversation, user)
    return agenda.invite(session=session, about=booked.about(held, None), by=user, now=now)


@transaction.atomic
def decide(*, registration: Registration, journey: Journey, comes: bool, seen: str = "", now: datetime) -> Registration:
    """The person takes a place, or leaves what they have `seen`, a state. Raises Registration.DoesNotExist when it is not theirs."""
    held = thread.locked(registration.subject_id)
    if held.journey_id != journey.pk:
        raise Registration.DoesNotExist
    if comes:
        return agenda.register(registration=registration, now=now)
    return agenda.give_up(registration=registration, seen=seen, now=now)


def choices(conversation: Conversation, now: datetime) -> list[tuple[UUID, str]]:
    """(its number, in words, with what speaks against it) of each that may be proposed in this conversation."""
    open_or_there = of(conversation).filter(state__in=(*Registration.OPEN, *Registration.SEATED)).order_by()
    ahead = agenda.proposable(conversation.line.organisation_id, now)
    found = list(ahead.exclude(pk__in=open_or_there.values("session")))
    met = taken.met(conversation.journey_id, found)
    return [
        (one.pk, f"« {one.title} », {one.when}, {_where(one)} : {_left(one)}{MET if one.pk in met else ''}")
        for one in found
    ]


def _where(one: GroupSession) -> str:
    return one.meeting_place.name if one.meeting_place else one.said_where


def _left(one: GroupSession) -> str:
    if one.seated >= one.seats or (one.queued and agenda.is_full(one)):
        return "complète, la personne irait sur la liste d’attente"
    left = one.seats - one.seated
    return f"{left} {'place libre' if left == 1 else 'places libres'}"


# --- what is told


@subscribe(SessionProposed)
def proposed(event: SessionProposed, now: datetime) -> None:
    """As an answer, which ends the wait, as slots are."""
    if found := _ours(event):
        held, one = found
        address = sites.absolute(reverse("own_session", args=[one.pk]), organisation=held.line.organisation_id)
        body = f"Je te propose une séance : {one.session.words}. Lis ce que c’est, et dis si tu viens : {address}"
        key = uuid5(one.pk, one.proposed_at.isoformat())
        thread.answer(held, user=one.proposed_by, body=body, key=key, now=now)


@subscribe(SessionJoined)
def joined(event: SessionJoined, now: datetime) -> None:
    _say(event, "Ta place est prise : {words}.", now)


@subscribe(SessionQueued)
def queued(event: SessionQueued, now: datetime) -> None:
    _say(
        event, "La séance est complète : {words}. Tu es sur la liste d’attente : on te dit si une place se libère.", now
    )


@subscribe(SessionSeatGiven)
def seat_given(event: SessionSeatGiven, now: datetime) -> None:
    text = "Une place s’est libérée, elle est pour toi : {words}. Si tu ne peux plus venir, dis-le ici : {address}"
    _say(event, text, now, leaves=True)


@subscribe(SessionDeclined)
def declined(event: SessionDeclined, now: datetime) -> None:
    _say(event, "Tu as dit non à cette séance : {words}. Pas de souci.", now)


@subscribe(SessionLeft)
def left(event: SessionLeft, now: datetime) -> None:
    waited = event.was == State.WAITING
    _say(event, f"Tu as {'quitté la liste d’attente' if waited else 'laissé ta place'} : {{words}}.", now)


@subscribe(SessionRemoved)
def removed(event: SessionRemoved, now: datetime) -> None:
    """The human who took them out says why in the thread; this says the fact."""
    had = {
        State.REGISTERED: "Tu n’as plus de place à cette séance",
        State.WAITING: "Tu n’es plus sur la liste d’attente",
    }
    _say(event, f"{had.get(State(event.was), 'Cette séance ne t’est plus proposée')} : {{words}}.", now, leaves=True)


@subscribe(SessionCalledOff)
def called_off(event: SessionCalledOff, now: datetime) -> None:
    _say(event, "Séance annulée : {words}. {reason}", now, leaves=True)


@subscribe(SessionMissed)
def missed(event: SessionMissed, now: datetime) -> None:
    """Nobody is scolded for having missed one."""
    _say(event, "On ne s’est pas vus à la séance : {words}. Ça arrive. Écris un mot ici si tu veux.", now, leaves=True)


def _say(event: SessionEvent, text: str, now: datetime, *, leaves: bool = False) -> None:
    if found := _ours(event):
        held, one = found
        address = sites.absolute(reverse("own_session", args=[one.pk]), organisation=held.line.organisation_id)
        said = text.format(words=one.session.words, address=address, reason=one.session.reason)
        thread.system_message(held, said, now=now, leaves=leaves)


def _ours(event: SessionEvent) -> tuple[Conversation, Registration] | None:
    one = Registration.objects.select_related("session__room", "proposed_by").get(pk=event.registration)
    return (thread.locked(one.subject_id), one) if one.subject_kind == CONVERSATION else None
