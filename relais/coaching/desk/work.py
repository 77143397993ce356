"""What people do at their desk besides answering: drafts, notes between colleagues, being there."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from relais.accounts.models import User
from relais.accounts.scope import people
from relais.foundation.events import record
from relais.foundation.folding import fold

from .. import services
from ..events import NoteAdded
from ..line import promise
from ..models import Conversation, Draft, Mention, Message, Note, Presence
from ..models.desk import DESK
from . import opening

HERE = timedelta(seconds=60)
"""A page that has said nothing for so long is closed."""
WRITING = timedelta(seconds=15)
"""Three beats of an open page (desk.js): who has typed nothing since is thinking."""


@dataclass(frozen=True)
class Present:
    """A colleague who has a page open; `conversation` is None in the inbox or on the wall."""

    user: User
    conversation: UUID | None
    is_writing: bool


# --- drafts


@transaction.atomic
def keep_draft(*, conversation: Conversation, user: User, body: str, key: UUID, now: datetime) -> None:
    """Keep what `user` has begun to answer; nothing left in the box forgets it. `key` is that of the answer's form."""
    # The lock, and the key: what was kept a moment too late must not come back as a draft of an answer already sent.
    services.locked_for(conversation.pk, user)
    if not body.strip() or Message.objects.filter(conversation=conversation, key=key).exists():
        Draft.objects.filter(conversation=conversation, user=user).delete()
        return
    Draft.objects.update_or_create(conversation=conversation, user=user, defaults={"body": body[: services.MAX_LENGTH * 2], "updated_at": now})


@transaction.atomic
def take(*, conversation: Conversation, user: User, now: datetime) -> Conversation:
    """Take in hand what waits for anybody, or what was opened with its reason. Raises SayWhy, AlreadyClaimed, NotAllowed."""
    may = opening.has_reason(services.locked(conversation.pk), user, now)
    taken = services.claim(conversation=conversation, user=user, now=now)
    # Last, so that who lost a race is told who won.
    if not may:
        raise opening.SayWhy
    return taken


@transaction.atomic
def answer(*, conversation: Conversation, user: User, body: str, key: UUID, now: datetime, taking: bool = False) -> Message:
    """Answer, after having taken the conversation in hand if `taking`; the draft has served. Raises SayWhy, AlreadyClaimed, NotAllowed."""
    if taking:
        take(conversation=conversation, user=user, now=now)
    message = services.reply(conversation=conversation, user=user, body=body, key=key, now=now)
    Draft.objects.filter(conversation=conversation, user=user).delete()
    return message


# --- notes


@transaction.atomic
def add_note(*, conversation: Conversation, author: User, body: str, key: UUID, now: datetime) -> Note:
    """Keep a note for colleagues and tell those whom it names (« @Karim »), if they may see the conversation."""
    held = services.locked_for(conversation.pk, author)
    if said := Note.objects.filter(key=key).first():
        return said
    note = Note.objects.create(conversation=held, author=author, body=body, key=key, at=now)
    named = [user for user in named_in(body, colleagues(held.line.organisation_id)) if user.pk != author.pk]
    told = [user for user in named if Conversation.objects.visible_to(user).filter(pk=held.pk).exists()]
    Mention.objects.bulk_create(Mention(note=note, user=user) for user in told)
    record(NoteAdded(**promise.conversation_ids(held), mentions=len(told)), now=now)
    services.tell(held)
    return note


def named_in(body: str, among: Iterable[User]) -> list[User]:
    """Those of `among` whose displayed name follows an « @ », whatever its accents and capitals; namesakes are all told."""
    text = fold(body)
    return [user for user in among if user.display_name and re.search(rf"(?<!\w)@{re.escape(fold(user.display_name))}(?!\w)", text)]


def see_mentions(*, conversation: Conversation, user: User, now: datetime) -> None:
    """`user` has the conversation under their eyes: what named them there has been read."""
    Mention.objects.filter(user=user, note__conversation=conversation, seen_at=None).update(seen_at=now)


# --- who is there


def colleagues(organisation) -> list[User]:
    """Those who answer in this organisation, by name."""
    return list(people(organisation, *DESK).order_by("display_name", "email"))


def be_here(*, user: User, conversation: Conversation | None, is_writing: bool, now: datetime) -> None:
    """An open page says so every few seconds."""
    presence = Presence(user=user, conversation=conversation, seen_at=now, writing_at=now if is_writing else None)
    columns = ["seen_at", "writing_at"] if is_writing else ["seen_at"]
    Presence.objects.bulk_create([presence], update_conflicts=True, unique_fields=["user", "conversation"], update_fields=columns)


def present(organisations: Iterable[UUID], now: datetime) -> list[Present]:
    """The pages open now, of those who answer in these organisations, by name."""
    rows = Presence.objects.filter(user__in=people(list(organisations), *DESK), seen_at__gt=now - HERE)
    rows = rows.select_related("user").order_by("user__display_name", "id")
    return [Present(row.user, row.conversation_id, bool(row.writing_at and row.writing_at > now - WRITING)) for row in rows]


def beside(conversation: Conversation, user: User, now: datetime) -> list[Present]:
    """The others who have this conversation open."""
    rows = conversation.presences.filter(seen_at__gt=now - HERE).exclude(user=user).select_related("user").order_by("user__display_name", "id")
    return [Present(row.user, row.conversation_id, bool(row.writing_at and row.writing_at > now - WRITING)) for row in rows]
