"""The second count: every figure again, from the event log, by SQL written another way.

Nothing here is shared with `figures` but the names of the figures. There, one pass gathers the facts of every
conversation; here, each count is a sub-query of its own on the log, sums and medians are made in Python. A mistake
has to be made twice, in two ways, to pass unseen.
"""

# ruff: noqa: S608 -- what is put together is constants of this module; values are always parameters.

import statistics
from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime

from django.db import connection

_HAS = "EXISTS (SELECT 1 FROM foundation_event x WHERE x.subject = o.subject AND x.name = '{}')"
_FIRST_ANSWER = """(SELECT CAST(a.data ->> 'seconds' AS int) FROM foundation_event a
    WHERE a.subject = o.subject AND a.name = 'conversation.answered' ORDER BY a.at, a.id LIMIT 1)"""
_LAST_KIND = """(SELECT k.data ->> 'kind' FROM foundation_event k
    WHERE k.subject = o.subject AND k.name = 'outcome.recorded' ORDER BY k.at DESC, k.id DESC LIMIT 1)"""


def _ends_with(names: Sequence[str], among: Sequence[str]) -> str:
    """Condition: the last event of the conversation among `among` is one of `names`."""
    last, all_of = (", ".join(f"'{name}'" for name in part) for part in (names, among))
    return f"""o.subject IN (SELECT ranked.subject FROM (
        SELECT subject, name, row_number() OVER (PARTITION BY subject ORDER BY at DESC, id DESC) AS place
        FROM foundation_event WHERE name IN ({all_of})) ranked WHERE ranked.place = 1 AND ranked.name IN ({last}))"""


_BATON = [f"handover.{step}" for step in ("proposed", "declined", "sent", "accepted", "refused", "returned", "withdrawn", "stopped")]
_ANSWERED, _BROKEN, _CLOSED = (_HAS.format(name) for name in ("conversation.answered", "promise.broken", "conversation.closed"))
_SENT, _ACCEPTED, _REFUSED, _RETURNED = (_HAS.format(f"handover.{step}") for step in ("sent", "accepted", "refused", "returned"))
_AWAITED = _ends_with(["handover.sent"], _BATON)
_TAKEN = f"{_SENT} AND {_ACCEPTED}"
_UNKNOWN = f"{_TAKEN} AND {_LAST_KIND} IS NULL"
_ANYONE = "o.subject = o.subject"
_HOME = "('other', 'none', 'lost', 'moved', 'health', 'housing', 'family', 'grant')"
_MET, _MISSED, _BOOKED = (_HAS.format(f"appointment.{step}") for step in ("held", "missed", "chosen"))
_HELPED = f"({_MET} OR ({_TAKEN}))"


def _last(name: str, key: str, milestone: int | None = None) -> str:
    """What the last event of that name says under `key`; of one milestone when it is given."""
    when = f" AND CAST(l.data ->> 'milestone' AS int) = {milestone}" if milestone else ""
    return f"""(SELECT l.data ->> '{key}' FROM foundation_event l WHERE l.subject = o.subject AND l.name = '{name}'{when}
        ORDER BY l.at DESC, l.id DESC LIMIT 1)"""


def _months_after(month: int) -> tuple[str, str, str]:
    asked = f"""EXISTS (SELECT 1 FROM foundation_event q WHERE q.subject = o.subject AND q.name = 'follow-up.asked'
        AND CAST(q.data ->> 'milestone' AS int) = {month})"""
    kind = _last("outcome.recorded", "kind", month)
    return f"{asked} AND {kind} NOT IN {_NO_PLACE}", asked, f"{asked} AND {kind} IS NULL"


_KNOWN, _AGAIN = _last("handover.checked", "known"), _last("handover.told", "again")
_NO_PLACE = (
    """('support', 'other', 'none', 'lost', 'moved', 'health', 'housing', 'family', 'grant', 'registered-ml', 'registered-ft', 'volunteering')"""
)


