"""One turn of the clock of the answer line. Safe in several processes at once, and after any stop."""

from datetime import datetime

from ..thread import promise
from . import breach, changed_hours


def turn(now: datetime) -> None:
    # In this order: a deadline that a supervisor has just moved must not be broken first.
    changed_hours.apply(now)
    promise.tick(now)
    breach.apologise(now)
