"""The figures counted: one query on the event log for those that follow conversations, one for follows.

One row of the facts is one conversation; a figure is conditions on it (see figures.py).
"""

# ruff: noqa: S608 -- what is put together is constants of this app; values are always parameters.

from collections.abc import Sequence

from django.db import connection

from .figures import BY_SLUG, FIGURES, FOLLOWED, MONTHS, Figure, Period, Unit, Value

_MONTH = """        bool_or(e.name = 'follow-up.asked' AND e.data ->> 'milestone' = '{month}') AS asked_{month},
        (array_agg(e.data ORDER BY e.at DESC, e.id DESC) FILTER (WHERE e.name = 'outcome.recorded'
            AND e.data ->> 'milestone' = '{month}'))[1] ->> 'kind' AS outcome_{month}"""

# One row per conversation opened in the period. The first opening counts; « last » is by date, then by order of writing.
_FACTS = """
WITH opened AS (
    SELECT DISTINCT ON (subject) subject, touch, at, (data ->> 'line')::int AS first_line
    FROM foundation_event WHERE name = 'conversation.opened' AND subject IS NOT NULL
    ORDER BY subject, at, id
), facts AS (
    SELECT CASE WHEN o.touch = ANY(%(known)s::text[]) THEN o.touch ELSE '' END AS line,
        coalesce(((array_agg(e.data ORDER BY e.at DESC, e.id DESC) FILTER (WHERE e.name = 'conversation.rerouted'))[1] ->> 'line')::int,
            o.first_line) AS answering,
        bool_or(e.name = 'conversation.answered') AS answered,
        bool_or(e.name = 'conversation.closed') AS closed,
        bool_or(e.name = 'promise.broken') AS broken,
        bool_or(e.name = 'handover.sent') AS sent,
        bool_or(e.name = 'handover.accepted') AS accepted,
        bool_or(e.name = 'handover.refused') AS refused,
        bool_or(e.name = 'handover.returned') AS returned,
        ((array_agg(e.data ORDER BY e.at, e.id) FILTER (WHERE e.name = 'conversation.answered'))[1] ->> 'seconds')::int AS first_seconds,
        (array_agg(e.name ORDER BY e.at DESC, e.id DESC) FILTER (WHERE e.name IN
            ('conversation.opened', 'wait.started', 'conversation.answered', 'conversation.closed')))[1]
            IN ('conversation.opened', 'wait.started') AS waiting,
        coalesce((array_agg(e.name ORDER BY e.at DESC, e.id DESC) FILTER (WHERE e.name IN
            ('handover.proposed', 'handover.declined', 'handover.sent', 'handover.accepted', 'handover.refused',
             'handover.returned', 'handover.withdrawn', 'handover.stopped')))[1], '') AS baton,
        (array_agg(e.data ORDER BY e.at DESC, e.id DESC) FILTER (WHERE e.name = 'outcome.recorded'))[1] ->> 'kind' AS outcome,
        bool_or(e.name = 'appointment.chosen') AS booked,
        bool_or(e.name = 'appointment.held') AS met,
        bool_or(e.name = 'appointment.missed') AS missed,
        (array_agg(e.data ORDER BY e.at DESC, e.id DESC) FILTER (WHERE e.name = 'handover.checked'))[1] ->> 'known' AS known_before,
        (array_agg(e.data ORDER BY e.at DESC, e.id DESC) FILTER (WHERE e.name = 'handover.told'))[1] ->> 'again' AS told,
{months}
    FROM opened o JOIN foundation_event e USING (subject)
    WHERE (%(start)s::timestamptz IS NULL OR o.at >= %(start)s) AND (%(end)s::timestamptz IS NULL OR o.at < %(end)s)
        AND o.touch <> ALL(%(excluded)s::text[])
    GROUP BY o.subject, o.touch, o.first_line
)
"""

_FACTS = _FACTS.replace("{months}", ",\n".join(_MONTH.format(month=month) for month in MONTHS))

