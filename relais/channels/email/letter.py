"""A letter as it came, read without ever failing: who wrote, what they wrote themselves, and whether a person wrote at all.

Runs in the confined process (`child`): nothing here knows Django, its settings or the database.
"""

import re
from dataclasses import asdict, dataclass, field
from hashlib import sha256

from relais.foundation.typed import clean, one_line

from . import mime, programs, reports, threads
from .content import READ, content
from .mime import Part, words
from .proof import proven
from .quoting import own_words

MARK = "X-Relais"
"""Header of every letter of ours: one that comes back to us is not answered."""
PROGRAMS = (
    *(
        ".exe",
        ".msi",
        ".com",
        ".scr",
        ".pif",
        ".bat",
        ".cmd",
        ".ps1",
        ".vbs",
        ".vbe",
        ".js",
        ".jse",
        ".wsf",
        ".hta",
        ".reg",
        ".dll",
        ".cpl",
    ),
    *(
        ".jar",
        ".apk",
        ".ipa",
        ".dmg",
        ".pkg",
        ".deb",
        ".rpm",
        ".sh",
        ".lnk",
        ".iso",
        ".img",
        ".docm",
        ".xlsm",
        ".pptm",
        ".html",
        ".htm",
        ".svg",
    ),
)
MAGIC = (b"MZ", b"\x7fELF", b"#!", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe", b"dex\n")
_NO_REPLY = re.compile(
    r"(no[-_.]?reply|do[-_.]?not[-_.]?reply|(ne[-_.]?)?pas[-_.]?repondre|noreponse|bounces?)([-_.=]?\d*|\+.*)",
    re.IGNORECASE,
)
_LABEL = r"[a-z0-9\u00a1-\uffff](?:[a-z0-9\u00a1-\uffff-]{0,61}[a-z0-9\u00a1-\uffff])?"
_ATOM = r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+"
_ADDRESS = re.compile(rf"{_ATOM}(?:\.{_ATOM})*@(?:(?:{_LABEL}\.)+{_LABEL}|localhost)", re.IGNORECASE)
_QUOTED = re.compile(r'"(?:[^"\\]|\\.){0,500}"')
_COMMENT = re.compile(r"\([^()]{0,500}\)")


@dataclass(frozen=True)
class House:
    """What a reader must know of us: the addresses that are ours (our letters leave from the first), the host that stands in our threads, and the name of
    the server whose word proves a sender ("*": any)."""

    addresses: tuple[str, ...]
    host: str
    checked_by: str

    def is_ours(self, address: str) -> bool:
        return bool(address) and address.lower() in {one.lower() for one in self.addresses}


@dataclass
class Letter:
    """What a channel needs of a letter. `reason`: a `Inbound.Reason` when nobody must answer it, else ''. `body`: the person's
    own words; `whole`: the text before anything was folded away, '' when nothing was. `proofs`: what it repeats of our letters (see
    `threads`). `elsewhere`: `sender` is whom they ask to answer, not who wrote.
    `returned`: it says that the letter named by `thread`, `proofs` and `serials` did not arrive, with the `status` of its server."""

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
    proofs: list[str] = field(default_factory=list)
    elsewhere: bool = False
    returned: bool = False
    serials: list[str] = field(default_factory=list)
    status: str = ""

    def fields(self) -> dict:
        """For `services.receive`."""
        return asdict(self)


def read_part(letter: Part, house: House, *, return_path: str | None = None) -> Letter:
    """What a channel needs of a letter taken apart; `return_path` when its provider gives it beside the headers."""
    author, answer_to = address_in(letter.first("from")), address_in(letter.first("reply-to"))
    elsewhere = answer_to and answer_to.lower() != author.lower() and not house.is_ours(answer_to)
    sender = answer_to if elsewhere else author
    found = content(letter)
    text = clean(found.text[:READ])
    body, whole = own_words(text), clean("\n\n".join([text, found.beside[:READ]]))
    verified = proven(letter.fields.get("authentication-results", []), author, house.checked_by)
    # Of two authors the server checked one, and does not say which: of one domain, both look proven.
    verified = verified if _is_only(author, letter.fields.get("from", [])) else verified and None
    # Who cannot be answered is shown to a human as they signed.
    signed = sender or one_line(words(letter.first("from")), 254)
    # Decoded, as no other program would: those written with Python's own library fold a long number into encoded words.
    back = reports.returned(letter)
    named = back.headers if back else [*letter.fields.get("in-reply-to", []), *letter.fields.get("references", [])]
    answered = [words(one) for one in named]
    identity = "|".join([letter.first("message-id") or letter.first("date"), signed, found.text])
    return Letter(
        provider_id=sha256(identity.encode("utf-8", "replace")).hexdigest(),
        sender=signed,
        subject=one_line(words(letter.first("subject")), 200),
        body=body,
        whole="" if body == whole else whole,
        thread=threads.token_in(*answered, at=house.host),
        # What was checked is who wrote, not whom they ask to answer.
        verified=None if elsewhere and verified else verified,
        reason=_reason(letter, author, sender, house, return_path),
        shortened=not letter.whole or found.cut or max(len(found.text), len(found.beside)) > READ,
        attachments=[_described(part) for part in found.files],
        proofs=threads.proofs_in(*answered, at=house.host),
        elsewhere=bool(elsewhere),
        returned=back is not None,
        serials=threads.serials_in(*answered, at=house.host) if back else [],
        status=back.status if back else "",
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


def _is_only(author: str, headers: list[str]) -> bool:
    """Whether nobody else may be meant by the From headers: one header, and no other address in it, be it in a comment or a name."""
    pieces = (one.strip(".'’") for one in re.split(r"[\s<>()\[\],;:\"]+", " ".join(headers).lower()))
    return len(headers) < 2 and {one for one in pieces if one.partition("@")[0] and "@" in one} <= {author.lower()}


def _is_address(text: str) -> bool:
    return (
        len(text) <= 254
        and len(text.partition("@")[0]) <= 64
        and bool(_ADDRESS.fullmatch(text))
        and clean(text) == text
    )


def _reason(letter: Part, author: str, sender: str, house: House, return_path: str | None) -> str:
    """Why no person waits for an answer to this letter, or ''. Two programs that answer each other never end."""
    if MARK.lower() in letter.fields or house.is_ours(author):
        return "own"
    if found := programs.reason(letter, author, words(letter.first("subject")).strip(), return_path):
        return found
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
