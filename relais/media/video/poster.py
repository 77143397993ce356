"""Still pictures of a clip: the poster of the feed, its thumbnail in a list, the card of a shared link."""

from pathlib import Path

import av
from PIL import Image, ImageStat

POSTER = 60_000
"""Bytes, at most: it is painted before any video byte is asked."""
THUMBNAIL = 15_000
"""Bytes, at most: a list shows two dozen of them."""
CARD = (1200, 630)


class Chooser:
    """Keeps one picture, at about a second: neither black, nor white, nor flat when the clip has better in its first ten seconds."""

    def __init__(self):
        self.small = self.large = None
        self._score, self._next = -1.0, 0.0

    def offer(self, seconds: float, small: av.VideoFrame, large: av.VideoFrame) -> None:
        if self.small is not None and (seconds < self._next or seconds > 10 or self._score >= 1):
            return
        self._next = 1.0 if seconds < 1 else seconds + 0.5
        image = small.to_image()
        score = liveliness(image)
        if seconds < 1:
            # The first picture is often a fade or a hand on the lens: kept only for want of better.
            score = min(score, 0.5)
        if score > self._score:
            self._score, self.small, self.large = score, image, large.to_image()


def liveliness(image: Image.Image) -> float:
    """From 0 (one flat colour) to 1 (enough light and contrast to be worth looking at)."""
    grey = ImageStat.Stat(image.convert("L").resize((54, 96)))
    mean, deviation = grey.mean[0], grey.stddev[0]
    return min(1.0, deviation / 20) * (1.0 if 20 < mean < 240 else 0.3)


def write_poster(image: Image.Image, target: Path, *, most: int = POSTER) -> None:
    """WebP of at most `most` bytes."""
    for quality in (82, 74, 66, 56, 46, 36, 26, 16, 6):
        image.save(target, "WEBP", quality=quality, method=4)
        if target.stat().st_size <= most:
            return
    _half(image).save(target, "WEBP", quality=40, method=4)


def write_thumbnail(image: Image.Image, target: Path) -> None:
    """The poster at half its size, WebP of at most THUMBNAIL bytes."""
    write_poster(_half(image), target, most=THUMBNAIL)


def _half(image: Image.Image) -> Image.Image:
    return image.resize((image.width // 2, image.height // 2), Image.Resampling.LANCZOS)


def write_card(image: Image.Image, target: Path) -> None:
    """JPEG of CARD pixels: the whole width of the picture, a little above its middle, where faces are."""
    width, height = CARD
    scale = max(width / image.width, height / image.height)
    grown = image.resize(
        (max(width, round(image.width * scale)), max(height, round(image.height * scale))), Image.Resampling.LANCZOS
    )
    left, top = (grown.width - width) // 2, round((grown.height - height) * 0.38)
    grown.crop((left, top, left + width, top + height)).save(
        target, "JPEG", quality=82, optimize=True, progressive=True
    )
