"""The words of an HTML letter, and nothing else of it: no script, no image, no address is ever followed or rendered.

Read by hand in one pass: the parser of the standard library takes 36 s over 300 kB of `<!--`.
"""

import re
from html import unescape

LONGEST = 300_000
"""Characters of HTML that are read: the words of a letter are in its beginning."""
_BLOCKS = frozenset(
    [
        "p",
        "div",
        "br",
        "tr",
        "li",
        "ul",
        "ol",
        "table",
        "hr",
        "section",
        "article",
        "header",
        "footer",
        "pre",
        "blockquote",
    ]
)
_CELLS = frozenset(["td", "th"])
_HEADING = re.compile(r"h[1-6]")
# Their content is not text, whatever it looks like: it runs to their closing tag, if there is one.
_RAW = frozenset(["script", "style", "title", "template", "svg", "math", "iframe", "object", "select", "button"])
_NAME = re.compile(r"/?([A-Za-z][A-Za-z0-9]*)")
# How Gmail, Yahoo, Outlook and Thunderbird wrap the letter being answered.
_QUOTES = ("gmail_quote", "yahoo_quoted", "moz-cite-prefix", "OutlookMessageHeader", "divRplyFwdMsg", "appendonsend")
_MARK = "\x00"
_DATA = re.compile(r"([\"'=(]\s{0,3})data:[^\"'\s>)]*(?:\s+[A-Za-z0-9+/=]{40,})*", re.IGNORECASE)


def without_data(html: str) -> str:
    """The HTML without the pictures that are written out in it: they are longer than all that is read of a letter."""
    return _DATA.sub(r"\1", html)


def words_of(html: str) -> str:
    """The text of an HTML letter; the letter it answers has « > » at the start of its lines."""
    lines = "".join(_pieces(html[:LONGEST].replace(_MARK, ""))).split("\n")
    return "\n".join(("> " if _MARK in line else "") + " ".join(line.replace(_MARK, "").split()) for line in lines)


def _pieces(html: str):
    """Text and line ends in order; text that is quoted carries a mark."""
    place, quoted, unclosed = 0, [], set()
    last_comment = html.rfind("-->")
    while (start := html.find("<", place)) != -1:
        yield _text(html[place:start], quoted)
        name, closing, tag, place = _tag(html, start, last_comment)
        if name is None:
            yield _text(tag, quoted)
            continue
        if name in _BLOCKS or _HEADING.fullmatch(name):
            yield "\n"
        elif name in _CELLS:
            yield " "
        if quoted and name == quoted[0]:
            # Only the element that opened the quote, properly nested, ends it.
            quoted.pop() if closing else quoted.append(name)
        elif (
            not quoted
            and not closing
            and (name == "blockquote" or (name == "div" and any(mark in tag for mark in _QUOTES)))
        ):
            quoted.append(name)
        elif name in _RAW - unclosed and not closing and not tag.endswith("/>"):
            if end := re.compile(rf"</{name}\b", re.IGNORECASE).search(html, place):
                place = end.start()
            else:
                unclosed.add(name)
    yield _text(html[place:], quoted)


def _tag(html: str, start: int, last_comment: int) -> tuple[str | None, bool, str, int]:
    """The tag at `start`: (name, closes, its text, where it ends). Without a name its text is plain text."""
    if html.startswith("<!--", start):
        # « <!--> » is a whole comment, and one that nothing closes hides nothing.
        end = html.find("-->", start + 2) if start + 2 <= last_comment else -1
        return "!", False, "", start + 4 if end == -1 else end + 3
    found = _NAME.match(html, start + 1)
    if not found and html[start + 1 : start + 2] not in ("!", "?", "/"):
        return None, False, "<", start + 1
    end = html.find(">", start)
    end = len(html) if end == -1 else end + 1
    return found[1].lower() if found else "!", html.startswith("</", start), html[start:end], end


def _text(source: str, quoted: list) -> str:
    if len(source) < 2 and not source.isspace():
        # Most of a letter made of nothing but signs of markup: looked at in one step.
        return _MARK + source if quoted and source else source
    text = re.sub(r"\s+", " ", unescape(source)).replace(_MARK, "")
    return _MARK + text if quoted and text.strip() else text
