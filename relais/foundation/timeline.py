"""What happened to something, in dated sentences: the event log, as those who work here read it.

An event says its sentence itself (`words`, see `events.Event`), out of its typed fields alone; whoever may see the thing may read all of them.
"""

from dataclasses import dataclass
from datetime import datetime
from types import SimpleNamespace
from uuid import UUID

import msgspec

from .events import Event
from .models import EventRecord


@dataclass(frozen=True)
class Step:
    """`by`: who works here and did it; None when the log does not say, or the program did it by itself. `name`: of the event."""

    at: datetime
    words: str
    name: str
    by: UUID | None = None


def timeline(*subjects: UUID, limit: int = 100) -> list[Step]:
    """The last steps of what these identifiers name, the newest first (one query). Who may see them is asked before."""
    names = [name for name, event in Event.registry.items() if event.words]
    rows = EventRecord.objects.filter(subject__in=subjects, name__in=names).order_by("-id")[:limit]
    return [Step(row.at, words, row.name, _by(row)) for row in rows if (words := sentence(row))]


def sentence(row: EventRecord) -> str:
    """What a row of the log says; '' when that is nothing to say."""
    event = Event.registry[row.name]
    if isinstance(event.words, str):
        return event.words
    # Not an event made again: a row of old has not all the fields of today, and a sentence asks for few of them.
    usual = {one.name: one.default for one in msgspec.structs.fields(event) if one.default is not msgspec.NODEFAULT}
    try:
        return event.words.fget(SimpleNamespace(**usual | row.data))
    except (AttributeError, LookupError):
        # A field, or a code, of another time: one row hides no other.
        return ""


def _by(row: EventRecord) -> UUID | None:
    by = row.data.get("by", "")
    try:
        return UUID(by) if by else None
    except ValueError:  # « young » or « staff »
        return None
