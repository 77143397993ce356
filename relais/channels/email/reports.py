"""Reports of mail servers (RFC 3464): that a letter of ours was not delivered, and which one.

Runs in the confined process (`child`).
"""

import re
from dataclasses import dataclass

from . import mime
from .mime import Part

_FAILED = re.compile(r"^action:[ \t]*failed\b", re.IGNORECASE | re.MULTILINE)
_STATUS = re.compile(r"^status:[ \t]*(5\.\d{1,3}\.\d{1,3})\b", re.IGNORECASE | re.MULTILINE)
_OURS = ("text/rfc822-headers", "message/rfc822", "message/rfc822-headers", "message/global", "message/global-headers")


@dataclass(frozen=True)
class Returned:
    """`headers`: what names the letter that came back (Message-ID, References). `status`: « 5.1.1 », or ''."""

    headers: list[str]
    status: str


def returned(letter: Part) -> Returned | None:
    """The letter that a server gave up on. None for a delay, a receipt, or what is no report."""
    if letter.kind != "multipart/report":
        return None
    parts = [part for part, _ in letter.leaves()]
    said = "\n".join(
        part.text() for part in parts if part.kind in ("message/delivery-status", "message/global-delivery-status")
    )
    if not _FAILED.search(said):
        return None
    status = _STATUS.search(said)
    headers = []
    for part in parts:
        if part.kind in _OURS:
            inner = mime.parse(part.bytes())
            headers += [*inner.fields.get("message-id", []), *inner.fields.get("references", [])]
    return Returned(headers, status[1] if status else "")
