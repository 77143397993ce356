"""Files on their way here, in pieces: what `received` says is kept, and nothing that was received is asked for twice."""

import errno
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F, Sum

from relais.accounts.models import User
from relais.foundation import pictures
from relais.foundation.refusals import Full, NotAcceptable, WrongState

from . import clips, photos
from .models import UPLOADS, MediaFolder, Upload
from .owners import owner_of
from .storage import media

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
def begin(*, folder: MediaFolder, user: User, purpose: str, name: str, size: int, now: datetime) -> Upload:
    """Announce a file of `size` bytes. The same one announced again by the same person is taken up where it stopped.

    Raises WrongFile, NoRoom.
    """
    # The lock makes one upload of a form sent twice.
    folder = MediaFolder.objects.select_for_update(no_key=True).get(pk=folder.pk)
    name = (
        "".join(character for character in name.replace("\\", "/").rpartition("/")[2] if character.isprintable())[:200]
        or "fichier"
    )
    _check(folder, purpose, size)
    found = Upload.objects.filter(
        folder=folder, created_by=user, purpose=purpose, name=name, size=size, completed_at=None
    ).first()
    if found is None:
        if not _fits(size, now):
            raise NoRoom
        found = Upload.objects.create(
            folder=folder, created_by=user, purpose=purpose, name=name, size=size, created_at=now, updated_at=now
        )
    return found


def _check(folder: MediaFolder, purpose: str, size: int) -> None:
    owner_of(folder).check(folder, purpose)
    if size == 0:
        raise WrongFile("Ce fichier est vide.")
    if size > LIMITS[purpose]:
        raise WrongFile(f"Ce fichier dépasse {LIMITS[purpose] // 1_000_000} Mo : envoyez-en une version plus légère.")


def _fits(size: int, now: datetime) -> bool:
    """Whether there is room for this file and the rest of those already on their way."""
    free = media().free()
    if free is None:
        return True
    running = Upload.objects.filter(completed_at=None, updated_at__gt=now - timedelta(days=1))
    promised = running.aggregate(bytes=Sum(F("size") - F("received")))["bytes"] or 0
    return free - promised - size >= RESERVE


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
    upload = Upload.objects.select_for_update(of=("self",)).select_related("folder", "created_by").get(pk=pk)
    if upload.completed_at is None:
        upload.received = media().arrived(upload.file, upload.received)
    fits = upload.completed_at is None and offset == upload.received and 0 < len(piece) <= upload.size - offset
    if fits:
        media().append(upload.file, offset, piece)
        upload.received, upload.updated_at = offset + len(piece), now
        if upload.received == upload.size:
            upload.completed_at = now
            _finish(upload, now)
    upload.save(update_fields=["received", "updated_at", "completed_at"])
    return upload, fits


def _finish(upload: Upload, now: datetime) -> None:
    try:
        if upload.purpose == Upload.Purpose.CLIP:
            clips.add(upload=upload, now=now)
        elif upload.purpose == Upload.Purpose.PHOTO:
            photos.add(upload=upload, now=now)
        else:
            _check_proof(upload)
    except (pictures.Refused, WrongState) as error:
        raise WrongFile(str(error)) from error


def _check_proof(upload: Upload) -> None:
    kind = kind_of(upload)
    if kind is None:
        raise WrongFile("Un accord signé est un PDF, ou sa photo en JPEG, PNG ou WebP : ce fichier n’est rien de cela.")
    if kind != "application/pdf":
        with media().on_disk(upload.file) as path:
            pictures.draw(path, None)


def kind_of(upload: Upload) -> str | None:
    """The media type of a proof, from its first bytes; None for what is not taken as one."""
    head = media().head(upload.file, 16)
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for start, kind in PROOFS.items() if head.startswith(start)), None)


def is_whole(upload: Upload) -> bool:
    return upload.completed_at is not None and media().has(upload.file)


def discard(*, upload: Upload) -> None:
    """Forget an upload and its bytes, unless they are those of a clip by now."""
    with transaction.atomic():
        # As it is now: its last piece may have made a clip of it since it was read.
        held = Upload.objects.select_for_update().filter(pk=upload.pk).first()
        Upload.objects.filter(pk=upload.pk).delete()
        if held and (held.completed_at is None or held.purpose != Upload.Purpose.CLIP):
            transaction.on_commit(lambda: media().remove(upload.file))


def remove_strays(now: datetime) -> None:
    """Files without a row, or whose row has been made into something else: a process died between the two."""
    there = Upload.objects.exclude(purpose=Upload.Purpose.CLIP)
    there = there.exclude(completed_at__isnull=False, purpose=Upload.Purpose.PHOTO)
    needed = {str(pk) for pk in there.order_by().values_list("pk", flat=True)}
    for name, changed in media().entries(UPLOADS):
        if name not in needed and changed < now - timedelta(hours=1):
            media().remove(f"{UPLOADS}/{name}")
