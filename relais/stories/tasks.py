"""Loops of testimonies."""

from datetime import datetime

from relais.foundation.loops import loop

from .questions import comments
from .studio import rights, services


@loop(every=20, wakes_on=services.BELL)
def withdraw_what_has_ended(now: datetime) -> None:
    rights.expire(now)


@loop(every=300)
def read_comments(now: datetime) -> None:
    comments.read_due(now)
