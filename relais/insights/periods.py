"""Periods as people say them, on the wall clock of the site."""

from datetime import date, datetime, time, timedelta

from django.utils import timezone

from .figures import Period


def midnight(day: date) -> datetime:
    """The start of `day`, in the time zone of the site."""
    return timezone.make_aware(datetime.combine(day, time()))


def days_back(days: int, now: datetime) -> Period:
    """`days` whole days, today included, without an end: what happens next belongs to it."""
    return Period(midnight(timezone.localdate(now) - timedelta(days=days - 1)))


def dates(first: date | None, last: date | None) -> Period:
    """From the start of `first` to the end of `last`; None is « no bound »."""
    return Period(midnight(first) if first else None, midnight(last + timedelta(days=1)) if last else None)
