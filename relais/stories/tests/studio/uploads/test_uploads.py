"""Files in pieces: what was acknowledged is there, whatever happens to the line, the page, the process or the disk."""

import hashlib
import io
import os
import subprocess
import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction

from relais.foundation import retention
from relais.foundation.retention import DAY
from relais.media import uploads
from relais.media.models import Clip, Upload
from relais.media.storage import media
from relais.media.tests.places import path, place
from relais.stories.models import Story
from relais.stories.tests.drafts import draft, send

JSON = {"HTTP_ACCEPT": "application/json"}


def announce(client, story, size, name="film.mp4", purpose="clip"):
    return client.post(f"/pro/studio/{story.slug}/envois", {"name": name, "size": size, "purpose": purpose}, **JSON)


def put(client, address, offset, content):
    return client.post(
        address, content, content_type="application/octet-stream", HTTP_UPLOAD_OFFSET=str(offset), **JSON
    )


# --- the wire


def test_a_file_arrives_in_pieces_and_becomes_a_clip(client, story, django_capture_on_commit_callbacks):
    content = os.urandom(2_000_000)
    told = announce(client, story, len(content)).json()
    assert told["received"] == 0 and "next" not in told
    for offset in range(0, len(content), uploads.PIECE):
        with django_capture_on_commit_callbacks(execute=True):
            told = put(client, told["address"], offset, content[offset : offset + uploads.PIECE]).json()
    assert told["received"] == len(content) and told["next"] == f"/pro/studio/{story.slug}/video"
    clip = story.clips.get()
    assert clip.state == Clip.State.WAITING and clip.name == "film.mp4"
    assert (place(clip) / "source").read_bytes() == content
    assert not media().names("uploads"), "the bytes are kept once"
    assert client.get(told["address"]).json() == told, "a page that lost the last answer asks again"


def test_a_piece_elsewhere_is_told_where_to_go_on(client, story):
    address = announce(client, story, 300).json()["address"]
    assert put(client, address, 0, b"a" * 100).json()["received"] == 100
    for offset in (0, 50, 101, 200):
        answer = put(client, address, offset, b"b" * 100)
        assert (answer.status_code, answer.json()["received"]) == (409, 100)
    assert put(client, address, 100, b"").status_code == 409
    assert put(client, address, 100, b"c" * 201).status_code == 409, "more than was said"
    assert put(client, address, "", b"c").status_code == put(client, address, "-1", b"c").status_code == 400
    assert put(client, address, 100, b"c" * (uploads.PIECE + 1)).status_code == 413
    assert path(Upload.objects.get()).read_bytes() == b"a" * 100


def test_the_same_file_chosen_again_goes_on(client, story, make_user, client_for):
    first = announce(client, story, 300).json()
    put(client, first["address"], 0, b"a" * 120)
    again = announce(client, story, 300).json()
    assert (again["id"], again["received"]) == (first["id"], 120)
    assert announce(client, story, 301).json()["id"] != first["id"]
    colleague = make_user("mediator", organisation=story.organisation)
    assert announce(client_for(colleague), story, 300).json()["id"] != first["id"], (
        "somebody else's file of the same name is another"
    )


def test_what_was_never_acknowledged_comes_again(user, story, now):
    """A process killed after its write and before its commit leaves more bytes than `received` says."""
    upload = uploads.begin(folder=story.folder, user=user, purpose="photo", name="a", size=30, now=now)
    upload = uploads.receive(upload=upload, offset=0, piece=b"a" * 10, now=now)
    with path(upload).open("ab") as file:
        file.write(b"lost" * 10)
    upload = uploads.receive(upload=upload, offset=10, piece=b"b" * 10, now=now)
    assert path(upload).read_bytes() == b"a" * 10 + b"b" * 10


