"""Text of strangers, made safe to keep and to show: one form of line ends, nothing invisible that deceives, no broken letter."""

import codecs
import re
import unicodedata

# Control characters (PostgreSQL refuses NUL) and the marks that turn the reading direction, used to disguise names.
_UNSEEN = dict.fromkeys([*range(9), 11, 12, *range(14, 32), *range(127, 160), 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A), 0xFEFF])
_STATEFUL = ("utf-16", "utf-32", "utf-7", "iso2022", "hz")
# Sets that people write in; not what Python calls by the same word (punycode is slow, unicode_escape is a program's).
_WRITTEN = re.compile(r"(iso8859|iso2022|cp\d|utf|koi8|mac|gb|big5|euc|shift_jis|hz|tis-620|johab|ptcp|kz1048|hp-roman8)")


def clean(text: str) -> str:
    """`text` without what cannot be seen, with at most one empty line in a row."""
    whole = text.encode("utf-8", "replace").decode().replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n")
    whole = unicodedata.normalize("NFC", whole.translate(_UNSEEN))
    lines = (line.rstrip() for line in whole.split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def one_line(text: str, length: int) -> str:
    """`text` on one line, of at most `length` characters."""
    return " ".join(clean(text).split())[:length].strip()


def decode(content: bytes, declared: str | None) -> str:
    """`content` as text, whatever character set its sender declared: for bodies, headers and captions alike.

    Senders declare the wrong one often. What is valid UTF-8 is UTF-8 (accented Latin-1 almost never is), unless a set that
    shifts was declared; then the declared one; then Windows-1252, where every French letter has its place.
    """
    declared = _charset(declared or "")
    for charset in [declared, "utf-8"] if declared.startswith(_STATEFUL) else ["utf-8", declared]:
        if charset:
            try:
                return content.decode(charset)
            except (UnicodeError, LookupError, ValueError):
                continue
    return _mostly_utf8(content) or content.decode("windows-1252", "replace")


def _mostly_utf8(content: bytes) -> str:
    """UTF-8 that was cut or bruised in a few places; '' where it is none."""
    text = content.decode("utf-8", "replace")
    bad = text.count("\ufffd")
    # In another set hardly two letters in a row look like one of UTF-8.
    return text if sum(one > "\x7f" for one in text) >= 3 * bad else ""


def _charset(declared: str) -> str:
    """The exact name of a character set, or '' for one that does not exist or decodes to anything but what was written."""
    try:
        name = codecs.lookup(declared.strip()[:40]).name
    except (LookupError, ValueError):
        return ""
    if not _WRITTEN.match(name):
        return ""
    # Latin-1 turns the quotes of Windows into invisible characters: Windows-1252 reads both.
    return "windows-1252" if name == "iso8859-1" else name
