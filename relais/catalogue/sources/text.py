"""Text as administrations and employers send it, made readable."""

import html
import re

_TAG = re.compile(r"</?(?:p|br|li|ul|ol|div|span|strong|b|em|i|u|a|h[1-6]|table|t[rdh]|tbody|font|hr)\b[^>]*>", re.I)
_BREAK = re.compile(r"</?(?:p|br|li|div|tr|h[1-6])\b[^>]*>", re.I)
_ADDRESS = re.compile(r"https?://[^\s<>\"/?#\\]+\.?[^\s<>\"\\]*\Z", re.I)
_BLANKS = re.compile(r"\n{3,}")


def plain(text: str | None) -> str:
    """No HTML, no CRLF, at most one empty line in a row. A « < » of plain text stays."""
    if not text:
        return ""
    if "<" in text or "&" in text:
        text = html.unescape(_TAG.sub("", _BREAK.sub("\n", html.unescape(text))))
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "\n\n\n" in text:
        text = _BLANKS.sub("\n\n", text)
    return text.replace("\x00", "").strip()


def short(text, limit: int) -> str:
    """On one line, at most `limit` characters, cut at a word with « … »."""
    if not isinstance(text, str):
        return ""
    if not (text.isprintable() and "  " not in text and "<" not in text and "&" not in text):
        text = " ".join(plain(text).split())
    text = text.strip()
    if len(text) <= limit:
        return text
    return text[: limit - 1].rsplit(" ", 1)[0].rstrip(" ,;:") + "…"


def address(text, limit: int = 600) -> str:
    """An http(s) address, or ''. Anything else could be a script."""
    text = text.strip() if isinstance(text, str) else ""
    if text.startswith("www."):
        text = f"https://{text}"
    return text if len(text) <= limit and _ADDRESS.match(text) else ""
