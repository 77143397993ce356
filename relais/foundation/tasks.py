"""Loops of the foundation."""

from datetime import datetime, timedelta

from . import outbox
from .loops import loop
from .models import RateBucket


@loop(every=5, wakes_on=outbox.BELL)
def send_outbound(now: datetime) -> None:
    outbox.send_due(now)


@loop(every=600)
def forget_rates(now: datetime) -> None:
    RateBucket.objects.filter(expires_at__lt=now - timedelta(hours=1)).delete()
