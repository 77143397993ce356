"""Opening a file that somebody sent: what it really holds, decided from its decoded streams, never from its name.

Runs only in the child process (`work.py`), which has limits of memory and time and holds nothing worth stealing.
"""

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import av
from av.stream import Disposition

from .limits import RATE, SECONDS, SIDE, SMALLEST_SIDE, STREAMS, Damaged, Refused, TooLong
from .probe import Probe

ERRORS = (av.error.FFmpegError, ValueError, OSError)
"""What PyAV raises on a bad file."""

# Playlists (hls, dash, concat) are not here: they could name other files of this machine.
FORMATS = "mov,matroska,mpegts,mp3,wav,ogg,flac"
PICTURES = ("h264", "hevc", "vp8", "vp9", "av1", "libdav1d", "mpeg4", "mjpeg", "prores")
SOUNDS = ("aac", "mp3", "mp3float", "opus", "libopus", "vorbis", "flac", "alac", "ac3", "eac3")
PCM = ("pcm_s16le", "pcm_s16be", "pcm_s24le", "pcm_s24be", "pcm_s32le", "pcm_f32le", "pcm_u8")
OPTIONS = {
    "protocol_whitelist": "file",
    "format_whitelist": FORMATS,
    "codec_whitelist": ",".join(PICTURES + SOUNDS + PCM),
    "max_pixels": str(SIDE * SIDE),
    "max_streams": str(STREAMS * 4),
}

ADVICE = "Exportez-la en MP4 depuis votre téléphone ou votre logiciel de montage, puis envoyez-la de nouveau."
NAMES = {
    b"%PDF": "un document PDF",
    b"\xff\xd8\xff": "une photo",
    b"\x89PNG": "une image",
    b"GIF8": "une image animée",
    b"PK\x03\x04": "une archive ZIP",
    b"\x1f\x8b": "une archive",
    b"Rar!": "une archive",
    b"7z\xbc\xaf": "une archive",
    b"#EXTM3U": "une liste de lecture",
    b"ffconcat": "une liste de lecture",
    b"MZ": "un programme",
    b"\x7fELF": "un programme",
    b"<!DO": "une page web",
    b"<htm": "une page web",
    b"<svg": "un dessin",
}


@contextmanager
def opened(path: Path) -> Iterator[av.container.InputContainer]:
    """The container of `path`. Raises Refused: empty, not a video, cut short."""
    with path.open("rb") as file:
        start = file.read(16)
    if not start:
        raise Refused("Ce fichier est vide : l’envoi s’est peut-être interrompu. Envoyez-le de nouveau.")
    for mark, name in NAMES.items():
        if start.lower().startswith(mark.lower()):
            raise Refused(f"Ce fichier n’est pas une vidéo : c’est {name}.")
    if start[4:8] == b"ftyp":
        _check_atoms(path)
    try:
        # "file:" so that no path is ever read as another protocol.
        container = av.open(f"file:{path}", options=dict(OPTIONS), metadata_errors="replace")
    except ERRORS:
        raise Refused(f"Ce fichier n’est pas une vidéo que Relais sait lire. {ADVICE}") from None
    with container:
        yield container


def _check_atoms(path: Path) -> None:
    """An MP4 says the size of its parts at the start: a part that goes beyond the end of the file was cut."""
    size, place = path.stat().st_size, 0
    with path.open("rb") as file:
        while place + 8 <= size:
            file.seek(place)
            length, name = struct.unpack(">I4s", file.read(8))
            if length == 1:
                large = file.read(8)
                length = struct.unpack(">Q", large)[0] if len(large) == 8 else size + 1
            elif length == 0:
                return
            if name in (b"mdat", b"moov", b"moof") and place + length > size:
                raise Damaged
            if length < 8:
                return
            place += length


def picture(container) -> av.VideoStream | None:
    """The stream to show: not the cover of a song."""
    shown = [stream for stream in container.streams.video if not stream.disposition & Disposition.attached_pic]
    return shown[0] if shown else None


def sound(container) -> av.AudioStream | None:
    """The first stream of sound that can be read. Raises Refused when there are some, and none can."""
    for stream in container.streams.audio:
        if stream.codec_context is not None and stream.codec_context.name in SOUNDS + PCM:
            return stream
    if container.streams.audio:
        raise Refused(f"Le son de cette vidéo est dans un format que Relais ne sait pas lire. {ADVICE}")
    return None


