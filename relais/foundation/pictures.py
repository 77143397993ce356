"""Pictures that somebody sent, drawn again: no metadata left, a bounded size. Decoded in a process of its own, with limits.

`python -m relais.foundation.pictures PARENT SIDE SOURCE [OUT]` is that process; it prints one JSON object.
"""

import json
import os
import sys
from pathlib import Path

from relais.foundation import confined

SIDE = 1080
PIXELS = 60_000_000
"""Of the picture as sent: a large camera makes 50 million."""
SECONDS = 30
LIMITS = confined.Limits(memory=1_200_000_000, processor_seconds=SECONDS, file=50_000_000, open_files=32)
HEIC = (b"ftypheic", b"ftypheix", b"ftypmif1", b"ftypmsf1", b"ftypavif")


class Refused(Exception):
    """Its text is a French sentence for the person who sent the picture."""


def draw(source: Path, out: Path | None, *, side: int = SIDE) -> tuple[int, int]:
    """Read a JPEG, PNG or WebP and write it at `out` as WebP, at most `side` pixels; without `out` it is only read.

    Gives (width, height) of the result. Raises Refused.
    """
    words = [str(side), str(source.absolute()), *([str(out.absolute())] if out else [])]
    try:
        answer = json.loads(confined.ask("relais.foundation.pictures", *words, given=b"", seconds=2 * SECONDS))
    except confined.Died:
        # Killed by its limits: nothing that a picture of this size needs.
        raise Refused(
            "Cette image est trop lourde à lire : exportez-la en JPEG, plus petite, puis envoyez-la de nouveau."
        ) from None
    if "refused" in answer:
        raise Refused(answer["refused"])
    return answer["width"], answer["height"]


def _draw(side: int, source: Path, out: Path | None) -> dict:
    from PIL import Image, ImageOps, UnidentifiedImageError

    Image.MAX_IMAGE_PIXELS = None  # counted below, in words
    with source.open("rb") as file:
        if file.read(12)[4:] in HEIC:
            return {
                "refused": "Les photos HEIC ou AVIF ne se lisent pas partout : exportez-la en JPEG, puis envoyez-la de nouveau."
            }
    try:
        with Image.open(source, formats=("JPEG", "PNG", "WEBP")) as image:
            if image.width * image.height > PIXELS:
                return {
                    "refused": f"Cette image dépasse {PIXELS // 1_000_000} millions de pixels : réduisez-la, puis envoyez-la de nouveau."
                }
            if image.width * 10 < image.height or image.height * 10 < image.width or min(image.size) < 16:
                return {"refused": "Cette image est trop étroite pour être montrée."}
            # A JPEG is decoded at the smallest size that suffices.
            image.draft("RGB", (side, side))
            picture = _in_srgb(ImageOps.exif_transpose(image))
    except UnidentifiedImageError:
        return {"refused": "Ce fichier n’est pas une image JPEG, PNG ou WebP."}
    except (OSError, ValueError, SyntaxError, EOFError):
        return {"refused": "Cette image est abîmée ou incomplète : envoyez-la de nouveau."}
    picture.thumbnail((side, side), Image.Resampling.LANCZOS)
    if out:
        _write(picture, out)
    return {"width": picture.width, "height": picture.height}


def _in_srgb(image):
    """Opaque RGB, in the colours of screens: a phone's own profile would be lost with the metadata."""
    import io

    from PIL import Image, ImageCms

    profile = image.info.get("icc_profile")
    if profile and image.mode == "RGB":
        try:
            image = ImageCms.profileToProfile(
                image, ImageCms.ImageCmsProfile(io.BytesIO(profile)), ImageCms.createProfile("sRGB")
            )
        except (ImageCms.PyCMSError, OSError):
            image = image.convert("RGB")  # a broken profile: the colours as they are
    if image.mode in ("RGBA", "LA", "PA", "P"):
        layer = image.convert("RGBA")
        image = Image.new("RGBA", layer.size, "white")
        image.alpha_composite(layer)
    return image.convert("RGB")


def _write(picture, out: Path) -> None:
    """Whole or not at all. The picture is copied without what Pillow keeps beside the pixels."""
    from PIL import Image

    clean = Image.new("RGB", picture.size)
    clean.paste(picture)
    part = out.with_name(out.name + ".part")
    with part.open("wb") as file:
        clean.save(file, "WEBP", quality=82, method=4)
        file.flush()
        os.fsync(file.fileno())
    part.replace(out)


def main(words: list[str]) -> None:
    parent, side, *paths = words
    source, *out = map(Path, paths)
    confined.confine(int(parent), LIMITS, reads=[source], writes=[one.parent for one in out])
    print(json.dumps(_draw(int(side), source, out[0] if out else None)))


if __name__ == "__main__":
    main(sys.argv[1:])
