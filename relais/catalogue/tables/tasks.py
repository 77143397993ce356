"""The loop that erases what was brought."""

from datetime import datetime

from relais.foundation.loops import loop

from . import services


@loop(every=900)
def forget_tables(now: datetime) -> None:
    services.forget_old(now)
