"""The parts of a letter, in a time that only grows with its length.

Read by hand: the parser of the standard library takes seconds over 15 kB of parameters, or over parts nested by the
thousand. Everything here is bounded, and nothing is followed, opened or trusted.
"""

import re
from binascii import Error as NotBase64
from binascii import a2b_base64
from dataclasses import dataclass, field
from email.message import Message
from quopri import decodestring

from relais.foundation.typed import one_line

from ..text import decode

FIELD = 2_000
"""Characters of one header that are read."""
FIELDS = 500
HEADERS = 256_000
"""Bytes of a block of headers in which fields are looked for."""
PARTS, DEPTH = 100, 10
PREAMBLE = 20_000
ENCODED = 1_500_000
"""Bytes of a text that are decoded: the worst encoding takes twelve for each character that is read."""
_FIELD = re.compile(rb"([!-9;-~]{1,100})[ \t]*:")
_WORD = re.compile(r"=\?([^?\s*]{1,40})(?:\*[^?\s]{0,20})?\?([bBqQ])\?([^?\s]{0,2000})\?=")
_BETWEEN = re.compile(r"(\?=)\s+(?==\?)")


@dataclass
class Part:
    """One part. `fields`: its headers by lower-case name, undecoded. `content`: as it was sent, for a part without parts.

    `parts` is None when it holds none. `whole` is False when some of it was not read; the letter then has its beginning in `content`.
    `given`: the name of its file, where a provider says it apart. `preamble`: what stands before its first part.
    """

    fields: dict[str, list[str]]
    content: bytes = b""
    parts: list["Part"] | None = None
    whole: bool = True
    given: str = ""
    preamble: bytes = b""
    _typed: dict = field(default_factory=dict)

    def first(self, name: str) -> str:
        return self.fields.get(name, [""])[0]

    @property
    def kind(self) -> str:
        """« text/plain » and its like, in lower case."""
        kind = self.first("content-type").partition(";")[0].strip().lower()
        return kind[:80] if re.fullmatch(r"[!-.0-~]+/[!-.0-~]+", kind) else "text/plain"

    @property
    def disposition(self) -> str:
        return self.first("content-disposition").partition(";")[0].strip().lower()

    def parameter(self, name: str, header: str = "content-type") -> str:
        try:
            value = self._message(header).get_param(name, "", header)
            return "".join(one or "" for one in value[2:]) if isinstance(value, tuple) else value
        except Exception:
            # A parameter that the standard library cannot put together is one that is not there.
            return ""

    @property
    def file_name(self) -> str:
        if self.given:
            return one_line(self.given, 100)
        try:
            name = self._message("content-disposition").get_filename() or self._message("content-type").get_param(
                "name", ""
            )
            return one_line(
                words(name if isinstance(name, str) else decode(name[2].encode("utf-8", "replace"), name[0])), 100
            )
        except Exception:
            # A name that the standard library cannot decode: it is a file all the same.
            return "?"

    def _message(self, header: str) -> Message:
        if header not in self._typed:
            self._typed[header] = Message()
            self._typed[header][header] = self.first(header)
        return self._typed[header]

    def bytes(self, length: int = ENCODED) -> bytes:
        """What this part holds, decoded from the first `length` bytes of it."""
        encoding = self.first("content-transfer-encoding").strip().lower()
        if encoding == "base64":
            return _base64(self.content[:length])
        return decodestring(self.content[:length]) if encoding == "quoted-printable" else self.content[:length]

    @property
    def size(self) -> int:
        """About how many bytes the file of this part has."""
        return (
            len(self.content) * 3 // 4
            if self.first("content-transfer-encoding").strip().lower() == "base64"
            else len(self.content)
        )

    def text(self) -> str:
        text = decode(self.bytes(), self.parameter("charset"))
        return (
            flowed(text, self.parameter("delsp").lower() == "yes")
            if self.parameter("format").lower() == "flowed"
            else text
        )

    def leaves(self):
        """(part, the one that holds it or None), for each part that holds something itself."""
        for one in self.parts or ():
            if one.parts is None:
                yield one, self
            else:
                yield from one.leaves()
        if self.parts is None:
            yield self, None


def parse(raw: bytes) -> Part:
    """The letter in these bytes, whole or cut anywhere; never raises. A letter that is itself attached is not entered."""
    if b"\n" not in raw[:HEADERS]:
        raw = raw.replace(b"\r", b"\n")
    return _parse(raw, 0, len(raw), 0, [0])


