"""The same life where the storage is not this disk: no path, no link, nothing appended; the child that decodes works on copies."""

import asyncio
import os
import signal
import threading
import time
from datetime import timedelta
from pathlib import Path

import av
import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import Storage, storages
from django.db import connection
from django.utils import timezone

from relais.media import clips, owners, photos, previews, published_files, storage, tasks, uploads
from relais.media.models import Clip, MediaFolder, Photo, Upload
from relais.media.video import Cue

from .files import picture, small_video

pytestmark = pytest.mark.django_db(transaction=True)
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


@pytest.fixture
def thing(settings, monkeypatch):
    settings.STORAGES = settings.STORAGES | {
        name: {"BACKEND": f"{__name__}.Elsewhere", "OPTIONS": {"base_url": url}}
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


def on_this_disk(settings) -> list[Path]:
    return [path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()]


def test_pieces_are_kept_one_by_one_and_read_as_one(folder, user, now, settings):
    content = bytes(range(256)) * 40
    upload = uploads.begin(folder=folder, user=user, purpose="clip", name="a", size=len(content), now=now)
    upload = uploads.receive(upload=upload, offset=0, piece=content[:4000], now=now)
    # A process died after it kept this piece and before it said so: it comes again, longer.
    storage.media().append(upload.file, 4000, b"x" * 100)
    with pytest.raises(uploads.WrongOffset) as told:
        uploads.receive(upload=upload, offset=4100, piece=content[4100:], now=now)
    assert told.value.received == 4000
    upload = uploads.receive(upload=upload, offset=4000, piece=content[4000:9000], now=now)
    upload = uploads.receive(upload=upload, offset=9000, piece=content[9000:], now=now)
    clip = Clip.objects.get()
    assert upload.completed_at and storage.media().read(clip.file("source")) == content
    assert len(held("media")) == 3 and not on_this_disk(settings)


def test_a_clip_is_made_and_nothing_is_left_beside(folder, user, thing, now, tmp_path, settings):
    send(folder, user, small_video(tmp_path / "film.mp4"), now)
    assert clips.work() == 1
    clip = Clip.objects.get()
    assert (clip.state, clip.reason, thing.ready) == (Clip.State.READY, "", [clip.pk])
    kept = {name.rpartition("/")[2] for name in held("media")}
    assert kept == {*clip.facts["sizes"], "facts.json"}, "neither its pieces nor a lock"
    clips.ask_burn(clip=clip, now=now)
    clips.work()
    clip.refresh_from_db()
    assert clip.burn_state == Clip.State.READY, clip.burn_reason
    with storage.media().on_disk(clip.file("network.mp4")) as path, av.open(str(path)) as film:
        assert film.streams.video[0].height == 1920
    assert not on_this_disk(settings)


def test_the_decoder_killed_in_the_middle_is_started_again(folder, user, thing, now, tmp_path, settings):
    send(folder, user, small_video(tmp_path / "film.mp4", seconds=8, width=720, height=1280), now)
    killed = []

    def kill():
        deadline = time.monotonic() + 120
        while not killed and time.monotonic() < deadline:
            # The first process only looks at the file: the second one encodes.
            if any(path.name == "540.mp4" for path in Path(settings.MEDIA_ROOT).rglob(".partial-*/*")):
                for task in Path("/proc/self/task").iterdir():
                    for pid in (task / "children").read_text().split():
                        if "relais.media.video.work" in Path(f"/proc/{pid}/cmdline").read_text(errors="replace"):
                            os.kill(int(pid), signal.SIGKILL)
                            killed.append(pid)
            time.sleep(0.02)

    thread = threading.Thread(target=kill)
    thread.start()
    clips.work()
    thread.join()
    clip = Clip.objects.get()
    assert killed and clip.state == Clip.State.WAITING
    assert not any(name.endswith(".mp4") for name in held("media")) and not on_this_disk(settings)
    Clip.objects.update(claimed_at=timezone.now() - 2 * clips.LEASE)
    clips.work()
    clip.refresh_from_db()
    assert clip.state == Clip.State.READY and thing.ready == [clip.pk]


@pytest.mark.parametrize("side", ["where it is read", "where it is written"])
def test_a_storage_that_does_not_answer_refuses_no_video(folder, user, thing, now, tmp_path, side):
    """However long it lasts: a week later the file of a refused one would be erased."""
    upload = send(folder, user, small_video(tmp_path / "film.mp4"), now)
    inside = storages["media"]
    inside.broken = f"clips/{upload.pk}/{'source' if side == 'where it is read' else 'poster'}"
    for _ in range(clips.TRIES + 1):
        clips.work()
        Clip.objects.update(claimed_at=timezone.now() - 2 * clips.LEASE)
    clip = Clip.objects.get()
    assert (clip.state, clip.attempts, clip.reason) == (Clip.State.WAITING, 0, "")
    inside.broken = "?"
    clips.work()
    clip.refresh_from_db()
    assert clip.state == Clip.State.READY


def test_a_photo_and_a_proof(folder, user, now, settings):
    send(folder, user, picture(size=(200, 300)), now, purpose="photo")
    photo = Photo.objects.get()
    assert list(held("media")) == [photo.file], "what was sent is gone"
    proof = send(folder, user, b"%PDF-1.7 signed", now, purpose="proof")
    assert uploads.kind_of(proof) == "application/pdf" and storage.media().read(proof.file) == b"%PDF-1.7 signed"
    photos.save(folder=folder, user=user, described=[], removed={photo.pk}, now=now)
    uploads.discard(upload=proof)
    assert held("media") == {} and not on_this_disk(settings)


@pytest.fixture
def ready(folder, now):
    """A clip with its files."""
    clip = Clip.objects.create(folder=folder, state=Clip.State.READY, created_at=now)
    for name in ("source", "540.mp4", "poster.webp", "network.mp4"):
        storage.media().put(clip.file(name), f"{clip.pk} {name}".encode())
    return clip


def test_published_copies_follow(ready, thing, now):
    thing.shown = [owners.Shown(ready, lambda: {"captions.vtt": b"WEBVTT"})]
    published_files.sync(now)
    assert set(held("published")) == {f"{ready.pk}/{name}" for name in ("540.mp4", "poster.webp", "captions.vtt")}
    assert published_files.address(ready.pk, "540.mp4") == f"{OUTSIDE}{ready.pk}/540.mp4"
    thing.shown = [owners.Shown(ready, lambda: {"captions.vtt": b"WEBVTT\n\nautre"})]
    published_files.sync(now)
    assert storage.published().read(f"{ready.pk}/captions.vtt") == b"WEBVTT\n\nautre"
    thing.shown = []
    published_files.sync(now)
    assert held("published") == {}, "gone is gone"


def no_words():
    raise ValueError("no captions")


def test_what_its_owner_cannot_tell_stays_as_it_is_and_stops_nothing(ready, thing, folder, now):
    other = Clip.objects.create(folder=folder, state=Clip.State.READY, created_at=now)
    storage.media().put(other.file("540.mp4"), b"540")
    thing.shown = [owners.Shown(ready, lambda: {"captions.vtt": b"WEBVTT"})]
    published_files.sync(now)
    before = held("published")
    thing.shown = [owners.Shown(ready, no_words), owners.Shown(other)]
    with pytest.raises(ValueError, match="no captions"):
        published_files.sync(now)
    assert set(held("published")) == {*before, f"{other.pk}/540.mp4"}
    thing.shown = [owners.Shown(other)]
    published_files.sync(now)
    assert set(held("published")) == {f"{other.pk}/540.mp4"}, "taken back, it goes"


def test_what_has_no_business_there_goes_at_the_next_whole_look(ready, thing, now, monkeypatch):
    thing.shown = [owners.Shown(ready)]
    published_files.sync(now)
    storage.published().put("intrus/a.html", b"<script>")
    storage.published().put("seul.txt", b"seul")
    storage.published().remove(f"{ready.pk}/540.mp4")
    with monkeypatch.context() as patch:
        patch.setattr(storage.Store, "listed", None)
        published_files.sync(now)  # nothing has changed in the database: no listing is paid for
    published_files.look_again()
    published_files.sync(now)
    assert set(held("published")) == {f"{ready.pk}/540.mp4", f"{ready.pk}/poster.webp"}


def test_cut_in_the_middle_the_next_turn_does_the_rest(ready, thing, now, monkeypatch):
    thing.shown = [owners.Shown(ready)]
    put, done = storage.Store.put, []

    def cut(store, name, content):
        if len(done) == 1:
            raise OSError("cut")
        done.append(name)
        put(store, name, content)

    with monkeypatch.context() as patch:
        patch.setattr(storage.Store, "put", cut)
        with pytest.raises(OSError, match="cut"):
            published_files.sync(now)
    assert len(held("published")) == 1
    published_files.sync(now)
    assert len(held("published")) == 2


@pytest.fixture
def several(folder, now):
    """Clips with one file each, in the order of their folders."""
    made = [Clip.objects.create(folder=folder, state=Clip.State.READY, created_at=now) for _ in range(3)]
    for clip in made:
        storage.media().put(clip.file("540.mp4"), str(clip.pk).encode())
    return sorted(made, key=lambda clip: str(clip.pk))


def seen() -> set[str]:
    return {name.partition("/")[0] for name in held("published")}


def test_one_that_fails_neither_stays_nor_keeps_others_waiting(several, thing, now):
    """What cannot be copied, or taken away, is told; all the rest is as it should be, and the next turn tries again."""
    first, second, third = several
    outside = storages["published"]
    thing.shown, outside.broken = [owners.Shown(one) for one in several], str(first.pk)
    with pytest.raises(ConnectionError):
        published_files.sync(now)
    assert seen() == {str(second.pk), str(third.pk)}
    outside.broken = "?"
    published_files.sync(now)
    assert seen() == {str(one.pk) for one in several}
    thing.shown, outside.broken = [owners.Shown(third)], str(first.pk)
    with pytest.raises(ConnectionError):
        published_files.sync(now)
    assert seen() == {str(first.pk), str(third.pk)}, "the other one is gone although the first would not"
    outside.broken = "?"
    published_files.sync(now)
    assert seen() == {str(third.pk)}


def test_taken_back_while_others_are_copied_it_is_gone_at_the_end_and_never_brought(several, thing, now):
    first, second, _ = several
    outside, brought = storages["published"], []
    thing.shown = [owners.Shown(second)]
    published_files.sync(now)

    def meanwhile(name):
        brought.append(name.partition("/")[0])
        if str(first.pk) in name:
            thing.shown = [owners.Shown(first)]

    outside.meanwhile, thing.shown = meanwhile, [owners.Shown(one) for one in several]
    published_files.sync(now)
    assert seen() == {str(first.pk)} and brought == [str(first.pk)]


def test_no_transaction_waits_for_two_copies(several, thing, now):
    """The database ends one that stays idle for a minute, and what it locked with it."""
    outside, begun = storages["published"], []
    thing.shown = [owners.Shown(one) for one in several]

    def meanwhile(name):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_current_xact_id()::text")
            begun.append(cursor.fetchone()[0])

    outside.meanwhile = meanwhile
    published_files.sync(now)
    assert len(set(begun)) == len(begun) == 3


def test_cancelled_at_the_instant_of_its_last_piece_a_video_keeps_its_bytes(folder, user, now):
    """The page that cancels has read it before it was whole."""
    upload = uploads.begin(folder=folder, user=user, purpose="clip", name="a", size=20, now=now)
    upload = uploads.receive(upload=upload, offset=0, piece=b"a" * 10, now=now)
    read_before = Upload.objects.get(pk=upload.pk)
    uploads.receive(upload=upload, offset=10, piece=b"b" * 10, now=now)
    uploads.discard(upload=read_before)
    clip = Clip.objects.get()
    assert storage.media().read(clip.file("source")) == b"a" * 10 + b"b" * 10


def test_whole_while_strays_are_looked_for_a_video_is_none(folder, user, now):
    """Its last piece comes between the two questions that are asked about it."""
    upload = uploads.begin(folder=folder, user=user, purpose="clip", name="a", size=20, now=now)
    uploads.receive(upload=upload, offset=0, piece=b"a" * 10, now=now)
    asked = []

    def comes_in_between(execute, sql, params, many, context):
        answer = execute(sql, params, many, context)
        if sql.startswith("SELECT") and not asked:
            asked.append(sql)
            uploads.receive(upload=upload, offset=10, piece=b"b" * 10, now=now)
        return answer

    with connection.execute_wrapper(comes_in_between):
        clips.remove_strays(now + timedelta(hours=2))
    assert storage.media().has(Clip.objects.get().file("source"))


def test_what_nobody_names_is_removed(ready, thing, folder, user, now):
    for name in ("clips/unknown/source", "uploads/unknown"):
        storage.media().put(name, b"x")
    send(folder, user, picture(size=(20, 30)), now, purpose="photo")
    storage.media().put("photos/unknown.webp", b"x")
    half = uploads.begin(folder=folder, user=user, purpose="clip", name="a", size=30, now=now)
    uploads.receive(upload=half, offset=0, piece=b"a" * 10, now=now)
    for later in (now, now + timedelta(hours=2)):
        tasks.remove_strays(later)
        assert ("photos/unknown.webp" in held("media")) == (later == now)
        assert ("clips/unknown/source" in held("media"), "uploads/unknown" in held("media")) == (later == now,) * 2
    assert storage.media().has(Photo.objects.get().file)
    assert storage.media().read(half.file) == b"a" * 10 and ready.file("source") not in held("media")


def test_a_preview_leads_to_the_address_that_the_storage_gives(ready):
    async def ask(path: str) -> list[dict]:
        sent = []

        async def send(message):
            sent.append(message)

        scope = {"type": "http", "method": "GET", "path": path, "headers": [], "query_string": b""}
        await previews.Previews()(scope, None, send)
        return sent

    head = asyncio.run(ask(previews.address(ready, "540.mp4")))[0]
    told = dict(head["headers"])
    assert head["status"] == 307 and told[b"location"].decode() == INSIDE + ready.file("540.mp4")
    assert told[b"cache-control"] == b"private, no-store"
    assert asyncio.run(ask(f"{previews.PREFIX}x/{ready.pk}/540.mp4"))[0]["status"] == 404
