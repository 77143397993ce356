"""Loops of the foundation."""

from datetime import datetime, timedelta

from .loops import loop
from .models import RateBucket


@loop(every=600)
def forget_rates(now: datetime) -> None:
    RateBucket.objects.filter(expires_at__lt=now - timedelta(hours=1)).delete()
