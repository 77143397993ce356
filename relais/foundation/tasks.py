"""Loops of the foundation."""

from datetime import datetime

from . import retention
from .loops import loop


@loop(every=600)
def sweep_often(now: datetime) -> None:
    """What fills up between two turns of the broom."""
    retention.sweep(now, often=True)