_FOLLOWS = """
SELECT CASE WHEN touch = ANY(%(known)s::text[]) THEN touch ELSE '' END AS line, count(*)
FROM foundation_event
WHERE name = 'touch.followed' AND touch <> ALL(%(excluded)s::text[])
    AND (%(start)s::timestamptz IS NULL OR at >= %(start)s) AND (%(end)s::timestamptz IS NULL OR at < %(end)s)
GROUP BY GROUPING SETS ((line), ())
"""


def _columns(figures: Sequence[Figure]) -> str:
    """Three counts a figure, in the order of `figures`; NULL for what does not apply."""
    conditions = [part for figure in figures for part in (figure.numerator, figure.denominator, figure.missing)]
    return ", ".join(f"count(*) FILTER (WHERE {condition})" if condition else "NULL" for condition in conditions)


def _value(
    figure: Figure, numerator: int, denominator: int | None, missing: int | None, *, median: float | None
) -> Value:
    if figure.unit is Unit.SECONDS:
        value = median
    elif figure.unit is Unit.SHARE:
        value = numerator / denominator if denominator else None
    else:
        value = numerator
    return Value(numerator, denominator, missing, value)


_MEDIAN = "percentile_cont(0.5) WITHIN GROUP (ORDER BY first_seconds)"


def _counted() -> list[Figure]:
    """Those that follow conversations."""
    return [figure for figure in FIGURES if figure.slug != FOLLOWED]


def _nothing() -> list[int | None]:
    return [
        0 if part else None for figure in _counted() for part in (figure.numerator, figure.denominator, figure.missing)
    ]


def count(
    period: Period, *, known: Sequence[str], excluded: Sequence[str] = (), lines: Sequence[int] | None = None
) -> dict[str | None, dict[str, Value]]:
    """All figures of `period`, in two queries: {line: {slug: Value}}.

    A line is a code of `known`; '' for conversations without a code or with one that is not in `known`; None for the
    total. Codes in `excluded` (another organisation's) are nowhere. Every line of `known` is there, empty or not.
    `lines`: only the conversations that these answer lines (numbers) have, or had last; a follow is of no line: FOLLOWED is then absent.
    """
    parameters = {
        "known": list(known),
        "excluded": list(excluded),
        "start": period.start,
        "end": period.end,
        "lines": None if lines is None else list(lines),
    }
    with connection.cursor() as cursor:
        cursor.execute(_FOLLOWS, parameters)
        follows = dict(cursor.fetchall())
        cursor.execute(
            f"{_FACTS} SELECT line, {_MEDIAN}, {_columns(_counted())} FROM facts WHERE %(lines)s::int[] IS NULL OR answering = ANY(%(lines)s::int[])"
            " GROUP BY GROUPING SETS ((line), ())",
            parameters,
        )
        rows = {line: (middle, counts) for line, middle, *counts in cursor.fetchall()}
    result = {}
    for line in (*known, "", None):
        followed = (
            {FOLLOWED: _value(BY_SLUG[FOLLOWED], follows.get(line, 0), None, None, median=None)}
            if lines is None
            else {}
        )
        result[line] = followed | _values(*rows.get(line, (None, _nothing())))
    return result


def count_by_line(period: Period) -> dict[int, dict[str, Value]]:
    """Every figure but FOLLOWED, of all touches, for each answer line (its number) that has, or had last, a conversation of `period`."""
    parameters = {"known": [], "excluded": [], "start": period.start, "end": period.end}
    with connection.cursor() as cursor:
        cursor.execute(
            f"{_FACTS} SELECT answering, {_MEDIAN}, {_columns(_counted())} FROM facts WHERE answering IS NOT NULL GROUP BY answering",
            parameters,
        )
        return {line: _values(middle, counts) for line, middle, *counts in cursor.fetchall()}


def _values(middle: float | None, counts: Sequence[int | None]) -> dict[str, Value]:
    return {
        figure.slug: _value(figure, *counts[3 * number : 3 * number + 3], median=middle)
        for number, figure in enumerate(_counted())
    }


def none() -> dict[str, Value]:
    """The figures of a line that nobody wrote to."""
    return _values(None, _nothing())
