"""Where files are: by their names, behind Django's interface for storages.

`settings.STORAGES` names two: « media », which nobody is served from but through signed addresses, and « published », which everybody is. By
default both are folders of this disk (`LocalStorage`), where nothing is copied: a second name is a hard link, a file appears by a rename. Any
other class of storage does too, an object store for one: files are then whole objects, and whoever needs one as a file gets a copy of it.
"""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path

from django.conf import settings
from django.core.files import File
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, Storage, storages

PIECES = ".pieces"
"""Ends the name of the folder that holds a file which came in pieces."""
LEFT = timedelta(days=1)
"""What a dead process left among the copies is removed after that."""


class LocalStorage(FileSystemStorage):
    """A folder below MEDIA_ROOT. Its files are the paths of this disk, which the web and the worker share."""

    def __init__(self, folder: str = "", **options):
        super().__init__(**options)
        self.folder = folder

    @cached_property
    def base_location(self):
        return Path(settings.MEDIA_ROOT) / self.folder


def media() -> "Store":
    return _store("media")


def published() -> "Store":
    return _store("published")


def _store(alias: str) -> "Store":
    storage = storages[alias]
    return LocalStore(storage) if isinstance(storage, LocalStorage) else Store(storage)


class Store:
    """What we ask of a storage, with Django's interface alone: no paths, no links, nothing appended to what is there."""

    is_local = False

    def __init__(self, storage: Storage):
        self.storage = storage

    # --- write

    def put(self, name: str, content: bytes | Path) -> None:
        """Write a file, in the place of the one of this name."""
        if self.storage.get_available_name(name) != name:
            self.storage.delete(name)
        if isinstance(content, bytes):
            self.storage.save(name, ContentFile(content))
        else:
            with content.open("rb") as file:
                self.storage.save(name, File(file))

    def append(self, name: str, offset: int, piece: bytes) -> None:
        """Keep a piece of a file; once this returns it is kept. Written again at the same place, the last one counts."""
        self.put(f"{name}{PIECES}/{offset:015d}", piece)

    def arrived(self, name: str, said: int) -> int:
        """How many of the `said` bytes of a file in pieces are really there."""
        return said

    def copy(self, name: str, source: "Store", source_name: str) -> None:
        """Give this name to the bytes that `source` has under another."""
        with source.on_disk(source_name) as path:
            self.put(name, path)

    def remove(self, name: str) -> None:
        """Nothing is wrong when it is not there."""
        if self.storage.exists(name):
            self.storage.delete(name)
        self.remove_folder(name + PIECES)

    def remove_folder(self, folder: str) -> None:
        folders, files = self.listed(folder)
        for name in files:
            self.storage.delete(f"{folder}/{name}")
        for name in folders:
            self.remove_folder(f"{folder}/{name}")
        if folders or files or self.storage.exists(folder):
            self.storage.delete(folder)

    # --- read

    def has(self, name: str) -> bool:
        return self.storage.exists(name) or bool(self.listed(name + PIECES)[1])

    def read(self, name: str) -> bytes:
        """Raises FileNotFoundError."""
        with self.on_disk(name) as path:
            return path.read_bytes()

    def head(self, name: str, size: int) -> bytes:
        """Its first bytes."""
        with self.on_disk(name) as path, path.open("rb") as file:
            return file.read(size)

    @contextlib.contextmanager
    def on_disk(self, name: str) -> Iterator[Path]:
        """A path where its bytes can be read meanwhile. Raises FileNotFoundError."""
        with self._room() as room:
            path = room / "file"
            with path.open("wb") as out:
                for offset, part in self._parts(name):
                    with self.storage.open(part) as file:
                        out.seek(offset)
                        shutil.copyfileobj(file, out)
            yield path

    @contextlib.contextmanager
    def workroom(self, folder: str) -> Iterator[Path]:
        """A folder of the disk to write in; what it holds in the end is in `folder` of the storage. Nothing is, if that fails."""
        with self._room() as room:
            yield room
            for file in sorted(room.iterdir()):
                if file.is_file() and not file.name.startswith("."):
                    self.put(f"{folder}/{file.name}", file)

    def listed(self, folder: str) -> tuple[list[str], list[str]]:
        """The folders and the files in a folder."""
        try:
            folders, files = self.storage.listdir(folder)
        except (FileNotFoundError, NotADirectoryError):
            return [], []
        return list(folders), [name for name in files if name]

    def names(self, folder: str) -> set[str]:
        """The files in a folder."""
        return set(self.listed(folder)[1])

    def entries(self, folder: str) -> Iterator[tuple[str, datetime]]:
        """What is in a folder, files and folders, with when anything in it last changed."""
        folders, files = self.listed(folder)
        whole = {name.removesuffix(PIECES) for name in folders} | set(files)
        for name in sorted(whole):
            yield name, self._changed(f"{folder}/{name}")

    def size(self, name: str) -> int | None:
        return self.storage.size(name) if self.storage.exists(name) else None

    def free(self) -> int | None:
        """Bytes that are left; None where nobody counts them."""
        return None

    def address(self, name: str) -> str:
        """Where a browser reads it."""
        return self.storage.url(name)

    # --- inside

    def _parts(self, name: str) -> list[tuple[int, str]]:
        """Objects that hold a file, with the place of their first byte."""
        if self.storage.exists(name):
            return [(0, name)]
        pieces = sorted(self.listed(name + PIECES)[1])
        if not pieces:
            raise FileNotFoundError(name)
        return [(int(piece), f"{name}{PIECES}/{piece}") for piece in pieces]

    def _changed(self, name: str) -> datetime:
        found = [self._modified(name)] if self.storage.exists(name) and not any(self.listed(name)) else []
        for folder in (name, name + PIECES):
            folders, files = self.listed(folder)
            found += [self._modified(f"{folder}/{one}") for one in files]
            found += [self._changed(f"{folder}/{one}") for one in folders]
        return max(found, default=datetime.min.replace(tzinfo=UTC))

    def _modified(self, name: str) -> datetime:
        return self.storage.get_modified_time(name)

    @contextlib.contextmanager
    def _room(self) -> Iterator[Path]:
        """On our own disk, below the data folder: nothing is written elsewhere."""
        rooms = _rooms()
        rooms.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=rooms) as room:
            yield Path(room)


