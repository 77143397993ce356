"""A file named by its path or by an http(s) address, read whole, within limits."""

from pathlib import Path
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from ..importing import BadFile

TIMEOUT = 60
LIMIT = 200_000_000
"""Bytes. The biggest source of today, the ROME, is 4 MB packed."""


class _WebOnly(HTTPRedirectHandler):
    def redirect_request(self, request, file, code, message, headers, address):
        if urlsplit(address).scheme not in ("http", "https"):
            raise BadFile(f"{request.full_url} leads to an address that is not on the web: {address}")
        return super().redirect_request(request, file, code, message, headers, address)


def read_origin(origin: str) -> bytes:
    """The bytes at `origin`. Raises `BadFile` when they cannot be had whole, or are more than LIMIT."""
    if urlsplit(origin).scheme in ("http", "https"):
        data = _download(origin)
    else:
        data = _open(Path(origin))
    if not data:
        raise BadFile(f"{origin} is empty.")
    return data


def _open(path: Path) -> bytes:
    try:
        if path.is_dir():
            raise BadFile(f"{path} is a folder; give a file.")
        if path.stat().st_size > LIMIT:
            raise BadFile(f"{path} is larger than {LIMIT // 1_000_000} MB.")
        return path.read_bytes()
    except OSError as error:
        raise BadFile(f"{path} cannot be read: {(error.strerror or str(error)).lower()}.") from None


def _download(address: str) -> bytes:
    try:
        request = Request(address, headers={"User-Agent": "Relais"})  # noqa: S310, the scheme is checked by read_origin
        with build_opener(_WebOnly).open(request, timeout=TIMEOUT) as answer:
            data = answer.read(LIMIT + 1)
            announced = answer.headers.get("Content-Length")
    except (URLError, OSError, ValueError) as error:
        raise BadFile(f"{address} cannot be fetched: {getattr(error, 'reason', error)}.") from None
    if len(data) > LIMIT:
        raise BadFile(f"{address} is larger than {LIMIT // 1_000_000} MB.")
    if announced and announced.isdigit() and int(announced) != len(data):
        raise BadFile(f"{address} stopped after {len(data)} of {announced} bytes. Try again.")
    return data
