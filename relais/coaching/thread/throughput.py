"""How fast the line answers right now, measured: minutes of opening time for each place in the queue.

Of the last answers, the time during which somebody waited, divided by how many were given. Quiet hours do not make the line
look slow, and a queue that nobody answers makes it look slower every minute. `for_who_is_there` counts it for those present now, who may
be fewer than those who gave these answers, or more: people who have a page open and answer on this line, that is who hold somebody who
waits on it, or wrote to somebody on it within RECENT. Who only looks on is not counted, nor who is there for the first time, until they
take somebody.
"""

from collections import defaultdict
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Min

from ..events import ConversationAnswered
from ..models import Conversation, Line, Presence

LAST = 20
RECENT = timedelta(days=7)
ENOUGH = 5
"""Answers below which nothing is said: it would be a guess."""

_ANSWERS = """
SELECT e.at, (e.data ->> 'seconds')::int, m.author_id FROM foundation_event e
JOIN coaching_conversation c ON c.id = e.subject AND c.line_id = %s
LEFT JOIN coaching_message m ON m.conversation_id = c.id AND m.side = 'staff' AND m.at = e.at
WHERE e.name = %s AND e.at >= %s AND e.at <= %s ORDER BY e.at DESC LIMIT %s
"""


def minutes_each(line: Line, now: datetime) -> float | None:
    """None with fewer than ENOUGH recent answers."""
    measured = _measured(line, now)
    return measured and measured[0]


def for_who_is_there(line: Line, now: datetime) -> tuple[float | None, int]:
    """(the same for those of this line who have a page open now; how many they are). With nobody, the pace of the line: somebody may come."""
    measured, here = _measured(line, now), Presence.objects.here(now).answering_on(line, now - RECENT)
    if measured is None:
        return None, here
    each, together = measured
    return (each * together / here if here else each), here


def _measured(line: Line, now: datetime) -> tuple[float, float] | None:
    """(minutes for each answer, how many people gave them at once, on an average)."""
    with connection.cursor() as cursor:
        cursor.execute(_ANSWERS, [line.pk, ConversationAnswered.name, now - RECENT, now, LAST])
        answers = cursor.fetchall()
    if len(answers) < ENOUGH:
        return None
    hours, first = line.hours(), answers[-1][0]

    def elapsed(at: datetime) -> float:
        return hours.between(first, at).total_seconds()

    waits, of_each = [], defaultdict(list)
    for at, seconds, author in answers:
        waits.append((elapsed(at) - seconds, elapsed(at)))
        of_each[author].append(waits[-1])
    worked = _covered(waits)
    together = sum(map(_covered, of_each.values())) / worked if worked else 1.0
    # Who waits now counts too: when nobody answers any more, the pace must show it.
    oldest = Conversation.objects.waiting().filter(line=line).aggregate(at=Min("waiting_since"))["at"]
    if oldest:
        waits.append((elapsed(oldest), elapsed(now)))
    return _covered(waits) / len(answers) / 60, together


def _covered(spans: list[tuple[float, float]]) -> float:
    """The length of the union of spans."""
    total, reached = 0.0, float("-inf")
    for start, end in sorted(spans):
        total += max(0.0, end - max(start, reached))
        reached = max(reached, end)
    return total


def in_words(minutes: float) -> int:
    """A number of minutes that does not pretend: 5, 10, 15, 20, then by halves of an hour."""
    step = 5 if minutes <= 22 else 30
    return max(5, round(minutes / step) * step)
