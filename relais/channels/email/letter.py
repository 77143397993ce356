"""A letter as it came, read without ever failing: who wrote, what they wrote themselves, and whether a person wrote at all.

Runs in the confined process (`child`): nothing here knows Django, its settings or the database.
"""

import re
from dataclasses import asdict, dataclass, field
from hashlib import sha256

from ..text import clean, one_line
from . import mime, threads
from .content import READ, content
from .mime import Part, words
from .proof import proven
from .quoting import own_words

MARK = "X-Relais"
"""Header of every letter of ours: one that comes back to us is not answered."""
PROGRAMS = (
    *(".exe", ".msi", ".com", ".scr", ".pif", ".bat", ".cmd", ".ps1", ".vbs", ".vbe", ".js", ".jse", ".wsf", ".hta", ".reg", ".dll", ".cpl"),
    *(".jar", ".apk", ".ipa", ".dmg", ".pkg", ".deb", ".rpm", ".sh", ".lnk", ".iso", ".img", ".docm", ".xlsm", ".pptm", ".html", ".htm", ".svg"),
)
MAGIC = (b"MZ", b"\x7fELF", b"#!", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe", b"dex\n")
_NO_REPLY = re.compile(
    r"(no[-_.]?reply|do[-_.]?not[-_.]?reply|(ne[-_.]?)?pas[-_.]?repondre|noreponse|bounces?)([-_.=]?\d*|\+.*)", re.IGNORECASE
)
_ROBOT = re.compile(r"^(mailer-daemon|postmaster)$", re.IGNORECASE)
_LABEL = r"[a-z0-9\u00a1-\uffff](?:[a-z0-9\u00a1-\uffff-]{0,61}[a-z0-9\u00a1-\uffff])?"
_ATOM = r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+"
_ADDRESS = re.compile(rf"{_ATOM}(?:\.{_ATOM})*@(?:(?:{_LABEL}\.)+{_LABEL}|localhost)", re.IGNORECASE)
_QUOTED = re.compile(r'"(?:[^"\\]|\\.){0,500}"')
_COMMENT = re.compile(r"\([^()]{0,500}\)")


@dataclass(frozen=True)
class House:
    """What a reader must know of us: the address our letters leave from, the host that stands in our threads, and the name of
    the server whose word proves a sender ("*": any)."""

    address: str
    host: str
    checked_by: str


@dataclass
class Letter:
    """What a door needs of a letter. `reason`: a `Inbound.Reason` when nobody must answer it, else ''. `body`: the person's
    own words; `whole`: the text before anything was folded away, '' when nothing was."""

    provider_id: str
    sender: str
    subject: str
    body: str
    whole: str
    thread: str
    verified: bool | None
    reason: str
    shortened: bool = False
    attachments: list[dict] = field(default_factory=list)

    def fields(self) -> dict:
        """For `services.receive`."""
        return asdict(self)


def read_part(letter: Part, house: House, *, return_path: str | None = None) -> Letter:
    """What a door needs of a letter taken apart; `return_path` when its provider gives it beside the headers."""
    author, answer_to = address_in(letter.first("from")), address_in(letter.first("reply-to"))
    elsewhere = answer_to and answer_to.lower() not in (author.lower(), house.address.lower())
    sender = answer_to if elsewhere else author
    found = content(letter)
    text = clean(found.text[:READ])
    body, whole = own_words(text), clean("\n\n".join([text, found.beside[:READ]]))
    verified = proven(letter.fields.get("authentication-results", []), author, house.checked_by)
    # Who cannot be answered is shown to a human as they signed.
    signed = sender or one_line(words(letter.first("from")), 254)
    identity = "|".join([letter.first("message-id") or letter.first("date"), signed, found.text])
    return Letter(
        provider_id=sha256(identity.encode("utf-8", "replace")).hexdigest(),
        sender=signed,
        subject=one_line(words(letter.first("subject")), 200),
        body=body,
        whole="" if body == whole else whole,
        thread=threads.token_in(*letter.fields.get("in-reply-to", []), *letter.fields.get("references", []), at=house.host),
        # What was checked is who wrote, not whom they ask to answer.
        verified=None if elsewhere and verified else verified,
        reason=_reason(letter, author, sender, house, return_path),
        shortened=not letter.whole or found.cut or max(len(found.text), len(found.beside)) > READ,
        attachments=[_described(part) for part in found.files],
    )


def address_in(header: str) -> str:
    """The address in a From header, however its name was typed, or '' when none can be written to."""
    header = " ".join(header.split())
    unquoted = _QUOTED.sub(" ", header) if header.count('"') % 2 == 0 else header
    # Of several people, the first.
    first = re.split(r"(?<=>)\s*[,;]", unquoted)[0]
    inside = [one for one in re.findall(r"<\s*([^<>\s]{3,254})\s*>", first) if _is_address(one)]
    if inside:
        return inside[-1]
    if "<" in unquoted:
        return ""
    bare = [one for one in re.split(r"[\s,;]+", _COMMENT.sub(" ", unquoted)) if "@" in one]
    return bare[0] if bare and _is_address(bare[0]) else ""


def _is_address(text: str) -> bool:
    return len(text) <= 254 and len(text.partition("@")[0]) <= 64 and bool(_ADDRESS.fullmatch(text)) and clean(text) == text


def _reason(letter: Part, author: str, sender: str, house: House, return_path: str | None) -> str:
    """Why no person waits for an answer to this letter, or ''. Two programs that answer each other never end."""
    first = {name: values[0].strip().lower() for name, values in letter.fields.items()}
    path = first.get("return-path", "x") if return_path is None else return_path.strip()
    if MARK.lower() in first or (author and author.lower() == house.address.lower()):
        return "own"
    if letter.kind == "multipart/report" or path in ("", "<>") or _ROBOT.match(author.rpartition("@")[0]):
        return "bounce"
    if re.split(r"[\s;(]", first.get("auto-submitted", ""))[0] not in ("", "no") or first.get("precedence") == "auto_reply":
        return "automatic"
    if {"x-autoreply", "x-autorespond", "x-autoresponder", "x-auto-reply"} & first.keys():
        return "automatic"
    if {"list-id", "list-unsubscribe"} & first.keys() or first.get("precedence") in ("bulk", "junk", "list"):
        return "list"
    if not sender:
        return "no-sender"
    return "no-reply" if _NO_REPLY.fullmatch(sender.rpartition("@")[0]) else ""


def _described(part: Part) -> dict:
    """What is kept of a file: its name, its type, its size in bytes, and whether it is a program. Never its content."""
    name = part.file_name
    program = name.lower().rstrip(". ").endswith(PROGRAMS) or part.bytes(400).startswith(MAGIC)
    return {"name": name, "type": part.kind, "size": part.size, "program": program}


def read_mime(raw: bytes, house: House) -> Letter:
    """The letter in these bytes, whole or cut anywhere."""
    return read_part(mime.parse(raw), house)
