"""What awaits somebody who works here: each app declares its own sources in its `today.py`, the page orders them by deadline.

    @awaits
    def mine(user, now):
        yield Task("Colibri 12 attend votre réponse", "Répondre", reverse("desk", args=[pk]), due_at=…)

A source gives what is for this person and nobody else may do, or what whoever comes first may take; only what `visible_to` gives.

    @awaits(at="inbox")
    def nobodys(user, now):
        return first(rows, task, more)

says besides at which entry of the menu it is done: the same rows are counted there (`counts`), so that the menu and the page never
disagree. Such a source gives nothing but rows, and asks nothing of the database by itself.
"""

import logging
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet

from .outage import unanswered

log = logging.getLogger(__name__)
FAILED = "Une partie de ce qui vous attend n’a pas pu être lue : passez par le menu, et prévenez qui s’occupe de l’installation"
EACH = 10
"""Tasks of one source at most: a page that is read from above in one go."""


@dataclass(frozen=True)
class Task:
    """One thing to do: its sentence, the verb of its first action and where that is. `since`: how long it has waited, where nothing is promised."""

    words: str
    verb: str
    address: str
    due_at: datetime | None = None
    since: datetime | None = None
    is_urgent: bool = False

    def _rank(self) -> tuple:
        return (
            not self.is_urgent,
            not self.is_urgent and self.due_at is None,
            self.due_at or self.since or _NEVER,
            self.words,
        )


_NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Rows:
    """Rows that await somebody, and how they are told."""

    rows: QuerySet
    tell: Callable[[QuerySet], Iterable[Task]]

    def __iter__(self) -> Iterator[Task]:
        return iter(self.tell(self.rows))


Source = Callable[..., Iterable[Task | Rows]]
registry: dict[Source, str] = {}
"""Each source, with the name of the entry of the menu that counts its rows, or ""."""


def awaits(source: Source | None = None, *, at: str = ""):
    """Register `source(user, now)`."""
    if source is None:
        return lambda given: awaits(given, at=at)
    registry[source] = at
    return source


def first(rows: QuerySet, make: Callable[..., Task], more: Task, beside: Callable[[list], Any] | None = None) -> Rows:
    """A task for each of the first EACH of `rows`; where there are others, `more` says so and leads to them.

    `make(row)`, or `make(row, known)` with what `beside(rows)` found for all of them at once.
    """

    def tell(rows):
        found = list(rows[: EACH + 1])
        known = () if beside is None else (beside(found),)
        yield from (make(one, *known) for one in found[:EACH])
        if len(found) > EACH:
            yield more

    return Rows(rows, tell)


def together(rows: QuerySet, make: Callable[[int], Task]) -> Rows:
    """One task for all of `rows`: `make(number)`."""
    return Rows(rows, lambda rows: [make(number)] if (number := rows.count()) else [])


def tasks(user, now: datetime) -> list[Task]:
    """What awaits `user`: what is urgent, then by deadline, then what waits longest."""
    return sorted((task for source in registry for task in _of(source, user, now)), key=Task._rank)


def _of(source: Source, user, now: datetime) -> list[Task]:
    """One source that fails hides nothing of the others, and is not taken for one that has nothing."""
    try:
        return [task for part in _parts(source, user, now) for task in (part if isinstance(part, Rows) else [part])]
    except Exception as error:
        if unanswered(error):
            raise
        log.exception("%s could not say what awaits somebody", source.__qualname__)
        return [Task(FAILED, "Réessayer", "")]


def _parts(source: Source, user, now: datetime) -> Iterable[Task | Rows]:
    given = source(user, now)
    return [given] if isinstance(given, Rows) else given


def counts(user, now: datetime, entries: Collection[str]) -> dict[str, int]:
    """How many rows await `user` at each of these entries of the menu, those that have some. One query for all of them.

    What cannot be counted is not told: the page of each entry says what there is.
    """
    try:
        return _counted(_rows(user, now, entries))
    except Exception as error:
        if unanswered(error):
            raise
        log.exception("What awaits somebody could not be counted")
        return {}


def _rows(user, now: datetime, entries: Collection[str]) -> list[tuple[str, QuerySet]]:
    return [
        (entry, part.rows)
        for source, entry in registry.items()
        if entry in entries
        for part in _parts(source, user, now)
        if isinstance(part, Rows)
    ]


def _counted(parts: list[tuple[str, QuerySet]]) -> dict[str, int]:
    entries: list[str] = []
    queries: list[str] = []
    values: list = []
    for entry, rows in parts:
        try:
            query, given = rows.order_by().values("pk").query.sql_with_params()
        except EmptyResultSet:
            continue
        entries.append(entry)
        queries.append(f"(SELECT count(*) FROM ({query}) AS waiting)")  # noqa: S608 (text of Django, its values apart)
        values += given
    if not queries:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(queries)}", values)
        numbers = cursor.fetchone()
    told: dict[str, int] = {}
    for entry, number in zip(entries, numbers, strict=True):
        told[entry] = told.get(entry, 0) + number
    return {entry: number for entry, number in told.items() if number}
