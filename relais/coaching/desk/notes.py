"""Notes between colleagues, and those whom they name."""

import re
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import transaction

from relais.accounts.models import User
from relais.foundation.events import record
from relais.foundation.folding import fold

from .. import thread
from ..events import NoteAdded
from ..models import Conversation, Mention, Note
from ..thread import promise
from .presence import colleagues


@transaction.atomic
def add_note(*, conversation: Conversation, author: User, body: str, key: UUID, now: datetime) -> Note:
    """Keep a note for colleagues and tell those whom it names (« @Karim »), if they may see the conversation."""
    held = thread.locked_for(conversation.pk, author)
    if said := Note.objects.filter(key=key).first():
        return said
    note = Note.objects.create(conversation=held, author=author, body=body, key=key, at=now)
    named = [user for user in named_in(body, colleagues(held.line.organisation_id)) if user.pk != author.pk]
    told = [user for user in named if Conversation.objects.visible_to(user).filter(pk=held.pk).exists()]
    Mention.objects.bulk_create(Mention(note=note, user=user) for user in told)
    record(NoteAdded(**promise.conversation_ids(held), mentions=len(told)), now=now)
    thread.notify_pages(held)
    return note


def named_in(body: str, among: Iterable[User]) -> list[User]:
    """Those of `among` whose displayed name follows an « @ », whatever its accents and capitals; namesakes are all told."""
    text = fold(body)
    return [
        user
        for user in among
        if user.display_name and re.search(rf"(?<!\w)@{re.escape(fold(user.display_name))}(?!\w)", text)
    ]


def see_mentions(*, conversation: Conversation, user: User, now: datetime) -> None:
    """`user` has the conversation under their eyes: what named them there has been read."""
    Mention.objects.filter(user=user, note__conversation=conversation, seen_at=None).update(seen_at=now)
