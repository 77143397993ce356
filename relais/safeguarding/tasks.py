from datetime import datetime

from relais.foundation.loops import loop

from . import alarms, danger


@loop(every=30)
def call_again(now: datetime) -> None:
    alarms.remind(now)
    danger.call_late(now)
