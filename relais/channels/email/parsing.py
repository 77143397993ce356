"""A letter as it came, read without ever failing: who wrote, what they wrote themselves, and whether a person wrote at all."""

import logging
import re
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesHeaderParser
from email.utils import parseaddr
from hashlib import sha256

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from ..models import Inbound
from ..text import clean, decode, one_line
from . import threads
from .html import words_of
from .quoting import own_words
from .transport import MARK

log = logging.getLogger(__name__)
UNREADABLE = "[Cette lettre n’a pas pu être lue. La personne peut être recontactée à son adresse.]"
HEADER = 2_000
"""Characters of a header that are read."""
PARTS = 100
READ = 100_000
"""Characters of a letter in which the person's own words are looked for: ten times what is kept."""
PROGRAMS = (
    *(".exe", ".msi", ".com", ".scr", ".pif", ".bat", ".cmd", ".ps1", ".vbs", ".vbe", ".js", ".jse", ".wsf", ".hta", ".reg", ".dll", ".cpl"),
    *(".jar", ".apk", ".ipa", ".dmg", ".pkg", ".deb", ".rpm", ".sh", ".lnk", ".iso", ".img", ".docm", ".xlsm", ".pptm", ".html", ".htm", ".svg"),
)
MAGIC = (b"MZ", b"\x7fELF", b"#!", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe", b"dex\n")
_NO_REPLY = re.compile(
    r"^(no[-_.]?reply|do[-_.]?not[-_.]?reply|(ne[-_.]?)?pas[-_.]?repondre|ne[-_.]?pas[-_.]?repondre|noreponse|bounces?)\b", re.IGNORECASE
)
_ROBOT = re.compile(r"^(mailer-daemon|postmaster)$", re.IGNORECASE)


@dataclass
class Letter:
    """What a door needs of a letter. `reason`: a `Inbound.Reason` when nobody must answer it, else ''."""

    provider_id: str
    sender: str
    subject: str
    body: str
    thread: str
    verified: bool | None
    reason: str
    attachments: list[dict] = field(default_factory=list)

    def fields(self) -> dict:
        """For `services.receive`."""
        return dict(vars(self))


def read(raw: bytes) -> Letter:
    """The letter in these bytes, whole or cut anywhere."""
    try:
        return read_message(message_from_bytes(raw, policy=policy.default))
    except Exception:
        # Parts nested by the thousand, or a fault of the parser: the headers still say who wrote.
        log.exception("A letter of %d bytes could not be parsed", len(raw))
        letter = read_message(BytesHeaderParser(policy=policy.compat32).parsebytes(raw[: HEADER * 20]))
        letter.body = UNREADABLE
        letter.provider_id = sha256(raw).hexdigest()
        return letter


def read_message(message: Message, *, return_path: str | None = None) -> Letter:
    """The same, of a message already parsed (by a provider's webhook); `return_path` when it comes beside the headers."""
    headers = _headers(message)
    sender = _address(headers.get("from", [""])[0])
    body, attachments = _content(message)
    identity = "|".join([headers.get("message-id", headers.get("date", [""]))[0], sender, body])
    return Letter(
        provider_id=sha256(identity.encode("utf-8", "replace")).hexdigest(),
        sender=sender,
        subject=one_line(headers.get("subject", [""])[0], 200),
        body=own_words(clean(body[:READ])),
        thread=threads.token_in(*headers.get("in-reply-to", []), *headers.get("references", [])),
        verified=_verified(headers.get("authentication-results", []), sender),
        reason=_reason(message, headers, sender, return_path),
        attachments=attachments,
    )


def _headers(message: Message) -> dict[str, list[str]]:
    """Headers by lower-case name, in their order, decoded.

    Not read through the policy: its header parser raises on some malformed headers, and is slow on long ones.
    """
    found: dict[str, list[str]] = {}
    for name, value in message.raw_items():
        found.setdefault(name.lower(), []).append(_decoded(str(value)[:HEADER]) if name.lower() == "subject" else str(value)[:HEADER])
    return found


def _decoded(value: str) -> str:
    try:
        value = decode(value.encode("utf-8", "surrogateescape"), "utf-8")
        return str(make_header(decode_header(value)))
    except (LookupError, ValueError):
        return value


def _address(value: str) -> str:
    """The address in a From header, or '' when none can be written to."""
    try:
        address = parseaddr(" ".join(value.split()))[1].strip()
        validate_email(address)
    except (ValidationError, RecursionError):
        return ""
    return address if len(address) <= 254 and clean(address) == address else ""


def _verified(said: list[str], sender: str) -> bool | None:
    """Whether the receiving server proves `sender` (RFC 8601, read 2026-11-29): True when DMARC passed, or DKIM or SPF for that
    very domain; False when it says that they failed; None when it says neither.

    Only the header that our own server wrote counts, EMAIL_CHECKED_BY: whoever sends a letter may write one too.
    """
    results = _results(next((one for one in said if settings.EMAIL_CHECKED_BY in ("*", _server(one))), ""))
    domain = sender.rpartition("@")[2].lower()
    if any(method == "dmarc" and result == "fail" for method, result, _ in results):
        return False
    if any(result == "pass" and _covers(domain, about, method) for method, result, about in results):
        return True
    return False if any(result == "fail" for _, result, _ in results) else None


def _server(said: str) -> str:
    return next(iter(said.partition(";")[0].lower().split()), "")


def _results(said: str) -> list[tuple[str, str, str]]:
    """[(method, result, domain that it is about)] of an Authentication-Results header; nothing of one that is not well formed.

    Comments and quoted words repeat what the sender chose: they go first.
    """
    plain = re.sub(r'"(?:[^"\\]|\\.)*"', "_", said.lower())
    while plain != (plain := re.sub(r"\([^()]*\)", " ", plain)):
        pass
    if re.search(r'["()\\]', plain):
        return []
    found = (re.match(r"\s*(dmarc|dkim|spf)\s*=\s*([a-z]+)(?:\s|$)(.*)", one, re.DOTALL) for one in plain.split(";")[1:])
    return [(one[1], one[2], _about(one[1], one[3])) for one in found if one]


_ABOUT = {"dkim": ("header.d", "header.i"), "spf": ("smtp.mailfrom",), "dmarc": ("header.from",)}


def _about(method: str, properties: str) -> str:
    given = dict(one.partition("=")[::2] for one in reversed(properties.split()))
    return next((given[name].rpartition("@")[2] for name in _ABOUT[method] if given.get(name)), "")


def _covers(domain: str, about: str, method: str) -> bool:
    """DMARC speaks of the sender by itself; the others of whoever signed or sent, which must be the sender's domain or above it."""
    if method == "dmarc":
        return about in ("", domain)
    return bool(about) and (domain == about or domain.endswith(f".{about}"))


def _reason(message: Message, headers: dict, sender: str, return_path: str | None) -> str:
    """Why no person waits for an answer to this letter, or ''. Two programs that answer each other never end."""
    first = {name: values[0].strip().lower() for name, values in headers.items()}
    local = sender.rpartition("@")[0]
    path = first.get("return-path", "x") if return_path is None else return_path.strip()
    ours = {parseaddr(settings.DEFAULT_FROM_EMAIL)[1].lower()}
    if MARK.lower() in headers or (sender and sender.lower() in ours):
        return Inbound.Reason.OWN
    if message.get_content_type() == "multipart/report" or path in ("", "<>") or _ROBOT.match(local):
        return Inbound.Reason.BOUNCE
    if first.get("auto-submitted", "no") != "no" or first.get("precedence") == "auto_reply":
        return Inbound.Reason.AUTOMATIC
    if {"x-autoreply", "x-autorespond", "x-autoresponder", "x-auto-reply"} & headers.keys():
        return Inbound.Reason.AUTOMATIC
    if {"list-id", "list-unsubscribe"} & headers.keys() or first.get("precedence") in ("bulk", "junk", "list"):
        return Inbound.Reason.LIST
    if not sender:
        return Inbound.Reason.NO_SENDER
    return Inbound.Reason.NO_REPLY if _NO_REPLY.match(local) else ""


def _content(message: Message) -> tuple[str, list[dict]]:
    """The text of a letter (plain if there is any, else the words of its HTML) and what was attached."""
    plain, html, attached = [], [], []
    for number, part in enumerate(_leaves(message)):
        if number == PARTS:
            break
        kind = part.get_content_type()
        name = _file_name(part)
        if kind in ("text/plain", "text/html") and not name and part.get_content_disposition() != "attachment":
            (plain if kind == "text/plain" else html).append(decode(_bytes(part), part.get_content_charset()))
        elif kind != "message/rfc822" or name:
            attached.append(_described(part, name, kind))
    text = "\n\n".join(plain)
    return text if text.strip() else "\n\n".join(words_of(one) for one in html), attached


def _leaves(message: Message):
    """The parts that hold something, without entering a letter that is itself attached."""
    waiting = [message]
    while waiting:
        part = waiting.pop(0)
        if part.get_content_maintype() == "multipart" and part.is_multipart():
            waiting[:0] = part.get_payload()
        else:
            yield part


def _bytes(part: Message) -> bytes:
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""


def _file_name(part: Message) -> str:
    try:
        return one_line(part.get_filename() or "", 100)
    except Exception:
        # A name that the standard library cannot decode: the file is refused all the same.
        return "?"


def _described(part: Message, name: str, kind: str) -> dict:
    """What is kept of a file: its name, its type, its size in bytes, and whether it is a program. Never its content."""
    content = _bytes(part)
    program = name.lower().rstrip(". ").endswith(PROGRAMS) or content.startswith(MAGIC)
    return {"name": name, "type": kind[:80], "size": len(content), "program": program}
