"""What one can do with a conversation. Each function is one transaction that locks the conversation first."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid5

from django.db import IntegrityError, transaction

from relais.accounts.models import Role, User
from relais.catalogue.models import Commune
from relais.foundation import live, states
from relais.foundation.events import record
from relais.foundation.jinja import day
from relais.foundation.refusals import NotAcceptable, NotAllowed, WrongState
from relais.journeys import services as journeys
from relais.journeys.models import Journey

from .doors import outbound
from .events import (
    CallbackAsked,
    ConversationAnswered,
    ConversationClaimed,
    ConversationClosed,
    ConversationOpened,
    ConversationResumed,
    TriageRecorded,
)
from .guide import Walk
from .line import promise
from .models import Callback, Conversation, Line, Message
from .models.desk import DESK
from .safeguarding import watch

MAX_LENGTH = 4000
"""Characters in one message: two pages. What is longer is given back to its author, untouched."""


END = "Sans nouvelles de toi, cette conversation sera effacée le {day}. Pour la garder, écris un mot ici."


class AlreadyClaimed(WrongState):
    """Somebody else holds this conversation."""


class Elsewhere(NotAllowed):
    """It is no longer for `user`, who had it open: the sentence says where it went, and nothing of what it holds."""

    status = WrongState.status

    def __init__(self, pk: UUID, user: User):
        super().__init__(_where(pk, user))


@dataclass(frozen=True)
class Opened:
    conversation: Conversation
    cookie: str


def open_conversation(
    *,
    line: Line,
    pseudonym: str,
    commune: Commune | None,
    touch: str,
    body: str,
    key: UUID,
    now: datetime,
    door: str = Conversation.Door.SITE,
    since: datetime | None = None,
    guide: Walk | None = None,
    doubt: str = "",
    whole: str = "",
) -> Opened:
    """A person writes for the first time: path, conversation and first message, together or not at all.

    The same form sent twice (`key`) opens one conversation; both answers lead to it. `since`: when they wrote, if their
    message took a while to come in by its `door`. `guide`: what they chose with the program before. `doubt`: a `Message.Doubt`
    when nothing proves who wrote. `whole`: as in `write`.
    """
    try:
        with transaction.atomic():
            journey, cookie = journeys.start(pseudonym=pseudonym, commune=commune, touch=touch, now=now)
            conversation = Conversation(line=line, journey=journey, key=key, opened_at=now, updated_at=now, door=door)
            promise.start_wait(conversation, now, since=since)
            if guide and guide.codes:
                conversation.guide_path = [{"node": asked, "choice": chosen} for asked, chosen in guide.steps]
                vars(conversation).update(guide.said)
            conversation.save(force_insert=True)
            ids = promise.conversation_ids(conversation)
            record(ConversationOpened(**ids, open_line=line.hours().is_open(now), line=line.pk, door=door), now=now)
            if conversation.guide_path:
                record_situation(conversation, by="young", now=now)
            append(conversation, side=Message.Side.YOUNG, body=body, key=key, now=now, doubt=doubt, whole=whole)
            return Opened(conversation, cookie)
    except IntegrityError:
        conversation = Conversation.objects.select_related("journey", "line").filter(key=key).first()
        if conversation is None:
            raise
        return Opened(conversation, journeys.add_device(journey=conversation.journey, now=now))


@transaction.atomic
def write(
    *,
    journey: Journey,
    body: str,
    key: UUID,
    now: datetime,
    door: str = Conversation.Door.SITE,
    since: datetime | None = None,
    doubt: str = "",
    whole: str = "",
) -> Message:
    """The young person writes again. A closed conversation opens again; a wait already running goes on from its start.

    Answers leave by the `door` they came through last, unless nothing proves who wrote and it is another one. `since` and `doubt` as in `open_conversation`. `whole`: the letter before
    anything was folded away, if something was.
    """
    conversation = locked(journey.conversation.pk)
    already, key = said_already(conversation, key, body)
    if already:
        return already
    if not doubt or not _takes_answers_away(conversation.door, door):
        conversation.door = door
    if conversation.state != Conversation.State.WAITING:
        conversation.closed_at = None
        promise.start_wait(conversation, now, since=since)
    return append(conversation, side=Message.Side.YOUNG, body=body, key=key, now=now, doubt=doubt, whole=whole, door=door)


def _takes_answers_away(before: str, door: str) -> bool:
    """Whether to answer by `door` would give to a stranger what leaves by another one: an address is easily imitated, a number
    less so, but the site shows answers to nobody else."""
    return before != door and (door == Conversation.Door.EMAIL or before in (Conversation.Door.SITE, Conversation.Door.QUESTION))


@transaction.atomic
def claim(*, conversation: Conversation, user: User, now: datetime) -> Conversation:
    """Take a conversation in hand. Of two who claim at once, exactly one wins; the other learns who did.

    A supervisor may take over what somebody else holds.
    """
    held = locked_for(conversation.pk, user)
    if held.claimed_by_id == user.pk:
        return held
    if watch.is_volunteer(user, held):
        raise NotAllowed("Une personne responsable vous confie les conversations : vous n’en prenez pas vous-même.")
    if held.claimed_by_id and not user.has(Role.SUPERVISOR, held.line.organisation_id):
        raise AlreadyClaimed(f"{held.claimed_by} a déjà pris cette conversation.")
    held.claimed_by, held.claimed_at = user, now
    held.save(update_fields=["claimed_by", "claimed_at"])
    record(ConversationClaimed(**promise.conversation_ids(held)), now=now)
    tell(held)
    return held


@transaction.atomic
def release(*, conversation: Conversation, user: User, now: datetime) -> Conversation:
    """Give a conversation back to the team; its deadline does not move."""
    held = held_by(conversation, user)
    held.claimed_by = held.claimed_at = None
    held.save(update_fields=["claimed_by", "claimed_at"])
    tell(held)
    return held


@transaction.atomic
def reply(*, conversation: Conversation, user: User, body: str, key: UUID, now: datetime) -> Message:
    """A human answers: the wait ends. Raises NotAllowed when somebody else holds the conversation."""
    held = held_by(conversation, user)
    already, key = said_already(held, key, body)
    if already:
        return already
    if watch.is_volunteer(user, held) and (found := watch.contacts(body)):
        raise NotAcceptable(f"« {found[0][:40]} » est un moyen de contact : un ou une bénévole n’en donne pas. Votre texte est gardé ci-dessous.")
    return answer(held, user=user, body=body, key=key, now=now)


@transaction.atomic
def close(*, conversation: Conversation, user: User, now: datetime) -> Conversation:
    """End an answered conversation. The person may write again at any time, which opens it."""
    held = held_by(conversation, user)
    if held.state == Conversation.State.CLOSED:
        return held
    states.move(held, Conversation.State.CLOSED, by=user, now=now, closed_at=now, updated_at=now, claimed_by=None, claimed_at=None)
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
def enter(*, conversation: Conversation, now: datetime) -> str:
    """Let one more browser in, by a private link; the secret of its cookie."""
    record(ConversationResumed(**promise.conversation_ids(conversation)), now=now)
    return journeys.add_device(journey=conversation.journey, now=now)


@transaction.atomic
def ask_callback(*, journey: Journey, kind: str, value: str, now: datetime, slot: datetime | None = None) -> None:
    """The person leaves a way to be reached once. Asking again replaces it."""
    conversation = locked(journey.conversation.pk)
    values = {"kind": kind, "value": value, "slot": slot, "after_breach": False, "asked_at": now}
    Callback.objects.update_or_create(conversation=conversation, defaults=values)
    record(CallbackAsked(**promise.conversation_ids(conversation)), now=now)
    tell(conversation)


@transaction.atomic
def callback_done(*, conversation: Conversation, user: User, now: datetime) -> None:
    """The person has been called back: what they left is erased."""
    held = held_by(conversation, user)
    Callback.objects.filter(conversation=held).delete()
    tell(held)


# --- inside a transaction that holds the conversation


def locked(pk: UUID) -> Conversation:
    """The conversation, locked until the end of the transaction."""
    # The row alone, then what it leads to: after a wait for the lock PostgreSQL reads this row again and not the joined ones,
    # and a conversation that went to another line meanwhile would not be found at all.
    Conversation.objects.select_for_update().only("pk").get(pk=pk)
    return Conversation.objects.select_related("line", "journey").get(pk=pk)


def locked_for(pk: UUID, user: User) -> Conversation:
    """The same, if `user` may see it still: it may have gone to another line since the page was shown. Raises Elsewhere."""
    held = locked(pk)
    if not Conversation.objects.visible_to(user).filter(pk=pk).exists():
        raise Elsewhere(pk, user)
    return held


def _where(pk: UUID, user: User) -> str:
    held = Conversation.objects.select_related("line__organisation").filter(pk=pk).first()
    if held is None:
        return "Cette conversation n’est plus là : elle a été effacée, ou réunie avec une autre."
    there = held.line
    if user.roles_in(there.organisation_id).isdisjoint(DESK) and held.transfers.filter(to_line=there).exists():
        return f"Cette conversation est passée à la ligne « {there.name} » ({there.organisation.name}) : c’est son équipe qui répond maintenant."
    return "Cette conversation n’est plus ouverte à votre compte : l’équipe s’en occupe."


def said_already(held: Conversation, key: UUID, body: str) -> tuple[Message | None, UUID]:
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
        record(ConversationAnswered(**ids, seconds=seconds, kept=kept, first=first, line=held.line_id), now=now)
    states.turn(held, Conversation.State.ANSWERED)
    held.closed_at = None
    return append(held, side=Message.Side.STAFF, body=body, key=key, now=now, author=user, handover=handover)


def notice(held: Conversation, text: str, *, now: datetime, handover=None, key: UUID | None = None, leaves: bool = False) -> Message:
    """A sentence of the program itself, seen by both sides. `leaves`: it also goes out by the person's door, as an answer does."""
    message = append(held, side=Message.Side.NOTICE, body=text, key=key, now=now, handover=handover)
    if leaves:
        outbound.deliver(message)
    return message


