"""The menu of those who work here: each app declares its own entries in its `menu.py`, and the guard of a page says who sees it.

entry("inbox", "Conversations", order=10)

What awaits somebody at an entry is counted beside it: the rows of `today.py` that say they are done there.
"""

from dataclasses import dataclass, replace
from functools import cache

from django.urls import resolve, reverse
from django.utils import timezone

from . import today


@dataclass(frozen=True)
class Entry:
    """`name`: of the address. `group`: what is not opened every day stands together under one word. `below`: whether the pages below its
    address are its own too."""

    name: str
    words: str
    order: int
    group: str = ""
    below: bool = True


@dataclass(frozen=True)
class Place:
    name: str
    address: str
    words: str
    current: str
    """What `aria-current` says: « page » on the page itself, « true » on those below it, or nothing."""
    waiting: int = 0
    """How many things await this person there."""


@dataclass(frozen=True)
class Group:
    words: str
    places: list[Place]

    @property
    def current(self) -> str:
        return "true" if any(place.current for place in self.places) else ""

    @property
    def waiting(self) -> int:
        return sum(place.waiting for place in self.places)


registry: dict[str, Entry] = {}


def entry(name: str, words: str, *, order: int, group: str = "", below: bool = True) -> None:
    registry[name] = Entry(name, words, order, group, below)


def _ordered() -> list[Entry]:
    return sorted(registry.values(), key=lambda one: one.order)


@cache
def _where(name: str) -> tuple[str, frozenset[str] | None, bool]:
    """(address, the roles that its page lets in or None for all who work here, whether only those who look after the whole installation):
    asked of the page, so that no link leads to « not found »."""
    address = reverse(name)
    page = resolve(address).func
    return address, getattr(page, "allowed_roles", None), getattr(page, "of_host", False)


def places(request) -> list[Place | Group]:
    """The entries that this visitor may open, in order; none for who has not signed in, or whose session has locked. A group of one is that one."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated or getattr(request, "is_locked", False):
        return []
    held = user.roles()
    found: list[Place | Group] = []
    groups: dict[str, Group] = {}
    for one in _ordered():
        address, allowed, of_host = _where(one.name)
        if (allowed is not None and held.isdisjoint(allowed)) or (of_host and not user.administers_all()):
            continue
        place = Place(one.name, address, one.words, _current(one, address, request.path))
        if one.group and one.group not in groups:
            groups[one.group] = Group(one.group, [])
            found.append(groups[one.group])
        if one.group:
            groups[one.group].places.append(place)
        else:
            found.append(place)
    return [one.places[0] if isinstance(one, Group) and len(one.places) == 1 else one for one in found]


def shown(request) -> list[Place | Group]:
    """The same, with what awaits this person at each place. One query."""
    found = places(request)
    names = {place.name for place in _flat(found)}
    waiting = today.counts(request.user, timezone.now(), names) if names else {}

    def counted(place: Place) -> Place:
        return replace(place, waiting=waiting.get(place.name, 0))

    return [
        Group(one.words, [counted(place) for place in one.places]) if isinstance(one, Group) else counted(one)
        for one in found
    ]


def waiting(request) -> dict[str, int]:
    """How many things await this person, by the address of the place; nothing where nothing does."""
    return {place.address: place.waiting for place in _flat(shown(request)) if place.waiting}


def flat(request) -> list[Place]:
    """The same without groups."""
    return _flat(places(request))


def _flat(found: list[Place | Group]) -> list[Place]:
    return [place for one in found for place in (one.places if isinstance(one, Group) else [one])]


def _current(one: Entry, address: str, path: str) -> str:
    if path == address:
        return "page"
    return "true" if one.below and path.startswith(address) else ""