def frames(container, stream, *, allowed: float = 0.02) -> Iterator:
    """Decoded frames of one stream. A few unreadable ones are skipped, a share above `allowed` is a damaged file.

    Raises Damaged, TooLong.
    """
    good = bad = 0
    stream.codec_context.options = {"err_detect": "explode", "max_pixels": OPTIONS["max_pixels"]}
    try:
        for packet in container.demux(stream):
            try:
                decoded = packet.decode()
            except av.error.InvalidDataError:
                decoded, bad = [], bad + 1
            for frame in decoded:
                good += 1
                yield frame
            if packet.is_corrupt and packet.size:
                bad += 1
            if bad > 3 and bad > allowed * (good + bad) and good + bad > 30:
                raise Damaged
    except ERRORS:
        raise Damaged from None
    if not good or bad > max(1, allowed * (good + bad)):
        raise Damaged


def look(path: Path) -> Probe:
    """Everything that can be refused before the long work. Raises Refused."""
    with opened(path) as container:
        return described(container)


def described(container) -> Probe:
    if len(container.streams) > STREAMS:
        raise Refused(f"Ce fichier contient trop de pistes ({len(container.streams)}). {ADVICE}")
    duration = (container.duration or 0) / av.time_base
    if duration > SECONDS + 1:
        raise TooLong
    stream, heard = picture(container), sound(container)
    common = {"container": container.format.name.split(",")[0], "duration_ms": max(0, round(duration * 1000))}
    common["audio_codec"] = heard.codec_context.name if heard else ""
    if stream is None:
        if heard is None:
            raise Refused(f"Ce fichier ne contient ni image ni son. {ADVICE}")
        return Probe(kind="audio", **common)
    return _described_picture(container, stream, common)


def _described_picture(container, stream, common: dict) -> Probe:
    context = stream.codec_context
    if context is None or context.name not in PICTURES:
        raise Refused(f"Les images de cette vidéo sont dans un format que Relais ne sait pas lire. {ADVICE}")
    check_size(context.width, context.height)
    rate = float(stream.average_rate or stream.guessed_rate or 0)
    if rate > RATE + 1:
        raise Refused(f"Cette vidéo a {rate:.0f} images par seconde : Relais en accepte {RATE} au plus. {ADVICE}")
    first = next(frames(container, stream), None)
    if first is None:
        raise Damaged
    check_size(first.width, first.height)
    shape = upright(first, aspect(stream))
    return Probe(
        kind="video",
        width=shape[0],
        height=shape[1],
        rate=rate,
        video_codec=context.name,
        **common,
    )


def check_size(width: int, height: int) -> None:
    if max(width, height) > SIDE:
        raise Refused(
            f"Cette vidéo est trop grande ({width} × {height} pixels) : exportez-la en 1080p ou en 4K, puis envoyez-la de nouveau."
        )
    if min(width, height) < SMALLEST_SIDE:
        raise Refused(f"Cette vidéo est trop petite ({width} × {height} pixels) pour être montrée.")


def aspect(stream) -> Fraction:
    """Width of a pixel over its height; an absurd one counts as square."""
    given = stream.sample_aspect_ratio
    return given if given and Fraction(1, 4) <= given <= 4 else Fraction(1)


def upright(frame, pixel: Fraction) -> tuple[int, int]:
    """Width and height of a frame once its pixels are square and it is turned the way it was held."""
    width, height = round(frame.width * pixel), frame.height
    return (height, width) if _is_on_its_side(orientation(frame)) else (width, height)


Orientation = tuple[int, int, int, int]
"""Where a step to the right (the first two) and a step down (the last two) lead once shown: to the right, and down."""
UPRIGHT: Orientation = (1, 0, 0, 1)


def orientation(frame) -> Orientation:
    """How a frame is to be turned, and mirrored (cameras that look at who holds them), to the nearest quarter.

    The display matrix of its container (ISO/IEC 14496-12, 8.3.2): nine numbers of 32 bits, a b u c d v x y w.
    """
    given = frame.side_data.get("DISPLAYMATRIX")
    numbers = struct.unpack("=9i", bytes(given)[:36]) if given else ()
    a, b, _, c, d = numbers[:5] or (1, 0, 0, 0, 1)
    sides = (0, _sign(b), _sign(c), 0) if abs(b) + abs(c) > abs(a) + abs(d) else (_sign(a), 0, 0, _sign(d))
    return sides if sum(map(abs, sides)) == 2 else UPRIGHT


def _sign(number: int) -> int:
    return (number > 0) - (number < 0)


def _is_on_its_side(given: Orientation) -> bool:
    return given[0] == 0
