"""The second count: every figure again, from the event log, another way.

Nothing here is shared with `figures` but the names of the figures. There, the database groups and counts; here the log is read once,
row by row, each conversation is replayed in Python, and sums and medians are made there too. A mistake has to be made twice, in two
ways, to pass unseen.

One pass, whatever the number of periods and touches: what is kept in memory is how often each kind of history occurred, not the histories.
"""

# ruff: noqa: S608 -- what is put together is constants of this module; values are always parameters.

import json
import statistics
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from operator import itemgetter

from django.db import connection

_STEPS = """SELECT subject::text, name, touch, CASE WHEN name = 'conversation.opened' THEN at END,
    CASE WHEN name IN ('conversation.opened', 'conversation.rerouted', 'conversation.answered', 'outcome.recorded', 'follow-up.asked', 'handover.checked', 'handover.told') THEN data::text END
    FROM foundation_event WHERE subject IS NOT NULL ORDER BY subject, at, id"""
_WAITING = {
    "conversation.opened": True,
    "wait.started": True,
    "conversation.answered": False,
    "conversation.closed": False,
}
_BATON = {
    f"handover.{step}"
    for step in ("proposed", "declined", "sent", "accepted", "refused", "returned", "withdrawn", "stopped")
}
_MONTHS = (3, 6, 12)
_HOME = {"other", "none", "lost", "moved", "health", "housing", "family", "grant"}
_NO_PLACE = _HOME | {"support", "registered-ml", "registered-ft", "volunteering"}


@dataclass(frozen=True)
class History:
    """What the figures ask of one conversation. `first`: "in time", "late", "" without an answer.

    `asked`: months after which news was asked; `kinds`: what was said then.
    """

    seen: frozenset[str] = frozenset()
    first: str = ""
    waiting: bool = False
    baton: str = ""
    kind: str | None = None
    known: str | None = None
    again: bool | None = None
    asked: frozenset[int] = frozenset()
    kinds: tuple[tuple[int, str | None], ...] = ()

    def has(self, *names: str) -> bool:
        return any(name in self.seen for name in names)

    @property
    def taken(self) -> bool:
        return self.has("handover.sent") and self.has("handover.accepted")

    @property
    def helped(self) -> bool:
        return self.taken or self.has("appointment.held")

    @property
    def pending(self) -> bool:
        return not self.has("conversation.answered", "promise.broken", "conversation.closed")

    @property
    def awaited(self) -> bool:
        return self.baton == "handover.sent"


def _sent_and(name: str):
    return (
        lambda h: h.has("handover.sent") and h.has(name),
        lambda h: h.has("handover.sent"),
        lambda h: h.awaited and not h.has(name),
    )


def _months_after(month: int):
    return (
        lambda h: month in h.asked and dict(h.kinds).get(month) is not None and dict(h.kinds)[month] not in _NO_PLACE,
        lambda h: month in h.asked,
        lambda h: month in h.asked and dict(h.kinds).get(month) is None,
    )


def _anyone(h: History) -> bool:
    return True


def _taken(h: History) -> bool:
    return h.taken


def _unknown(h: History) -> bool:
    return h.taken and h.kind is None


# slug -> is a conversation in the numerator, the denominator, the missing.
_COUNTS = {
    "opened": (_anyone, None, None),
    "answered": (lambda h: h.has("conversation.answered"), _anyone, lambda h: h.pending),
    "first-delay": (lambda h: h.first != "", _anyone, lambda h: h.first == ""),
    "within-30": (lambda h: h.first == "in time", lambda h: not h.pending, lambda h: h.pending),
    "broken": (lambda h: h.has("promise.broken"), _anyone, lambda h: h.waiting and not h.has("promise.broken")),
    "handed-over": (
        lambda h: h.has("handover.sent"),
        _anyone,
        lambda h: h.baton == "handover.proposed" and not h.has("handover.sent"),
    ),
    "accepted": _sent_and("handover.accepted"),
    "refused": _sent_and("handover.refused"),
    "returned": _sent_and("handover.returned"),
    "outcome": (lambda h: h.taken and h.kind is not None, _taken, _unknown),
    "placed": (lambda h: h.taken and h.kind is not None and h.kind not in _NO_PLACE, _taken, _unknown),
    "accompanied": (
        lambda h: h.helped,
        _anyone,
        lambda h: not h.helped and (h.awaited or (h.has("appointment.chosen") and not h.has("appointment.missed"))),
    ),
    "re-engaged": (
        lambda h: h.helped and h.kind is not None and h.kind not in _HOME,
        lambda h: h.helped,
        lambda h: h.helped and h.kind is None,
    ),
    "unknown-before": (
        lambda h: h.taken and h.known == "unknown",
        lambda h: h.taken and h.known not in (None, "unsure"),
        lambda h: h.taken and h.known in (None, "unsure"),
    ),
    "told-once": (
        lambda h: h.taken and h.again is False,
        lambda h: h.taken and h.again is not None,
        lambda h: h.taken and h.again is None,
    ),
    "met": (
        lambda h: h.has("appointment.held"),
        lambda h: h.has("appointment.held", "appointment.missed"),
        lambda h: h.has("appointment.chosen") and not h.has("appointment.held", "appointment.missed"),
    ),
    **{f"placed-{month}": _months_after(month) for month in _MONTHS},
}