def _parse(raw: bytes, start: int, end: int, depth: int, count: list[int]) -> Part:
    fields, body = _head(raw, start, end)
    part = Part(fields)
    boundary = part.parameter("boundary").encode("utf-8", "replace")[:200].rstrip()
    if not part.kind.startswith("multipart/") or not boundary:
        part.content = raw[body:end]
        return part
    part.parts = []
    for first, last in _between(raw, body, end, b"--" + boundary):
        count[0] += 1
        if not part.parts and not depth:
            part.preamble = raw[body : raw.rfind(b"--" + boundary, body, first)][:PREAMBLE]
        if count[0] > PARTS or depth == DEPTH:
            part.whole = False
            break
        part.parts.append(_parse(raw, first, last, depth + 1, count))
        part.whole = part.whole and part.parts[-1].whole
    part.whole = part.whole and bool(part.parts)
    if not part.whole and not depth:
        part.content = raw[body : body + ENCODED]
    return part


def _head(raw: bytes, start: int, end: int) -> tuple[dict[str, list[str]], int]:
    """The headers from `start`, and where what follows them begins."""
    fields: dict[str, list[str]] = {}
    place, last, kept = start, None, 0
    while place < min(end, start + HEADERS):
        stop = raw.find(b"\n", place, end)
        stop = end if stop == -1 else stop
        line = raw[place : min(stop, place + FIELD)].rstrip(b"\r")
        found = _FIELD.match(line)
        if found:
            last = fields.setdefault(found[1].decode("ascii").lower(), []) if kept < FIELDS else []
            last.append(decode(line[found.end() :], "utf-8").strip())
            kept += 1
        elif line[:1] in (b" ", b"\t") and line.strip() and last is not None:
            if len(last[-1]) < FIELD:
                last[-1] = (last[-1] + " " + decode(line, "utf-8").strip())[:FIELD]
        elif not line.strip() or not (place == start and line.startswith(b"From ")):
            # Without an empty line, what is no header begins the text.
            return fields, (place if line.strip() else min(stop + 1, end))
        place = min(stop + 1, end)
    ends = [
        at + len(mark) for mark in (b"\n\n", b"\n\r\n") if (at := raw.find(mark, place - 1 if place else 0, end)) != -1
    ]
    return fields, min(ends, default=end)


def _between(raw: bytes, start: int, end: int, mark: bytes):
    """(start, end) of what stands between the lines that begin with `mark`, up to the one that closes, if there is one."""
    opened, place = None, start
    while (at := raw.find(mark, place, end)) != -1:
        place = at + len(mark)
        line_end = raw.find(b"\n", place, min(end, place + 200))
        rest = raw[place : line_end if line_end != -1 else min(end, place + 200)].strip()
        if (at > start and raw[at - 1 : at] != b"\n") or rest not in (b"", b"--"):
            continue
        if opened is not None:
            # The line end before a boundary belongs to it.
            last = at - 2 if raw[at - 2 : at] == b"\r\n" else at - 1
            yield opened, max(opened, last)
        if rest == b"--":
            return
        opened = place = line_end + 1 if line_end != -1 else end
    if opened is not None:
        yield opened, end


def words(value: str) -> str:
    """A header as it is meant to be read: its encoded words decoded; one that is broken stays as it was typed."""
    whole, shift, pending = _BETWEEN.sub(r"\1", value[:FIELD]), 0, None
    pieces: list[str] = []
    for found in _WORD.finditer(whole):
        content = _encoded(found[2].lower(), found[3])
        if found.start() > shift or content is None or (pending and pending[0] != found[1].lower()):
            pieces += [_joined(pending), whole[shift : found.start()]]
            pending = None
        if content is None:
            pieces.append(found[0])
        else:
            # A character may be cut between two words of the same set.
            pending = (found[1].lower(), (pending[1] if pending else b"") + content)
        shift = found.end()
    return "".join([*pieces, _joined(pending), whole[shift:]])


def _joined(pending: tuple[str, bytes] | None) -> str:
    return decode(pending[1], pending[0]) if pending else ""


def _encoded(encoding: str, text: str) -> bytes | None:
    content = text.encode("utf-8", "replace")
    if encoding == "q":
        return decodestring(content.replace(b"_", b"=20"))
    return None if len(content.rstrip(b"=")) % 4 == 1 else _base64(content)


def _base64(content: bytes) -> bytes:
    """As much as can be decoded, whatever was cut off or slipped in."""
    content = re.sub(rb"[^A-Za-z0-9+/]", b"", content)
    whole = content[: len(content) - (len(content) % 4 == 1)]
    try:
        return a2b_base64(whole + b"=" * (-len(whole) % 4))
    except NotBase64:
        return b""


def flowed(text: str, delete_space: bool) -> str:
    """RFC 3676: a line that ends with a space goes on in the next one, unless it is a signature's or the quote changes."""
    lines: list[list[str]] = []
    goes_on, depth = False, 0
    for line in text.replace("\r\n", "\n").split("\n"):
        own = len(line) - len(line.lstrip(">"))
        content = line[own:].removeprefix(" ")
        if not (goes_on and own == depth and content != "-- "):
            lines.append(["> " if own else ""])
        goes_on, depth = content.endswith(" ") and content != "-- ", own
        lines[-1].append(content[:-1] if goes_on and delete_space else content)
    return "\n".join("".join(pieces) for pieces in lines)
