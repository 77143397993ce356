"""The copy for networks that take no caption file: 1080 × 1920, each caption drawn in a band that their buttons leave free."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from . import lettering, reading
from .encode import Copy, Size, Turner, steady

WIDTH, HEIGHT = 1080, 1920
NETWORK = Size("network", WIDTH, HEIGHT, crf=21, peak=8_000, buffer=12_000)
LEFT, RIGHT, BOTTOM = 0.05, 0.86, 0.78
"""Shares of the picture where networks draw nothing of theirs: not the lowest fifth, not the right eighth."""
LARGEST, LOWEST = 62, 28
"""Letters, in pixels."""
GROUND, INK = (16, 18, 42, 224), (255, 255, 255, 255)
BACK = (16, 18, 42)


def write(source: Path, cues: list, target: Path, *, progress: Callable[[float], None]) -> dict:
    """Write `target`, an MP4. `cues`: [[start_ms, end_ms, text]]. Raises Refused."""
    placed = layout([(start, end, text) for start, end, text in cues])
    probe = reading.look(source)
    with reading.opened(source) as container:
        stream = reading.picture(container)
        scale = min(WIDTH / probe.width, HEIGHT / probe.height)
        shape = tuple(
            min(whole, round(side * scale / 2) * 2) for side, whole in ((probe.width, WIDTH), (probe.height, HEIGHT))
        )
        rate, turn = steady(Fraction(probe.rate).limit_denominator(1001)), Turner(stream, [shape])
        copy = Copy(target, NETWORK, (WIDTH, HEIGHT), rate, source if probe.has_audio else None)
        canvas, count = _canvas(), 0
        left, top = ((WIDTH - shape[0]) // 4 * 2, (HEIGHT - shape[1]) // 4 * 2)
        try:
            for frame in reading.frames(container, stream):
                (upright,) = turn(frame)
                time = count * 1000 / rate
                copy.add(
                    _compose(upright, canvas, left, top, [one for start, end, one in placed if start <= time < end])
                )
                count += 1
                progress(min(1.0, time / (probe.duration_ms or 1)))
            seconds = copy.close()
        finally:
            copy.abandon()
    return {"duration_ms": round(seconds * 1000), "width": WIDTH, "height": HEIGHT, "bytes": target.stat().st_size}


def layout(cues: list[tuple[int, int, str]]) -> list[tuple[int, int, "Overlay"]]:
    """Each caption as a picture at its place, all with letters of one size: the largest with which every one holds in two lines."""
    width = round(WIDTH * (RIGHT - LEFT))
    texts = [(start, end, text) for start, end, given in cues if (text := lettering.drawable(given))]
    for size in range(LARGEST, LOWEST - 1, -2):
        face = lettering.font(600, size)
        room = width - 2 * round(size * 0.42) - 2
        wrapped = [lettering.wrap(text, face, room, 2) for _, _, text in texts]
        if all(wrapped):
            break
    else:
        # Absurdly long captions: more lines rather than words cut.
        wrapped = [lines or _forced(text, face, room) for lines, (_, _, text) in zip(wrapped, texts, strict=True)]
    return [
        (start, end, Overlay(lettering.box(text, face, lines, ground=GROUND, ink=INK)))
        for (start, end, text), lines in zip(texts, wrapped, strict=True)
    ]


def _forced(text: str, face, room: int) -> list[str]:
    lines = [""]
    for character in text.replace("\n", " "):
        if face.getlength(lines[-1] + character) > room:
            lines.append("")
        lines[-1] += character
    return lines[:8]


def _yuv(rgb: np.ndarray) -> tuple[np.ndarray, ...]:
    """BT.709, television range, from values of 0 to 255."""
    red, green, blue = (rgb[..., place].astype(np.float32) for place in range(3))
    light = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    return 16 + light * 219 / 255, 128 + (blue - light) / 1.8556 * 224 / 255, 128 + (red - light) / 1.5748 * 224 / 255


class Overlay:
    """A caption ready to be laid on planes of 4:2:0 pictures."""

    def __init__(self, picture):
        pixels = np.asarray(picture)
        rows, columns = pixels.shape[:2]
        middle = (LEFT + RIGHT) / 2 * WIDTH
        self._left = min(max(round((middle - columns / 2) / 2) * 2, 0), WIDTH - columns)
        self._top = max(round((HEIGHT * BOTTOM - rows) / 2) * 2, 0)
        alpha = pixels[..., 3].astype(np.float32) / 255
        luma, *chroma = _yuv(pixels)
        small = [plane.reshape(rows // 2, 2, columns // 2, 2).mean(axis=(1, 3)) for plane in (alpha, *chroma)]
        self._luma = (luma * alpha, 1 - alpha)
        self._chroma = [(plane * small[0], 1 - small[0]) for plane in small[1:]]
        self._shape = (rows, columns)

    def lay(self, luma: np.ndarray, first: np.ndarray, second: np.ndarray) -> None:
        rows, columns = self._shape
        for plane, (added, kept), part in (
            (luma, self._luma, 1),
            (first, self._chroma[0], 2),
            (second, self._chroma[1], 2),
        ):
            place = plane[
                self._top // part : (self._top + rows) // part, self._left // part : (self._left + columns) // part
            ]
            place[:] = (place * kept + added + 0.5).astype(np.uint8)


def _canvas() -> np.ndarray:
    values = [round(float(plane)) for plane in _yuv(np.array(BACK))]
    canvas = np.empty((HEIGHT * 3 // 2, WIDTH), np.uint8)
    for plane, value in zip(_planes(canvas), values, strict=True):
        plane[:] = value
    return canvas


def _planes(array: np.ndarray) -> tuple[np.ndarray, ...]:
    """Views of the three planes of a 4:2:0 picture laid out as PyAV does."""
    rows, columns = array.shape[0] * 2 // 3, array.shape[1]
    quarter = rows // 2 * columns // 2
    flat = array.reshape(-1)
    chroma = flat[rows * columns :]
    return (
        array[:rows],
        chroma[:quarter].reshape(rows // 2, columns // 2),
        chroma[quarter:].reshape(rows // 2, columns // 2),
    )


def _compose(upright: av.VideoFrame, canvas: np.ndarray, left: int, top: int, overlays: list[Overlay]) -> av.VideoFrame:
    if (upright.width, upright.height) == (WIDTH, HEIGHT):
        if not overlays:
            return upright
        array = upright.to_ndarray()
    else:
        array, inner = canvas.copy(), upright.to_ndarray()
        for part, (plane, given) in enumerate(zip(_planes(array), _planes(inner), strict=True)):
            shift = 1 if part == 0 else 2
            plane[top // shift : top // shift + given.shape[0], left // shift : left // shift + given.shape[1]] = given
    for one in overlays:
        one.lay(*_planes(array))
    return av.VideoFrame.from_ndarray(array, format="yuv420p")