def test_bytes_that_the_disk_lost_are_asked_for_again(user, story, now):
    upload = uploads.begin(folder=story.folder, user=user, purpose="clip", name="a", size=30, now=now)
    uploads.receive(upload=upload, offset=0, piece=b"a" * 20, now=now)
    os.truncate(path(upload), 5)
    with pytest.raises(uploads.WrongOffset) as told:
        uploads.receive(upload=upload, offset=20, piece=b"b" * 10, now=now)
    assert told.value.received == 5
    upload.refresh_from_db()
    assert upload.received == 5
    assert uploads.receive(upload=upload, offset=5, piece=b"c" * 25, now=now).completed_at == now


@pytest.mark.django_db(transaction=True)
def test_a_crash_in_the_last_transaction_loses_nothing(user, story, now):
    upload = uploads.begin(folder=story.folder, user=user, purpose="clip", name="a", size=20, now=now)
    uploads.receive(upload=upload, offset=0, piece=b"a" * 10, now=now)
    with pytest.raises(KeyboardInterrupt), transaction.atomic():
        uploads.receive(upload=upload, offset=10, piece=b"b" * 10, now=now)
        raise KeyboardInterrupt
    upload.refresh_from_db()
    assert upload.received == 10 and not Clip.objects.exists()
    assert uploads.receive(upload=upload, offset=10, piece=b"b" * 10, now=now).completed_at
    assert (place(Clip.objects.get()) / "source").read_bytes() == b"a" * 10 + b"b" * 10


@pytest.mark.django_db(transaction=True)
def test_two_tabs_write_each_byte_once(user, story, now):
    """Both send the whole file, each piece at once: the row decides, the other is told where to go on."""
    content = os.urandom(400_000)
    upload = uploads.begin(folder=story.folder, user=user, purpose="clip", name="a", size=len(content), now=now)
    refused, start = [], threading.Barrier(2)

    def tab():
        offset = 0
        start.wait()
        while offset < len(content):
            try:
                offset = uploads.receive(
                    upload=upload, offset=offset, piece=content[offset : offset + 20_000], now=now
                ).received
            except uploads.WrongOffset as error:
                refused.append(offset)
                offset = error.received
        connection.close()

    run(tab, 2)
    assert refused, "they met"
    assert (place(Clip.objects.get()) / "source").read_bytes() == content


@pytest.mark.django_db(transaction=True)
def test_ten_at_once_none_lost(user, story, now):
    contents = {f"film-{number}.mp4": os.urandom(300_000 + number) for number in range(10)}
    names = iter(contents)

    def one():
        name = next(names)
        send(story, user, contents[name], now, name=name, pieces=12)
        connection.close()

    run(one, 10)
    assert {clip.name: digest((place(clip) / "source").read_bytes()) for clip in Clip.objects.all()} == {
        name: digest(content) for name, content in contents.items()
    }
    assert not media().names("uploads")


