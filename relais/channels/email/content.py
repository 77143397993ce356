"""What a letter says, and what is attached to it: every word that its parts hold, whatever program put them together.

Runs in the confined process (`child`).
"""

import re
from dataclasses import dataclass, field

from ..text import decode
from .html import LONGEST, without_data, words_of
from .mime import ENCODED, Part
from .quoting import own_words

READ = 100_000
"""Characters of a letter in which the person's own words are looked for: ten times what is kept."""
SILENT = {
    "application/pkcs7-signature",
    "application/x-pkcs7-signature",
    "application/pgp-signature",
    "application/pgp-keys",
    "text/calendar",
    "application/ics",
    "text/vnd.google.email-reaction+json",
    "text/x-amp-html",
    "message/delivery-status",
    "text/rfc822-headers",
}
"""What mail programs add by themselves: nothing that the person sent, and nothing to tell them about."""
LOGO = 50_000
"""Bytes below which a picture that the letter itself shows is a signature's; above, a photograph that somebody put there."""
_MIME_LINE = re.compile(
    r"^(--\S.*|content-[a-z-]+:.*|mime-version:.*|\s+(?:boundary|charset|name|format)=.*)$", re.IGNORECASE
)
_MARKED_UP = ("text/html", "text/enriched", "text/watch-html")
_UNSEEN = re.compile(r"[\s\u00ad\u200b-\u200d\u2060\ufeff]+")
_WORD = re.compile(r"\w+")
_BOILERPLATE = re.compile(r"\b(?:multi-?part|mime)\b", re.IGNORECASE)


@dataclass
class Content:
    """`text`: where the person's own words are looked for. `beside`: words that it does not hold, to be kept and listened to.
    `cut`: whether some were not read."""

    text: str = ""
    beside: str = ""
    files: list[Part] = field(default_factory=list)
    cut: bool = False
    left: dict[bool, int] = field(default_factory=lambda: {True: LONGEST, False: READ})
    """Characters that may still be read, marked up or not."""


def content(letter: Part) -> Content:
    """The words of a letter: one text for each place where one stands, of several versions of the same the plainest."""
    found = Content()
    named = _named_texts(letter)
    found.text = _words(letter, None, found, named)
    preamble = _preamble(letter)
    if not _is_blank(found.text):
        found.beside = "\n\n".join(one for one in (found.beside, preamble) if one)
    elif not _is_blank(preamble):
        found.text = preamble
    elif not letter.whole:
        found.text = _scraped(letter)
    return found


def _words(part: Part, holder: Part | None, found: Content, named: list[Part]) -> str:
    """The words of a part; its files, and what its text does not hold, are put into `found`."""
    if part.parts is None:
        if _is_text(part) or any(one is part for one in named):
            return _read(part, found)
        if not _is_silent(part, holder):
            found.files.append(part)
        return ""
    texts = [one for child in part.parts if not _is_blank(one := _words(child, part, found, named))]
    if part.kind != "multipart/alternative" or not texts:
        return "\n\n".join(texts)
    text = texts[0]
    for other in texts[1:]:
        text = _with(text, other, found)
    return text


def _with(text: str, other: str, found: Content) -> str:
    """`text` once another version of it was looked at. Mail programs put « your program shows no HTML » where the words should be, and
    others add to one version only: what is missing is kept beside, and shown too where most of it is missing."""
    there, own = _set(text), _set(own_words(other[:READ]))
    missing = own - there
    if len(missing) * 2 > len(own):
        return f"{text}\n\n{other}"
    if missing:
        found.beside = f"{found.beside}\n\n{other}".strip()
    return text


def _set(text: str) -> set[str]:
    return set(_WORD.findall(text[:READ].lower()))


def _is_text(part: Part) -> bool:
    return part.kind.startswith("text/") and part.kind not in SILENT and not part.file_name


def _named_texts(letter: Part) -> list[Part]:
    """The parts with a name that are words all the same: some programs give one to the letter itself."""
    leaves = [part for part, _ in letter.leaves()]
    shown = [part for part in leaves if part.file_name and part.disposition != "attachment"]
    if any(part.kind not in _MARKED_UP for part in leaves if _is_text(part)):
        return []
    plain = [part for part in shown if part.kind == "text/plain"]
    return plain or (
        [] if any(_is_text(part) for part in leaves) else [part for part in shown if part.kind == "text/html"]
    )


def _read(part: Part, found: Content) -> str:
    """The text of one part, as far as there is room for it."""
    marked_up = part.kind in _MARKED_UP
    left = found.left[marked_up]
    if left <= 0:
        found.cut = True
        return ""
    text = without_data(part.text()) if marked_up else part.text()
    found.cut = found.cut or len(text) > left or len(part.content) > ENCODED
    found.left[marked_up] = left - len(text)
    return words_of(text[:left]) if marked_up else text[: left + 1]


def _is_blank(text: str) -> bool:
    return not _UNSEEN.sub("", text)


def _preamble(letter: Part) -> str:
    """What was written before the first part, where programs of before MIME show it; not what a program writes there for them."""
    text = decode(letter.preamble, "utf-8").strip()
    return "" if _is_blank(text) or (len(text) < 300 and _BOILERPLATE.search(text)) else text


def _scraped(letter: Part) -> str:
    """What looks like text in a letter whose parts are too many, or too deep, to be taken apart."""
    lines = letter.bytes().decode("utf-8", "replace").split("\n")
    return "\n".join(line for line in lines if not _MIME_LINE.match(line[:200]))


def _is_silent(part: Part, holder: Part | None) -> bool:
    """Whether a part is none that the person sent: a signature, an answer of their calendar, the logo under their name."""
    reports = holder is not None and holder.kind == "multipart/report"
    if part.kind in SILENT or (part.kind == "message/rfc822" and not part.file_name and reports):
        return True
    shown = (
        holder is not None
        and holder.kind == "multipart/related"
        and part.first("content-id")
        and part.disposition != "attachment"
    )
    return bool(shown) and part.kind.startswith("image/") and part.size < LOGO
