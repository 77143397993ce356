"""What is no text: NUL, half a character, bytes that are no UTF-8. One look at a request, for the native side (config/asgi.py) and for
Django (middleware.PlainErrors), which answers it in words.

A sender who writes the sign « � » wrote a sign: only bytes are looked at, never what a server puts for those it could not read. What a file
holds is not looked at.
"""

import json
import re
from base64 import b64decode
from collections.abc import Iterable
from contextlib import suppress
from urllib.parse import unquote_to_bytes

from django.utils.http import parse_header_parameters

ODD = "relais.odd"
"""Written on the scope of a request by the native side, which may hand it on without what was odd."""
_HALF = re.compile("[\0\ud800-\udfff]")
_NO_PATH = re.compile("[\0\ufffd\ud800-\udfff]")
_OTHERS = re.compile(rb"(?:x-forwarded-[a-z-]+|x-real-ip|forwarded|via)\Z")
"""Headers that proxies write on the way: whoever asks is not answerable for them."""
_PLAIN = re.compile(r"utf-?8|(?:us-)?ascii|latin-?1|iso-8859-\d{1,2}|(?:windows|cp)-?125\d", re.IGNORECASE)
"""Sets of signs in which an ASCII letter is itself. By any other, Django would read NUL out of a query that holds none."""


def in_text(text: str) -> bool:
    return bool(_HALF.search(text))


def in_bytes(raw: bytes) -> bool:
    if b"\0" in raw:
        return True
    try:
        raw.decode()
    except UnicodeDecodeError:
        return True
    return False


def in_quoted(raw: bytes) -> bool:
    """Of what is written with %: a query, a form."""
    return in_bytes(unquote_to_bytes(raw) if b"%" in raw else raw)


def in_path(path: str) -> bool:
    """Of an address once read: no address that somebody was given holds what stands for bytes that are no letter."""
    return bool(_NO_PATH.search(path))


def in_head(path: str, query: bytes, headers: Iterable[tuple[bytes, bytes]]) -> bool:
    return in_path(path) or in_quoted(query) or any(_in_header(name.lower(), value) for name, value in headers)


def _in_header(name: bytes, value: bytes) -> bool:
    if _OTHERS.match(name):
        return False
    if name == b"content-type" and not _is_plain(value.decode("latin-1")):
        return True
    # A cookie between quotes may hold signs by their number.
    return in_bytes(value) or (name == b"cookie" and b"\\000" in value)


def _read(header: str) -> tuple[str, dict[str, str]]:
    """A header as Django reads it, or nothing where it would not: read another way, what is odd passes between the two."""
    try:
        return parse_header_parameters(header)
    except ValueError:
        return "", {}


def _is_plain(kind: str) -> bool:
    try:
        _, said = parse_header_parameters(kind)
    except ValueError:
        return False
    return not said.get("charset") or bool(_PLAIN.fullmatch(said["charset"].strip()))


def in_body(kind: str, body: bytes) -> bool:
    """Of the body of a request of this Content-Type: a form of either kind, or JSON. Of any other nothing is said."""
    name, said = _read(kind)
    if name == "application/x-www-form-urlencoded":
        return in_quoted(body)
    if name == "multipart/form-data":
        border = said.get("boundary", "").encode("utf-8", "replace")
        # Without a border Django reads nothing.
        return bool(border) and any(_in_part(part) for part in body.split(b"--" + border)[1:])
    return name == "application/json" and _in_json(body)


def _in_part(part: bytes) -> bool:
    head, _, content = part.partition(b"\r\n\r\n")
    if in_bytes(head) or (b"*" in head and in_quoted(head)):
        return True
    is_file = is_coded = False
    for line in head.decode().split("\r\n"):
        said, more = _read(line)
        if any(in_text(value) for value in more.values()):
            return True
        name, _, value = said.partition(":")
        if name == "content-disposition":
            is_file = bool(more.get("filename"))
        elif name == "content-transfer-encoding":
            is_coded = value.strip() == "base64"
    if is_file:
        return False
    if is_coded:
        # What is no base64 Django takes as it stands.
        with suppress(ValueError):
            content = b64decode(content)
    return in_bytes(content)


def _in_json(body: bytes) -> bool:
    if in_bytes(body):
        return True
    if b"\\u" not in body:
        return False
    try:
        left = [json.loads(body)]
    except (ValueError, RecursionError):
        # Whoever reads it says so.
        return False
    while left:
        one = left.pop()
        if isinstance(one, str):
            if in_text(one):
                return True
        elif isinstance(one, dict):
            left += [*one, *one.values()]
        elif isinstance(one, list):
            left += one
    return False