# slug -> conditions for numerator, denominator, missing.
_COUNTS = {
    "opened": (_ANYONE, None, None),
    "answered": (_ANSWERED, _ANYONE, f"NOT ({_ANSWERED} OR {_BROKEN} OR {_CLOSED})"),
    "first-delay": (f"{_FIRST_ANSWER} >= 0", _ANYONE, f"NOT coalesce({_FIRST_ANSWER} >= 0, false)"),
    "within-30": (
        f"{_FIRST_ANSWER} BETWEEN 0 AND 30 * 60",
        f"{_ANSWERED} OR {_BROKEN} OR {_CLOSED}",
        f"NOT ({_ANSWERED} OR {_BROKEN} OR {_CLOSED})",
    ),
    "broken": (
        _BROKEN,
        _ANYONE,
        "NOT "
        + _BROKEN
        + " AND "
        + _ends_with(
            ["conversation.opened", "wait.started"],
            ["conversation.opened", "wait.started", "conversation.answered", "conversation.closed"],
        ),
    ),
    "handed-over": (_SENT, _ANYONE, f"{_ends_with(['handover.proposed'], _BATON)} AND NOT {_SENT}"),
    "accepted": (_TAKEN, _SENT, f"{_AWAITED} AND NOT {_ACCEPTED}"),
    "refused": (f"{_SENT} AND {_REFUSED}", _SENT, f"{_AWAITED} AND NOT {_REFUSED}"),
    "returned": (f"{_SENT} AND {_RETURNED}", _SENT, f"{_AWAITED} AND NOT {_RETURNED}"),
    "outcome": (f"{_TAKEN} AND {_LAST_KIND} <> ''", _TAKEN, _UNKNOWN),
    "placed": (f"{_TAKEN} AND {_LAST_KIND} NOT IN {_NO_PLACE}", _TAKEN, _UNKNOWN),
    "accompanied": (_HELPED, _ANYONE, f"NOT {_HELPED} AND ({_AWAITED} OR ({_BOOKED} AND NOT {_MISSED}))"),
    "re-engaged": (f"{_HELPED} AND {_LAST_KIND} NOT IN {_HOME}", _HELPED, f"{_HELPED} AND {_LAST_KIND} IS NULL"),
    "unknown-before": (
        f"{_TAKEN} AND {_KNOWN} = 'unknown'",
        f"{_TAKEN} AND {_KNOWN} <> 'unsure'",
        f"{_TAKEN} AND ({_KNOWN} IS NULL OR {_KNOWN} = 'unsure')",
    ),
    "told-once": (f"{_TAKEN} AND NOT CAST({_AGAIN} AS boolean)", f"{_TAKEN} AND {_AGAIN} IS NOT NULL", f"{_TAKEN} AND {_AGAIN} IS NULL"),
    "met": (_MET, f"({_MET} OR {_MISSED})", f"{_BOOKED} AND NOT ({_MET} OR {_MISSED})"),
    **{f"placed-{month}": _months_after(month) for month in (3, 6, 12)},
}


def _within(column: str, period) -> tuple[str, list[datetime]]:
    bounds = [(f"{column} >= %s", period.start), (f"{column} < %s", period.end)]
    kept = [(text, bound) for text, bound in bounds if bound is not None]
    return "".join(f" AND {text}" for text, _ in kept), [bound for _, bound in kept]


def _opened(period) -> tuple[str, list[datetime]]:
    """The first opening of each conversation, when it falls in the period."""
    when, bounds = _within("o.at", period)
    return (
        f"""FROM foundation_event o WHERE o.name = 'conversation.opened' AND o.subject IS NOT NULL{when} AND NOT EXISTS (
            SELECT 1 FROM foundation_event p
            WHERE p.name = 'conversation.opened' AND p.subject = o.subject AND (p.at, p.id) < (o.at, o.id))""",
        bounds,
    )


def _rows(sql: str, parameters: list) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchall()


