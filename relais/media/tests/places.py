"""Where files are while tests run: on this disk."""

from pathlib import Path

from relais.media.models import Clip, Photo, Upload
from relais.media.storage import media


def place(clip: Clip) -> Path:
    """The folder of a clip."""
    return media().path(clip.place)


def path(kept: Upload | Photo) -> Path:
    return media().path(kept.file)
