"""Hours that somebody overrides at once: counted minute by minute, they are what the week says but for what was decided."""

from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from relais.foundation.hours import OpeningHours, Override, Window

MONDAY = datetime(2026, 3, 23, tzinfo=UTC)
"""Of the week at whose end the clocks change."""
MINUTE = timedelta(minutes=1)
weeks = st.lists(
    st.builds(
        lambda day, hour, length: Window(day, time(hour), time(min(23, hour + length))),
        st.integers(0, 6),
        st.integers(0, 21),
        st.integers(1, 9),
    ),
    max_size=5,
)
# Lengths and gaps, in minutes, of decisions that follow each other.
decisions = st.lists(st.tuples(st.integers(0, 4000), st.integers(0, 2000), st.booleans()), max_size=4)


def hours_of(windows, decided):
    at, overrides = MONDAY, []
    for gap, length, is_open in decided:
        start = at + gap * MINUTE
        at = start + length * MINUTE
        overrides.append(Override(start, at, is_open))
    plain = OpeningHours(zone=ZoneInfo("Europe/Paris"), windows=tuple(windows))
    return plain, OpeningHours(zone=plain.zone, windows=plain.windows, overrides=tuple(overrides)), overrides


@given(weeks, decisions, st.integers(0, 9000))
def test_open_at_an_instant_when_the_last_decision_or_the_week_says_so(windows, decided, minute):
    plain, hours, overrides = hours_of(windows, decided)
    at = MONDAY + minute * MINUTE
    expected = next((one.is_open for one in overrides if one.start <= at < one.end), plain.is_open(at))
    assert hours.is_open(at) == expected


@given(weeks, decisions, st.integers(0, 5000), st.integers(0, 3000))
def test_time_is_counted_as_if_minute_by_minute(windows, decided, start, length):
    _, hours, _ = hours_of(windows, decided)
    begins, ends = MONDAY + start * MINUTE, MONDAY + (start + length) * MINUTE
    spans = list(hours.openings(MONDAY))[:60]
    assert all(left[1] <= right[0] for left, right in pairwise(spans)), "in order, apart"
    expected = sum((max(timedelta(), min(closes, ends) - max(opens, begins)) for opens, closes in spans), timedelta())
    assert hours.between(begins, ends) == expected


@given(weeks.filter(bool), decisions, st.integers(0, 5000), st.integers(1, 300))
def test_a_deadline_is_so_much_opening_time_away(windows, decided, start, length):
    _, hours, _ = hours_of(windows, decided)
    begins = MONDAY + start * MINUTE
    due = hours.add(begins, length * MINUTE)
    assert hours.between(begins, due) == length * MINUTE


def test_a_line_without_hours_opens_for_as_long_as_somebody_says():
    hours = OpeningHours(
        zone=ZoneInfo("Europe/Paris"), windows=(), overrides=(Override(MONDAY, MONDAY + 90 * MINUTE, True),)
    )
    assert list(hours.openings(MONDAY - MINUTE)) == [(MONDAY, MONDAY + 90 * MINUTE)]
    assert hours.closes_at(MONDAY) == MONDAY + 90 * MINUTE and hours.next_opening(MONDAY + 90 * MINUTE) is None
