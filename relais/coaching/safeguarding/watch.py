"""What is looked for in each message as it is kept: signs of danger in a young person's, contacts in an adult's.

Called in the transaction of the message, which is never held, changed or refused by what is found.
"""

import re
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Max, QuerySet

from relais.accounts.models import Role, User
from relais.accounts.scope import people
from relais.catalogue.models import Structure
from relais.channels.models import Inbound
from relais.foundation import first_aid, live, outbox, signs
from relais.foundation.events import record
from relais.foundation.help import HelpNumber
from relais.foundation.phones import international
from relais.foundation.ratelimit import allowed

from .. import mail
from ..events import ContactOffered, DangerSignalled
from ..line import promise
from ..models import Alarm, Conversation, Message
from ..models.conversation import TEAM
from ..models.desk import DESK

CONTACTS = {"phone", "email", "handle"}
ACCOUNTS = re.compile(
    r"\b((instagram|snapchat|tiktok|discord|telegram|whatsapp|facebook|messenger|signal|twitter)\.\w+|t\.me|wa\.me|fb\.me|x\.com)\b"
)
"""In a link, what leads to somebody's account; other links lead to pages, which people of the team share all day."""
PIECE = 40
"""Characters of a line that stands in our letters word for word, above which it is ours even if it is not marked as quoted."""
QUIET = timedelta(minutes=10)
"""While an alarm of the same conversation is open, one letter in so long is enough; open pages hear of each message."""
SHOWN = timedelta(hours=24)
"""For how long the numbers stay on the person's page after what they wrote."""


def look(message: Message) -> None:
    """Raise an alarm, or flag a contact, for one message that was just kept."""
    if message.side == Message.Side.YOUNG:
        _look_for_danger(message)
    else:
        # A notice may be a partner's words in a message of three.
        _look_for_contact(message)


def _look_for_danger(message: Message) -> None:
    kinds, urgent = first_aid.read(_theirs(message))
    if not kinds:
        return
    conversation, now = message.conversation, message.at
    already = Alarm.objects.open().filter(conversation=conversation, told_at__gt=now - QUIET, is_urgent__in={True, urgent}).exists()
    Alarm.objects.create(conversation=conversation, message=message, kinds=kinds, is_urgent=urgent, raised_at=now, told_at=None if already else now)
    if not conversation.is_alarming:
        conversation.is_alarming = True
        conversation.save(update_fields=["is_alarming"])
    record(DangerSignalled(**promise.conversation_ids(conversation), kind=kinds[0], urgent=urgent), now=now)
    if not already:
        for person in on_duty(conversation):
            key = f"alarm:{message.pk}:{person.pk.hex}"
            outbox.enqueue("email", key=key, payload=mail.alarm(person, conversation, urgent=urgent), now=now, about=conversation.pk, owner=conversation.line.organisation_id)
    live.ring(f"inbox:{conversation.line.organisation_id}")


def _theirs(message: Message) -> str:
    """All that the person wrote. A letter is read before anything was folded away from it, without our own words quoted back:
    lines that are word for word in what we sent in this conversation, and that were folded away or are marked « > ». Whatever
    else stands in their own message is theirs, even where they repeat what we said."""
    if message.door != Conversation.Door.EMAIL:
        return message.body
    ours = [" ".join(line.split()) for one in _sent(message) for line in one.body.split("\n")]
    lines, flow = set(ours), " ".join(ours)
    theirs = [line for line in message.body.split("\n") if not (line.startswith(">") and _is_ours(line, lines, flow))]
    folded = [line for line in message.whole.split("\n") if not _is_ours(line, lines, flow)]
    return "\n".join([*theirs, "", *folded])


def _sent(message: Message) -> list[Message]:
    return list(Message.objects.filter(conversation=message.conversation_id, seq__lt=message.seq).exclude(side=Message.Side.YOUNG))


def _is_ours(line: str, lines: set[str], flow: str) -> bool:
    bare = " ".join(line.lstrip("> ").split())
    # Mail programs break our long lines: a piece of one counts where it is marked as quoted, or too long to be a coincidence.
    return bare in lines or ((line.startswith(">") or len(bare) >= PIECE) and bare in flow)


def is_danger(text: str) -> bool:
    """Whether a text that is in no conversation bears signs of danger."""
    return bool(first_aid.read(text).kinds)


