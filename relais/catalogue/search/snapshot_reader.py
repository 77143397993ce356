"""The index of this node, opened by this process: looked at again at each question, changed under nobody's eyes."""

import gc
import os
import threading
from pathlib import Path

import msgspec
from django.conf import settings

from .engine import Search, Snapshot
from .generation import Understood, folder, read_pointer
from .geo_columns import Columns
from .occupation_matching import Found, Jobs, jobs_of
from .query import Answer, Question
from .spelling import Speller


class NoIndex(Exception):
    """This node has no index that can be read."""


def _seen_file(file: str | Path) -> tuple:
    """What tells a file from the one that replaces it."""
    status = os.stat(file)
    return str(file), status.st_mtime_ns, status.st_ino


class Reader:
    """The open index of this process, opened again when the pointer says that there is something new."""

    def __init__(self, *, in_background: bool = True):
        """`in_background`: what takes long to open (another generation, changed sheets) is, while the old one goes on answering."""
        self.in_background = in_background
        self._lock = threading.Lock()
        self._seen: tuple | None = None
        self._opened: tuple | None = None
        self._understood: tuple[tuple, Jobs, Speller] | None = None
        self._columns: tuple[str, Columns] | None = None
        self._snapshot: Snapshot | None = None

    def snapshot(self) -> Snapshot:
        """Raises `NoIndex`."""
        try:
            seen = _seen_file(f"{settings.DATA}/index/current")
        except OSError:
            raise NoIndex from None
        snapshot = self._snapshot
        if snapshot is None:
            with self._lock:
                if self._snapshot is None:
                    self._open()
                    self._seen = seen
                snapshot = self._snapshot
        elif seen != self._seen and self._lock.acquire(blocking=False):
            self._seen = seen
            if self.in_background and not self._is_quick():
                threading.Thread(target=self._open_later, name="index", daemon=True).start()
            else:
                self._open_later()
                snapshot = self._snapshot
        if snapshot is None:
            raise NoIndex
        return snapshot

    def _open_later(self) -> None:
        """The lock is held, and left."""
        try:
            self._open()
        except NoIndex:
            self._snapshot = None
        finally:
            self._lock.release()

    def _is_quick(self) -> bool:
        """Whether what is understood, which takes a second to build, is the same as before."""
        try:
            pointer = read_pointer()
            return (
                pointer is None
                or self._understood is None
                or self._understood[0] == _seen_file(folder() / pointer.generation / "jobs.msgpack")
            )
        except OSError:
            return False

    def _open(self) -> None:
        for _ in range(3):
            pointer = read_pointer()
            if pointer is None:
                self._snapshot = None
                raise NoIndex
            opened = (pointer.generation, pointer.commit)
            if opened == self._opened and self._snapshot is not None:
                return
            try:
                path = folder() / pointer.generation
                self._snapshot = Snapshot(path, *self._read_understood(path), self._read_columns(path))
                self._opened = opened
                return
            except (OSError, ValueError, EOFError, msgspec.DecodeError):
                # Swapped between the pointer and the files: the next pointer is already there. Damaged: it is not.
                self._snapshot = None
        raise NoIndex

    def _read_understood(self, path: Path) -> tuple[Jobs, Speller]:
        file = path / "jobs.msgpack"
        seen = _seen_file(file)
        if self._understood is None or self._understood[0] != seen:
            known = msgspec.msgpack.decode(file.read_bytes(), type=Understood)
            jobs = jobs_of(known.source)
            gc.unfreeze()
            self._understood = (seen, jobs, Speller(jobs.speller.weights | known.words))
            # Millions of words that stay: looked at again by each full collection, they stopped a search for 0.1 s now and then.
            gc.collect()
            gc.freeze()
        return self._understood[1:]

    def _read_columns(self, path: Path) -> Columns:
        if self._columns is None or self._columns[0] != path.name:
            self._columns = (path.name, Columns(path))
            self._columns[1].wake()
        return self._columns[1]


reader = Reader()


def answer(question: Question) -> Answer:
    """Raises `NoIndex`."""
    return Search(reader.snapshot(), question).answer()


def suggestions(text: str, limit: int = 8) -> list[str]:
    """Names of jobs to go on with, from the second letter on. Raises `NoIndex`."""
    return reader.snapshot().jobs.complete(text, limit)


def understand(text: str) -> list[Found]:
    """Raises `NoIndex`."""
    return reader.snapshot().jobs.understand(text)
