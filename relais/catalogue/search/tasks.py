"""The worker keeps the index of its node fresh. Imported by the catalogue's `tasks` module."""

from datetime import datetime

from relais.foundation.loops import loop

from .index import Keeper

BELL = "search"
_keeper = Keeper(in_background=True)


@loop(every=2, wakes_on=BELL)
def refresh_index(now: datetime) -> None:
    _keeper.turn()
