"""The rules that end something, and what no rule ends."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Model, QuerySet
from django.utils import timezone

DAY = timedelta(days=1)


def delete(rows: QuerySet, now: datetime) -> int:
    """What a rule does when it says nothing else."""
    return rows.delete()[0]


@dataclass(frozen=True)
class Rule:
    """`older(before)`: the rows whose time began before that, `does(rows, now)`: ends them and returns how many.

    `order`: its place where people read it, from what they wrote themselves to what the machine needs. `often`: followed every few
    minutes too, for what fills up. `alone`: each row in a transaction of its own, for what takes long or locks what it leads to.
    `warned(now)`: the rows whose people are told beforehand, `warn(rows, now)`: tells them and returns how many.
    """

    slug: str
    what: str
    since: str
    keep: timedelta
    why: str
    order: int
    older: Callable[[datetime], QuerySet]
    does: Callable[[QuerySet, datetime], int] = delete
    often: bool = False
    alone: bool = False
    warned: Callable[[datetime], QuerySet] | None = None
    warn: Callable[[QuerySet, datetime], int] | None = None

    def ripe(self, now: datetime) -> QuerySet:
        """The rows whose time is over."""
        return self.older(now - self.keep)

    @property
    def models(self) -> tuple[type[Model], ...]:
        """Those it looks at, and those that go with them."""
        return self.older(timezone.now()).model, *_going.get(self.slug, ())


@dataclass
class Kept:
    """What no rule ends: until when and why. `trim(dry)`: where something else than a rule shortens it, says (how many were over, how many went)."""

    what: str
    until: str
    order: int
    models: tuple[type[Model], ...]
    trims: dict[str, Callable[[bool], tuple[int, int]]] = field(default_factory=dict)

    def also(self, *models: type[Model]) -> None:
        """A higher floor keeps these for the same reason."""
        self.models += models

    def trim(self, slug: str):
        """Decorator for the function that shortens it, counted under `slug`."""

        def keep(function):
            self.trims[slug] = function
            return function

        return keep


registry: dict[str, Rule] = {}
not_ended: dict[str, Kept] = {}
_going: dict[str, tuple[type[Model], ...]] = {}


def rule(slug: str, *, what: str, since: str, keep: timedelta, why: str, order: int, **more):
    """Register `older(before)` as a rule: what it is about, counted from what, for how long, and why (with its source in law if there is one)."""

    def register(older):
        registry[slug] = Rule(slug, what, since, keep, why, order, older, **more)
        return older

    return register


def goes_with(slug: str, *models: type[Model]) -> None:
    """Rows of these models end with those of a rule: foreign keys take them along, or the rule itself does."""
    _going[slug] = (*_going.get(slug, ()), *models)


def kept(what: str, *models: type[Model], until: str, order: int) -> Kept:
    """Register what no rule ends."""
    not_ended[what] = Kept(what, until, order, models)
    return not_ended[what]


def rules() -> list[Rule]:
    """All of them, as people read them."""
    return sorted(registry.values(), key=lambda one: one.order)


def stays() -> list[Kept]:
    return sorted(not_ended.values(), key=lambda one: one.order)
