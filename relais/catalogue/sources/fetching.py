"""A file named by its path or by an http(s) address: read whole, or streamed, within limits."""

import contextlib
import gzip
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from django.conf import settings

from relais.foundation import web
from relais.foundation.outbox import PermanentError

from ..importing import BadFile

LIMIT = 200_000_000
"""Bytes of a file that is read whole. The ROME is 4 MB packed."""
STREAM_LIMIT = 8_000_000_000
"""Bytes of a file that is streamed, so that a broken server does not fill the disk."""
LINE, UNPACKED = 50_000_000, 1_000_000_000
"""Bytes of one line, and of what is unpacked whole: a few megabytes may be packed so that they fill the memory of the machine."""
CHUNK = 1 << 20


UNREADABLE_ZIP = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError)
"""What zipfile raises at an archive that is damaged, cut short, locked or of an unknown method."""


def read_origin(origin: str) -> bytes:
    """The bytes at `origin`. Raises `BadFile` when they cannot be had whole, or are more than LIMIT."""
    with open_origin(origin, LIMIT) as file:
        return file.read()


@contextlib.contextmanager
def open_origin(origin: str, limit: int = STREAM_LIMIT) -> Iterator[BinaryIO]:
    """The file at `origin`, open for reading; what an address holds is first brought whole to the data folder.

    Raises `BadFile` when it cannot be had whole, is empty, or is more than `limit` bytes.
    """
    if web.is_address(origin):
        (settings.DATA / "incoming").mkdir(mode=0o700, exist_ok=True)
        with tempfile.TemporaryFile(dir=settings.DATA / "incoming") as file:
            _download(origin, file, limit)
            file.seek(0)
            yield file
    else:
        path = Path(origin)
        try:
            if path.is_dir():
                raise BadFile(f"{path} is a folder; give a file.")
            size = path.stat().st_size
            file = path.open("rb")
        except OSError as error:
            raise BadFile(f"{path} cannot be read: {(error.strerror or str(error)).lower()}.") from None
        with file:
            if size > limit:
                raise BadFile(f"{path} is larger than {limit // 1_000_000} MB.")
            if not size:
                raise BadFile(f"{path} is empty.")
            yield file


@contextlib.contextmanager
def open_unpacked(origin: str) -> Iterator[BinaryIO]:
    """As `open_origin`, unpacked when it is packed with gzip."""
    with open_origin(origin) as file:
        packed = file.read(2) == b"\x1f\x8b"
        file.seek(0)
        try:
            yield gzip.GzipFile(fileobj=file) if packed else file
        except (gzip.BadGzipFile, EOFError, zlib.error):
            raise BadFile(f"{origin} is damaged or cut short: it cannot be unpacked.") from None


def lines_of(file: BinaryIO, origin: str) -> Iterator[bytes]:
    """Its lines from here on. Raises `BadFile` at one that is endless."""
    while line := file.readline(LINE + 1):
        refuse_endless(line, origin)
        yield line


def refuse_endless(line: bytes, origin: str) -> None:
    if len(line) > LINE:
        raise BadFile(f"{origin} has a line of more than {LINE // 1_000_000} MB.")


def check_unpacked(archive: zipfile.ZipFile, origin: str) -> None:
    """Raises `BadFile` for what would be too much once unpacked: no part gives more than it announces."""
    if sum(part.file_size for part in archive.infolist()) > UNPACKED:
        raise BadFile(f"{origin} is larger than {UNPACKED // 1_000_000} MB once unpacked.")


def _download(address: str, file: BinaryIO, limit: int) -> None:
    try:
        size = web.fetch(address, file, limit=limit)
    except web.Away as error:
        raise BadFile(f"{address} cannot be fetched: {error}.") from None
    except PermanentError as error:
        raise BadFile(f"{address} is not fetched: {error}") from None
    if not size:
        raise BadFile(f"{address} is empty.")
