"""When a conversation ends by itself, and telling the person thirty days before."""

from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from .. import hooks, thread
from ..models import Conversation

DAY = timedelta(days=1)
NOTICE = 30 * DAY
"""How long before the end a person is told."""
ANONYMOUS, REACHABLE = 183 * DAY, 365 * DAY


def _reached() -> Q:
    """They wrote by a channel, or left an address to be reached within the year."""
    return Q(addresses__isnull=False) | hooks.reached()


def end_of(conversation: Conversation) -> datetime:
    """When a conversation is erased if nothing more is said in it."""
    return conversation.erase_at or conversation.updated_at + _keep(conversation)


def _keep(conversation: Conversation) -> timedelta:
    """Shorter for somebody whom nothing but a cookie or a code ties to it."""
    return REACHABLE if Conversation.objects.filter(_reached(), pk=conversation.pk).exists() else ANONYMOUS


def silent(now: datetime) -> QuerySet:
    """Those whose conversation ends in thirty days, or has gone on for longer, and who were not told; a new message puts the end off."""
    with_address = Conversation.objects.filter(_reached()).values("pk")
    return Conversation.objects.filter(erase_at=None).filter(
        Q(updated_at__lte=now - REACHABLE + NOTICE)
        | Q(updated_at__lte=now - ANONYMOUS + NOTICE) & ~Q(pk__in=with_address)
    )


def announce(rows: QuerySet, now: datetime) -> int:
    """Tell them, once; returns how many."""
    for pk in (pks := list(rows.values_list("pk", flat=True))):
        thread.announce_end(thread.locked(pk), at=now + NOTICE, now=now)
    return len(pks)
