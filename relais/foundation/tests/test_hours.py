"""Opening hours against an oracle that walks the clock in steps of five minutes, daylight-saving changes included."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relais.foundation.hours import Closure, NeverOpen, OpeningHours, Window
from tests.made_up import cases

STEP = timedelta(minutes=5)
PARIS, REUNION = ZoneInfo("Europe/Paris"), ZoneInfo("Indian/Reunion")
# Days around which a French clock changes, holidays fall, a year ends.
DAYS = st.sampled_from(
    [
        date(2026, 3, 28),
        date(2026, 3, 29),
        date(2026, 10, 24),
        date(2026, 10, 25),
        date(2027, 3, 27),
        date(2026, 12, 24),
        date(2026, 12, 31),
        date(2027, 2, 27),
        date(2028, 2, 28),
        date(2026, 5, 7),
        date(2026, 7, 13),
        date(2026, 11, 10),
    ]
)


@st.composite
def windows(draw):
    found = []
    for _ in range(draw(st.integers(1, 6))):
        # No boundary strictly inside 2 h to 3 h: that hour is skipped or told twice, and has tests of its own below.
        steps = st.integers(0, 287).filter(lambda n: not 24 < n < 36)
        opens, closes = sorted((draw(steps), draw(steps)))
        if opens == closes:
            closes = 288
        ends = time(0) if closes == 288 else time(closes // 12, closes % 12 * 5)
        found.append(Window(draw(st.integers(0, 6)), time(opens // 12, opens % 12 * 5), ends))
    return tuple(found)


@st.composite
def lines(draw):
    closures = []
    if draw(st.booleans()):
        first = draw(DAYS)
        closures.append(Closure(first, first + timedelta(days=draw(st.integers(0, 2)))))
    zone, departement = draw(st.sampled_from([(PARIS, ""), (PARIS, "67"), (REUNION, "974")]))
    return OpeningHours(zone, draw(windows()), tuple(closures), departement)


def open_by_the_clock(line: OpeningHours, instant: datetime) -> bool:
    """The oracle: reads the wall clock of one instant, knows nothing of intervals."""
    local = instant.astimezone(line.zone)
    if line.is_closed_on(local.date()):
        return False
    at = local.time()
    return any(
        w.weekday == local.weekday() and w.opens <= at and (w.closes == time(0) or at < w.closes) for w in line.windows
    )


@cases(150)
@given(lines(), DAYS, st.integers(0, 287), st.integers(0, 500))
def test_time_between_two_instants_is_what_the_clock_says(line, day, step, length):
    start = datetime(day.year, day.month, day.day, tzinfo=UTC) + step * STEP
    counted = sum((STEP for n in range(length) if open_by_the_clock(line, start + n * STEP)), timedelta())
    assert line.between(start, start + length * STEP) == counted


@cases(150)
@given(lines(), DAYS, st.integers(0, 287), st.integers(1, 200))
def test_a_deadline_is_the_first_instant_at_which_so_much_time_has_passed(line, day, step, minutes):
    start = datetime(day.year, day.month, day.day, tzinfo=UTC) + step * STEP
    due = line.add(start, timedelta(minutes=minutes))
    assert line.between(start, due) == timedelta(minutes=minutes)
    assert line.between(start, due - timedelta(seconds=1)) == timedelta(minutes=minutes, seconds=-1)


@cases(150)
@given(lines(), DAYS, st.integers(0, 287))
def test_the_next_opening_is_open_and_nothing_before_it_is(line, day, step):
    start = datetime(day.year, day.month, day.day, tzinfo=UTC) + step * STEP
    opening = line.next_opening(start)
    assert line.is_open(start) == open_by_the_clock(line, start)
    assert opening is not None and opening >= start and open_by_the_clock(line, opening)
    until = min(opening, start + timedelta(days=2))
    assert not any(open_by_the_clock(line, start + n * STEP) for n in range(int((until - start) / STEP)))


def paris(*parts) -> datetime:
    return datetime(*parts, tzinfo=PARIS)


OFFICE = tuple(
    Window(day, opens, closes) for day in range(5) for opens, closes in ((time(9), time(12)), (time(14), time(18)))
)


@pytest.mark.parametrize(
    ("asked", "due"),
    [
        (paris(2026, 11, 23, 9, 0), paris(2026, 11, 23, 9, 30)),
        (paris(2026, 11, 23, 11, 50), paris(2026, 11, 23, 14, 20)),  # over lunch
        (paris(2026, 11, 20, 17, 50), paris(2026, 11, 23, 9, 20)),  # over the week-end
        (paris(2026, 11, 22, 3, 0), paris(2026, 11, 23, 9, 30)),  # on a Sunday night
        (paris(2026, 11, 10, 17, 45), paris(2026, 11, 12, 9, 15)),  # 11 November is a holiday
        (paris(2026, 3, 27, 17, 45), paris(2026, 3, 30, 9, 15)),  # the clock changes in between
    ],
)
def test_thirty_minutes_of_opening_time(asked, due):
    assert OpeningHours(PARIS, OFFICE).add(asked, timedelta(minutes=30)) == due


def test_each_territory_has_its_own_holidays():
    saint_stephen, abolition = date(2026, 12, 26), date(2026, 12, 20)
    assert OpeningHours(PARIS, OFFICE, departement="67").is_closed_on(saint_stephen)
    assert not OpeningHours(PARIS, OFFICE, departement="45").is_closed_on(saint_stephen)
    assert OpeningHours(REUNION, OFFICE, departement="974").is_closed_on(abolition)


def test_the_hour_that_spring_skips_and_the_one_that_autumn_tells_twice():
    night = OpeningHours(PARIS, (Window(6, time(2, 30), time(5)),), closed_on_holidays=False)
    assert next(iter(night.openings(paris(2026, 3, 29, 0, 0)))) == (paris(2026, 3, 29, 3, 30), paris(2026, 3, 29, 5, 0))
    opens, closes = next(iter(night.openings(paris(2026, 10, 25, 0, 0))))
    assert closes - opens == timedelta(hours=3, minutes=30)
    only_skipped = OpeningHours(
        PARIS, (Window(6, time(2, 15), time(2, 45)), Window(0, time(9), time(10))), closed_on_holidays=False
    )
    assert only_skipped.between(paris(2026, 3, 29, 0, 0), paris(2026, 3, 29, 6, 0)) == timedelta(minutes=30)


def test_a_line_without_hours_promises_nothing():
    never = OpeningHours(PARIS, ())
    assert not never.is_open(paris(2026, 1, 5, 10)) and never.next_opening(paris(2026, 1, 5, 10)) is None
    with pytest.raises(NeverOpen):
        never.add(paris(2026, 1, 5, 10), timedelta(minutes=30))


@pytest.mark.parametrize("wrong", [(7, time(9), time(10)), (0, time(10), time(9)), (0, time(9), time(9))])
def test_a_window_that_makes_no_sense_is_refused(wrong):
    with pytest.raises(ValueError):
        Window(*wrong)
