"""The menu of those who work here: each app declares its own entries in its `menu.py`, and the guard of a page says who sees it.

    entry("inbox", "Conversations", order=10, starts=("mediator",))
"""

from dataclasses import dataclass
from functools import cache

from django.urls import resolve, reverse


@dataclass(frozen=True)
class Entry:
    """`name`: of the address. `starts`: the roles whose day begins there, the first entry of the menu winning for who holds several."""

    name: str
    words: str
    order: int
    starts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Place:
    address: str
    words: str
    current: str
    """What `aria-current` says: « page » on the page itself, « true » on those below it, or nothing."""


registry: dict[str, Entry] = {}


def entry(name: str, words: str, *, order: int, starts: tuple[str, ...] = ()) -> None:
    registry[name] = Entry(name, words, order, starts)


def _ordered() -> list[Entry]:
    return sorted(registry.values(), key=lambda one: one.order)


@cache
def _where(name: str) -> tuple[str, frozenset[str]]:
    """(address, the roles that its page lets in): asked of the page itself, so that no link leads to « not found »."""
    address = reverse(name)
    return address, resolve(address).func.allowed_roles


def places(request) -> list[Place]:
    """The entries that this visitor may open, in order; none for who has not signed in."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return []
    held, path, found = user.roles(), request.path, []
    for one in _ordered():
        address, allowed = _where(one.name)
        if held & allowed:
            current = "page" if path == address else "true" if path.startswith(address) else ""
            found.append(Place(address, one.words, current))
    return found


def start_of(held: set[str]) -> str:
    """The address where a day begins for who holds these roles, or ''."""
    return next((_where(one.name)[0] for one in _ordered() if held.intersection(one.starts)), "")
