"""Why somebody opens a file: plain when it is their work or waits for anybody, said by them otherwise. The same for taking it in hand."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from relais.accounts import reading
from relais.accounts.models import User, Why
from relais.foundation.refusals import NotAllowed

from ..models import Conversation, Mention
from ..models.conversation import CONVERSATION


class SayWhy(NotAllowed):
    """A reason has to be said first, on the page that opens the file."""

    def __init__(self):
        super().__init__("Dites d’abord pourquoi vous ouvrez ce dossier.")


def plain_reasons(user: User, conversations: Iterable[Conversation]) -> dict[UUID, Why | str]:
    """For each, why `user` opens it when that is plain; '' where they have to say it."""
    wanted = list(conversations)
    asked = set(
        Mention.objects.filter(user=user, note__conversation__in=wanted, seen_at=None).values_list(
            "note__conversation", flat=True
        )
    )
    return {one.pk: _plain(user, one, one.pk in asked) for one in wanted}


def _plain(user: User, conversation: Conversation, is_asked: bool) -> Why | str:
    if conversation.claimed_by_id == user.pk:
        return Why.HELD
    if is_for_anybody(conversation):
        return Why.WAITS
    if is_asked:
        return Why.MENTIONED
    return "" if conversation.is_minor else Why.READING


def is_for_anybody(conversation: Conversation) -> bool:
    """It waits and nobody has it: the list itself is the reason to take it."""
    return conversation.claimed_by_id is None and conversation.state == Conversation.State.WAITING


def has_reason(conversation: Conversation, user: User, now: datetime) -> bool:
    """Taking in hand is no way around the reason: False where opening would ask for it, and they have not opened it."""
    plain = plain_reasons(user, [conversation])[conversation.pk]
    return bool(plain) or reading.has_open(user=user, kind=CONVERSATION, subject=conversation.pk, now=now)
