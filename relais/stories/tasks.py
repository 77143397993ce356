"""Loops of testimonies."""

from datetime import datetime

from relais.foundation.loops import loop
from relais.foundation.models import Heartbeat

from . import clips, comments, rights, services, shelf, uploads

EVERY = 10


@loop(every=EVERY, wakes_on=clips.BELL)
def prepare_clips(now: datetime) -> None:
    clips.work(alive=_beat)


def _beat(now: datetime) -> None:
    """A long clip is not a stopped loop: the health page must see the difference."""
    Heartbeat.objects.update_or_create(name=f"{__name__}.prepare_clips", defaults={"every": EVERY, "at": now})


@loop(every=3600)
def tidy_files(now: datetime) -> None:
    uploads.remove_strays(now)
    clips.tidy(now)


@loop(every=20, wakes_on=services.BELL)
def withdraw_what_has_ended(now: datetime) -> None:
    rights.expire(now)


@loop(every=20, wakes_on=services.BELL)
def arrange_the_shelf(now: datetime) -> None:
    shelf.tidy(now)


@loop(every=300)
def read_comments(now: datetime) -> None:
    comments.read_due(now)
