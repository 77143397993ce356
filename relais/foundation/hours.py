"""Opening hours, and durations counted in them.

A promise of thirty minutes given at 17:50 before a closed week-end falls due on Monday morning: all deadlines of
Relais are counted in the hours when somebody is there. Days are read on the wall clock of the territory, durations
are counted in real seconds, so that a change of clock in the night changes neither.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays

DAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
HORIZON_DAYS = 400
"""How far ahead an opening is looked for. A line closed for longer has no next opening."""


class NeverOpen(Exception):
    """No opening within HORIZON_DAYS: nobody can keep a promise on this line."""


@dataclass(frozen=True)
class Window:
    """One opening of a week: `weekday` 0 is Monday; `closes` is after `opens` on the same day (24:00 is 00:00)."""

    weekday: int
    opens: time
    closes: time

    def __post_init__(self):
        if not 0 <= self.weekday <= 6:
            raise ValueError("weekday must be from 0 (Monday) to 6 (Sunday).")
        if self.closes != time(0) and self.closes <= self.opens:
            raise ValueError("A window must close after it opens.")


OFFICE = tuple(
    Window(day, opens, closes) for day in range(5) for opens, closes in ((time(9), time(12)), (time(14), time(17)))
)
"""Office hours, in which working hours are counted where nobody said others."""


@dataclass(frozen=True)
class Closure:
    """Closed from `first` to `last`, both included, on the wall clock of the territory."""

    first: date
    last: date


@dataclass(frozen=True)
class Override:
    """Open, or closed, from `start` (included) to `end` (excluded), whatever the week says. Overrides do not overlap."""

    start: datetime
    end: datetime
    is_open: bool


@dataclass(frozen=True)
class OpeningHours:
    """Several windows a day, closures, and the public holidays of a département ('' for those common to all)."""

    zone: ZoneInfo
    windows: tuple[Window, ...]
    closures: tuple[Closure, ...] = ()
    departement: str = ""
    closed_on_holidays: bool = True
    overrides: tuple[Override, ...] = ()
    _by_day: dict = field(init=False, compare=False, repr=False, hash=False)

    def __post_init__(self):
        by_day: dict[int, list[Window]] = {}
        for window in sorted(self.windows, key=lambda window: window.opens):
            by_day.setdefault(window.weekday, []).append(window)
        object.__setattr__(self, "_by_day", by_day)

    def is_closed_on(self, day: date) -> bool:
        if any(closure.first <= day <= closure.last for closure in self.closures):
            return True
        return self.closed_on_holidays and day in _holidays(self.departement, day.year)

    def _of_day(self, day: date) -> list[tuple[datetime, datetime]]:
        """The openings of one day as pairs of instants in UTC, merged where they touch."""
        if self.is_closed_on(day):
            return []
        pairs = []
        for window in self._by_day.get(day.weekday(), []):
            last = day + timedelta(days=1) if window.closes == time(0) else day
            pairs.append((self._instant(day, window.opens), self._instant(last, window.closes)))
        merged: list[tuple[datetime, datetime]] = []
        # Sorted again as instants: in the hour that a spring change skips, wall-clock order is not the order of time.
        for start, end in sorted(pair for pair in pairs if pair[0] < pair[1]):
            if merged and start <= merged[-1][1]:
                merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
            else:
                merged.append((start, end))
        return merged

    def _instant(self, day: date, at: time) -> datetime:
        """A wall-clock time as an instant: the first of two in autumn, one hour later for the hour that spring skips."""
        return datetime.combine(day, at, self.zone).astimezone(UTC)

    def openings(self, start: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Pairs (opens, closes) in UTC that end after `start`, in order, the first one cut at `start`."""
        start = start.astimezone(UTC)
        pairs = self._of_the_week(start)
        for one in self.overrides:
            if one.end > start:
                cut = max(one.start.astimezone(UTC), start), one.end.astimezone(UTC)
                pairs = _with(pairs, *cut) if one.is_open else _without(pairs, *cut)
        yield from pairs

    def _of_the_week(self, start: datetime) -> Iterator[tuple[datetime, datetime]]:
        first = start.astimezone(self.zone).date() - timedelta(days=1)
        for offset in range(HORIZON_DAYS + 2):
            for opens, closes in self._of_day(first + timedelta(days=offset)):
                if closes > start:
                    yield max(opens, start), closes

    def is_open(self, at: datetime) -> bool:
        return next((opens <= at.astimezone(UTC) for opens, _ in self.openings(at)), False)

    def closes_at(self, at: datetime) -> datetime | None:
        """When the opening that holds `at` ends; None when closed at `at`."""
        opening = next(self.openings(at), None)
        return opening[1] if opening and opening[0] <= at.astimezone(UTC) else None

    def next_opening(self, at: datetime) -> datetime | None:
        """`at` itself when open, else the next opening; None when there is none within the horizon."""
        return next((opens for opens, _ in self.openings(at)), None)

    def add(self, start: datetime, duration: timedelta) -> datetime:
        """The instant at which `duration` of opening time has passed since `start`, in UTC.

        Raises NeverOpen. A duration of zero falls at the next opening.
        """
        left = duration
        for opens, closes in self.openings(start):
            if closes - opens >= left:
                return opens + left
            left -= closes - opens
        raise NeverOpen("This line has no opening hours.")

    def between(self, start: datetime, end: datetime) -> timedelta:
        """How much opening time passed from `start` to `end` (zero when end is before start)."""
        total = timedelta()
        end = end.astimezone(UTC)
        for opens, closes in self.openings(start):
            if opens >= end:
                break
            total += min(closes, end) - opens
        return total


def _without(pairs, start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
    """`pairs` less what falls between `start` and `end`."""
    for opens, closes in pairs:
        for left, right in ((opens, min(closes, start)), (max(opens, end), closes)):
            if left < right:
                yield left, right


def _with(pairs, start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
    """`pairs` and what falls between `start` and `end`, one opening where they touch."""
    added: tuple[datetime, datetime] | None = (start, end)
    for opens, closes in pairs:
        if added is None or closes < added[0]:
            yield opens, closes
        elif opens > added[1]:
            yield from (added, (opens, closes))
            added = None
        else:
            added = min(opens, added[0]), max(closes, added[1])
    if added:
        yield added


# Départements whose public holidays differ from the common ones, by the name `holidays` gives them.
HOLIDAY_ZONES = {
    "57": "57",
    "67": "6AE",
    "68": "6AE",
    "971": "971",
    "972": "972",
    "973": "973",
    "974": "974",
    "976": "976",
}


@lru_cache(maxsize=256)
def _holidays(departement: str, year: int) -> frozenset[date]:
    return frozenset(holidays.country_holidays("FR", subdiv=HOLIDAY_ZONES.get(departement), years=year))
