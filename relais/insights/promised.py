"""How the promise is kept, counted from the event log alone, and what of it may be published.

A wait begins when a person writes and nobody has answered yet, and ends with the first answer of a human. Each counts in
the month it began, and its length in opening time. One that a human or the person joined to another goes on there.
One that went from line to line is of the line that broke it, else of the last that had it.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.db import connection
from django.utils import timezone

MONTHS = 12
WITHIN = 30 * 60
"""Seconds of opening time: the promise of the page, whatever a line promises itself."""
SMALLEST = 5
ENOUGH_FOR_NINTH = 10
"""Waits below which the slowest tenth would be one person."""
COARSE = 20
"""A share withheld for another's sake is still told to the twentieth below."""
NEVER = 2_147_483_647
"""Seconds of a wait that broke the promise and has no answer: longer than any other."""


@dataclass(frozen=True)
class Kept:
    """`number` waits answered or too long; `within` of them answered in WITHIN; `pending` neither yet. Seconds, or NEVER."""

    number: int = 0
    within: int = 0
    pending: int = 0
    median: int | None = None
    ninth: int | None = None


@dataclass(frozen=True)
class Published:
    """What may be shown of one cell. `hidden`: fewer than SMALLEST, or enough to find one out by subtraction.

    `share` is from 0 to 1; when it is withheld because the late, or the timely, are fewer than SMALLEST, `at_least` or
    `at_most` bounds it. Minutes are rounded up; None for « no answer yet », with `median_open` or `ninth_open` saying so.
    """

    number: int | None = None
    share: float | None = None
    at_least: float | None = None
    at_most: float | None = None
    median: int | None = None
    ninth: int | None = None
    median_open: bool = False
    ninth_open: bool = False
    pending: int | None = None
    hidden: bool = False


_WAITS = """
WITH steps AS (
    SELECT subject, name, at, id, data,
        count(*) FILTER (WHERE name = 'wait.started') OVER (PARTITION BY subject ORDER BY at, id) AS number
    FROM foundation_event
    WHERE name IN ('wait.started', 'conversation.answered', 'promise.broken', 'conversation.merged', 'conversation.rerouted')
        AND subject IS NOT NULL
), waits AS (
    SELECT min(at) FILTER (WHERE name = 'wait.started') AS since,
        coalesce(
            (array_agg((data ->> 'line')::int ORDER BY at, id) FILTER (WHERE name = 'promise.broken'))[1],
            (array_agg((data ->> 'line')::int ORDER BY at DESC, id DESC) FILTER (WHERE name IN ('wait.started', 'conversation.rerouted')))[1]
        ) AS line,
        (array_agg((data ->> 'seconds')::int ORDER BY at, id) FILTER (WHERE name = 'conversation.answered'))[1] AS seconds,
        bool_or(name = 'promise.broken') AS broken,
        bool_or(name = 'conversation.merged') AS merged
    FROM steps WHERE number > 0 GROUP BY subject, number
), told AS (
    SELECT date_trunc('month', since AT TIME ZONE %(zone)s)::date AS month, line,
        coalesce(seconds, CASE WHEN broken THEN %(never)s END) AS seconds
    FROM waits WHERE since >= %(start)s AND since < %(end)s AND (seconds IS NOT NULL OR broken OR NOT merged)
)
SELECT month, line, GROUPING(month) + 2 * GROUPING(line) AS kind, count(seconds), count(*) FILTER (WHERE seconds <= %(within)s),
    count(*) FILTER (WHERE seconds IS NULL),
    percentile_disc(0.5) WITHIN GROUP (ORDER BY seconds), percentile_disc(0.9) WITHIN GROUP (ORDER BY seconds)
FROM told GROUP BY GROUPING SETS ((month, line), (month), (line), ())
"""
_BY_BOTH, _BY_MONTH, _BY_LINE, _ALL = 0, 2, 1, 3

_CLOSED = """
SELECT count(*), coalesce(sum((data ->> 'waiting')::int), 0) FROM foundation_event
WHERE name = 'line.forced' AND data ->> 'state' = 'closed' AND at >= %(start)s AND at < %(end)s
    AND (%(line)s::int IS NULL OR (data ->> 'line')::int = %(line)s)
"""


@dataclass(frozen=True)
class Counted:
    """All of it: `months` from the first, `lines` by number (None for waits from before lines were counted), `cells` of both.

    `closed`, `closed_on`: how often the line asked for, or any line, was closed at once, and on how many who waited.
    """

    months: dict[date, Kept]
    lines: dict[int | None, Kept]
    cells: dict[tuple[date, int | None], Kept]
    whole: Kept
    closed: int
    closed_on: int


