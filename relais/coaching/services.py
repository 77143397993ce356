"""What one can do with a conversation. Each function is one transaction that locks the conversation first."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid5

from django.db import IntegrityError, transaction

from relais.accounts.models import Role, User
from relais.catalogue.models import Commune
from relais.foundation import live
from relais.foundation.events import record
from relais.journeys import services as journeys
from relais.journeys.models import Journey

from . import promise
from .events import (
    CallbackAsked,
    ConversationAnswered,
    ConversationClaimed,
    ConversationClosed,
    ConversationOpened,
    ConversationResumed,
)
from .models import Callback, Conversation, Line, Message

MAX_LENGTH = 4000
"""Characters in one message: two pages. What is longer is given back to its author, untouched."""


class CoachingError(Exception):
    """Base of refusals; the text is shown to the person, in French."""


class AlreadyClaimed(CoachingError):
    """Somebody else holds this conversation."""


class NotYours(CoachingError):
    """Only who holds the conversation answers in it."""


class WrongState(CoachingError):
    """The conversation has moved on since the page was shown."""


@dataclass(frozen=True)
class Opened:
    conversation: Conversation
    cookie: str


def open_conversation(*, line: Line, pseudonym: str, commune: Commune | None, touch: str, body: str, key: UUID, now: datetime) -> Opened:
    """A person writes for the first time: path, conversation and first message, together or not at all.

    The same form sent twice (`key`) opens one conversation; both answers lead to it.
    """
    try:
        with transaction.atomic():
            journey, cookie = journeys.start(pseudonym=pseudonym, commune=commune, touch=touch, now=now)
            conversation = Conversation(line=line, journey=journey, key=key, opened_at=now, updated_at=now)
            promise.start_wait(conversation, now)
            conversation.save(force_insert=True)
            ids = promise.conversation_ids(conversation)
            record(ConversationOpened(**ids, open_line=line.hours().is_open(now)), now=now)
            append(conversation, side=Message.Side.YOUNG, body=body, key=key, now=now)
            return Opened(conversation, cookie)
    except IntegrityError:
        conversation = Conversation.objects.select_related("journey", "line").filter(key=key).first()
        if conversation is None:
            raise
        return Opened(conversation, journeys.add_device(journey=conversation.journey, now=now))


@transaction.atomic
def write(*, journey: Journey, body: str, key: UUID, now: datetime) -> Message:
    """The young person writes again. A closed conversation opens again; a wait already running goes on from its start."""
    conversation = locked(journey.conversation.pk)
    already, key = _said(conversation, key, body)
    if already:
        return already
    if conversation.state != Conversation.State.WAITING:
        conversation.closed_at = None
        promise.start_wait(conversation, now)
    return append(conversation, side=Message.Side.YOUNG, body=body, key=key, now=now)


@transaction.atomic
def claim(*, conversation: Conversation, user: User, now: datetime) -> Conversation:
    """Take a conversation in hand. Of two who claim at once, exactly one wins; the other learns who did.

    A supervisor may take over what somebody else holds.
    """
    held = locked(conversation.pk)
    if held.claimed_by_id == user.pk:
        return held
    if held.claimed_by_id and Role.SUPERVISOR not in user.roles():
        raise AlreadyClaimed(f"{held.claimed_by} a déjà pris cette conversation.")
    held.claimed_by, held.claimed_at = user, now
    held.save(update_fields=["claimed_by", "claimed_at"])
    record(ConversationClaimed(**promise.conversation_ids(held)), now=now)
    _tell(held)
    return held


@transaction.atomic
def release(*, conversation: Conversation, user: User, now: datetime) -> Conversation:
    """Give a conversation back to the team; its deadline does not move."""
    held = _held_by(conversation, user)
    held.claimed_by = held.claimed_at = None
    held.save(update_fields=["claimed_by", "claimed_at"])
    _tell(held)
    return held


@transaction.atomic
def reply(*, conversation: Conversation, user: User, body: str, key: UUID, now: datetime) -> Message:
    """A human answers: the wait ends. Raises NotYours when somebody else holds the conversation."""
    held = _held_by(conversation, user)
    already, key = _said(held, key, body)
    if already:
        return already
    return answer(held, user=user, body=body, key=key, now=now)


@transaction.atomic
def close(*, conversation: Conversation, user: User, now: datetime) -> Conversation:
    """End an answered conversation. The person may write again at any time, which opens it."""
    held = _held_by(conversation, user)
    if held.state == Conversation.State.CLOSED:
        return held
    if Conversation.State.CLOSED not in Conversation.MOVES[held.state]:
        raise WrongState("Cette personne attend une réponse : répondez-lui avant de terminer.")
    held.state, held.closed_at, held.updated_at = Conversation.State.CLOSED, now, now
    held.claimed_by = held.claimed_at = None
    held.save()
    record(ConversationClosed(**promise.conversation_ids(held)), now=now)
    notice(held, "La conversation est terminée. Tu peux écrire à nouveau quand tu veux.", now=now)
    return held


@transaction.atomic
def resume(*, code: str, now: datetime) -> tuple[Journey, str]:
    """Come back on another device. Raises journeys.UnknownCode."""
    journey, cookie = journeys.resume(code=code, now=now)
    if conversation := Conversation.objects.select_related("journey").filter(journey=journey).first():
        record(ConversationResumed(**promise.conversation_ids(conversation)), now=now)
    return journey, cookie


@transaction.atomic
def ask_callback(*, journey: Journey, kind: str, value: str, now: datetime) -> None:
    """The person leaves a way to be reached once. Asking again replaces it."""
    conversation = locked(journey.conversation.pk)
    Callback.objects.update_or_create(conversation=conversation, defaults={"kind": kind, "value": value, "asked_at": now})
    record(CallbackAsked(**promise.conversation_ids(conversation)), now=now)
    _tell(conversation)


@transaction.atomic
def callback_done(*, conversation: Conversation, user: User, now: datetime) -> None:
    """The person has been called back: what they left is erased."""
    held = _held_by(conversation, user)
    Callback.objects.filter(conversation=held).delete()
    _tell(held)


# --- inside a transaction that holds the conversation


def locked(pk: UUID) -> Conversation:
    """The conversation, locked until the end of the transaction."""
    # Not joined to who holds it: after a wait for the lock PostgreSQL reads this row again, but not the joined one,
    # and the loser of a race would see a holder's number without the holder.
    return Conversation.objects.select_for_update(of=("self",)).select_related("line", "journey").get(pk=pk)


def _said(held: Conversation, key: UUID, body: str) -> tuple[Message | None, UUID]:
    """The message already kept under this key, if it says the same; else the key under which to keep `body`.

    After a cut, a person may change the text before sending the same form again: that is another message, also kept once.
    """
    said = held.messages.filter(key=key).first()
    if said is None or said.body == body:
        return said, key
    key = uuid5(key, body)
    return held.messages.filter(key=key).first(), key


def answer(held: Conversation, *, user: User, body: str, key: UUID, now: datetime, handover=None) -> Message:
    """Append a human's message and end the wait if one runs."""
    if held.state == Conversation.State.WAITING:
        first = held.first_answered_at is None
        seconds, kept = promise.end_wait(held, now)
        held.first_answered_at = held.first_answered_at or now
        ids = promise.conversation_ids(held)
        record(ConversationAnswered(**ids, seconds=seconds, kept=kept, first=first), now=now)
    held.state, held.closed_at = Conversation.State.ANSWERED, None
    return append(held, side=Message.Side.STAFF, body=body, key=key, now=now, author=user, handover=handover)


