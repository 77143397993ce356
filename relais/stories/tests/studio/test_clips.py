"""From a file as sent to what can be shown, whoever dies on the way: one result. Real encoders, real processes."""

import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import av
import pytest
from django.db import connection
from django.utils import timezone

from relais.foundation import loops, retention
from relais.foundation.models import EventRecord, Heartbeat
from relais.foundation.refusals import WrongState
from relais.media import clips
from relais.media.models import Clip
from relais.media.tests.files import small_video
from relais.media.tests.places import place
from relais.stories.models import Story
from relais.stories.studio import captions, files
from relais.stories.tests.drafts import draft, send

WORKER = """
import sys, threading
from pathlib import Path
import django
from django.conf import settings
settings.DATABASES["default"]["NAME"], settings.MEDIA_ROOT = sys.argv[1], Path(sys.argv[2])
django.setup()
from relais.media import clips
clips.work()
"""
CUES = [{"start": 0, "end": 900, "text": "Être là, tout simplement."}]


@pytest.fixture
def user(people):
    return people["campaign_manager"]


@pytest.fixture
def story(user, now):
    return draft(user, now)


@pytest.fixture(scope="session")
def film(tmp_path_factory):
    return small_video(tmp_path_factory.mktemp("film") / "film.mp4")


@pytest.fixture(scope="session")
def long_film(tmp_path_factory):
    """Some seconds of work: time to be killed in the middle."""
    return small_video(tmp_path_factory.mktemp("film") / "long.mp4", seconds=12, width=720, height=1280)


def sent(story, user, content, now):
    send(story, user, content, now, name="film.mp4")
    return story.clips.last()


def events(name="clip.prepared"):
    return [row.data["ready"] for row in EventRecord.objects.filter(name=name)]


# --- a life


@pytest.mark.django_db(transaction=True)
def test_a_file_becomes_what_can_be_shown(story, user, film, now):
    clip = sent(story, user, film, now)
    beats = []
    assert clips.work(alive=beats.append) == 1
    clip.refresh_from_db()
    story.refresh_from_db()
    assert (clip.state, clip.progress, clip.reason, story.clip) == (Clip.State.READY, 100, "", clip)
    assert clip.facts["kind"] == "video" and 900 <= clip.facts["duration_ms"] <= 1200 and clip.facts["has_audio"]
    assert {"540.mp4", "1080.mp4", "poster.webp"} <= {path.name for path in place(clip).iterdir()}
    assert not (place(clip) / "source").exists(), "the file as sent knows where it was filmed"
    assert events() == [True] and clips.work() == 0


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("content", [b"%PDF-1.7 named film.mp4", b"\0" * 4000, b"\0\0\0\x18ftypisom" + bytes(3000)])
def test_a_bad_file_is_refused_in_a_sentence(story, user, now, content):
    clip = sent(story, user, content, now)
    clips.work()
    clip.refresh_from_db()
    story.refresh_from_db()
    assert clip.state == Clip.State.REFUSED and clip.reason.endswith(".") and story.clip is None
    assert events() == [False]


@pytest.mark.django_db(transaction=True)
def test_a_sound_is_no_video_and_a_video_no_sound(user, film, now):
    story = draft(user, now, form="audio")
    clip = sent(story, user, film, now)
    clips.work()
    clip.refresh_from_db()
    assert clip.state == Clip.State.REFUSED and "Vidéo verticale" in clip.reason


@pytest.mark.django_db(transaction=True)
def test_beyond_the_draft_a_person_chooses_the_new_version(user, people, film, now):
    """What somebody has read is what gets published."""
    story = draft(user, now)
    first = sent(story, user, film, now)
    clips.work()
    Story.objects.filter(pk=story.pk).update(
        state=Story.State.APPROVED, submitted_by=user, approved_by=people["supervisor"]
    )
    second = sent(story, user, film + b"\0", now)
    clips.work()
    story.refresh_from_db()
    assert story.clip == first and story.clips.filter(state=Clip.State.READY).count() == 2
    held = files.use(story=story, clip=second.pk, user=user, now=now)
    assert (held.clip, held.state, held.approved_by) == (second, Story.State.DRAFT, None)
    Story.objects.filter(pk=story.pk).update(state=Story.State.PUBLISHED, published_at=now)
    with pytest.raises(WrongState):
        files.use(story=story, clip=first.pk, user=user, now=now)


