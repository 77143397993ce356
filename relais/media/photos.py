"""The pictures of a series: added once drawn again, described, put in order."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from relais.accounts.models import User
from relais.foundation import pictures

from .models import PHOTOS, MediaFolder, Photo, Upload
from .owners import owner_of
from .storage import media


def add(*, upload: Upload, now: datetime) -> Photo:
    """A photo out of a complete upload, inside the caller's transaction. Raises pictures.Refused, WrongState."""
    folder = upload.folder
    owner_of(folder).opened_for_change(folder, upload.created_by, now=now)
    last = folder.photos.last()
    photo = Photo(folder=folder, order=last.order + 1 if last else 0)
    with media().on_disk(upload.file) as sent, media().workroom(PHOTOS) as room:
        photo.width, photo.height = pictures.draw(sent, room / f"{photo.pk}.webp")
    photo.save(force_insert=True)
    transaction.on_commit(lambda: media().remove(upload.file))
    return photo


@transaction.atomic
def save(
    *, folder: MediaFolder, user: User, described: Sequence[tuple[UUID, str]], removed: set[UUID], now: datetime
) -> None:
    """Write the descriptions, in the order given, without those removed. What was added since the page was shown stays, last.

    Raises WrongState.
    """
    owner_of(folder).opened_for_change(folder, user, now=now)
    photos = {photo.pk: photo for photo in folder.photos.select_for_update()}
    for photo in [photos.pop(pk) for pk in removed & photos.keys()]:
        name = photo.file
        photo.delete()
        transaction.on_commit(lambda name=name: media().remove(name))
    texts = {pk: text for pk, text in described if pk in photos}
    for order, pk in enumerate([*texts, *(photos.keys() - texts.keys())]):
        photo = photos[pk]
        photo.order, photo.description = order, texts.get(pk, photo.description)
        photo.save(update_fields=["order", "description"])


def remove_strays(now: datetime) -> None:
    """Remove pictures that no row names: a process died between the two, or its transaction was undone."""
    known = {f"{pk}.webp" for pk in Photo.objects.order_by().values_list("pk", flat=True)}
    for name, changed in media().entries(PHOTOS):
        # An hour: its row may be in a transaction that has not ended.
        if name not in known and changed < now - timedelta(hours=1):
            media().remove(f"{PHOTOS}/{name}")
