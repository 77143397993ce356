"""What is done to a conversation inside a transaction that holds it: everything that writes in a thread goes through here.

`append` is the only way in: it numbers the message, screens it (`screening`), lets an answer leave by the person's channel (`outbound`) and
wakes the pages. Use cases (`services`, and those of each topic) are made of these.
"""

from datetime import datetime
from uuid import UUID, uuid5

from relais.accounts.models import Role, User
from relais.foundation import live, states
from relais.foundation.events import record
from relais.foundation.jinja import day
from relais.foundation.refusals import NotAllowed, WrongState

from ..events import ConversationAnswered, TriageRecorded
from ..models import Conversation, Message
from ..models.conversation import TEAM
from ..models.desk import DESK
from . import outbound, promise, screening

MAX_LENGTH = 4000
"""Characters in one message: two pages. What is longer is given back to its author, untouched."""
END = "Sans nouvelles de toi, cette conversation sera effacée le {day}. Pour la garder, écris un mot ici."


class Elsewhere(NotAllowed):
    """It is no longer for `user`, who had it open: the sentence says where it went, and nothing of what it holds."""

    status = WrongState.status

    def __init__(self, pk: UUID, user: User):
        super().__init__(_where(pk, user))


# --- who holds it


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


def claimed_by(conversation: Conversation, user: User) -> Conversation:
    """The conversation, locked, if `user` holds it. Raises NotAllowed."""
    held = locked(conversation.pk)
    if held.claimed_by_id != user.pk:
        if not Conversation.objects.visible_to(user).filter(pk=held.pk).exists():
            raise Elsewhere(held.pk, user)
        who = (
            f"{held.claimed_by} a pris cette conversation"
            if held.claimed_by_id
            else "Personne n’a encore pris cette conversation"
        )
        raise NotAllowed(f"{who} : prenez-la avant de répondre. Votre texte est gardé ci-dessous.")
    if is_volunteer(user, held) and not Conversation.objects.visible_to(user).filter(pk=held.pk).exists():
        # Their check ended between the page and the answer.
        raise NotAllowed("Votre vérification n’est plus valable pour cette conversation : elle revient à l’équipe.")
    return held


def _where(pk: UUID, user: User) -> str:
    held = Conversation.objects.select_related("line__organisation").filter(pk=pk).first()
    if held is None:
        return "Cette conversation n’est plus là : elle a été effacée, ou réunie avec une autre."
    there = held.line
    if user.roles_in(there.organisation_id).isdisjoint(DESK) and held.transfers.filter(to_line=there).exists():
        return f"Cette conversation est passée à la ligne « {there.name} » ({there.organisation.name}) : c’est son équipe qui répond maintenant."
    return "Cette conversation n’est plus ouverte à votre compte : l’équipe s’en occupe."


def is_volunteer(user: User, conversation: Conversation) -> bool:
    """Whether `user` answers there as a volunteer only."""
    held = user.roles_in(conversation.line.organisation_id)
    return Role.VOLUNTEER in held and held.isdisjoint(TEAM)


# --- what is said in it


def said_already(held: Conversation, key: UUID, body: str) -> tuple[Message | None, UUID]:
    """The message already kept under this key, if it says the same; else the key under which to keep `body`.

    After a cut, a person may change the text before sending the same form again: that is another message, also kept once.
    """
    said = held.messages.filter(key=key).first()
    if said is None or said.body == body:
        return said, key
    key = uuid5(key, body)
    return held.messages.filter(key=key).first(), key


def answer(
    held: Conversation, *, user: User, body: str, key: UUID, now: datetime, topic: UUID | None = None
) -> Message:
    """Append a human's message and end the wait if one runs."""
    if held.state == Conversation.State.WAITING:
        first = held.first_answered_at is None
        seconds, kept = promise.end_wait(held, now)
        held.first_answered_at = held.first_answered_at or now
        ids = promise.conversation_ids(held)
        record(ConversationAnswered(**ids, seconds=seconds, kept=kept, first=first, line=held.line_id), now=now)
    states.turn(held, Conversation.State.ANSWERED)
    held.closed_at = None
    return append(held, side=Message.Side.STAFF, body=body, key=key, now=now, author=user, topic=topic)


def system_message(
    held: Conversation,
    text: str,
    *,
    now: datetime,
    topic: UUID | None = None,
    key: UUID | None = None,
    leaves: bool = False,
) -> Message:
    """A sentence of the program itself, seen by both sides. `leaves`: it also goes out by the person's channel, as an answer does."""
    message = append(held, side=Message.Side.NOTICE, body=text, key=key, now=now, topic=topic)
    if leaves:
        outbound.deliver(message)
    return message


def record_situation(held: Conversation, *, by: str, now: datetime) -> None:
    """Write to the log what is known of a person's situation, in codes. `by`: « young » or « staff »."""
    said = {name: getattr(held, name) or "not-said" for name in ("urgency", "age_band", "known", "employment")}
    # The log's own `subject` is the conversation.
    record(TriageRecorded(**promise.conversation_ids(held), by=by, topic=held.subject or "not-said", **said), now=now)


def announce_end(held: Conversation, *, at: datetime, now: datetime) -> None:
    """Say that everything will be erased `at`, by the person's channel if they have one; the words are not a sign of life."""
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
    topic: UUID | None = None,
    doubt: str = "",
    whole: str = "",
    channel: str = "",
    origin: str = "",
) -> Message:
    """Number and keep a message, save the conversation, tell the open pages at commit. `origin`: from which network it came, which is not kept."""
    conversation.seq += 1
    conversation.updated_at = now
    # Somebody speaks: the end announced for this conversation (see retention) is put off.
    conversation.erase_at = conversation.erase_told_at = None
    conversation.save()
    message = Message(
        conversation=conversation, seq=conversation.seq, side=side, author=author, body=body, topic=topic, at=now
    )
    message.channel, message.doubt, message.whole = channel or conversation.channel, doubt, whole
    if key:
        message.key = key
    message.save(force_insert=True)
    screening.screen_message(message, origin=origin)
    if side == Message.Side.STAFF:
        outbound.deliver(message)
    notify_pages(conversation)
    return message


def end_pages(conversation: Conversation) -> None:
    """This conversation is over for who has it open: at commit their streams end, and each page asks what is left to it."""
    for topic in (f"conversation:{conversation.pk}", f"desk:{conversation.pk}"):
        live.end_streams_on(topic)
    live.notify(f"inbox:{conversation.line.organisation_id}")


def notify_pages(conversation: Conversation) -> None:
    """Wake the pages that show this conversation, at commit."""
    for topic in (
        f"conversation:{conversation.pk}",
        f"desk:{conversation.pk}",
        f"inbox:{conversation.line.organisation_id}",
    ):
        live.notify(topic)