def test_only_what_is_ready_and_of_this_story_is_shown(story, user, now):
    waiting = Clip.objects.create(folder=story.folder, created_at=now)
    foreign = Clip.objects.create(folder=draft(user, now).folder, state=Clip.State.READY, created_at=now)
    for clip in (waiting, foreign):
        with pytest.raises(WrongState):
            files.use(story=story, clip=clip.pk, user=user, now=now)


# --- who takes it, who loses it


def test_one_worker_takes_it_and_a_dead_one_loses_it(story, user, now):
    clip = Clip.objects.create(folder=story.folder, created_at=now)
    first = clips._take(now)
    assert first.clip == clip and clips._take(now) is None
    later = now + clips.LEASE + timedelta(seconds=1)
    second = clips._take(later)
    assert second.clip == clip and second.clip.attempts == 2
    assert not first.settle(Clip.State.READY, at=None), "the first one comes back from the dead: too late"
    assert second.settle(Clip.State.WORKING, at=later, progress=50)
    clip.refresh_from_db()
    assert (clip.state, clip.progress) == (Clip.State.WORKING, 50)


def test_a_lease_is_renewed_while_work_goes_on(story, now):
    Clip.objects.create(folder=story.folder, created_at=now)
    held = clips._take(now)
    held.settle(Clip.State.WORKING, at=now + timedelta(seconds=50))
    assert clips._take(now + clips.LEASE + timedelta(seconds=1)) is None


def test_three_deaths_and_it_is_refused_in_words(story, now):
    clip = Clip.objects.create(folder=story.folder, created_at=now)
    for turn in range(clips.TRIES):
        assert clips._take(now + turn * 2 * clips.LEASE).clip == clip
    assert clips._take(now + clips.TRIES * 2 * clips.LEASE) is None
    clip.refresh_from_db()
    assert clip.state == Clip.State.REFUSED and "3 fois" in clip.reason


@pytest.mark.django_db(transaction=True)
def test_the_decoder_killed_in_the_middle_is_started_again(story, user, long_film, now, monkeypatch):
    clip = sent(story, user, long_film, now)
    killed = kill_when(clip, lambda: decoders(os.getpid()))
    clips.work()
    clip.refresh_from_db()
    assert killed() and clip.state == Clip.State.WAITING and clip.attempts == 1 and clip.reason
    assert not leftovers(clip)
    Clip.objects.update(claimed_at=timezone.now() - 2 * clips.LEASE)
    clips.work()
    one_result(clip, story)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("part", [0.0, 0.2, 0.5])
def test_a_worker_killed_at_any_step_leaves_one_result(story, user, long_film, now, settings, part):
    clip = sent(story, user, long_film, now)
    worker = subprocess.Popen(
        [sys.executable, "-c", WORKER, connection.settings_dict["NAME"], str(settings.MEDIA_ROOT)],
        env=os.environ | {"PYTHONPATH": "."},
    )
    deadline = time.monotonic() + 240
    while time.monotonic() < deadline:
        clip.refresh_from_db()
        children = decoders(worker.pid)
        if clip.state == Clip.State.WORKING and children and clip.progress >= part * 100:
            break
        assert worker.poll() is None and clip.state != Clip.State.READY, "killed too late"
        time.sleep(0.02)
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    wait_until(
        lambda: not any(Path(f"/proc/{pid}").exists() and "Z" not in state(pid) for pid in children),
        "its decoder dies with it",
    )
    assert clips.work() == 0, "its lease is not over"
    Clip.objects.update(claimed_at=timezone.now() - 2 * clips.LEASE)
    clips.work()
    one_result(clip, story)


@pytest.mark.django_db(transaction=True)
def test_a_worker_asked_to_stop_gives_it_back(story, user, long_film, now, monkeypatch):
    clip = sent(story, user, long_film, now)
    stop = clips._Watch.should_stop
    monkeypatch.setattr(
        clips._Watch, "should_stop", lambda watch: stop(watch) or (watch.part > 0.2 and loops.stopping.set())
    )
    try:
        clips.work()
    finally:
        loops.stopping.clear()
        monkeypatch.undo()
    clip.refresh_from_db()
    assert (clip.state, clip.claimed_at, clip.attempts) == (Clip.State.WAITING, None, 0)


def decoders(parent) -> list[int]:
    found = []
    for task in Path(f"/proc/{parent}/task").iterdir():
        for pid in (task / "children").read_text().split():
            if "relais.media.video.work" in Path(f"/proc/{pid}/cmdline").read_text(errors="replace"):
                found.append(int(pid))
    return found


def state(pid) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return "Z"


