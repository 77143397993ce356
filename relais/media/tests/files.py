"""What tests send: a small video made here, a picture."""

from fractions import Fraction
from pathlib import Path


def small_video(path: Path, *, seconds: float = 1.0, width: int = 180, height: int = 320, sound: bool = True) -> bytes:
    """A moving grey, and a tone, as a telephone would write them: MP4, H.264, AAC."""
    import av
    import numpy

    with av.open(str(path), "w", format="mp4") as out:
        picture = out.add_stream(
            "libx264", rate=25, width=width, height=height, pix_fmt="yuv420p", options={"preset": "ultrafast"}
        )
        tone = out.add_stream("aac", rate=48000, layout="mono") if sound else None
        for number in range(int(seconds * 25)):
            level = numpy.full((height, width, 3), 60 + number * 5 % 160, numpy.uint8)
            level[number * 7 % height :][:20] = 230
            frame = av.VideoFrame.from_ndarray(level, "rgb24")
            frame.pts, frame.time_base = number, Fraction(1, 25)
            out.mux(picture.encode(frame))
        if tone:
            wave = (numpy.sin(numpy.arange(int(seconds * 48000)) / 20) * 8000).astype(numpy.int16)
            for start in range(0, len(wave), 1024):
                frame = av.AudioFrame.from_ndarray(wave[None, start : start + 1024], "s16", "mono")
                frame.sample_rate, frame.pts = 48000, start
                out.mux(tone.encode(frame))
            out.mux(tone.encode(None))
        out.mux(picture.encode(None))
    return path.read_bytes()


def picture(kind: str = "JPEG", size: tuple[int, int] = (1600, 1200), **options) -> bytes:
    import io

    from PIL import Image

    out = io.BytesIO()
    Image.new("RGB", size, (200, 90, 40)).save(out, kind, **options)
    return out.getvalue()
