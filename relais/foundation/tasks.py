"""Loops of the foundation."""

from datetime import datetime, timedelta

from . import schedule
from .loops import loop
from .models import RateBucket
from .running import Hand

hand = Hand()


@loop(every=600)
def forget_rates(now: datetime) -> None:
    RateBucket.objects.filter(expires_at__lt=now - timedelta(hours=1)).delete()


@loop(every=10, wakes_on=schedule.BELL)
def keep_the_schedule(now: datetime) -> None:
    hand.turn(now)
