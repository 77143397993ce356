"""When those who work here are away, as an app above knows it: declared there, in its `subscriptions.py`.

    away.declare(Absences())

The agenda asks who is away at an hour, and on which clock somebody lives; where nobody has declared anything, nobody is ever away.
"""

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings

from relais.accounts.models import User


@dataclass(frozen=True)
class Away:
    """`user` is not there from `starts_at` until `ends_at`, which is no part of it."""

    user: UUID
    starts_at: datetime
    ends_at: datetime


class Absences(ABC):
    """Base of what is declared."""

    @abstractmethod
    def between(self, users: Collection[UUID], since: datetime, until: datetime) -> Iterable[Away]:
        """The absences of these people that touch this time; as many queries for one of them as for many."""

    @abstractmethod
    def clock(self, user: User) -> ZoneInfo:
        """The clock of the place where this person works."""


_declared: list[Absences] = []


def declare(absences: Absences) -> None:
    _declared.append(absences)


def between(users: Collection[UUID], since: datetime, until: datetime) -> list[Away]:
    return [one for absences in _declared for one in absences.between(users, since, until)] if users else []


def clock(user: User) -> ZoneInfo:
    return next((absences.clock(user) for absences in _declared), ZoneInfo(settings.TIME_ZONE))
