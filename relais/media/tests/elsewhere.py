"""A storage that is not this disk, a thing that has files, and what is held of it there."""

from django.core.files.base import ContentFile
from django.core.files.storage import Storage, storages
from django.utils import timezone

from relais.media import owners, uploads
from relais.media.models import Upload
from relais.media.video import Cue

HOST = "https://fichiers.exemple.invalid"
INSIDE, OUTSIDE = f"{HOST}/dedans/", f"{HOST}/dehors/"


class Elsewhere(Storage):
    """Objects by their names, and nothing else: no path, no folder that is empty, no object that can be changed or appended to."""

    def __init__(self, base_url: str):
        self.base_url, self.objects = base_url, {}
        # Begins the names that it fails with; and what happens elsewhere while a file is written.
        self.broken, self.meanwhile = "?", lambda name: None

    def _save(self, name, content):
        assert name not in self.objects
        self._fails(name)
        self.meanwhile(name)
        self.objects[name] = (content.read(), timezone.now())
        return name

    def _fails(self, name):
        if name.startswith(self.broken):
            raise ConnectionError(f"no answer about {name}")

    def _open(self, name, mode="rb"):
        self._fails(name)
        if name not in self.objects or mode != "rb":
            raise FileNotFoundError(name)
        return ContentFile(self.objects[name][0], name=name)

    def delete(self, name):
        self._fails(name)
        self.objects.pop(name, None)

    def exists(self, name):
        return name in self.objects

    def listdir(self, path):
        start = f"{path}/" if path else ""
        below = [name.removeprefix(start) for name in self.objects if name.startswith(start)]
        return sorted({name.split("/")[0] for name in below if "/" in name}), [
            name for name in below if "/" not in name
        ]

    def size(self, name):
        return len(self.objects[name][0])

    def get_modified_time(self, name):
        return self.objects[name][1]

    def url(self, name):
        return self.base_url + name


class ThingFiles(owners.Owner):
    kind = "thing"

    def __init__(self):
        self.ready, self.shown, self.captions = [], [], [Cue(0, 900, "Être là.")]

    def cues(self, folder):
        return self.captions

    def clip_ready(self, clip, *, now):
        self.ready.append(clip.pk)

    def published(self, now):
        return self.shown


def send(folder, user, content: bytes, now, *, purpose="clip", pieces=3) -> Upload:
    upload = uploads.begin(folder=folder, user=user, purpose=purpose, name="a", size=len(content), now=now)
    step = -(-len(content) // pieces)
    for offset in range(0, len(content), step):
        upload = uploads.receive(upload=upload, offset=offset, piece=content[offset : offset + step], now=now)
    return upload


def held(alias: str, folder: str = "") -> dict[str, int]:
    """Every object of a storage, with its size."""
    folders, files = storages[alias].listdir(folder)
    prefix = f"{folder}/" if folder else ""
    found = {prefix + name: storages[alias].size(prefix + name) for name in files}
    for name in folders:
        found |= held(alias, prefix + name)
    return found
