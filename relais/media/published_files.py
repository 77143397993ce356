"""The published copies: the storage of this name holds the files that everybody may see, and nothing else. What is there is served to all.

`sync` makes it equal to the database. It may be killed between any two lines: what it has done is right, and the next turn does the rest. What
fails stops nothing else: above all, no copy that cannot be made keeps in sight what was taken back. A
folder is named after its clip (or its photo). On one disk its files are hard links to those of the clip, so that nothing is copied and nothing
is left when they are taken away; elsewhere they are copies, looked through when something has changed, and once an hour.
"""

import hashlib
import json
import logging
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from uuid import UUID, uuid4

from django.db import connection, transaction

from relais.foundation import loops

from .models import Clip
from .owners import Owner
from .storage import LocalStore, Store, media, published

log = logging.getLogger(__name__)
SHOWN = ("540.mp4", "1080.mp4", "audio.m4a", "poster.webp", "thumbnail.webp", "poster.jpg")
"""Of all that is in the folder of a clip; the file as sent and the copy for networks stay inside."""
PHOTO = "photo.webp"
BELL = "published-files"
"""Rung when what everybody may see has changed."""
LOCK = 0x5E1F
MADE = "published.json"
"""In the other storage: what the last whole turn made of an object store, so that it need not be listed each time."""
Wanted = dict[str, dict[str, str | bytes]]
"""Folder → file name → the name of its source in « media », or the bytes to write."""


def address(folder: UUID | str, name: str) -> str:
    """Where everybody reads a published file."""
    return published().address(f"{folder}/{name}")


def are_elsewhere() -> bool:
    return not published().is_local


class Turn:
    """What one call of `sync` has looked at."""

    def __init__(self) -> None:
        self.done: Wanted = {}
        self.failed: dict[str, Exception] = {}

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """A folder, or a file: if it fails that is told, and the others have their turn."""
        try:
            yield
        except Exception as error:
            log.exception("What is published of %s could not be made as it should be; the others go on", name)
            self.failed[name] = error

    def end(self) -> None:
        """Raises the first error, so that the turn does not count as a good one."""
        for error in self.failed.values():
            raise error


def sync(now: datetime) -> None:
    """Publish what everybody may see at `now`, take away everything else. Raises the first error, once all the rest is done."""
    turn = Turn()
    while _step(turn, now) and not loops.stopping.is_set():
        pass
    turn.end()


def _step(turn: Turn, now: datetime) -> bool:
    """Whether more may be left to do."""
    with transaction.atomic():
        # One at a time, and what is published is read behind the lock: a slow turn cannot put back what a later one took away.
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        source, target, wanted = media(), published(), _wanted(now, turn)
        if not source.is_local or not target.is_local:
            return _copy_changes(source, target, wanted, turn)
        _link_all(source, target, wanted, turn)
        return False


def look_again() -> None:
    """The next turn looks at every file, whatever the last one did."""
    if not (media().is_local and published().is_local):
        media().remove(MADE)


def _wanted(now: datetime, turn: Turn) -> Wanted:
    """What cannot be told of one stays as it is: it may be seen, and the others go on."""
    wanted: Wanted = {}
    for owner in Owner.all():
        for shown in owner.published(now):
            folder = str(shown.what.pk)
            with turn.part(folder):
                if not isinstance(shown.what, Clip):
                    wanted[folder] = {PHOTO: shown.what.file}
                elif shown.what.state == Clip.State.READY:
                    wanted[folder] = {name: shown.what.file(name) for name in SHOWN} | dict(shown.beside())
    return wanted


# --- on one disk


def _link_all(source: LocalStore, target: LocalStore, wanted: Wanted, turn: Turn) -> None:
    public, aside = target.path(""), source.path("aside")
    for folder in (public, aside):
        folder.mkdir(parents=True, exist_ok=True)
    paths = {
        folder: {name: file if isinstance(file, bytes) else source.path(file) for name, file in files.items()}
        for folder, files in wanted.items()
    }
    make_equal(public, paths, aside, turn)


def make_equal(public: Path, wanted: dict[str, dict[str, Path | bytes]], aside: Path, turn: Turn) -> None:
    """Make `public` hold the folders and files of `wanted` and nothing else; `aside`, a folder of the same disk
    that nobody is served from, is gone at the end."""
    for folder in sorted(public.iterdir()):
        if folder.name in turn.failed:
            continue
        if folder.name not in wanted or folder.is_symlink() or not folder.is_dir():
            with turn.part(folder.name):
                _take_away(folder, aside)
    for name, files in sorted(wanted.items()):
        with turn.part(name):
            _arrange(public / name, files, aside)
    # Also what a killed turn left.
    shutil.rmtree(aside)


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
    """An atomic rename: out of sight in one step; erased afterwards."""
    os.replace(path, aside / uuid4().hex)


# --- elsewhere


def _copy_changes(source: Store, target: Store, wanted: Wanted, turn: Turn) -> bool:
    """Take away what is seen no more, then bring one file; True when more may be missing.

    One at a time: a copy takes minutes, and what was taken back meanwhile waits for no other.
    """
    made = json.dumps(_told(wanted), sort_keys=True).encode()
    if source.has(MADE) and source.read(MADE) == made:
        return False
    # Gone first: who is killed in the middle leaves a turn that looks at everything.
    source.remove(MADE)
    folders, files = target.listed("")
    for name in files:
        with turn.part(name):
            target.remove(name)
    for folder in folders:
        if folder not in wanted | turn.failed and (leaving := f"{folder}, no longer seen") not in turn.failed:
            turn.done.pop(folder, None)
            with turn.part(leaving):
                target.remove_folder(folder)
    for folder, there in sorted(wanted.items()):
        if folder not in turn.failed and turn.done.get(folder) != there:
            with turn.part(folder):
                if _copy(source, target, folder, there):
                    return True
                turn.done[folder] = there
    if not turn.failed:
        source.put(MADE, made)
    return False


def _told(wanted: Wanted) -> dict:
    """The same, short: bytes by their digest."""
    return {
        folder: {
            name: file if isinstance(file, str) else hashlib.sha256(file).hexdigest() for name, file in files.items()
        }
        for folder, files in wanted.items()
    }


def _copy(source: Store, target: Store, folder: str, files: Mapping[str, str | bytes]) -> bool:
    """True once a file was brought. Captions last: a page that asks for a file meanwhile finds it, or has none to ask for."""
    sizes = {name: len(file) if isinstance(file, bytes) else source.size(file) for name, file in files.items()}
    for name in target.names(folder) - {name for name, size in sizes.items() if size is not None}:
        target.remove(f"{folder}/{name}")
    for name, size in sizes.items():
        there, file = f"{folder}/{name}", files[name]
        if size is None:
            continue
        if isinstance(file, bytes):
            target.put(there, file)
        elif target.size(there) != size:
            target.copy(there, source, file)
            return True
    return False