def kill_when(clip, find):
    """Kill the decoder once it has begun to encode; gives a function that says whether that was done."""
    import threading

    done = []

    def watch():
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline and not done:
            # The first process only looks at the file: the second one encodes.
            if list(place(clip).glob(".partial-*/540.mp4")):
                for pid in find():
                    os.kill(pid, signal.SIGKILL)
                    done.append(pid)
            time.sleep(0.02)

    thread = threading.Thread(target=watch)
    thread.start()
    return lambda: thread.join() or bool(done)


def wait_until(condition, what, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


def leftovers(clip):
    return [path.name for path in place(clip).iterdir() if path.name.startswith(".partial")]


def one_result(clip, story):
    clip.refresh_from_db()
    story.refresh_from_db()
    assert clip.state == Clip.State.READY and story.clip == clip and events() == [True]
    assert not leftovers(clip)
    with av.open(str(place(clip) / "540.mp4")) as film:
        assert sum(1 for _ in film.decode(video=0)) >= 120


# --- the copy for the networks


@pytest.fixture
def ready(story, user, film, now):
    """A story whose clip is ready."""
    sent(story, user, film, now)
    clips.work()
    story.refresh_from_db()
    return story


@pytest.mark.django_db(transaction=True)
def test_the_copy_is_made_of_the_captions_as_they_are(ready, user, now, client_for):
    page, address = client_for(user), f"/pro/studio/{ready.slug}/copie-reseaux"
    with pytest.raises(WrongState, match="sous-titres"):
        files.ask_burn(story=ready, now=now)
    assert page.get(address).status_code == 404
    ready.cues = CUES
    ready.save()
    page.post(address)
    page.post(address)
    assert clips.work() == 1
    clip = Clip.objects.get()
    assert clip.burn_state == Clip.State.READY and clip.burn_digest == clips.digest_of(captions.saved(ready.cues))
    with av.open(str(place(clip) / "network.mp4")) as film:
        assert (film.streams.video[0].width, film.streams.video[0].height) == (1080, 1920)
    assert "une fois le témoignage approuvé" in page.get(address, follow=True).content.decode(), "nothing unread leaves"
    Story.objects.update(state=Story.State.APPROVED)
    assert page.get(address)["Location"].startswith("/media-interne/")
    Story.objects.update(cues=[CUES[0] | {"text": "Autre chose."}])
    answer = page.get(address, follow=True).content.decode()
    assert "refaites-la" in answer and "montre encore les anciens" in answer
    page.post(address)
    clips.work()
    assert page.get(address)["Location"].startswith("/media-interne/")


@pytest.mark.django_db(transaction=True)
def test_a_burn_that_cannot_be_done_says_so_and_leaves_the_clip(ready, now):
    ready.cues = CUES
    ready.save()
    files.ask_burn(story=ready, now=now)
    (place(ready.clip) / "1080.mp4").write_bytes(b"broken")
    clips.work()
    clip = Clip.objects.get()
    assert clip.burn_state == Clip.State.REFUSED and clip.burn_reason and clip.state == Clip.State.READY
    assert not (place(clip) / "network.mp4").exists()


# --- the loop, and what is left behind


@pytest.mark.django_db(transaction=True)
def test_the_loop_beats_during_a_long_turn(story, user, long_film, now, monkeypatch):
    from relais.media import tasks

    sent(story, user, long_film, now)
    tasks.prepare_clips(now)
    beat = Heartbeat.objects.get()
    assert beat.name == "relais.media.tasks.prepare_clips" and beat.name in loops.registry and beat.every == 10


@pytest.mark.django_db(transaction=True)
def test_what_nobody_names_is_removed(story, user, film, now):
    clip = sent(story, user, film, now)
    refused = Clip.objects.create(folder=story.folder, state=Clip.State.REFUSED, created_at=now - timedelta(days=8))
    for folder in (place(refused), place(refused).with_name("unknown"), place(refused).with_name("fresh")):
        folder.mkdir(parents=True)
        (folder / "source").write_bytes(b"x")
    old = (now - timedelta(days=1)).timestamp()
    for name in (str(refused.pk), "unknown"):
        os.utime(place(refused).with_name(name), (old, old))
    retention.sweep(now)
    clips.remove_strays(now)
    assert {path.name for path in place(clip).parent.iterdir()} == {str(clip.pk), "fresh"}
    assert (place(clip) / "source").exists(), "what still waits keeps its source"
    Clip.objects.update(state=Clip.State.READY)
    clips.remove_strays(now)
    assert not (place(clip) / "source").exists()
