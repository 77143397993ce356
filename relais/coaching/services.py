"""What one can do with a conversation. Each function is one transaction that locks the conversation first."""

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import UUID

from django.db import IntegrityError, transaction

from relais.accounts.models import Role, User
from relais.catalogue.models import Commune
from relais.foundation import states
from relais.foundation.events import record
from relais.foundation.refusals import NotAcceptable, NotAllowed, WrongState
from relais.journeys import services as journeys
from relais.journeys.models import Journey

from .events import (
    CallbackAsked,
    ConversationClaimed,
    ConversationClosed,
    ConversationOpened,
    ConversationResumed,
    ResumeCodeChanged,
)
from .guide import Walk
from .models import Callback, Conversation, Line, Message
from .thread import (
    answer,
    append,
    claimed_by,
    end_pages,
    is_volunteer,
    locked,
    locked_for,
    notify_pages,
    promise,
    record_situation,
    said_already,
    screening,
    system_message,
)
from .thread import links as private_links


class AlreadyClaimed(WrongState):
    """Somebody else holds this conversation."""


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
    channel: str = Conversation.Channel.SITE,
    since: datetime | None = None,
    guide: Walk | None = None,
    doubt: str = "",
    whole: str = "",
    origin: str = "",
) -> Opened:
    """A person writes for the first time: path, conversation and first message, together or not at all.

    The same form sent twice (`key`) opens one conversation; both answers lead to it. `since`: when they wrote, if their
    message took a while to come in by its `channel`. `guide`: what they chose with the program before. `doubt`: a `Message.Doubt`
    when nothing proves who wrote. `whole`: as in `write`. `origin`: the network it came from, as `append` has it.
    """
    try:
        with transaction.atomic():
            journey, cookie = journeys.start(pseudonym=pseudonym, commune=commune, touch=touch, now=now)
            conversation = Conversation(
                line=line, journey=journey, key=key, opened_at=now, updated_at=now, channel=channel
            )
            promise.start_wait(conversation, now, since=since)
            if guide and guide.codes:
                conversation.guide_path = [{"node": asked, "choice": chosen} for asked, chosen in guide.steps]
                vars(conversation).update(guide.said)
            conversation.save(force_insert=True)
            ids = promise.conversation_ids(conversation)
            record(ConversationOpened(**ids, open_line=line.hours().is_open(now), line=line.pk, door=channel), now=now)
            if conversation.guide_path:
                record_situation(conversation, by="young", now=now)
            said = partial(append, conversation, side=Message.Side.YOUNG, body=body, key=key, now=now)
            said(doubt=doubt, whole=whole, origin=origin)
            return Opened(conversation, cookie)
    except IntegrityError:
        already = Conversation.objects.select_related("journey", "line").filter(key=key).first()
        if already is None:
            raise
        return Opened(already, journeys.add_device(journey=already.journey, now=now))


@transaction.atomic
def write(
    *,
    journey: Journey,
    body: str,
    key: UUID,
    now: datetime,
    channel: str = Conversation.Channel.SITE,
    since: datetime | None = None,
    doubt: str = "",
    whole: str = "",
    origin: str = "",
) -> Message:
    """The young person writes again. A closed conversation opens again; a wait already running goes on from its start.

    Answers leave by the `channel` they came through last, unless nothing proves who wrote and it is another one. `since` and `doubt` as in `open_conversation`. `whole`: the letter before
    anything was folded away, if something was.
    """
    conversation = locked(journey.conversation.pk)
    already, key = said_already(conversation, key, body)
    if already:
        return already
    if not doubt or not _takes_answers_away(conversation.channel, channel):
        conversation.channel = channel
    if conversation.state != Conversation.State.WAITING:
        conversation.closed_at = None
        promise.start_wait(conversation, now, since=since)
    said = partial(append, conversation, side=Message.Side.YOUNG, body=body, key=key, now=now)
    return said(doubt=doubt, whole=whole, channel=channel, origin=origin)


def _takes_answers_away(before: str, channel: str) -> bool:
    """Whether to answer by `channel` would give to a stranger what leaves by another one: an address is easily imitated, a number
    less so, but the site shows answers to nobody else."""
    return before != channel and (
        channel == Conversation.Channel.EMAIL or before in (Conversation.Channel.SITE, Conversation.Channel.QUESTION)
    )