def months(now: datetime) -> list[date]:
    """The first days of the last MONTHS months, the current one last."""
    today = timezone.localdate(now)
    number = today.year * 12 + today.month - 1
    return [date(one // 12, one % 12 + 1, 1) for one in range(number - MONTHS + 1, number + 1)]


def count(now: datetime, line: int | None = None) -> Counted:
    """Two queries. `line`: whose closings are counted. Months without a wait are there; those before the first wait of all are not."""
    wanted = months(now)
    start = datetime(wanted[0].year, wanted[0].month, 1, tzinfo=ZoneInfo(timezone.get_default_timezone_name()))
    values = {
        "zone": timezone.get_default_timezone_name(),
        "never": NEVER,
        "within": WITHIN,
        "start": start,
        "end": now,
    }
    with connection.cursor() as cursor:
        cursor.execute(_WAITS, values)
        rows = cursor.fetchall()
        cursor.execute(_CLOSED, values | {"line": line})
        closed, closed_on = cursor.fetchone()
    by_month = {month: Kept(*rest) for month, _, kind, *rest in rows if kind == _BY_MONTH}
    by_line = {line: Kept(*rest) for _, line, kind, *rest in rows if kind == _BY_LINE}
    cells = {(month, line): Kept(*rest) for month, line, kind, *rest in rows if kind == _BY_BOTH}
    whole = next((Kept(*rest) for _, _, kind, *rest in rows if kind == _ALL), Kept())
    begun = min(by_month, default=wanted[-1])
    return Counted(
        {month: by_month.get(month, Kept()) for month in wanted if month >= begun},
        by_line,
        cells,
        whole,
        closed,
        closed_on,
    )


def publish(cells: Sequence[Kept], whole: Kept) -> tuple[list[Published], Published]:
    """What may be shown of `cells`, which add up to `whole`, and of `whole`.

    A cell under SMALLEST is hidden, and so is the share of one with fewer than SMALLEST late, or timely, waits. Wherever what
    is hidden holds fewer than SMALLEST together, the next smallest goes with it, or a subtraction would find it.
    """
    hidden, bounded = _hidden_and_bounded(cells)
    parts = [
        Published(hidden=True) if number in hidden else _published(cell, number in bounded)
        for number, cell in enumerate(cells)
    ]
    return parts, Published(hidden=True) if 0 < whole.number < SMALLEST else _published(whole)


def publish_months_of(line: int | None, counted: Counted) -> list[Published]:
    """What may be shown of the months of one line, beside all that `publish` shows and the months of every other line.

    In each month and in each line, what is withheld of a table of both holds SMALLEST or more together; where the sum of a
    month, or of a line, is withheld, so are its parts.
    """
    names = [(month, other) for month in counted.months for other in dict.fromkeys([*counted.lines, line])]
    cells = [counted.cells.get(name, Kept()) for name in names]
    groups = [
        [place for place, name in enumerate(names) if name[side] == one]
        for side in (0, 1)
        for one in dict.fromkeys(name[side] for name in names)
    ]
    lost_hidden, lost_bounded = set(), set()
    for side, margin in enumerate((counted.months, counted.lines)):
        hidden, bounded = _hidden_and_bounded(list(margin.values()))
        lost_hidden |= _parts_of(hidden, list(margin), side, names)
        lost_bounded |= _parts_of(bounded, list(margin), side, names)
    hidden = _spread(groups, [cell.number for cell in cells], lost_hidden)
    bounded = hidden | lost_bounded
    for counts in (
        [cell.number - cell.within for cell in cells],
        [cell.within for cell in cells],
        [cell.number - cell.within for cell in cells],
    ):
        bounded = _spread(groups, counts, bounded)
    wanted = [place for place, name in enumerate(names) if name[1] == line]
    return [
        Published(hidden=True)
        if place in hidden and cells[place].number
        else _published(cells[place], place in bounded)
        for place in wanted
    ]


def _parts_of(lost: set[int], margin: list, side: int, names: list[tuple]) -> set[int]:
    ones = {margin[place] for place in lost}
    return {place for place, name in enumerate(names) if name[side] in ones}


def _spread(groups: list[list[int]], counts: Sequence[int], already: set[int]) -> set[int]:
    """`already`, and what must go with it in each of `groups` (places of `counts`), until nothing more must."""
    found, before = set(already), None
    while found != before:
        before = set(found)
        for group in groups:
            some = withheld(
                [counts[place] for place in group], {number for number, place in enumerate(group) if place in found}
            )
            found |= {group[number] for number in some}
    return found


def _hidden_and_bounded(cells: Sequence[Kept]) -> tuple[set[int], set[int]]:
    """The places of cells that are hidden, and of those whose share is not told as it is."""
    late, within = [cell.number - cell.within for cell in cells], [cell.within for cell in cells]
    hidden = withheld([cell.number for cell in cells], set())
    return hidden, withheld(late, withheld(within, withheld(late, hidden)))


def withheld(counts: Sequence[int], already: set[int]) -> set[int]:
    """The places of `counts` to withhold: those under SMALLEST, `already`, and as many more as their sum asks for."""
    found = already | {number for number, count in enumerate(counts) if 0 < count < SMALLEST}
    others = sorted(
        (number for number, count in enumerate(counts) if count and number not in found),
        key=lambda number: (counts[number], number),
    )
    while others and 0 < sum(counts[number] for number in found) < SMALLEST:
        found.add(others.pop(0))
    return found


def _published(cell: Kept, bounded: bool = False) -> Published:
    pending = cell.pending if cell.pending == 0 or cell.pending >= SMALLEST else None
    if not cell.number:
        return Published(number=0, pending=pending)
    late, small = cell.number - cell.within, SMALLEST - 1
    told = Published(
        number=cell.number, pending=pending, median=_minutes(cell.median), median_open=cell.median == NEVER
    )
    if cell.number >= ENOUGH_FOR_NINTH:
        told = replace(told, ninth=_minutes(cell.ninth), ninth_open=cell.ninth == NEVER)
    if 0 < late < SMALLEST:
        return replace(told, at_least=max(0, cell.number - small) / cell.number)
    if 0 < cell.within < SMALLEST:
        return replace(told, at_most=min(1, small / cell.number))
    if bounded:
        return replace(told, at_least=cell.within * COARSE // cell.number / COARSE)
    return replace(told, share=cell.within / cell.number)


def _minutes(seconds: int | None) -> int | None:
    return None if seconds in (None, NEVER) else math.ceil(seconds / 60)
