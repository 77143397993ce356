"""What the team sees before anybody else: files of clips at signed addresses that live an hour, served natively with ranges.

Where the storage is not this disk, the same addresses lead on to those that it gives, which must be as short-lived.
"""

import anyio
from django.core import signing
from starlette.responses import PlainTextResponse, RedirectResponse

from relais.foundation.files import Files

from .models import CLIPS, PHOTOS, Clip, Photo
from .storage import media

PREFIX = "/media-interne/"
LIFETIME = 3600
"""Seconds."""
NAMES = frozenset({"540.mp4", "1080.mp4", "network.mp4", "audio.m4a", "poster.webp"})
_signer = signing.TimestampSigner(salt="relais.media.previews")


def address(clip: Clip, name: str) -> str:
    """The address of a file of `clip`, for LIFETIME seconds. Whoever holds it sees the file: give it to those who may."""
    return _signed(f"{clip.pk}/{name}")


def addresses(clip: Clip) -> dict[str, str]:
    """{name: address} of each file that `clip` has."""
    return {name: address(clip, name) for name in NAMES if name in clip.facts.get("sizes", {})}


def photo_address(photo: Photo) -> str:
    return _signed(photo.file)


def _signed(value: str) -> str:
    return f"{PREFIX}{_signer.sign(value).removeprefix(value + ':')}/{value}"


def opened(path: str) -> str | None:
    """The file, below the media folder, when `path` carries its own living signature."""
    signature, _, value = path.removeprefix(PREFIX).partition("/")
    try:
        value = _signer.unsign(f"{value}:{signature}", max_age=LIFETIME)
    except signing.BadSignature:
        return None
    folder, _, name = value.partition("/")
    if folder == PHOTOS:
        return value
    return f"{CLIPS}/{value}" if name in NAMES else None


class Previews(Files):
    """An ASGI application. Foreign, unsigned, too old: 404."""

    def __init__(self):
        store = media()
        self.elsewhere = None if store.is_local else store
        super().__init__(store.path("") if store.is_local else "/nonexistent", prefix="/")
        self.cache = "private, no-store"

    async def _response(self, scope):
        value = opened(scope["path"])
        if value is None:
            return PlainTextResponse("Not found", status_code=404, headers={"x-content-type-options": "nosniff"})
        response = await self._found(scope, value)
        response.headers["x-robots-tag"] = "noindex"
        return response

    async def _found(self, scope, value: str):
        if self.elsewhere:
            address = await anyio.to_thread.run_sync(self.elsewhere.address, value)
            return RedirectResponse(address, headers={"cache-control": self.cache})
        response = await super()._response(scope | {"path": f"/{value}"})
        if value.endswith("/network.mp4"):
            response.headers["content-disposition"] = 'attachment; filename="copie-reseaux.mp4"'
        return response