def _conditions(slug: str):
    if slug.startswith("outcome-"):
        kind = slug.removeprefix("outcome-")
        return lambda h: h.taken and h.kind == kind, _taken, _unknown
    return _COUNTS[slug]


def _replayed(steps: Iterator[tuple]) -> tuple[str, datetime, History, int | None, int | None] | None:
    """The touch and instant of the first opening, the history, the seconds of the first answer, the line that has it last; None when nobody opened it."""
    opened, seen, asked, kinds, seconds, answers, answering = None, set(), set(), {}, None, 0, None
    told = {"waiting": False, "baton": "", "kind": None, "known": None, "again": None}
    for _, name, touch, at, text in steps:
        seen.add(name)
        data = json.loads(text) if text else {}
        if name in _WAITING:
            told["waiting"] = _WAITING[name]
            if name == "conversation.opened" and opened is None:
                opened = touch, at
                answering = data.get("line") if answering is None else answering
            if name == "conversation.answered":
                answers += 1
                seconds = data.get("seconds") if answers == 1 else seconds
        elif name == "conversation.rerouted":
            answering = data["line"]
        elif name in _BATON:
            told["baton"] = name
        elif name == "outcome.recorded":
            told["kind"] = kinds[data.get("milestone")] = data.get("kind")
        elif name == "follow-up.asked":
            asked.add(data.get("milestone"))
        elif name == "handover.checked":
            told["known"] = data.get("known")
        elif name == "handover.told":
            told["again"] = data.get("again")
    if opened is None:
        return None
    first = "" if seconds is None else "in time" if seconds <= 30 * 60 else "late"
    months = tuple((month, kinds.get(month)) for month in _MONTHS)
    return (
        *opened,
        History(seen=frozenset(seen), first=first, asked=frozenset(asked), kinds=months, **told),
        seconds,
        answering,
    )


@dataclass
class _Tally:
    """Of one period: by line, how often each history occurred (histories by number), the first delays, the follows."""

    histories: dict[str | None, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))
    delays: dict[str | None, list[int]] = field(default_factory=lambda: defaultdict(list))
    follows: Counter[str | None] = field(default_factory=Counter)

    def add(self, line: str, history: int, seconds: int | None, answering: int | None) -> None:
        for one in (line, None, *([("line", answering)] if answering is not None else [])):
            self.histories[one][history] += 1
            if seconds is not None:
                self.delays[one].append(seconds)

    def asked(self, known: Sequence[str]) -> list:
        return [*known, "", None, *(line for line in self.histories if isinstance(line, tuple))]

    def told(self, slug: str, line: str | None, histories: Sequence[History]) -> tuple:
        if slug == "followed":
            return self.follows[line], None, None, None
        counts = (
            None
            if condition is None
            else sum(times for one, times in self.histories[line].items() if condition(histories[one]))
            for condition in _conditions(slug)
        )
        delays = self.delays[line] if slug == "first-delay" else None
        return *counts, statistics.median(delays) if delays else None


def _holds(period, at: datetime) -> bool:
    return (period.start is None or at >= period.start) and (period.end is None or at < period.end)


def recount(
    slugs: Sequence[str], periods: Mapping[str, object], known: Sequence[str]
) -> dict[str, dict[str | None, dict[str, tuple]]]:
    """{period: {line: {slug: (numerator, denominator, missing, median or None)}}}; lines as in `counting.count`, and ("line", number)."""
    lines, tallies = {code: code for code in known}, {name: _Tally() for name in periods}
    # The same few kinds of history come again and again: each gets a number.
    numbers: dict[History, int] = {}
    for _, steps in groupby(read_log(_STEPS), key=itemgetter(0)):
        if (replayed := _replayed(steps)) is None:
            continue
        touch, at, history, seconds, answering = replayed
        number = numbers.setdefault(history, len(numbers))
        for name, period in periods.items():
            if _holds(period, at):
                tallies[name].add(lines.get(touch, ""), number, seconds, answering)
    for name, period in periods.items():
        for touch, number in _follows(period):
            tallies[name].follows[lines.get(touch, "")] += number
            tallies[name].follows[None] += number
    histories = list(numbers)
    return {
        name: {line: {slug: tally.told(slug, line, histories) for slug in slugs} for line in tally.asked(known)}
        for name, tally in tallies.items()
    }


