"""What opens something for whoever reads it stays neither in a log nor in a letter that quotes ours: the one place that hides it.

An address that ends with a secret says so with `hide`: links do when they are declared (`links.declare`), webhooks of providers by themselves.
"""

import logging
import re
from functools import lru_cache

from .codes import ALPHABET

_heads: set[str] = set()
# Mail programs that check links write them inside of their own, where each sign may be encoded, even twice.
_AGAIN = "%(?:25){0,4}"
_SLASH, _DASH, _ANY = f"(?:/|{_AGAIN}2F)", f"(?:-|{_AGAIN}2D)", f"(?:[\\w~-]|{_AGAIN}(?:2D|5F|7E))"
_ALL = f"{_ANY}+"
_OURS = rf"(?:[0-9a-f]{{16,64}}|(?:[{ALPHABET}]{_DASH}?){{12}})(?!{_ANY})"
"""How our secrets look: drawn, perhaps cut by the end of a line, or short (see `links.make`)."""


def hide(*heads: str) -> None:
    """Whatever follows one of these in an address is secret, up to its next « / »: hide("/parler/l/")."""
    _heads.update(heads)
    _pattern.cache_clear()


@lru_cache(maxsize=2)
def _pattern(one_word: str) -> re.Pattern:
    """`one_word`: what follows the heads that are one word, which other sites may have too; all that follows the others is secret."""
    # Those of several words first: « /questions/repondre/… » begins as « /questions/… » does.
    groups = ([head for head in _heads if (head.count("/") == 2) is is_one] for is_one in (False, True))
    either = (
        f"({_SLASH}(?:{'|'.join(_SLASH.join(map(re.escape, head.strip('/').split('/'))) for head in sorted(heads))}){_SLASH}){rest}"
        for heads, rest in zip(groups, (_ALL, one_word), strict=True)
        if heads
    )
    # Most signs begin nothing: they are passed over at once, and what begins something is tried twice, however many heads there are.
    return re.compile(f"(?=[/%])(?:{'|'.join(either)})", re.IGNORECASE)


def _without(text: str, pattern: re.Pattern) -> str:
    return pattern.sub(lambda found: f"{found[found.lastindex or 0]}…", text) if _heads else text


def masked(text: str) -> str:
    """A line of ours without the secrets of addresses, nor anything that was tried in their place."""
    return _without(text, _pattern(_ALL))


def masked_in_words(text: str) -> str:
    """What somebody wrote without our secrets: an address of another site, which looks like one of ours, stays whole."""
    return _without(text, _pattern(_OURS))


class Line(logging.Formatter):
    """A line of the log, with its traceback, as it may be kept."""

    def format(self, record: logging.LogRecord) -> str:
        return masked(super().format(record))
