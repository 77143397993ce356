"""What somebody typed, or sent, as it is kept and shown: one form of letters and of line ends, nothing invisible that deceives."""

import re
import unicodedata

# Control characters (PostgreSQL refuses NUL), marks that turn the reading direction, used to disguise names, and the mark of a file's beginning.
# Joiners stay: emojis and some languages are written with them.
_UNSEEN = dict.fromkeys(
    [
        *range(9),
        11,
        12,
        *range(14, 32),
        *range(127, 160),
        # Without width: between two letters they make another word of what reads the same.
        0x00AD,
        0x034F,
        0x061C,
        0x180E,
        0x200B,
        *range(0x2060, 0x2065),
        # Blank letters of Korean, in which a whole name can be written.
        0x115F,
        0x1160,
        0x3164,
        0xFFA0,
        0x200E,
        0x200F,
        *range(0x202A, 0x202F),
        *range(0x2066, 0x206A),
        0xFEFF,
        *range(0xE0000, 0xE0080),
    ]
)
_ENDS = re.compile("\r\n?|[\u2028\u2029]")


def clean(text: str) -> str:
    """`text` without what cannot be seen, with at most one empty line in a row."""
    whole = _ENDS.sub("\n", text.encode("utf-8", "replace").decode()).replace("\t", " ")
    whole = unicodedata.normalize("NFC", whole.translate(_UNSEEN))
    lines = (line.rstrip() for line in whole.split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def one_line(text: str, length: int | None = None) -> str:
    """`text` on one line, of at most `length` characters."""
    return " ".join(clean(text).split())[:length].strip()
