"""What somebody has begun to answer, and answering: taking in hand goes with its reason."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from relais.accounts import ends
from relais.accounts.models import User

from .. import services, thread
from ..models import Conversation, Draft, Message
from . import opening


@transaction.atomic
def keep_draft(*, conversation: Conversation, user: User, body: str, key: UUID, now: datetime) -> None:
    """Keep what `user` has begun to answer; nothing left in the box forgets it. `key` is that of the answer's form."""
    # The lock, and the key: what was kept a moment too late must not come back as a draft of an answer already sent.
    thread.locked_for(conversation.pk, user)
    if not body.strip() or Message.objects.filter(conversation=conversation, key=key).exists():
        Draft.objects.filter(conversation=conversation, user=user).delete()
        return
    Draft.objects.update_or_create(
        conversation=conversation, user=user, defaults={"body": body[: thread.MAX_LENGTH * 2], "updated_at": now}
    )


@transaction.atomic
def take(*, conversation: Conversation, user: User, now: datetime) -> Conversation:
    """Take in hand what waits for anybody, or what was opened with its reason. Raises SayWhy, AlreadyClaimed, NotAllowed."""
    may = opening.has_reason(thread.locked(conversation.pk), user, now)
    taken = services.claim(conversation=conversation, user=user, now=now)
    # Last, so that who lost a race is told who won.
    if not may:
        raise opening.SayWhy
    return taken


@transaction.atomic
def answer(
    *, conversation: Conversation, user: User, body: str, key: UUID, now: datetime, taking: bool = False
) -> Message:
    """Answer, after having taken the conversation in hand if `taking`; the draft has served. Raises SayWhy, AlreadyClaimed, NotAllowed."""
    if taking:
        take(conversation=conversation, user=user, now=now)
    message = services.reply(conversation=conversation, user=user, body=body, key=key, now=now)
    Draft.objects.filter(conversation=conversation, user=user).delete()
    return message


@ends.heeds
def put_away(user: User) -> None:
    """What somebody had begun on what they are no longer shown is gone, and does not come back with their right. An account that is only stopped
    keeps its own, which no page shows it meanwhile."""
    Draft.objects.filter(user=user).exclude(conversation__in=Conversation.objects.visible_to(user)).delete()
