"""The menu of those who work here: each app declares its own entries in its `menu.py`, and the guard of a page says who sees it.

    entry("inbox", "Conversations", order=10)
"""

from dataclasses import dataclass
from functools import cache

from django.urls import resolve, reverse


@dataclass(frozen=True)
class Entry:
    """`name`: of the address."""

    name: str
    words: str
    order: int


@dataclass(frozen=True)
class Place:
    address: str
    words: str
    current: str
    """What `aria-current` says: « page » on the page itself, « true » on those below it, or nothing."""


registry: dict[str, Entry] = {}
HOME = "/pro/"
"""Every other page is below it."""


def entry(name: str, words: str, *, order: int) -> None:
    registry[name] = Entry(name, words, order)


def _ordered() -> list[Entry]:
    return sorted(registry.values(), key=lambda one: one.order)


@cache
def _where(name: str) -> tuple[str, frozenset[str] | None]:
    """(address, the roles that its page lets in, or None for all who work here): asked of the page, so that no link leads to « not found »."""
    address = reverse(name)
    return address, getattr(resolve(address).func, "allowed_roles", None)


def places(request) -> list[Place]:
    """The entries that this visitor may open, in order; none for who has not signed in."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return []
    held, path, found = user.roles(), request.path, []
    for one in _ordered():
        address, allowed = _where(one.name)
        if allowed is None or held & allowed:
            below = path.startswith(address) and address != HOME
            current = "page" if path == address else "true" if below else ""
            found.append(Place(address, one.words, current))
    return found

