"""Loops of files."""

from datetime import datetime

from relais.foundation.loops import loop
from relais.foundation.models import Heartbeat

from . import clips, photos, published_files, storage, uploads

EVERY = 10


@loop(every=EVERY, wakes_on=clips.BELL)
def prepare_clips(now: datetime) -> None:
    clips.work(alive=_beat)


def _beat(now: datetime) -> None:
    """A long clip is not a stopped loop: the health page must see the difference."""
    Heartbeat.objects.update_or_create(name=f"{__name__}.prepare_clips", defaults={"every": EVERY, "at": now})


@loop(every=3600)
def remove_strays(now: datetime) -> None:
    uploads.remove_strays(now)
    clips.remove_strays(now)
    photos.remove_strays(now)
    storage.remove_leftovers(now)
    published_files.look_again()


@loop(every=20, wakes_on=published_files.BELL)
def sync_published_files(now: datetime) -> None:
    published_files.sync(now)
