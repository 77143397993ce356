"""The clock of the answer line."""

from datetime import datetime

from relais.foundation.loops import loop

from . import handovers, promise


@loop(every=5)
def keep_promises(now: datetime) -> None:
    promise.tick(now)


@loop(every=30)
def bring_back(now: datetime) -> None:
    handovers.return_unanswered(now)
