"""The spine of the answer line: one thread and what holds for it, used by every topic as a library.

`spine` (how a conversation is held and written in, given here), `promise` and `throughput` (the clock of a wait), `screening` (what is looked for in
each message), `grouped` (people whose alarms came together, as one row), `outbound` and `links` (how an answer reaches the person), `selectors` (reads).
"""

from .spine import (
    MAX_LENGTH,
    Elsewhere,
    announce_end,
    answer,
    append,
    claimed_by,
    end_pages,
    is_volunteer,
    locked,
    locked_for,
    notify_pages,
    record_situation,
    said_already,
    system_message,
)

__all__ = [
    "MAX_LENGTH",
    "Elsewhere",
    "announce_end",
    "answer",
    "append",
    "claimed_by",
    "end_pages",
    "is_volunteer",
    "locked",
    "locked_for",
    "notify_pages",
    "record_situation",
    "said_already",
    "system_message",
]
