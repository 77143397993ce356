"""Pictures: one decoding feeds both sizes, at a steady rate, upright, in ordinary 8-bit colours."""

import contextlib
import math
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
from av.video.reformatter import ColorRange, ColorTrc

from . import reading
from .limits import SECONDS, Damaged, TooLong
from .poster import Chooser
from .probe import Probe

PRESET = "fast"
BT709 = 1
"""The number of BT.709 in each of the three tables of H.273: primaries, transfer, matrix."""
UNSAID = 2
HDR = {ColorTrc.SMPTE2084, ColorTrc.ARIB_STD_B67}
RATES = (Fraction(24000, 1001), Fraction(24), Fraction(25), Fraction(30000, 1001), Fraction(30))


@dataclass(frozen=True)
class Size:
    """One copy: the box it fits in, in pixels, and its bounds in kilobits a second."""

    name: str
    width: int
    height: int
    crf: int
    peak: int
    buffer: int

    def inside(self, width: int, height: int) -> tuple[int, int]:
        """Even width and height with the same ratio, inside the box, never larger than the source."""
        scale = min(self.width / width, self.height / height, 1)
        return max(2, round(width * scale / 2) * 2), max(2, round(height * scale / 2) * 2)

    def options(self, rate: Fraction) -> dict[str, str]:
        # One key picture every two seconds: a thumb that moves along the clip lands near where it asked.
        return {
            "preset": PRESET,
            "crf": str(self.crf),
            "profile": "high",
            "maxrate": f"{self.peak}k",
            "bufsize": f"{self.buffer}k",
            "g": str(math.ceil(rate * 2)),
            "rc-lookahead": "20",
        }


# 540: 0.9 of the buffer and 3 s of peak, 128 kb/s of sound and the index: under 400 kB before the third second is read.
SMALL = Size("540", 540, 960, crf=25, peak=680, buffer=600)
LARGE = Size("1080", 1080, 1920, crf=23, peak=4_500, buffer=6_000)


class Copy:
    """One file being written: encoded pictures, and the packets of a sound already encoded."""

    def __init__(self, target: Path, size: Size, shape: tuple[int, int], rate: Fraction, sound: Path | None):
        self._rate, self.shape, self._count = rate, shape, 0
        self._out = av.open(str(target), "w", format="mp4", options={"movflags": "+faststart", "fflags": "+bitexact"})
        self._stream = self._out.add_stream("libx264", rate=rate, options=size.options(rate))
        self._stream.width, self._stream.height = shape
        self._stream.pix_fmt = "yuv420p"
        self._stream.time_base = 1 / rate
        context = self._stream.codec_context
        context.color_primaries = context.color_trc = context.colorspace = BT709
        context.color_range = ColorRange.MPEG
        context.thread_count = threads()
        self._sound = av.open(str(sound)) if sound else None
        self._packets = iter(())
        if self._sound:
            self._heard = self._out.add_stream_from_template(self._sound.streams.audio[0])
            self._packets = (packet for packet in self._sound.demux(audio=0) if packet.size)
            self._next = next(self._packets, None)

    def add(self, frame: av.VideoFrame) -> None:
        frame.pts, frame.time_base, frame.duration = self._count, 1 / self._rate, 1
        # A type copied from the source would force x264's hand.
        frame.pict_type = 0
        self._count += 1
        self._out.mux(self._stream.encode(frame))
        if self._sound:
            self._mux_sound(self._count / self._rate)

    def _mux_sound(self, until: float) -> None:
        while self._next is not None and self._next.pts * self._next.time_base < until:
            self._next.stream = self._heard
            self._out.mux(self._next)
            self._next = next(self._packets, None)

    def close(self) -> float:
        """Seconds written. A sound longer than the pictures ends with them."""
        self._out.mux(self._stream.encode(None))
        self._out.close()
        self.abandon()
        return float(self._count / self._rate)

    def abandon(self) -> None:
        if self._sound:
            self._sound.close()


def threads() -> int:
    return max(1, min(4, os.cpu_count() or 1))


def steady(rate: Fraction | float) -> Fraction:
    """The rate of what is written: the source's, a whole part of it above 30 a second, or the nearest usual one."""
    rate = Fraction(rate or 25)
    rate = Fraction(rate / math.ceil(rate / Fraction(3015, 100)))
    if rate < 12:
        return Fraction(12)
    nearest = min(RATES, key=lambda usual: abs(usual - rate))
    # A phone that meant 30 pictures a second wrote 29.6.
    return nearest if abs(nearest - rate) < Fraction(1, 2) else Fraction(round(rate))


TURNS: dict[reading.Orientation, list[tuple[str, str]]] = {
    (1, 0, 0, 1): [],
    (-1, 0, 0, 1): [("hflip", "")],
    (1, 0, 0, -1): [("vflip", "")],
    (-1, 0, 0, -1): [("hflip", ""), ("vflip", "")],
    (0, 1, -1, 0): [("transpose", "clock")],
    (0, -1, 1, 0): [("transpose", "cclock")],
    (0, 1, 1, 0): [("transpose", "cclock_flip")],
    (0, -1, -1, 0): [("transpose", "clock_flip")],
}
"""Filters that put a picture upright, for each of the eight ways it may lie."""


