"""The worker keeps the index of its node fresh. Imported by the catalogue's `tasks` module."""

from datetime import datetime, timedelta

from relais.foundation.loops import loop

from ..models import SearchChange
from .index import KEPT_FOR, Keeper

BELL = "search"
_keeper = Keeper(in_background=True)


@loop(every=2, wakes_on=BELL)
def refresh_index(now: datetime) -> None:
    _keeper.turn()


@loop(every=3600)
def forget_changes(now: datetime) -> None:
    SearchChange.objects.filter(at__lt=now - timedelta(seconds=KEPT_FOR)).delete()
