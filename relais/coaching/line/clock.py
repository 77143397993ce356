"""One turn of the clock of the answer line. Safe in several processes at once, and after any stop."""

from datetime import datetime

from . import breach, lineup, promise


def turn(now: datetime) -> None:
    # In this order: a deadline that a supervisor has just moved must not be broken first.
    lineup.follow(now)
    promise.tick(now)
    breach.apologise(now)