class Turner:
    """From a decoded frame to upright frames of the wanted shapes, in 8-bit BT.709. Built again when the source changes."""

    def __init__(self, stream, shapes: list[tuple[int, int]]):
        self._stream, self._shapes, self._key = stream, shapes, None

    def __call__(self, frame: av.VideoFrame) -> list[av.VideoFrame]:
        turned = reading.orientation(frame)
        key = (frame.width, frame.height, frame.format.name, turned, frame.colorspace, frame.color_trc)
        if key != self._key:
            reading.check_size(frame.width, frame.height)
            self._build(frame)
            self._key = key
        try:
            self._source.push(frame)
            return [sink.pull() for sink in self._sinks]
        except reading.ERRORS:
            raise Damaged from None

    def _build(self, frame) -> None:
        graph = av.filter.Graph()
        graph.threads = threads()
        node = self._source = graph.add_buffer(
            width=frame.width, height=frame.height, format=frame.format, time_base=frame.time_base
        )
        for name, arguments in [
            *TURNS[reading.orientation(frame)],
            *colours(frame, self._shapes[-1]),
            ("split", str(len(self._shapes))),
        ]:
            node.link_to(following := graph.add(name, arguments))
            node = following
        self._sinks = []
        for place, (width, height) in enumerate(self._shapes):
            scale = graph.add("scale", f"{width}:{height}:flags=bicubic:{matrix(frame)}")
            square, plain, sink = graph.add("setsar", "1"), graph.add("format", "yuv420p"), graph.add("buffersink")
            node.link_to(scale, place)
            for one, other in ((scale, square), (square, plain), (plain, sink)):
                one.link_to(other)
            self._sinks.append(sink)
        graph.configure()
        self._graph = graph


def colours(frame, shape: tuple[int, int]) -> list[tuple[str, str]]:
    """Filters from high dynamic range to BT.709, after a reduction to the largest shape wanted."""
    if frame.color_trc in HDR:
        # Highlights are brought back instead of cut. The table takes four seconds to make, once a clip.
        return [
            ("scale", f"{shape[0]}:{shape[1]}:flags=bicubic"),
            ("scale", "out_transfer=bt709:out_primaries=bt709:out_color_matrix=bt709:out_range=tv:intent=perceptual"),
            ("format", "yuv420p"),
        ]
    return []


def matrix(frame) -> str:
    """Arguments of `scale`. A picture that does not say what its colours are is taken as television would."""
    unsaid = frame.colorspace == UNSAID
    given = "bt709" if max(frame.width, frame.height) >= 1024 else "smpte170m"
    return f"{f'in_color_matrix={given}:' if unsaid and frame.color_trc not in HDR else ''}out_color_matrix=bt709:out_range=tv"


def ticks(
    decoded: Iterator[av.VideoFrame], start: float, rate: Fraction, *, least: float
) -> Iterator[tuple[av.VideoFrame, int, float]]:
    """Each frame, the number of times it is shown at a steady `rate` (0 when dropped), and the seconds of pictures read so far.

    The last one stays until `least` seconds, where the sound ends. Raises TooLong.
    """
    held, due, end, step = None, 0, 0.0, float(1 / rate)
    for frame in decoded:
        time = end if frame.pts is None else float(frame.pts * frame.time_base) - start
        if time > SECONDS + 1:
            raise TooLong
        if held is not None:
            times = max(0, math.ceil(time / step - 0.5) - due)
            yield held, times, end
            due += times
        held, end = frame, max(end, time + float((frame.duration or 0) * frame.time_base or step))
    last = end if least < end + 0.2 else least
    yield held, max(0 if due else 1, round(min(last, SECONDS + 1) / step) - due), end


def write(
    path: Path,
    folder: Path,
    probe: Probe,
    sound: Path | None,
    *,
    heard_seconds: float,
    progress: Callable[[float], None],
) -> tuple[dict[str, tuple[int, int]], float, Chooser]:
    """Write 540.mp4 and 1080.mp4 in `folder`. Returns the shape of each, the seconds shown, the pictures for the poster.

    Raises Refused when the source does not hold what it declares.
    """
    rate, chooser = steady(Fraction(probe.rate).limit_denominator(1001)), Chooser()
    sizes = (SMALL, LARGE)
    shapes = [size.inside(probe.width, probe.height) for size in sizes]
    with reading.opened(path) as container, contextlib.ExitStack() as stack:
        stream = reading.picture(container)
        # Each thread of the decoder holds pictures of its own: one is enough where they are large.
        large = probe.width * probe.height > 1.5 * LARGE.width * LARGE.height
        stream.thread_type, stream.codec_context.thread_count = "AUTO", 1 if large else threads()
        start, turn = (container.start_time or 0) / av.time_base, Turner(stream, shapes)
        copies = [
            Copy(folder / f"{size.name}.mp4", size, shape, rate, sound)
            for size, shape in zip(sizes, shapes, strict=True)
        ]
        for copy in copies:
            stack.callback(copy.abandon)
        shown, declared, reached = 0, probe.duration_ms / 1000, 0.0
        for frame, times, reached in ticks(reading.frames(container, stream), start, rate, least=heard_seconds):  # noqa: B007
            # The last value of `reached` is read below.
            if times:
                made = turn(frame)
                chooser.offer(shown / float(rate), *made)
                for _ in range(times):
                    for copy, one in zip(copies, made, strict=True):
                        copy.add(one)
                shown += times
                progress(min(1.0, shown / float(rate) / (declared or SECONDS)))
        for copy in copies:
            copy.close()
        own = float((stream.duration or 0) * stream.time_base)
    for reaches, promised in ((reached, own), (max(reached, heard_seconds), declared)):
        # What honest containers round.
        if reaches < promised * 0.98 - 0.3:
            raise Damaged
    return {size.name: shape for size, shape in zip(sizes, shapes, strict=True)}, shown / float(rate), chooser