def run(function, number):
    failed = []

    def safely():
        try:
            function()
        except BaseException as error:
            failed.append(error)
            raise

    threads = [threading.Thread(target=safely) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed


def digest(content):
    return hashlib.sha256(content).hexdigest()


# --- what is not taken


@pytest.mark.parametrize(
    ("purpose", "size", "sentence"),
    [
        ("clip", 500_000_001, "500 Mo"),
        ("photo", 15_000_001, "15 Mo"),
        ("proof", 10_000_001, "10 Mo"),
        ("clip", 0, "vide"),
        ("virus", 10, "usage"),
    ],
)
def test_limits_are_said_before_anything_is_sent(client, story, purpose, size, sentence):
    answer = announce(client, story, size, purpose=purpose)
    assert answer.status_code == 422 and sentence in answer.json()["error"]
    assert not Upload.objects.exists()


def test_a_text_takes_no_video(client, user, now):
    assert "forme" in announce(client, draft(user, now, form="text"), 10).json()["error"]


def test_photos_of_a_published_story_stay(client, user, now):
    story = draft(user, now, form="photos", state=Story.State.PUBLISHED, published_at=now)
    assert "brouillon" in announce(client, story, 10, purpose="photo").json()["error"]


def test_names_are_only_names(user, story, now):
    for given, kept in (
        ("../../etc/passwd", "passwd"),
        ("C:\\films\\a.mp4", "a.mp4"),
        ("a\0b\n.mp4", "ab.mp4"),
        ("/", "fichier"),
    ):
        assert (
            uploads.begin(folder=story.folder, user=user, purpose="clip", name=given, size=1 + len(given), now=now).name
            == kept
        )


def test_who_has_no_business_here_finds_nothing(client, story, make_user, client_for, user, now):
    upload = uploads.begin(folder=story.folder, user=user, purpose="clip", name="a", size=10, now=now)
    stranger = client_for(make_user("campaign_manager"))
    assert announce(stranger, story, 10).status_code == 404
    assert put(stranger, f"/pro/studio/envois/{upload.pk}", 0, b"x").status_code == 404
    assert stranger.get(f"/pro/studio/envois/{upload.pk}").status_code == 404
    assert stranger.post(f"/pro/studio/envois/{upload.pk}/oublier").status_code == 404


# --- a full disk


@pytest.fixture
def small_disk(tmp_path, settings, monkeypatch):
    place = tmp_path / "disk"
    place.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8M", "none", place], stderr=subprocess.DEVNULL).returncode:
        pytest.skip("cannot mount here")
    settings.MEDIA_ROOT = place
    monkeypatch.setattr(uploads, "RESERVE", 1_000_000)
    yield place
    subprocess.run(["umount", "--lazy", place], check=True)


def test_a_disk_too_small_says_so_first(small_disk, client, story):
    answer = announce(client, story, 9_000_000)
    assert answer.status_code == 507 and "place" in answer.json()["error"]
    assert announce(client, story, 4_000_000).status_code == 201
    assert announce(client, story, 3_500_000, name="autre.mp4").status_code == 507, (
        "what is on its way has its place kept"
    )


def test_a_disk_that_fills_up_loses_nothing(small_disk, client, story):
    content = os.urandom(3_000_000)
    address = announce(client, story, len(content)).json()["address"]
    half = uploads.PIECE
    assert put(client, address, 0, content[:half]).status_code == 200
    (small_disk / "other").write_bytes(bytes(7_000_000))
    answer = put(client, address, half, content[half : 2 * half])
    assert answer.status_code == 507 and "gardé" in answer.json()["error"]
    assert client.get(address).json()["received"] == half
    (small_disk / "other").unlink()
    for offset in range(half, len(content), half):
        told = put(client, address, offset, content[offset : offset + half]).json()
    assert told["next"] and (place(story.clips.get()) / "source").read_bytes() == content


# --- without JavaScript


def plain(client, story, content, name="a.mp4", purpose="clip"):
    file = io.BytesIO(content)
    file.name = name
    return client.post(f"/pro/studio/{story.slug}/envois", {"file": file, "purpose": purpose}, follow=True)


def test_a_plain_form_sends_a_small_file(client, story):
    answer = plain(client, story, b"x" * 1000)
    assert answer.redirect_chain[-1][0] == f"/pro/studio/{story.slug}/video" and "est arrivé" in answer.content.decode()
    assert (place(story.clips.get()) / "source").read_bytes() == b"x" * 1000


def test_a_plain_form_says_what_is_too_big(client, story):
    assert "Activez JavaScript" in plain(client, story, b"x" * 1_900_001).content.decode()
    assert not Upload.objects.exists()


# --- what is left behind


def test_abandoned_uploads_go_after_a_week(user, story, now):
    old = now - 7 * DAY - timedelta(minutes=1)
    half = uploads.begin(folder=story.folder, user=user, purpose="clip", name="a", size=30, now=old)
    uploads.receive(upload=half, offset=0, piece=b"a" * 10, now=old)
    fresh = uploads.begin(folder=story.folder, user=user, purpose="clip", name="b", size=30, now=now)
    stray = media().path("uploads/00000000-0000-4000-8000-000000000000")
    stray.parent.mkdir(parents=True)
    stray.write_bytes(b"x")
    retention.sweep(now)
    uploads.remove_strays(now)
    assert list(Upload.objects.all()) == [fresh] and stray.exists(), (
        "an hour is left to a transaction that has not ended"
    )
    os.utime(stray, (old.timestamp(), old.timestamp()))
    uploads.remove_strays(now)
    assert not stray.exists()
