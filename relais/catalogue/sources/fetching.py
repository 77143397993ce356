"""A file named by its path or by an http(s) address: read whole, or streamed, within limits."""

import contextlib
import gzip
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from django.conf import settings

from ..importing import BadFile

TIMEOUT = 60
LIMIT = 200_000_000
"""Bytes of a file that is read whole. The ROME is 4 MB packed."""
STREAM_LIMIT = 8_000_000_000
"""Bytes of a file that is streamed, so that a broken server does not fill the disk."""
CHUNK = 1 << 20


class _WebOnly(HTTPRedirectHandler):
    def redirect_request(self, request, file, code, message, headers, address):
        if urlsplit(address).scheme not in ("http", "https"):
            raise BadFile(f"{request.full_url} leads to an address that is not on the web: {address}")
        return super().redirect_request(request, file, code, message, headers, address)


def is_address(origin: str) -> bool:
    return urlsplit(origin).scheme in ("http", "https")


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
    if is_address(origin):
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


def _download(address: str, file: BinaryIO, limit: int) -> None:
    size = 0
    try:
        request = Request(address, headers={"User-Agent": "Relais"})  # noqa: S310, the scheme was checked
        with build_opener(_WebOnly).open(request, timeout=TIMEOUT) as answer:
            announced = answer.headers.get("Content-Length")
            while chunk := answer.read(CHUNK):
                size += len(chunk)
                if size > limit:
                    raise BadFile(f"{address} is larger than {limit // 1_000_000} MB.")
                file.write(chunk)
    except (URLError, OSError, ValueError) as error:
        raise BadFile(f"{address} cannot be fetched: {getattr(error, 'reason', error)}.") from None
    if announced and announced.isdigit() and int(announced) != size:
        raise BadFile(f"{address} stopped after {size} of {announced} bytes. Try again.")
    if not size:
        raise BadFile(f"{address} is empty.")
