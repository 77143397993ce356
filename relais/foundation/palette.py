"""Go to a thing by its name: each app declares what it finds in its own `palette.py`, the page and Ctrl + K show it.

    @finds("Contacts")
    def touches(user, words):
        return (Found(touch.label, reverse(…)) for touch in Touch.objects.visible_to(user).filter(label__icontains=words)[:LOOKED_AT])

A finder asks for no more rows than are looked at: a query that is not cut brings all of them. It gives only what `visible_to` gives, with an address that this person may open. What people wrote is never looked at.
"""

import logging
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import islice

from . import menu
from .folding import fold
from .outage import unanswered

log = logging.getLogger(__name__)
EACH = 6
"""Things of one kind at most: a name typed a little further says which."""
LOOKED_AT = 60
"""Of which those with a word that begins as typed come first: « mont » is Montargis before Beaumont."""
SHORTEST, LONGEST = 2, 60


@dataclass(frozen=True)
class Found:
    """`hint`: what tells it from another of the same name."""

    words: str
    address: str
    hint: str = ""


Finder = Callable[..., Iterable[Found]]
registry: list[tuple[str, Finder]] = []


def finds(kind: str) -> Callable[[Finder], Finder]:
    """Register `finder(user, words)`; `kind` stands above what it finds."""

    def register(finder: Finder) -> Finder:
        registry.append((kind, finder))
        return finder

    return register


def search(request, words: str) -> list[tuple[str, list[Found]]]:
    """(kind, things) that this person may open: pages of the menu, then what each app finds. Nothing typed yet: the pages alone."""
    words = " ".join(words.replace("\0", " ").split())[:LONGEST]
    pages = [
        Found(place.words, place.address)
        for place in menu.flat(request)
        if place.address != request.path and fold(words) in fold(place.words)
    ]
    kinds = [("Pages", pages)] + (
        [(kind, _of(finder, request.user, words)) for kind, finder in registry] if len(words) >= SHORTEST else []
    )
    return [(kind, found) for kind, found in kinds if found]


def _of(finder: Finder, user, words: str) -> list[Found]:
    """A finder that fails hides nothing of the others."""
    try:
        found = list(islice(finder(user, words), LOOKED_AT))
        begin = fold(words.split()[0])
        return sorted(
            found, key=lambda one: not any(word.startswith(begin) for word in re.split(r"\W+", fold(one.words)))
        )[:EACH]
    except Exception as error:
        if unanswered(error):
            raise
        log.exception("%s could not look for something", finder.__qualname__)
        return []