def _follows(period) -> list[tuple[str, int]]:
    bounds = [
        (text, bound) for text, bound in (("at >= %s", period.start), ("at < %s", period.end)) if bound is not None
    ]
    when = "".join(f" AND {text}" for text, _ in bounds)
    return _rows(
        f"SELECT touch, sum(1) FROM foundation_event WHERE name = 'touch.followed'{when} GROUP BY touch",
        [bound for _, bound in bounds],
    )


def read_log(sql: str) -> Iterator[tuple]:
    """The rows of a long statement, a few thousands in memory at a time."""
    with connection.chunked_cursor() as cursor:
        cursor.itersize = 10_000
        cursor.execute(sql)
        yield from cursor


def _rows(sql: str, parameters: list) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchall()


# Domain tables against the log. Tables shrink when a person asks to be forgotten, the log does not: only rows
# without their event are a difference. Each: what, rows by touch, events by touch.
_TABLES = (
    (
        "conversations opened",
        "SELECT j.touch, count(*) FROM coaching_conversation c JOIN journeys_journey j ON j.id = c.journey_id GROUP BY 1",
        "SELECT touch, count(DISTINCT subject) FROM foundation_event WHERE name = 'conversation.opened' GROUP BY 1",
    ),
    (
        "conversations answered",
        """SELECT j.touch, count(*) FROM coaching_conversation c JOIN journeys_journey j ON j.id = c.journey_id
           WHERE c.first_answered_at IS NOT NULL GROUP BY 1""",
        "SELECT touch, count(DISTINCT subject) FROM foundation_event WHERE name = 'conversation.answered' GROUP BY 1",
    ),
    *(
        (
            f"handovers {what}",
            f"""SELECT j.touch, count(*) FROM handovers_handover h JOIN coaching_conversation c ON c.id = h.conversation_id
                JOIN journeys_journey j ON j.id = c.journey_id WHERE {rows} GROUP BY 1""",
            f"SELECT touch, count(*) FROM foundation_event WHERE name = '{event}' GROUP BY 1",
        )
        for what, rows, event in (
            ("sent", "h.state IN ('sent', 'accepted', 'refused', 'returned')", "handover.sent"),
            ("accepted", "h.state = 'accepted'", "handover.accepted"),
            ("refused", "h.state = 'refused'", "handover.refused"),
            ("returned", "h.state = 'returned'", "handover.returned"),
            ("with an outcome", "h.outcome <> ''", "outcome.recorded"),
        )
    ),
)

# People change conversation when two are made one: these are compared as a whole.
_TABLES += tuple(
    (
        what,
        f"SELECT '', count(*) FROM {rows}",
        f"SELECT '', count(*) FROM foundation_event WHERE name = '{event}'",
    )
    for what, rows, event in (
        ("outcomes said", "handovers_outcomereport", "outcome.recorded"),
        ("appointments held", "agenda_appointment WHERE state = 'held'", "appointment.held"),
        ("appointments missed", "agenda_appointment WHERE state = 'no-show'", "appointment.missed"),
        ("partners who checked", "handovers_handover WHERE known_checked <> ''", "handover.checked"),
        ("people who said if they told it again", "handovers_handover WHERE told_again IS NOT NULL", "handover.told"),
    )
)

_OF_CONVERSATIONS = (
    "e.subject IS NOT NULL AND e.name ~ '^(conversation|wait|promise|handover|outcome|appointment|follow-up)[.]'"
)
_ORPHANS = f"""SELECT e.name, count(*) FROM foundation_event e WHERE {_OF_CONVERSATIONS} AND NOT EXISTS (
    SELECT 1 FROM foundation_event o WHERE o.name = 'conversation.opened' AND o.subject = e.subject) GROUP BY 1 ORDER BY 1"""
_STRAYS = f"""SELECT e.name, count(*) FROM foundation_event e JOIN foundation_event o ON o.subject = e.subject
    AND o.name = 'conversation.opened' AND o.touch <> e.touch WHERE {_OF_CONVERSATIONS} GROUP BY 1 ORDER BY 1"""


def reconcile() -> tuple[list[str], list[str]]:
    """The log against the domain tables, and against itself: (differences, remarks), one sentence each."""
    differences, remarks = [], []
    for what, of_rows, of_events in _TABLES:
        rows, events = Counter(dict(_rows(of_rows, []))), Counter(dict(_rows(of_events, [])))
        for touch, unknown in sorted((rows - events).items()):
            differences.append(
                f"{what}, touch {touch or '(none)'}: {rows[touch]} in the tables, {events[touch]} in the log ({unknown} too many)"
            )
        if gone := (events - rows).total():
            remarks.append(
                f"{what}: {gone} more in the log than in the tables (erased at a person's request, or moved on since)"
            )
    differences += [f"{number} events {name} belong to no opened conversation" for name, number in _rows(_ORPHANS, [])]
    differences += [
        f"{number} events {name} carry another touch than their conversation" for name, number in _rows(_STRAYS, [])
    ]
    return differences, remarks
