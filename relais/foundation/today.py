"""What awaits somebody who works here: each app declares its own sources in its `today.py`, the page orders them by deadline.

    @awaits
    def mine(user, now):
        yield Task("Colibri 12 attend votre réponse", "Répondre", reverse("desk", args=[pk]), due_at=…)

A source gives what is for this person and nobody else may do, or what whoever comes first may take; only what `visible_to` gives.
"""

import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

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
        return not self.is_urgent, not self.is_urgent and self.due_at is None, self.due_at or self.since or _NEVER, self.words


_NEVER = datetime.max.replace(tzinfo=UTC)
Source = Callable[..., Iterable[Task]]
registry: list[Source] = []


def awaits(source: Source) -> Source:
    """Register `source(user, now)`."""
    registry.append(source)
    return source


def first(rows, make: Callable[..., Task], more: Task) -> Iterator[Task]:
    """The first EACH of `rows` (a query set in order) as tasks; where there are others, `more` says so and leads to them."""
    found = list(rows[: EACH + 1])
    yield from map(make, found[:EACH])
    if len(found) > EACH:
        yield more


def tasks(user, now: datetime) -> list[Task]:
    """What awaits `user`: what is urgent, then by deadline, then what waits longest."""
    return sorted((task for source in registry for task in _of(source, user, now)), key=Task._rank)


def _of(source: Source, user, now: datetime) -> list[Task]:
    """One source that fails hides nothing of the others, and is not taken for one that has nothing."""
    try:
        return list(source(user, now))
    except Exception as error:
        if unanswered(error):
            raise
        log.exception("%s could not say what awaits somebody", source.__qualname__)
        return [Task(FAILED, "Réessayer", "")]
