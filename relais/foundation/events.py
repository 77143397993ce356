"""The event log: what happened, once, for ever, and who wants to know.

An event is a small frozen structure declared in the `events.py` of the app it belongs to:

    class ConversationAnswered(Event):
        name = "conversation.answered"
        words = "Une réponse est partie"
        seconds: int
        kept: bool

`words` is what those who work here read of it in a `timeline`: a sentence of typed fields, a property where it depends on them. What no
timeline shows says why in `unsaid`.

`record` writes its row and calls its subscribers inside the caller's transaction: either all of it happened, or none.
"""

import types
import typing
from collections.abc import Callable
from datetime import datetime
from typing import ClassVar
from uuid import UUID

import msgspec
from django.db import models, transaction

from .models import EventRecord

Code = typing.Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9_.:-]{0,59}\Z")]
"""A word out of a closed list (a state, a kind, a slug of ours). Free text is refused: the log holds no personal data."""

_ALLOWED = {int, bool, float, UUID, datetime, Code, types.NoneType}


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """Base of all events. `touch`, `journey` and `subject` have columns of their own; other fields go to `data`."""

    name: ClassVar[str] = ""
    words: ClassVar[str] = ""
    unsaid: ClassVar[str] = ""
    registry: ClassVar[dict[str, type["Event"]]] = {}
    touch: str = ""
    journey: UUID | None = None
    subject: UUID | None = None

    def __init_subclass__(cls, **options):
        super().__init_subclass__(**options)
        if cls.name in Event.registry:
            raise TypeError(f"Two events are named {cls.name!r}.")
        Event.registry[cls.name] = cls

    def fields(self) -> dict:
        """The event's own fields, ready for the `data` column."""
        own = {
            name: getattr(self, name) for name in self.__struct_fields__ if name not in ("touch", "journey", "subject")
        }
        return msgspec.to_builtins(own)


def forbidden_fields(event: type[Event]) -> list[str]:
    """Names of the fields of `event` whose type could hold personal data (a test keeps this list empty)."""
    hints = typing.get_type_hints(event, include_extras=True)
    wrong = []
    for name in event.__struct_fields__:
        if name == "touch":
            continue
        parts = typing.get_args(hints[name]) if isinstance(hints[name], types.UnionType) else (hints[name],)
        if not all(part in _ALLOWED for part in parts):
            wrong.append(name)
    return wrong


_subscribers: dict[type[Event], list[Callable[[Event, datetime], None]]] = {}


def subscribe(event: type[Event]):
    """Decorator for a function of (event, now) in a `subscriptions.py`; it runs in the publisher's transaction."""

    def keep(function):
        _subscribers.setdefault(event, []).append(function)
        return function

    return keep


def record(event: Event, *, now: datetime) -> None:
    """Write `event` to the log and tell its subscribers. Must be called inside a transaction.

    Raises `msgspec.ValidationError` when a field is not what its type says (free text in a Code, for instance).
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("An event is recorded inside the transaction of what it tells.")
    data = event.fields()
    msgspec.convert({**data, "touch": event.touch}, type(event), strict=False)
    EventRecord.objects.create(
        at=now, name=event.name, touch=event.touch, journey=event.journey, subject=event.subject, data=data
    )
    for function in _subscribers.get(type(event), []):
        function(event, now)


class AppendOnly(models.QuerySet):
    """For tables that only grow: the query set says no before the database does."""

    def update(self, **_):
        raise TypeError("This table only grows.")

    delete = update
