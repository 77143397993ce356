"""The clock of the agenda."""

from datetime import datetime

from relais.foundation.loops import loop

from . import services, sessions, video
from .busy import reading


@loop(every=60)
def remind_of_appointments(now: datetime) -> None:
    services.remind_due(now)


@loop(every=60, wakes_on=sessions.BELL)
def follow_sessions(now: datetime) -> None:
    sessions.follow(now)


@loop(every=60, wakes_on=reading.BELL)
def read_busy_feeds(now: datetime) -> None:
    reading.read_due(now)


@loop(every=60)
def prepare_rooms(now: datetime) -> None:
    video.prepare_due(now)
