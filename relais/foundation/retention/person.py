"""What is given of one person who asks, and what is erased of them when they ask: each app knows its own."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from ..contacts import ContactPoint, shown


@dataclass(frozen=True)
class Person:
    """One person, by every name under which a floor may know them: none of them knows the models of another.

    `owner`: the organisation of the conversation: what came in for another one is not erased with it. `keys`: of forms they sent; `subjects`: under
    which it is noted who opened their file; `senders`: digests of where they write from; `left`: digests of where they asked to be reached, and since
    when. That they typed one is no proof that it is theirs: what happened there before is not told them.
    """

    journey: UUID
    conversation: UUID | None = None
    owner: UUID | None = None
    keys: tuple[UUID, ...] = ()
    subjects: tuple[str, ...] = ()
    senders: tuple[str, ...] = ()
    left: tuple[tuple[str, datetime], ...] = ()


_exports: list[tuple[int, Callable[[Person], dict]]] = []
_erases: list[tuple[Callable[[Person, datetime], None], str]] = []


def exports(*, order: int):
    """Register `what(person)`: {title: a mapping, or a list of mappings}, in plain French and plain values."""

    def register(function):
        _exports.append((order, function))
        return function

    return register


def erases(*, keeps: str = ""):
    """Register `erase(person, now)`, which erases what this app keeps of a person. `keeps`: what it does not erase and why, told to them before."""

    def register(function):
        _erases.append((function, keeps))
        return function

    return register


def export(person: Person) -> dict:
    """All that is kept about one person; dates are ISO 8601 in UTC."""
    told: dict[str, object] = {}
    for _, function in sorted(_exports, key=lambda one: one[0]):
        told |= function(person)
    return told


@transaction.atomic
def erase(person: Person, now: datetime) -> None:
    """Everything or nothing. From the highest floor down, as foreign keys lead: who knows more of the person goes first."""
    for function, _ in reversed(_erases):
        function(person, now)


def left() -> list[str]:
    """What stays of a person who has erased everything, and why."""
    return [keeps for _, keeps in _erases if keeps]


def fields(thing, *names: str) -> dict:
    """These fields of a row as plain values."""
    return {name: _plain(getattr(thing, name)) for name in names}


def _plain(value):
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, ContactPoint):
        return shown(value)
    return str(value) if isinstance(value, UUID) else value
