"""The shelf: MEDIA_ROOT/public holds the files of published stories, and of nothing else. What is there is served to everybody.

`tidy` makes the folder equal to the database. It may be killed between any two lines: what it has done is right, and the next
turn does the rest. A folder is named after its clip (or its photo); its files are hard links to those of the clip, so that
nothing is copied and nothing is left when they are taken away.
"""

import os
import shutil
from datetime import datetime
from pathlib import Path
from uuid import uuid4

from django.conf import settings
from django.db import connection, transaction

from .captions import to_vtt
from .clips import cues_of
from .models import Clip, Story

SHOWN = ("540.mp4", "1080.mp4", "audio.m4a", "poster.webp", "thumbnail.webp", "poster.jpg")
"""Of all that is in the folder of a clip; the file as sent and the copy for networks stay inside."""
CAPTIONS, PHOTO = "captions.vtt", "photo.webp"
LOCK = 0x5E1F


def tidy(now: datetime) -> None:
    """Put on the shelf what is published at `now`, take away everything else."""
    public, aside = _folders()
    with transaction.atomic():
        # One at a time, and the stories are read behind the lock: a slow turn cannot put back what a later one took away.
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        make_equal(public, _wanted(now), aside)


def make_equal(public: Path, wanted: dict[str, dict[str, Path | bytes]], aside: Path) -> None:
    """Make `public` hold the folders and files of `wanted` and nothing else; `aside` is gone at the end."""
    for folder in sorted(public.iterdir()):
        if folder.name not in wanted or folder.is_symlink() or not folder.is_dir():
            _take_away(folder, aside)
    for name, files in sorted(wanted.items()):
        _arrange(public / name, files, aside)
    # Also what a killed turn left.
    shutil.rmtree(aside)


def _folders() -> tuple[Path, Path]:
    """The shelf, and a place beside it that nobody is served from, on the same disk: what moves between them does so at once."""
    root = Path(settings.MEDIA_ROOT)
    for folder in (root / "public", root / "aside"):
        folder.mkdir(parents=True, exist_ok=True)
    return root / "public", root / "aside"


def _wanted(now: datetime) -> dict[str, dict[str, Path | bytes]]:
    """Folder → file name → the file to link to, or the bytes to write."""
    wanted = {}
    for story in Story.objects.published(now).select_related("clip").prefetch_related("photos"):
        if story.clip and story.clip.state == Clip.State.READY:
            files: dict = {name: story.clip.folder / name for name in SHOWN}
            if story.cues:
                files[CAPTIONS] = to_vtt(cues_of(story)).encode()
            wanted[str(story.clip.pk)] = files
        if story.form == Story.Form.PHOTOS:
            wanted |= {str(photo.pk): {PHOTO: photo.path} for photo in story.photos.all()}
    return wanted


def _arrange(folder: Path, files: dict[str, Path | bytes], aside: Path) -> None:
    folder.mkdir(exist_ok=True)
    files = {name: file for name, file in files.items() if isinstance(file, bytes) or file.is_file()}
    for file in sorted(folder.iterdir()):
        if file.name not in files or file.is_symlink() or not file.is_file():
            _take_away(file, aside)
    for name, file in files.items():
        target, fresh = folder / name, aside / uuid4().hex
        if _is_there(target, file):
            continue
        if isinstance(file, bytes):
            fresh.write_bytes(file)
        else:
            os.link(file, fresh)
        os.replace(fresh, target)


def _is_there(target: Path, file: Path | bytes) -> bool:
    if target.is_symlink() or not target.is_file():
        return False
    return target.read_bytes() == file if isinstance(file, bytes) else target.samefile(file)


def _take_away(path: Path, aside: Path) -> None:
    """Out of sight in one step; erased afterwards."""
    os.replace(path, aside / uuid4().hex)