def notice(held: Conversation, text: str, *, now: datetime, handover=None) -> Message:
    """A sentence of the program itself, seen by both sides."""
    return append(held, side=Message.Side.NOTICE, body=text, key=None, now=now, handover=handover)


def append(conversation: Conversation, *, side: str, body: str, key: UUID | None, now: datetime, author=None, handover=None) -> Message:
    """Number and keep a message, save the conversation, tell the open pages at commit."""
    conversation.seq += 1
    conversation.updated_at = now
    conversation.save()
    message = Message(conversation=conversation, seq=conversation.seq, side=side, author=author, body=body, handover=handover, at=now)
    if key:
        message.key = key
    message.save(force_insert=True)
    _tell(conversation)
    return message


def _held_by(conversation: Conversation, user: User) -> Conversation:
    held = locked(conversation.pk)
    if held.claimed_by_id != user.pk:
        who = f"{held.claimed_by} a pris cette conversation" if held.claimed_by_id else "Personne n’a encore pris cette conversation"
        raise NotYours(f"{who} : prenez-la avant de répondre. Votre texte est gardé ci-dessous.")
    return held


def _tell(conversation: Conversation) -> None:
    for topic in (f"conversation:{conversation.pk}", f"desk:{conversation.pk}", f"inbox:{conversation.line.organisation_id}"):
        live.ring(topic)
