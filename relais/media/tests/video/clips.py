"""Small real files made for the tests, and what the files made from them hold."""

import struct
from fractions import Fraction
from pathlib import Path

import av
import numpy as np


def make(
    path: Path,
    *,
    width=180,
    height=320,
    rate=25,
    seconds=1.0,
    codec="libx264",
    sound="aac",
    pixels="yuv420p",
    rotation=0,
    tags=None,
    options=None,
    container=None,
    hertz=440,
    level=0.2,
    quiet_start=0.0,
    stamps=None,
    faststart=False,
    form=None,
    picture=None,
) -> Path:
    """A moving gradient and a tone. `stamps`: times in seconds instead of a steady rate. `picture`: function of the frame's number."""
    container = {"movflags": "+faststart"} if faststart else container
    with av.open(str(path), "w", format=form, options=container or {}) as out:
        out.metadata.update(tags or {})
        shown = heard = None
        if codec:
            shown = out.add_stream(
                codec, rate=rate, options=options or ({"preset": "ultrafast"} if codec == "libx264" else {})
            )
            shown.width, shown.height, shown.pix_fmt = width, height, pixels
            if rotation:
                shown.set_display_rotation(rotation)
        if sound:
            heard = out.add_stream(sound, rate=48_000, layout="stereo")
        if shown:
            for number, time in enumerate(stamps or [place / rate for place in range(round(seconds * rate))]):
                frame = av.VideoFrame.from_ndarray(
                    (picture or gradient)(number, width, height), format="rgb24"
                ).reformat(format=pixels)
                frame.pts, frame.time_base = round(time * 90_000), Fraction(1, 90_000)
                out.mux(shown.encode(frame))
            out.mux(shown.encode(None))
        if heard:
            for frame in tone(seconds, hertz, level, quiet_start):
                out.mux(heard.encode(frame))
            out.mux(heard.encode(None))
    return path


def gradient(number: int, width: int, height: int) -> np.ndarray:
    across, down = np.meshgrid(np.arange(width), np.arange(height))
    return np.stack([(across + number * 4) % 256, (down + number) % 256, (across + down) % 256], axis=-1).astype(
        np.uint8
    )


def corners(number: int, width: int, height: int) -> np.ndarray:
    """Red above left, green above right, blue below left, white below right."""
    picture = np.zeros((height, width, 3), np.uint8)
    down, across = height // 2, width // 2
    picture[:down, :across, 0] = picture[:down, across:, 1] = picture[down:, :across, 2] = 230
    picture[down:, across:] = 230
    return picture


def tone(seconds: float, hertz: float, level: float, quiet_start: float):
    total = round(seconds * 48_000)
    wave = level * np.sin(2 * np.pi * hertz * np.arange(total) / 48_000)
    wave[: round(quiet_start * 48_000)] = 0
    for place in range(0, total, 1024):
        part = np.ascontiguousarray(np.tile(wave[place : place + 1024], (2, 1)).astype(np.float32))
        frame = av.AudioFrame.from_ndarray(part, "fltp", "stereo")
        frame.sample_rate, frame.pts, frame.time_base = 48_000, place, Fraction(1, 48_000)
        yield frame


def with_matrix(file: bytes, a: float, b: float, c: float, d: float) -> bytes:
    """The same MP4, shown with this display matrix (of its one track, tkhd version 0)."""
    place = file.index(b"tkhd") + 4 + 40
    numbers = [a, b, 0, c, d, 0, 0, 0, 16_384]
    return file[:place] + struct.pack(">9i", *(round(number * 65_536) for number in numbers)) + file[place + 36 :]


def colour(path: Path, *, seconds: float = 0.5, at: tuple[float, float] = (0.5, 0.5)) -> tuple[int, int, int]:
    picture = still(path, seconds)
    return tuple(int(value) for value in picture[int(picture.shape[0] * at[1]), int(picture.shape[1] * at[0])])


def still(path: Path, seconds: float) -> np.ndarray:
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            if frame.time + 0.001 >= seconds:
                return frame.to_ndarray(format="rgb24")
    raise AssertionError("shorter than that")


def held(path: Path) -> dict:
    """What a written clip really holds, all of it decoded."""
    with av.open(str(path)) as container:
        shown, told = container.streams.video[0], {}
        told |= {
            "codec": shown.codec_context.name,
            "pixels": shown.pix_fmt,
            "profile": shown.codec_context.profile,
            "rate": shown.average_rate,
        }
        told |= {"tags": dict(container.metadata), "streams": len(container.streams)}
        times, samples = [], 0
        heard = container.streams.audio[0] if container.streams.audio else None
        if heard:
            told |= {"sound": heard.codec_context.name, "hertz": heard.rate}
        for frame in container.decode(*([shown, heard] if heard else [shown])):
            if isinstance(frame, av.VideoFrame):
                times.append(frame.time)
                told["size"] = (frame.width, frame.height)
                told.setdefault("rotation", frame.rotation)
            else:
                samples += frame.samples
    return told | {"frames": len(times), "times": times, "seconds_heard": samples / 48_000}


def atoms(path: Path) -> list[tuple[str, int, int]]:
    """Top atoms of an MP4: name, place, length."""
    data, place, found = path.read_bytes(), 0, []
    while place + 8 <= len(data):
        length, name = struct.unpack(">I4s", data[place : place + 8])
        found.append((name.decode("latin-1"), place, length))
        place += max(length, 8)
    return found
