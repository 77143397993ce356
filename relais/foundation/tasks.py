"""Loops of the foundation."""

from datetime import datetime

from . import retention, schedule
from .loops import loop
from .running import Hand

hand = Hand()


@loop(every=600)
def sweep_often(now: datetime) -> None:
    """What fills up between two turns of the broom."""
    retention.sweep(now, often=True)


@loop(every=10, wakes_on=schedule.BELL)
def keep_the_schedule(now: datetime) -> None:
    hand.turn(now)
