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
from django.core.files.storage import storages
from django.db import connection
from django.utils import timezone

from relais.media import clips, photos, previews, storage, tasks, uploads
from relais.media.models import Clip, Photo, Upload

from .elsewhere import INSIDE, held, send
from .files import picture, small_video

pytestmark = pytest.mark.django_db(transaction=True)


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
