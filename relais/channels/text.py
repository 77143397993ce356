"""Bytes of strangers as text, whatever character set they are in: no broken letter."""

import codecs
import re

_STATEFUL = ("utf-16", "utf-32", "utf-7", "iso2022", "hz")
# Sets that people write in; not what Python calls by the same word (punycode is slow, unicode_escape is a program's).
_WRITTEN = re.compile(
    r"(iso8859|iso2022|cp\d|utf|koi8|mac|gb|big5|euc|shift_jis|hz|tis-620|johab|ptcp|kz1048|hp-roman8)"
)


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
