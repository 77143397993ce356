"""A thing whose files are elsewhere."""

import pytest
from django.core.files.storage import storages

from relais.media import owners, storage
from relais.media.models import Clip, MediaFolder

from .elsewhere import INSIDE, OUTSIDE, Elsewhere, ThingFiles


@pytest.fixture
def thing(settings, monkeypatch):
    settings.STORAGES = settings.STORAGES | {
        name: {"BACKEND": f"{Elsewhere.__module__}.Elsewhere", "OPTIONS": {"base_url": url}}
        for name, url in (("media", INSIDE), ("published", OUTSIDE))
    }
    found = ThingFiles()
    monkeypatch.setitem(owners.Owner.added, found.kind, found)
    with pytest.raises(NotImplementedError):
        storages["media"].path("clips")
    return found


@pytest.fixture
def user(people):
    return people["mediator"]


@pytest.fixture
def folder(thing, user):
    return MediaFolder.objects.create(kind=thing.kind, organisation=user.memberships.get().organisation)


@pytest.fixture
def ready(folder, now):
    """A clip with its files."""
    clip = Clip.objects.create(folder=folder, state=Clip.State.READY, created_at=now)
    for name in ("source", "540.mp4", "poster.webp", "network.mp4"):
        storage.media().put(clip.file(name), f"{clip.pk} {name}".encode())
    return clip