def tell_of_aside(inbound: Inbound, now: datetime) -> None:
    """Tell the supervisors of its owner of a message that a program set aside and that bears signs of danger; one letter a minute at
    most, which says how many there are."""
    if not allowed("aside-alarm", str(inbound.owner), now=now):
        return
    count = Inbound.objects.set_aside().filter(owner=inbound.owner, danger=True).count()
    for person in people(inbound.owner, Role.SUPERVISOR):
        outbox.enqueue("email", key=f"aside:{inbound.pk}:{person.pk.hex}", payload=mail.aside(person, count, inbound.owner), now=now, owner=inbound.owner)


def on_duty(conversation: Conversation) -> list[User]:
    """Who must hear of an alarm: supervisors, who holds the conversation and who supervises it; without any, every mediator."""
    here = conversation.line.organisation_id
    answering = people(here, *DESK).filter(pk__in=[conversation.claimed_by_id, conversation.supervised_by_id])
    return list(people(here, Role.SUPERVISOR) | answering) or list(people(here, Role.MEDIATOR))


def help_for(conversation: Conversation, now: datetime) -> list[HelpNumber]:
    """The help numbers to show to the person now: those that fit what they wrote lately, unless a human said that it was nothing."""
    alarms = _shown(conversation, now).order_by("-raised_at", "-id")
    return first_aid.numbers_for(kind for one in alarms for kind in one.kinds)


def is_answered(conversation: Conversation, now: datetime) -> bool:
    """Whether somebody wrote after the last words that help_for answers: the numbers then leave the room to what was said."""
    last = _shown(conversation, now).aggregate(last=Max("message__seq"))["last"]
    return last is not None and conversation.messages.filter(side=Message.Side.STAFF, seq__gt=last).exists()


def _shown(conversation: Conversation, now: datetime) -> QuerySet:
    return Alarm.objects.filter(conversation=conversation, raised_at__gt=now - SHOWN).exclude(is_false=True)


def help_in_words(key: UUID) -> str:
    """One sentence without a sensitive word for the message kept under `key`, to leave by a door that others may read.

    '' where nothing was found, or was already told a moment ago.
    """
    alarm = Alarm.objects.filter(message__key=key, told_at__isnull=False).first()
    if alarm is None:
        return ""
    lines = first_aid.numbers_for(alarm.kinds)[:3]
    said = [f"le {line.number}{' (par SMS)' if line.sms else ''}" for line in lines]
    listed = " ou ".join(part for part in (", ".join(said[:-1]), said[-1]) if part)
    return f"Si c’est urgent, n’attends pas : {listed}, gratuit."


# --- what an adult offers


def contacts(text: str) -> list[str]:
    """The phones, e-mails and accounts that `text` offers, except those of a structure of the directory."""
    return [found for found in _offered(text) if not _is_public(found)]


def is_volunteer(user: User, conversation: Conversation) -> bool:
    """Whether `user` answers there as a volunteer only."""
    held = user.roles_in(conversation.line.organisation_id)
    return Role.VOLUNTEER in held and held.isdisjoint(TEAM)


def _offered(text: str) -> list[str]:
    return [sign.found for sign in signs.personal(text) if sign.kind in CONTACTS or (sign.kind == "url" and ACCOUNTS.search(sign.found.lower()))]


def _look_for_contact(message: Message) -> None:
    if not _offered(message.body):
        return
    message.has_contact = True
    message.save(update_fields=["has_contact"])
    conversation = message.conversation
    if message.author is None or not contacts(message.body):
        return
    record(ContactOffered(**promise.conversation_ids(conversation), minor=conversation.is_minor), now=message.at)
    if not conversation.is_minor:
        return
    for person in people(conversation.line.organisation_id, Role.SUPERVISOR).exclude(pk=message.author_id):
        key = f"contact:{message.pk}:{person.pk.hex}"
        outbox.enqueue("email", key=key, payload=mail.contact(person, conversation), now=message.at, about=conversation.pk, owner=conversation.line.organisation_id)


def _is_public(found: str) -> bool:
    """Whether a structure of the directory has this phone or this address; help numbers are never taken for contacts."""
    if "@" in found:
        return Structure.objects.filter(email__iexact=found.strip()).exists()
    if not (number := _number(found)):
        return False
    # Kept as their sources write them: the database finds those that end alike, and both are then read by the same function.
    alike = Structure.objects.filter(phone__regex=rf"{r'[^0-9]*'.join(number[-6:])}[^0-9]*$").values_list("phone", flat=True)
    return any(_number(phone) == number for phone in alike)


def _number(text: str) -> str:
    try:
        return international(text)
    except ValueError:
        return ""
