"""A letter as it came, read without ever failing: who wrote, what they wrote themselves, and whether a person wrote at all.

Runs in the confined process (`child`): nothing here knows Django, its settings or the database.
"""

import re
from dataclasses import asdict, dataclass, field
from hashlib import sha256

from ..text import clean, one_line
from . import mime, threads
from .html import LONGEST, words_of
from .mime import Part, words
from .proof import proven
from .quoting import own_words

MARK = "X-Relais"
"""Header of every letter of ours: one that comes back to us is not answered."""
READ = 100_000
"""Characters of a letter in which the person's own words are looked for: ten times what is kept."""
PROGRAMS = (
    *(".exe", ".msi", ".com", ".scr", ".pif", ".bat", ".cmd", ".ps1", ".vbs", ".vbe", ".js", ".jse", ".wsf", ".hta", ".reg", ".dll", ".cpl"),
    *(".jar", ".apk", ".ipa", ".dmg", ".pkg", ".deb", ".rpm", ".sh", ".lnk", ".iso", ".img", ".docm", ".xlsm", ".pptm", ".html", ".htm", ".svg"),
)
MAGIC = (b"MZ", b"\x7fELF", b"#!", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe", b"dex\n")
SILENT = {
    "application/pkcs7-signature", "application/x-pkcs7-signature", "application/pgp-signature", "application/pgp-keys", "text/calendar",
    "application/ics", "text/vnd.google.email-reaction+json", "text/x-amp-html", "message/delivery-status", "text/rfc822-headers",
}  # fmt: skip
"""What mail programs add by themselves: nothing that the person sent, and nothing to tell them about."""
LOGO = 50_000
"""Bytes below which a picture that the letter itself shows is a signature's; above, a photograph that somebody put there."""
_NO_REPLY = re.compile(
    r"^(no[-_.]?reply|do[-_.]?not[-_.]?reply|(ne[-_.]?)?pas[-_.]?repondre|ne[-_.]?pas[-_.]?repondre|noreponse|bounces?)\b", re.IGNORECASE
)
_ROBOT = re.compile(r"^(mailer-daemon|postmaster)$", re.IGNORECASE)
_LABEL = r"[a-z0-9\u00a1-\uffff](?:[a-z0-9\u00a1-\uffff-]{0,61}[a-z0-9\u00a1-\uffff])?"
_ATOM = r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+"
_ADDRESS = re.compile(rf"{_ATOM}(?:\.{_ATOM})*@(?:(?:{_LABEL}\.)+{_LABEL}|localhost)", re.IGNORECASE)
_QUOTED = re.compile(r'"(?:[^"\\]|\\.){0,500}"')
_COMMENT = re.compile(r"\([^()]{0,500}\)")
_MIME_LINE = re.compile(r"^(--\S.*|content-[a-z-]+:.*|mime-version:.*|\s+(?:boundary|charset|name|format)=.*)$", re.IGNORECASE)


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
    text, attachments = _content(letter)
    whole = clean(text[:READ])
    body = own_words(whole)
    verified = proven(letter.fields.get("authentication-results", []), author, house.checked_by)
    # Who cannot be answered is shown to a human as they signed.
    signed = sender or one_line(words(letter.first("from")), 254)
    identity = "|".join([letter.first("message-id") or letter.first("date"), signed, text])
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
        shortened=not letter.whole or len(text) > READ,
        attachments=attachments,
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
    if first.get("auto-submitted", "no") != "no" or first.get("precedence") == "auto_reply":
        return "automatic"
    if {"x-autoreply", "x-autorespond", "x-autoresponder", "x-auto-reply"} & first.keys():
        return "automatic"
    if {"list-id", "list-unsubscribe"} & first.keys() or first.get("precedence") in ("bulk", "junk", "list"):
        return "list"
    if not sender:
        return "no-sender"
    return "no-reply" if _NO_REPLY.match(sender.rpartition("@")[0]) else ""


def _content(letter: Part) -> tuple[str, list[dict]]:
    """The text of a letter (plain if there is any, else the words of its HTML) and what was attached."""
    texts: dict[str, list[Part]] = {"text/plain": [], "text/html": []}
    files: list[Part] = []
    for part, holder in letter.leaves():
        if part.kind in texts and part.disposition != "attachment" and not part.file_name:
            texts[part.kind].append(part)
        elif not _is_silent(part, holder):
            files.append(part)
    if not any(texts.values()):
        # Some programs give a name to the letter itself.
        named = [part for part in files if part.kind in texts and part.disposition != "attachment"]
        files = [part for part in files if not (part.kind in texts and part.disposition != "attachment")]
        for part in named:
            texts[part.kind].append(part)
    text = "\n\n".join(_some(part.text() for part in texts["text/plain"]))
    if not text.strip():
        text = words_of("\n<hr>\n".join(_some((part.text() for part in texts["text/html"]), LONGEST)))
    if not text.strip() and not letter.whole:
        text = _scraped(letter)
    return text, [_described(part) for part in files]


def _some(texts, length: int = READ):
    """The first of these, until they are `length` characters together."""
    for text in texts:
        if length < 0:
            return
        yield text[: length + 1]
        length -= len(text)


def _scraped(letter: Part) -> str:
    """What looks like text in a letter whose parts are too many, or too deep, to be taken apart."""
    lines = letter.bytes().decode("utf-8", "replace").split("\n")
    return "\n".join(line for line in lines if not _MIME_LINE.match(line[:200]))


def _is_silent(part: Part, holder: Part | None) -> bool:
    """Whether a part is none that the person sent: a signature, an answer of their calendar, the logo under their name."""
    if part.kind in SILENT or (part.kind == "message/rfc822" and not part.file_name):
        return True
    shown = holder is not None and holder.kind == "multipart/related" and part.first("content-id") and part.disposition != "attachment"
    return bool(shown) and part.kind.startswith("image/") and part.size < LOGO


def _described(part: Part) -> dict:
    """What is kept of a file: its name, its type, its size in bytes, and whether it is a program. Never its content."""
    name = part.file_name
    program = name.lower().rstrip(". ").endswith(PROGRAMS) or part.bytes(400).startswith(MAGIC)
    return {"name": name, "type": part.kind, "size": part.size, "program": program}


def read_mime(raw: bytes, house: House) -> Letter:
    """The letter in these bytes, whole or cut anywhere."""
    return read_part(mime.parse(raw), house)
