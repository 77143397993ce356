"""What is looked for in each message as it is kept: signs of danger in a young person's, contacts in an adult's.

Called in the transaction of the message, which is never held, changed or refused by what is found.
"""

import re
from datetime import datetime
from uuid import UUID

from django.db.models import Max

from relais.accounts.scope import answerable
from relais.catalogue.models import Structure
from relais.foundation import contacts as points
from relais.foundation import letters, live
from relais.foundation.events import record
from relais.foundation.help import HelpNumber
from relais.foundation.subjects import subject_of
from relais.safeguarding import alarms, detection
from relais.safeguarding.models import Alarm, AlarmGroup

from ..events import ContactOffered
from ..models import Conversation, Message
from ..models.conversation import CONVERSATION
from . import promise

CONTACTS = {"phone", "email", "handle"}
ACCOUNTS = re.compile(
    r"\b((instagram|snapchat|tiktok|discord|telegram|whatsapp|facebook|messenger|signal|twitter)\.\w+|t\.me|wa\.me|fb\.me|x\.com)\b"
)
"""In a link, what leads to somebody's account; other links lead to pages, which people of the team share all day."""
PIECE = 40
"""Characters of a line that stands in our letters word for word, above which it is ours even if it is not marked as quoted."""


def screen_message(message: Message, *, origin: str = "") -> None:
    """Raise an alarm, or flag a contact, for one message that was just kept. `origin`: as in `alarms.screen`."""
    if message.side == Message.Side.YOUNG:
        _look_for_danger(message, origin)
    else:
        # A notice may be a partner's words in a message of three.
        _look_for_contact(message)


def _look_for_danger(message: Message, origin: str) -> None:
    conversation = message.conversation
    about, theirs = subject_of(conversation), _theirs(message)
    alarm = alarms.screen(subject=about, item=message.pk, text=theirs, now=message.at, origin=origin)
    if alarm is None:
        return
    conversation.is_alarming, conversation.alarm_group = True, _group_of(conversation, alarm)
    conversation.save(update_fields=["is_alarming", "alarm_group"])
    live.notify(f"inbox:{about.organisation_id}")


def _group_of(conversation: Conversation, alarm: Alarm) -> AlarmGroup | None:
    """It stands in the group of its alarm when nothing of hers would go out of sight there: what is open and came otherwise, or was
    real once, stands by itself."""
    return None if alarms.stands_by_itself(CONVERSATION, conversation.pk, alarm.group_id) else alarm.group


def _theirs(message: Message) -> str:
    """All that the person wrote. A letter is read before anything was folded away from it, without our own words quoted back:
    lines that are word for word in what we sent in this conversation, and that were folded away or are marked « > ». Whatever
    else stands in their own message is theirs, even where they repeat what we said."""
    if message.channel != Conversation.Channel.EMAIL:
        return message.body
    ours = [" ".join(line.split()) for one in _sent(message) for line in one.body.split("\n")]
    lines, flow = set(ours), " ".join(ours)
    theirs = [line for line in message.body.split("\n") if not (line.startswith(">") and _is_ours(line, lines, flow))]
    folded = [line for line in message.whole.split("\n") if not _is_ours(line, lines, flow)]
    return "\n".join([*theirs, "", *folded])


def _sent(message: Message) -> list[Message]:
    return list(
        Message.objects.filter(conversation=message.conversation_id, seq__lt=message.seq).exclude(
            side=Message.Side.YOUNG
        )
    )


def _is_ours(line: str, lines: set[str], flow: str) -> bool:
    bare = " ".join(line.lstrip("> ").split())
    # Mail programs break our long lines: a piece of one counts where it is marked as quoted, or too long to be a coincidence.
    return bare in lines or ((line.startswith(">") or len(bare) >= PIECE) and bare in flow)


def help_for(conversation: Conversation, now: datetime) -> list[HelpNumber]:
    """The help numbers to show to the person now: those that fit what they wrote lately, unless a human said that it was nothing."""
    return alarms.help_for(CONVERSATION, conversation.pk, now)


def is_answered(conversation: Conversation, now: datetime) -> bool:
    """Whether somebody wrote after the last words that help_for answers: the numbers then leave the room to what was said."""
    items = [int(item) for item in alarms.shown(CONVERSATION, conversation.pk, now).values_list("item", flat=True)]
    last = conversation.messages.filter(pk__in=items).aggregate(last=Max("seq"))["last"]
    return last is not None and conversation.messages.filter(side=Message.Side.STAFF, seq__gt=last).exists()


def help_in_words(conversation: Conversation, key: UUID) -> str:
    """What `alarms.help_in_words` says of the message kept under `key`."""
    message = conversation.messages.filter(key=key).first()
    return alarms.help_in_words(CONVERSATION, message.pk) if message else ""


# --- what an adult offers


def contacts(text: str) -> list[str]:
    """The phones, e-mails and accounts that `text` offers, except those of a structure of the directory."""
    return [found for found in _offered(text) if not _is_public(found)]


def _offered(text: str) -> list[str]:
    return [
        one.found
        for one in detection.personal(text)
        if one.kind in CONTACTS or (one.kind == "url" and ACCOUNTS.search(one.found.lower()))
    ]


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
    told = answerable(conversation.line.organisation_id, but=message.author_id)
    for person in told.people:
        key = f"contact:{message.pk}:{person.pk.hex}"
        letters.send(
            "coaching/contact",
            to=person.email,
            context={"conversation": conversation, "unsupervised": told.unsupervised},
            key=key,
            now=message.at,
            organisation=conversation.line.organisation_id,
            about=conversation.pk,
        )


def _is_public(found: str) -> bool:
    """Whether a structure of the directory has this phone or this address, however written; help numbers are never taken for contacts."""
    if "@" in found:
        return Structure.objects.filter(email__iexact=points.kept(found)).exists()
    number = points.public_number(found)
    return bool(number) and Structure.objects.filter(phone=number).exists()
