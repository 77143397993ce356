"""The pictures of a series: added once drawn again, described, put in order."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from relais.accounts.models import User
from relais.foundation import pictures

from . import services
from .models import Photo, Story, Upload


def add(*, upload: Upload, now: datetime) -> Photo:
    """A photo out of a complete upload, inside the caller's transaction. Raises pictures.Refused, WrongState."""
    story = services.opened_for_change(upload.story, upload.created_by, now=now)
    last = story.photos.last()
    photo = Photo(story=story, order=last.order + 1 if last else 0)
    photo.path.parent.mkdir(parents=True, exist_ok=True)
    photo.width, photo.height = pictures.draw(upload.path, photo.path)
    photo.save(force_insert=True)
    transaction.on_commit(lambda: upload.path.unlink(missing_ok=True))
    return photo


@transaction.atomic
def save(*, story: Story, user: User, described: Sequence[tuple[UUID, str]], removed: set[UUID], now: datetime) -> None:
    """Write the descriptions, in the order given, without those removed. What was added since the page was shown stays, last.

    Raises WrongState.
    """
    held = services.opened_for_change(story, user, now=now)
    photos = {photo.pk: photo for photo in held.photos.select_for_update()}
    for photo in [photos.pop(pk) for pk in removed & photos.keys()]:
        path = photo.path
        photo.delete()
        transaction.on_commit(lambda path=path: path.unlink(missing_ok=True))
    texts = {pk: text for pk, text in described if pk in photos}
    for order, pk in enumerate([*texts, *(photos.keys() - texts.keys())]):
        photo = photos[pk]
        photo.order, photo.description = order, texts.get(pk, photo.description)
        photo.save(update_fields=["order", "description"])