class LocalStore(Store):
    """The same on one disk, where no byte is copied: appended in place, linked, renamed."""

    is_local = True
    storage: LocalStorage

    def path(self, name: str) -> Path:
        return Path(self.storage.path(name))

    def put(self, name: str, content: bytes | Path) -> None:
        """Whole or not at all."""
        target = self.path(name)
        target.parent.mkdir(parents=True, exist_ok=True)
        draft = target.with_name(f".{target.name}.{os.getpid()}.part")
        with draft.open("wb") as out:
            if isinstance(content, bytes):
                out.write(content)
            else:
                with content.open("rb") as file:
                    shutil.copyfileobj(file, out)
            out.flush()
            os.fsync(out.fileno())
        os.replace(draft, target)

    def append(self, name: str, offset: int, piece: bytes) -> None:
        path = self.path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        file = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            # What a dead process wrote beyond what it told was never acknowledged: it comes again.
            os.ftruncate(file, offset)
            view = memoryview(piece)
            while view:
                written = os.pwrite(file, view, offset)
                view, offset = view[written:], offset + written
            os.fdatasync(file)
        finally:
            os.close(file)

    def arrived(self, name: str, said: int) -> int:
        """A machine that lost its current may have lost what the disk had not yet written down."""
        return min(said, self.size(name) or 0)

    def remove(self, name: str) -> None:
        self.path(name).unlink(missing_ok=True)

    def remove_folder(self, folder: str) -> None:
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            shutil.rmtree(self.path(folder))

    def has(self, name: str) -> bool:
        return self.path(name).is_file()

    @contextlib.contextmanager
    def on_disk(self, name: str) -> Iterator[Path]:
        yield self.path(name)

    @contextlib.contextmanager
    def workroom(self, folder: str) -> Iterator[Path]:
        path = self.path(folder)
        path.mkdir(parents=True, exist_ok=True)
        yield path

    def entries(self, folder: str) -> Iterator[tuple[str, datetime]]:
        path = self.path(folder)
        for entry in sorted(path.iterdir()) if path.is_dir() else ():
            with contextlib.suppress(FileNotFoundError):
                yield entry.name, datetime.fromtimestamp(entry.stat().st_mtime, UTC)

    def size(self, name: str) -> int | None:
        try:
            return self.path(name).stat().st_size
        except FileNotFoundError:
            return None

    def free(self) -> int | None:
        root = self.path("")
        root.mkdir(parents=True, exist_ok=True)
        return shutil.disk_usage(root).free


def _rooms() -> Path:
    return Path(settings.MEDIA_ROOT) / "work"


def remove_leftovers(now: datetime) -> None:
    """Remove the copies that a killed process left."""
    rooms = _rooms()
    for room in list(rooms.iterdir()) if rooms.is_dir() else []:
        with contextlib.suppress(FileNotFoundError):
            if room.stat().st_mtime < (now - LEFT).timestamp():
                shutil.rmtree(room)
