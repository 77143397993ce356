"""Count everything twice, by two ways, and say every difference: by hand with `relais check-figures`, or every night."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.utils import timezone

from relais.campaigns.models import Touch

from . import counting, figures, recount_promise
from .figures import Period
from .periods import days_back, midnight
from .recount import reconcile, recount


@dataclass(frozen=True)
class Checked:
    """How many values were compared, and what differs, a sentence each. `notes` are no differences."""

    values: int
    cells: int
    figures: list[str]
    promise: list[str]
    broken: list[str]
    notes: list[str]

    @property
    def differences(self) -> list[str]:
        return [*self.figures, *self.promise, *self.broken]


def check(now: datetime) -> Checked:
    with transaction.atomic():
        _freeze()
        differences, compared = _figures(now)
        promise, cells = recount_promise.compare(now)
        broken, notes = reconcile()
    return Checked(compared, cells, differences, promise, broken, notes)


def _freeze():
    """Both counts see the same instant, while the site goes on writing."""
    if not connection.savepoint_ids:
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")


def _figures(now: datetime) -> tuple[list[str], int]:
    codes = list(Touch.objects.values_list("code", flat=True))
    periods, differences, compared = _periods(now), [], 0
    seconds = recount([figure.slug for figure in figures.FIGURES], periods, codes)
    for name, period in periods.items():
        for line, values in counting.count(period, known=codes).items():
            where = "all touches" if line is None else f"touch {line or '(none)'}"
            for slug, value in values.items():
                compared += 1
                if problem := difference(value, seconds[name][line][slug]):
                    differences.append(f"{slug}, {where}, {name}: {problem}")
        numbers = {line[1] for line in seconds[name] if isinstance(line, tuple)}
        for number, values in (by_line := counting.count_by_line(period)).items():
            for slug, value in values.items():
                compared += 1
                # A line that the recount does not know has counts of nothing.
                if problem := difference(
                    value, seconds[name].get(("line", number), {}).get(slug, (0, None, None, None))
                ):
                    differences.append(f"{slug}, line {number}, {name}: {problem}")
        differences += [f"line {number}, {name}: only the recount knows it" for number in numbers - by_line.keys()]
    return differences, compared


def _periods(now: datetime) -> dict[str, Period]:
    today = timezone.localdate(now)
    return {
        "all": Period(),
        "365 days": days_back(365, now),
        "90 days": days_back(90, now),
        "30 days": days_back(30, now),
        "month before this one": Period(
            midnight((today.replace(day=1) - timedelta(days=1)).replace(day=1)), midnight(today.replace(day=1))
        ),
        "before this month": Period(None, midnight(today.replace(day=1))),
    }


def difference(first: figures.Value, second: tuple) -> str:
    """What differs between a value of `figures` and one of `recount`, in words; '' when nothing does."""
    numerator, denominator, missing, median = second
    if (first.numerator, first.denominator, first.missing) != (numerator, denominator, missing):
        return (
            f"figures say {first.numerator} of {first.denominator}, {first.missing} missing; "
            f"the recount says {numerator} of {denominator}, {missing} missing"
        )
    expected = median if median is not None else first.value
    if (first.value is None) != (expected is None) or (
        expected is not None and not math.isclose(first.value, expected)
    ):
        return f"figures say {first.value}, the recount says {expected}"
    return ""
