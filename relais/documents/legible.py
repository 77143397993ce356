"""What can be drawn of what somebody wrote, and what stands in place of the rest: nothing becomes an empty box, nothing goes unsaid.

A sign that none of our faces has (Chinese, a private sign, an order to write backwards) is named: « [U+4F60] ». A document
of this kind may hold no sign without a shape or a meaning: a PDF/A-2a that did would not be one.
"""

import re
import struct
import unicodedata
from functools import cache
from pathlib import Path
from typing import Any

from relais.foundation.typography import SPACE

FONTS = Path(__file__).parents[1] / "foundation" / "fonts"
JOINERS = frozenset("\u200b\u200c\u200d\ufe0e\ufe0f\u00ad")
"""Invisible, and a part of words or of emojis: drawn by nobody, kept."""
ENDS = re.compile(r"\r\n?|[\u000b\u000c\u0085\u2028\u2029]")
MARKS = 4
"""Marks on one letter, at most: more are a picture made of accents, which would cover its neighbours."""


@cache
def covered() -> frozenset[int]:
    """The code points that some face draws."""
    return frozenset().union(*(_of(path.read_bytes()) for path in sorted(FONTS.glob("*.ttf"))))


def legible(text: str, *, strictly: bool = False) -> tuple[str, int]:
    """(the text as it can be drawn, how many signs are named in it). `strictly`: only signs that stand by themselves."""
    text = unicodedata.normalize("NFC", ENDS.sub("\n", text).replace("\t", " "))
    # Nearly all that people write: each sign looked at once, however long it is.
    if all(_is_drawn(sign, strictly) and not unicodedata.combining(sign) for sign in set(text)):
        return SPACE.sub("\u00a0", text), 0
    named = marks = 0
    drawn = []
    for sign in text:
        marks = marks + 1 if unicodedata.combining(sign) else 0
        if _is_drawn(sign, strictly) and marks <= MARKS:
            drawn.append(sign)
        elif (plain := unicodedata.normalize("NFKC", sign)) != sign and all(_is_drawn(one, strictly) for one in plain):
            drawn.append(plain)  # « 𝕳 » is an H
        else:
            named += 1
            drawn.append(f"[U+{ord(sign):04X}]")
    return SPACE.sub("\u00a0", "".join(drawn)), named


def everywhere(data: Any, *, strictly: bool = False) -> tuple[Any, int]:
    """The same for every text in mappings and lists of plain values."""
    if isinstance(data, str):
        return legible(data, strictly=strictly)
    if isinstance(data, dict):
        values, named = _each(data.values(), strictly)
        return dict(zip(data, values, strict=True)), named
    if isinstance(data, list | tuple):
        return _each(data, strictly)
    return data, 0


def _each(values, strictly: bool) -> tuple[list, int]:
    pairs = [everywhere(value, strictly=strictly) for value in values]
    return [value for value, _ in pairs], sum(named for _, named in pairs)


def _is_drawn(sign: str, strictly: bool) -> bool:
    if sign == "\n":
        return True
    if sign in JOINERS:
        return not strictly
    category = unicodedata.category(sign)
    if category in ("Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp") or (strictly and category.startswith("M")):
        return False
    return ord(sign) in covered()


def _of(font: bytes) -> set[int]:
    """The code points of a TrueType file, out of its table « cmap » (formats 4 and 12: what ours have)."""
    (number,) = struct.unpack_from(">H", font, 4)
    tables = {font[at : at + 4]: struct.unpack_from(">I", font, at + 8)[0] for at in range(12, 12 + 16 * number, 16)}
    cmap = tables[b"cmap"]
    (number,) = struct.unpack_from(">H", font, cmap + 2)
    found: set[int] = set()
    for place in range(number):
        (offset,) = struct.unpack_from(">I", font, cmap + 4 + 8 * place + 4)
        (shape,) = struct.unpack_from(">H", font, cmap + offset)
        read = {4: _format_4, 12: _format_12}.get(shape)
        found |= read(font, cmap + offset) if read else set()
    return found


def _format_12(font: bytes, at: int) -> set[int]:
    (groups,) = struct.unpack_from(">I", font, at + 12)
    ranges = (struct.unpack_from(">II", font, at + 16 + 12 * place) for place in range(groups))
    return {code for first, last in ranges for code in range(first, last + 1)}


def _format_4(font: bytes, at: int) -> set[int]:
    (doubled,) = struct.unpack_from(">H", font, at + 6)
    count = doubled // 2
    ends, starts, deltas, offsets = (
        struct.unpack_from(f">{count}H", font, at + 14 + place)
        for place in (0, doubled + 2, 2 * doubled + 2, 3 * doubled + 2)
    )
    found = set()
    for place, (first, last) in enumerate(zip(starts, ends, strict=True)):
        for code in range(first, min(last, 0xFFFE) + 1):
            glyph = code + deltas[place]
            if offsets[place]:
                there = at + 14 + 3 * doubled + 2 + 2 * place + offsets[place] + 2 * (code - first)
                (glyph,) = struct.unpack_from(">H", font, there)
            if glyph & 0xFFFF:
                found.add(code)
    return found
