"""Loops of accounts."""

from datetime import datetime

from relais.foundation.loops import loop

from . import lock


@loop(every=15)
def end_streams_of_locked_sessions(now: datetime) -> None:
    lock.tell_the_locked(now)
