"""Sound: decoded whole, levelled, encoded once; every copy of the clip takes the same packets."""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from . import reading
from .limits import LEVEL, SECONDS, Damaged, TooLong

HERTZ = 48_000
QUIETEST = -55.0
"""LUFS: below, there is nothing but the noise of a room, and raising it would help nobody."""
RAISE = 20.0
"""Largest gain, in decibels."""


@dataclass(frozen=True)
class Heard:
    """`samples`: (2, n) float32 at 48 kHz, from the start of the clip. `loudness`: LUFS."""

    samples: np.ndarray
    loudness: float

    @property
    def seconds(self) -> float:
        return self.samples.shape[1] / HERTZ


def hear(path: Path) -> Heard | None:
    """The whole sound of a file, or None. At most 70 MB for three minutes. Raises Refused."""
    with reading.opened(path) as container:
        stream = reading.sound(container)
        if stream is None:
            return None
        start, pieces, loudness = (container.start_time or 0) / av.time_base, [], -70.0
        graph, sink = _measuring(stream)
        for frame in reading.frames(container, stream):
            if frame.pts is not None:
                if frame.pts * frame.time_base - start > SECONDS + 1:
                    raise TooLong
                frame.pts -= round(start / frame.time_base)
            try:
                graph.push(frame)
            except reading.ERRORS:
                raise Damaged from None
            loudness = _drain(sink, pieces, loudness)
        graph.push(None)
        loudness = _drain(sink, pieces, loudness)
    if not pieces:
        raise Damaged
    return Heard(np.concatenate(pieces, axis=1)[:, : (SECONDS + 1) * HERTZ], loudness)


def _measuring(stream):
    # async=1 with first_pts=0: a sound that starts after the picture is padded, so that both stay together.
    graph = av.filter.Graph()
    nodes = [
        graph.add_abuffer(template=stream),
        graph.add("aresample", f"{HERTZ}:async=1:first_pts=0"),
        graph.add("aformat", "channel_layouts=stereo"),
        graph.add("ebur128", "metadata=1"),
        graph.add("aformat", "sample_fmts=fltp"),
        graph.add("abuffersink"),
    ]
    graph.link_nodes(*nodes).configure()
    return graph, nodes[-1]


def _drain(sink, pieces: list, loudness: float) -> float:
    while True:
        try:
            frame = sink.pull()
        except (av.error.BlockingIOError, av.error.EOFError):
            return loudness
        pieces.append(frame.to_ndarray().astype(np.float32, copy=False))
        loudness = float(frame.metadata.get("lavfi.r128.I", loudness))


def gain(loudness: float) -> float:
    """Decibels to add. What is nearly silent stays so."""
    return 0.0 if loudness < QUIETEST else max(-40.0, min(RAISE, LEVEL - loudness))


def write(heard: Heard, target: Path, *, bits: int = 128_000) -> None:
    """AAC in an MP4 container, levelled by one gain for the whole clip, its peaks held under -1.5 dB."""
    graph = av.filter.Graph()
    source = graph.add_abuffer(sample_rate=HERTZ, format="fltp", layout="stereo", time_base=Fraction(1, HERTZ))
    # A limiter and not a compressor: one gain keeps whispers and laughs as they were said.
    limiter = graph.add("alimiter", "limit=0.84:level=disabled:latency=1")
    sink = graph.add("abuffersink")
    graph.link_nodes(source, limiter, graph.add("aformat", "sample_fmts=fltp"), sink).configure()
    with av.open(str(target), "w", format="mp4", options={"movflags": "+faststart", "fflags": "+bitexact"}) as out:
        stream = out.add_stream("aac", rate=HERTZ, layout="stereo", bit_rate=bits)
        stream.codec_context.flags |= av.codec.context.Flags.bitexact
        factor, step = np.float32(10 ** (gain(heard.loudness) / 20)), HERTZ
        for place in range(0, heard.samples.shape[1], step):
            frame = av.AudioFrame.from_ndarray(
                np.ascontiguousarray(heard.samples[:, place : place + step] * factor), "fltp", "stereo"
            )
            frame.sample_rate, frame.pts, frame.time_base = HERTZ, place, Fraction(1, HERTZ)
            graph.push(frame)
            _encode(sink, stream, out)
        graph.push(None)
        _encode(sink, stream, out)
        out.mux(stream.encode(None))


def _encode(sink, stream, out) -> None:
    while True:
        try:
            frame = sink.pull()
        except (av.error.BlockingIOError, av.error.EOFError):
            return
        out.mux(stream.encode(frame))