def record_situation(held: Conversation, *, by: str, now: datetime) -> None:
    """Write to the log what is known of a person's situation, in codes. `by`: « young » or « staff »."""
    said = {name: getattr(held, name) or "not-said" for name in ("urgency", "age_band", "known", "employment")}
    # The log's own `subject` is the conversation.
    record(TriageRecorded(**promise.conversation_ids(held), by=by, topic=held.subject or "not-said", **said), now=now)


def announce_end(held: Conversation, *, at: datetime, now: datetime) -> None:
    """Say that everything will be erased `at`, by the person's door if they have one; the words are not a sign of life."""
    last = held.updated_at
    outbound.deliver(append(held, side=Message.Side.NOTICE, body=END.format(day=day(at)), key=None, now=now))
    held.updated_at, held.erase_at, held.erase_told_at = last, at, now
    held.save(update_fields=["updated_at", "erase_at", "erase_told_at"])


def append(
    conversation: Conversation,
    *,
    side: str,
    body: str,
    key: UUID | None,
    now: datetime,
    author=None,
    handover=None,
    doubt: str = "",
    whole: str = "",
    door: str = "",
) -> Message:
    """Number and keep a message, save the conversation, tell the open pages at commit."""
    conversation.seq += 1
    conversation.updated_at = now
    # Somebody speaks: the end announced for this conversation (see retention) is put off.
    conversation.erase_at = conversation.erase_told_at = None
    conversation.save()
    message = Message(conversation=conversation, seq=conversation.seq, side=side, author=author, body=body, handover=handover, at=now)
    message.door, message.doubt, message.whole = door or conversation.door, doubt, whole
    if key:
        message.key = key
    message.save(force_insert=True)
    watch.look(message)
    if side == Message.Side.STAFF:
        outbound.deliver(message)
    tell(conversation)
    return message


def held_by(conversation: Conversation, user: User) -> Conversation:
    """The conversation, locked, if `user` holds it. Raises NotAllowed."""
    held = locked(conversation.pk)
    if held.claimed_by_id != user.pk:
        if not Conversation.objects.visible_to(user).filter(pk=held.pk).exists():
            raise Elsewhere(held.pk, user)
        who = f"{held.claimed_by} a pris cette conversation" if held.claimed_by_id else "Personne n’a encore pris cette conversation"
        raise NotAllowed(f"{who} : prenez-la avant de répondre. Votre texte est gardé ci-dessous.")
    if watch.is_volunteer(user, held) and not Conversation.objects.visible_to(user).filter(pk=held.pk).exists():
        # Their check ended between the page and the answer.
        raise NotAllowed("Votre vérification n’est plus valable pour cette conversation : elle revient à l’équipe.")
    return held


def tell(conversation: Conversation) -> None:
    """Wake the pages that show this conversation, at commit."""
    for topic in (f"conversation:{conversation.pk}", f"desk:{conversation.pk}", f"inbox:{conversation.line.organisation_id}"):
        live.ring(topic)
