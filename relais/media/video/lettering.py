"""Words drawn into pictures: one typeface (Archivo), lines of equal weight, nothing the typeface cannot draw."""

import re
from functools import cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

FONTS = Path(__file__).parents[2] / "foundation" / "fonts"


@cache
def font(weight: int, size: int) -> ImageFont.FreeTypeFont:
    """`weight`: 600 or 800. `size` in pixels."""
    return ImageFont.truetype(FONTS / f"Archivo-{weight}.ttf", size)


@cache
def _drawn(character: str) -> bool:
    probe = font(600, 40)
    return character.isspace() or bytes(probe.getmask(character)) != bytes(probe.getmask("\U0010fffe"))


def drawable(text: str) -> str:
    """The text with the no-break spaces of French typography, without what would be an empty square (emoji, other scripts)."""
    text = text.replace("\u202f", "\u00a0").replace("\u2011", "-")
    text = re.sub(r" (?=[»!?:;])|(?<=«) ", "\u00a0", text)
    # split() would break at the no-break spaces that keep « ? » with its word.
    kept = "".join(character for character in text if _drawn(character))
    return "\n".join(" ".join(part for part in line.split(" ") if part) for line in kept.split("\n") if line.strip())


def undrawable(text: str) -> set[str]:
    """Characters that a burnt caption will leave out."""
    return {character for character in text.replace("\u202f", " ").replace("\u2011", "-") if not _drawn(character)}


def wrap(text: str, face: ImageFont.FreeTypeFont, width: int, most: int) -> list[str] | None:
    """`text` in as few lines as fit `width` pixels, as equal as can be; None when `most` lines do not suffice.

    Line breaks of the author are kept when they fit.
    """
    given = text.split("\n")
    if 1 < len(given) <= most and all(face.getlength(line) <= width for line in given):
        return given
    words = text.replace("\n", " ").split(" ")
    if face.getlength(" ".join(words)) <= width:
        return [" ".join(words)]
    best = None
    for breaks in _breaks(len(words), most):
        lines = [" ".join(words[start:end]) for start, end in zip((0, *breaks), (*breaks, len(words)), strict=True)]
        widest = max(map(face.getlength, lines))
        if widest <= width and (best is None or (len(lines), widest) < best[0]):
            best = ((len(lines), widest), lines)
    return best[1] if best else None


def _breaks(count: int, most: int):
    yield from ((one,) for one in range(1, count) if most >= 2)
    if most >= 3:
        yield from ((one, two) for one in range(1, count) for two in range(one + 1, count))
    if most >= 4 and count <= 16:
        yield from (
            (one, two, three)
            for one in range(1, count)
            for two in range(one + 1, count)
            for three in range(two + 1, count)
        )


def draw_lines(
    draw: ImageDraw.ImageDraw,
    lines: list[str],
    face: ImageFont.FreeTypeFont,
    *,
    left: float,
    top: float,
    fill,
    leading: float = 1.08,
    centre: bool = False,
    width: float = 0,
) -> float:
    """Draws lines under each other from `top`; returns the height used, in pixels."""
    step = face.size * leading
    for place, line in enumerate(lines):
        shift = (width - face.getlength(line)) / 2 if centre else 0
        draw.text((left + shift, top + place * step), line, font=face, fill=fill, anchor="la")
    return step * len(lines)


def box(
    text: str, face: ImageFont.FreeTypeFont, lines: list[str], *, ground: tuple[int, ...], ink: tuple[int, ...]
) -> Image.Image:
    """A caption on its ground: an RGBA picture of even width and height."""
    pad, step = round(face.size * 0.42), round(face.size * 1.2)
    width = round(max(map(face.getlength, lines))) + 2 * pad
    height = step * len(lines) + pad
    picture = Image.new("RGBA", (width + width % 2, height + height % 2), ground)
    draw = ImageDraw.Draw(picture)
    for place, line in enumerate(lines):
        draw.text((picture.width / 2, pad / 2 + step * (place + 0.5)), line, font=face, fill=ink, anchor="mm")
    return picture