@transaction.atomic
def claim(*, conversation: Conversation, user: User, now: datetime) -> Conversation:
    """Take a conversation in hand. Of two who claim at once, exactly one wins; the other learns who did.

    A supervisor may take over what somebody else holds.
    """
    held = locked_for(conversation.pk, user)
    if held.claimed_by_id == user.pk:
        return held
    if is_volunteer(user, held):
        raise NotAllowed("Une personne responsable vous confie les conversations : vous n’en prenez pas vous-même.")
    if held.claimed_by_id and not user.has(Role.SUPERVISOR, held.line.organisation_id):
        raise AlreadyClaimed(f"{held.claimed_by} a déjà pris cette conversation.")
    # Taken by the team: what was entrusted to a volunteer before is so no longer.
    held.claimed_by, held.claimed_at, held.supervised_by = user, now, None
    held.save(update_fields=["claimed_by", "claimed_at", "supervised_by"])
    record(ConversationClaimed(**promise.conversation_ids(held)), now=now)
    notify_pages(held)
    return held


@transaction.atomic
def release(*, conversation: Conversation, user: User, now: datetime) -> Conversation:
    """Give a conversation back to the team; its deadline does not move."""
    held = claimed_by(conversation, user)
    held.claimed_by = held.claimed_at = None
    held.save(update_fields=["claimed_by", "claimed_at"])
    notify_pages(held)
    return held


@transaction.atomic
def reply(*, conversation: Conversation, user: User, body: str, key: UUID, now: datetime) -> Message:
    """A human answers: the wait ends. Raises NotAllowed when somebody else holds the conversation."""
    held = claimed_by(conversation, user)
    already, key = said_already(held, key, body)
    if already:
        return already
    if is_volunteer(user, held) and (found := screening.contacts(body)):
        raise NotAcceptable(
            f"« {found[0][:40]} » est un moyen de contact : un ou une bénévole n’en donne pas. Votre texte est gardé ci-dessous."
        )
    return answer(held, user=user, body=body, key=key, now=now)


@transaction.atomic
def close(*, conversation: Conversation, user: User, now: datetime) -> Conversation:
    """End an answered conversation. The person may write again at any time, which opens it."""
    held = claimed_by(conversation, user)
    if held.state == Conversation.State.CLOSED:
        return held
    states.move(
        held,
        Conversation.State.CLOSED,
        by=user,
        now=now,
        closed_at=now,
        updated_at=now,
        claimed_by=None,
        claimed_at=None,
    )
    record(ConversationClosed(**promise.conversation_ids(held)), now=now)
    system_message(held, "La conversation est terminée. Tu peux écrire à nouveau quand tu veux.", now=now)
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
def change_code(*, conversation: Conversation, cookie: str, now: datetime) -> None:
    """Close the conversation everywhere but on the browser of this cookie: the code, the links already sent, the other browsers and
    their open pages. The team sees that it was done: whoever else held the code could do it too."""
    held = locked(conversation.pk)
    journeys.change_code(journey=held.journey, keep=cookie)
    private_links.revoke(held, now=now)
    record(ResumeCodeChanged(**promise.conversation_ids(held)), now=now)
    end_pages(held)


@transaction.atomic
def ask_callback(*, journey: Journey, kind: str, value: str, now: datetime, slot: datetime | None = None) -> None:
    """The person leaves a way to be reached once. Asking again replaces it."""
    conversation = locked(journey.conversation.pk)
    values = {"kind": kind, "value": value, "slot": slot, "after_breach": False, "asked_at": now}
    Callback.objects.update_or_create(conversation=conversation, defaults=values)
    record(CallbackAsked(**promise.conversation_ids(conversation)), now=now)
    notify_pages(conversation)


@transaction.atomic
def callback_done(*, conversation: Conversation, user: User, now: datetime) -> None:
    """The person has been called back: what they left is erased."""
    held = claimed_by(conversation, user)
    Callback.objects.filter(conversation=held).delete()
    notify_pages(held)


@transaction.atomic
def leave(*, secret: str) -> None:
    """Forget the conversation on this browser only. Its other pages there hear it at once; those of other browsers come back."""
    journey = journeys.by_cookie(secret)
    for conversation in Conversation.objects.filter(journey=journey).select_related("line") if journey else ():
        end_pages(conversation)
    journeys.leave_device(secret=secret)
