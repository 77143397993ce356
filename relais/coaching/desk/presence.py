"""Who is there: the pages that colleagues have open."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import QuerySet

from relais.accounts import reading
from relais.accounts.models import User
from relais.accounts.scope import people

from ..models import Conversation, Presence
from ..models.desk import DESK

WRITING = timedelta(seconds=15)
"""Three beats of an open page (desk.js): who has typed nothing since is thinking."""


@dataclass(frozen=True)
class Present:
    """A colleague who has a page open; `conversation` is None in the inbox or on the wall."""

    user: User
    conversation: UUID | None
    is_writing: bool


def colleagues(organisation) -> list[User]:
    """Those who answer in this organisation, by name."""
    return list(people(organisation, *DESK).order_by("display_name", "email"))


def be_here(*, user: User, conversation: Conversation | None, is_writing: bool, now: datetime) -> None:
    """An open page says so every few seconds."""
    presence = Presence(user=user, conversation=conversation, seen_at=now, writing_at=now if is_writing else None)
    columns = ["seen_at", "writing_at"] if is_writing else ["seen_at"]
    Presence.objects.bulk_create(
        [presence], update_conflicts=True, unique_fields=["user", "conversation"], update_fields=columns
    )


def present(organisations: Iterable[UUID], now: datetime) -> list[Present]:
    """The pages open now, of those who answer in these organisations, by name."""
    return _shown(Presence.objects.here(now), list(organisations), now)


def others_here(conversation: Conversation, user: User, now: datetime) -> list[Present]:
    """The others who have this conversation open."""
    return _shown(conversation.presences.here(now).exclude(user=user), [conversation.line.organisation_id], now)


def _shown(rows: QuerySet[Presence], organisations: list, now: datetime) -> list[Present]:
    """Of those who work there at this instant: a page whose right has ended still looks open for a minute."""
    rows = rows.filter(user__in=people(organisations, *DESK)).exclude(user__in=reading.stopped())
    rows = rows.select_related("user").order_by("user__display_name", "id")
    return [
        Present(row.user, row.conversation_id, bool(row.writing_at and row.writing_at > now - WRITING)) for row in rows
    ]
