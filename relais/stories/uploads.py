"""Files on their way here, in pieces: what `received` says is on the disk, and nothing that was received is asked for twice."""

import contextlib
import errno
import os
import shutil
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F, Sum

from relais.accounts.models import User
from relais.foundation import pictures
from relais.foundation.refusals import Full, NotAcceptable, WrongState

from . import clips, photos, services
from .models import Story, Upload

PIECE = 900_000
"""Bytes of a piece at most: under DATA_UPLOAD_MAX_MEMORY_SIZE."""
PLAIN = 1_900_000
"""Bytes of a file sent by a plain form at most: the whole request stays under what the web process reads."""
LIMITS = {Upload.Purpose.CLIP: 500_000_000, Upload.Purpose.PHOTO: 15_000_000, Upload.Purpose.PROOF: 10_000_000}
RESERVE = 300_000_000
"""Bytes of disk that no upload may take: the database and the worker need room too."""
PROOFS = {b"%PDF-": "application/pdf", b"\xff\xd8\xff": "image/jpeg", b"\x89PNG\r\n\x1a\n": "image/png"}


class WrongFile(NotAcceptable):
    """This file will never be taken as it is."""


class NoRoom(Full):
    """The disk is full, or would be."""

    status = 507

    def __init__(self):
        super().__init__(
            "Le serveur n’a plus assez de place. Ce qui est déjà arrivé est gardé : prévenez la personne qui administre le site, "
            "puis choisissez le même fichier pour reprendre."
        )


class WrongOffset(WrongState):
    """The piece does not follow what is here. `received`: bytes that are."""

    def __init__(self, upload: Upload):
        super().__init__("Ce morceau ne suit pas ce qui est déjà arrivé.")
        self.received, self.size = upload.received, upload.size

    def facts(self) -> dict:
        return {"received": self.received, "size": self.size}


@transaction.atomic
def begin(*, story: Story, user: User, purpose: str, name: str, size: int, now: datetime) -> Upload:
    """Announce a file of `size` bytes. The same one announced again by the same person is taken up where it stopped.

    Raises WrongFile, NoRoom.
    """
    # The lock makes one upload of a form sent twice.
    story = Story.objects.select_for_update().get(pk=story.pk)
    name = "".join(character for character in name.replace("\\", "/").rpartition("/")[2] if character.isprintable())[:200] or "fichier"
    _check(story, purpose, size)
    found = Upload.objects.filter(story=story, created_by=user, purpose=purpose, name=name, size=size, completed_at=None).first()
    if found is None:
        if not _fits(size, now):
            raise NoRoom
        found = Upload.objects.create(story=story, created_by=user, purpose=purpose, name=name, size=size, created_at=now, updated_at=now)
    return found


def _check(story: Story, purpose: str, size: int) -> None:
    if purpose == Upload.Purpose.CLIP and story.form not in (Story.Form.VIDEO, Story.Form.AUDIO):
        raise WrongFile("Ce témoignage n’est ni une vidéo ni un son : changez d’abord sa forme.")
    if purpose == Upload.Purpose.PHOTO and story.state not in services.CHANGEABLE:
        raise WrongFile("Les photos d’un témoignage publié ou retiré ne changent pas : reprenez-le d’abord en brouillon.")
    if size == 0:
        raise WrongFile("Ce fichier est vide.")
    if size > LIMITS[purpose]:
        raise WrongFile(f"Ce fichier dépasse {LIMITS[purpose] // 1_000_000} Mo : envoyez-en une version plus légère.")


def _fits(size: int, now: datetime) -> bool:
    """Whether the disk can hold this file and the rest of those already on their way."""
    root = Path(settings.MEDIA_ROOT)
    root.mkdir(parents=True, exist_ok=True)
    running = Upload.objects.filter(completed_at=None, updated_at__gt=now - timedelta(days=1))
    promised = running.aggregate(bytes=Sum(F("size") - F("received")))["bytes"] or 0
    return shutil.disk_usage(root).free - promised - size >= RESERVE


def receive(*, upload: Upload, offset: int, piece: bytes, now: datetime) -> Upload:
    """Write one piece at `offset`, in the order of the file. The last one makes of the file what it was sent for.

    Raises WrongOffset when the piece does not follow what is here, WrongFile (the file is then forgotten), NoRoom.
    """
    try:
        with transaction.atomic():
            upload, fits = _receive(upload.pk, offset, piece, now)
    except WrongFile:
        discard(upload=upload)
        raise
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise NoRoom from error
        raise
    if not fits:
        raise WrongOffset(upload)
    return upload


def _receive(pk: UUID, offset: int, piece: bytes, now: datetime) -> tuple[Upload, bool]:
    """The upload as it is now, and whether the piece had its place."""
    upload = Upload.objects.select_for_update().select_related("story", "created_by").get(pk=pk)
    if upload.completed_at is None:
        # A machine that lost its current may have lost what the disk had not yet written down.
        upload.received = min(upload.received, _length(upload.path))
    fits = upload.completed_at is None and offset == upload.received and 0 < len(piece) <= upload.size - offset
    if fits:
        _write(upload.path, offset, piece)
        upload.received, upload.updated_at = offset + len(piece), now
        if upload.received == upload.size:
            upload.completed_at = now
            _finish(upload, now)
    upload.save(update_fields=["received", "updated_at", "completed_at"])
    return upload, fits


def _length(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _write(path: Path, offset: int, piece: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    file = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        # What a dead process wrote beyond `received` was never acknowledged: it comes again.
        os.ftruncate(file, offset)
        view = memoryview(piece)
        while view:
            written = os.pwrite(file, view, offset)
            view, offset = view[written:], offset + written
        os.fdatasync(file)
    finally:
        os.close(file)


def _finish(upload: Upload, now: datetime) -> None:
    try:
        if upload.purpose == Upload.Purpose.CLIP:
            clips.add(upload=upload, now=now)
        elif upload.purpose == Upload.Purpose.PHOTO:
            photos.add(upload=upload, now=now)
        else:
            _check_proof(upload.path)
    except (pictures.Refused, WrongState) as error:
        raise WrongFile(str(error)) from error


def _check_proof(path: Path) -> None:
    kind = kind_of(path)
    if kind is None:
        raise WrongFile("Un accord signé est un PDF, ou sa photo en JPEG, PNG ou WebP : ce fichier n’est rien de cela.")
    if kind != "application/pdf":
        pictures.draw(path, None)


def kind_of(path: Path) -> str | None:
    """The media type of a proof, from its first bytes; None for what is not taken as one."""
    with path.open("rb") as file:
        head = file.read(16)
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for start, kind in PROOFS.items() if head.startswith(start)), None)


def discard(*, upload: Upload) -> None:
    """Forget an upload and its bytes."""
    with transaction.atomic():
        Upload.objects.filter(pk=upload.pk).delete()
        transaction.on_commit(lambda: upload.path.unlink(missing_ok=True))


def remove_strays(now: datetime) -> None:
    """Files without a row, or whose row has been made into something else: a process died between the two."""
    folder = Path(settings.MEDIA_ROOT) / "uploads"
    files = {path.name: path for path in folder.iterdir()} if folder.is_dir() else {}
    needed = Upload.objects.exclude(completed_at__isnull=False, purpose__in=[Upload.Purpose.CLIP, Upload.Purpose.PHOTO])
    for name in files.keys() - {str(pk) for pk in needed.values_list("pk", flat=True)}:
        with contextlib.suppress(FileNotFoundError):
            if files[name].stat().st_mtime < (now - timedelta(hours=1)).timestamp():
                files[name].unlink()
