"""The way a person came, for who answers them: what met them, what they chose, what happened since. Nothing that is not needed."""

from collections.abc import Callable
from dataclasses import dataclass

from relais.foundation.timeline import Step, timeline

from ..models import Conversation

LAST = 30


@dataclass(frozen=True)
class Origin:
    """What a touch is: its name, and the testimony it shows, if any."""

    label: str
    story: str = ""
    address: str = ""


_tellers: list[Callable[[str], Origin | None]] = []


def tells_origin(function: Callable[[str], Origin | None]):
    """Decorator for the app that knows touches, above this one: a function of a touch's code."""
    _tellers.append(function)
    return function


def origin_of(code: str) -> Origin | None:
    """None without a code, or when nobody knows it any more."""
    return next((origin for teller in _tellers if (origin := teller(code))), None) if code else None


def steps(conversation: Conversation) -> list[Step]:
    """The last steps of this conversation, the oldest first."""
    return timeline(conversation.pk, limit=LAST)[::-1]