def _per_touch(condition: str | None, period) -> Counter | None:
    if condition is None:
        return None
    source, bounds = _opened(period)
    return Counter(dict(_rows(f"SELECT o.touch, count(DISTINCT o.subject) {source} AND ({condition}) GROUP BY o.touch", bounds)))


def recount(slug: str, period, known: Sequence[str]) -> dict[str | None, tuple]:
    """{line: (numerator, denominator, missing, median or None)}; lines as in `figures.count`."""
    lines = {code: code for code in known}
    counts: list[Counter | None]
    delays = defaultdict(list)
    if slug == "followed":
        when, bounds = _within("f.at", period)
        sql = f"SELECT f.touch, sum(1) FROM foundation_event f WHERE f.name = 'touch.followed'{when} GROUP BY f.touch"
        counts = [Counter(dict(_rows(sql, bounds))), None, None]
    elif slug.startswith("outcome-"):
        kind = slug.removeprefix("outcome-")
        counts = [_per_touch(condition, period) for condition in (f"{_TAKEN} AND {_LAST_KIND} = '{kind}'", _TAKEN, _UNKNOWN)]
    else:
        counts = [_per_touch(condition, period) for condition in _COUNTS[slug]]
    if slug == "first-delay":
        source, bounds = _opened(period)
        for touch, seconds in _rows(f"SELECT o.touch, {_FIRST_ANSWER} {source} AND {_FIRST_ANSWER} IS NOT NULL", bounds):
            delays[lines.get(touch, "")].append(seconds)
            delays[None].append(seconds)
    return {
        line: (
            *(None if part is None else sum(n for touch, n in part.items() if line is None or lines.get(touch, "") == line) for part in counts),
            statistics.median(delays[line]) if delays[line] else None,
        )
        for line in (*known, "", None)
    }


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
            f"""SELECT j.touch, count(*) FROM coaching_handover h JOIN coaching_conversation c ON c.id = h.conversation_id
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
        ("outcomes said", "coaching_outcomereport", "outcome.recorded"),
        ("appointments held", "coaching_appointment WHERE state = 'held'", "appointment.held"),
        ("appointments missed", "coaching_appointment WHERE state = 'no-show'", "appointment.missed"),
        ("partners who checked", "coaching_handover WHERE known_checked <> ''", "handover.checked"),
        ("people who said if they told it again", "coaching_handover WHERE told_again IS NOT NULL", "handover.told"),
    )
)

_STEPS = "e.subject IS NOT NULL AND e.name ~ '^(conversation|wait|promise|handover|outcome|appointment|follow-up|together)[.]'"
_ORPHANS = f"""SELECT e.name, count(*) FROM foundation_event e WHERE {_STEPS} AND NOT EXISTS (
    SELECT 1 FROM foundation_event o WHERE o.name = 'conversation.opened' AND o.subject = e.subject) GROUP BY 1 ORDER BY 1"""
_STRAYS = f"""SELECT e.name, count(*) FROM foundation_event e JOIN foundation_event o ON o.subject = e.subject
    AND o.name = 'conversation.opened' AND o.touch <> e.touch WHERE {_STEPS} GROUP BY 1 ORDER BY 1"""


def reconcile() -> tuple[list[str], list[str]]:
    """The log against the domain tables, and against itself: (differences, remarks), one sentence each."""
    differences, remarks = [], []
    for what, of_rows, of_events in _TABLES:
        rows, events = Counter(dict(_rows(of_rows, []))), Counter(dict(_rows(of_events, [])))
        for touch, unknown in sorted((rows - events).items()):
            differences.append(f"{what}, touch {touch or '(none)'}: {rows[touch]} in the tables, {events[touch]} in the log ({unknown} too many)")
        if gone := (events - rows).total():
            remarks.append(f"{what}: {gone} more in the log than in the tables (erased at a person's request, or moved on since)")
    differences += [f"{number} events {name} belong to no opened conversation" for name, number in _rows(_ORPHANS, [])]
    differences += [f"{number} events {name} carry another touch than their conversation" for name, number in _rows(_STRAYS, [])]
    return differences, remarks
