"""The published copies are the files of published stories and nothing else, whatever was there and wherever a turn was cut."""

import asyncio
import errno
import os
import shutil
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import timezone

from relais.foundation.files import Files
from relais.media import published_files
from relais.media.models import Clip, Photo
from relais.media.tests.places import path, place
from relais.stories.models import Story
from relais.stories.studio import rights, services
from relais.stories.tests.making import CUES, again, clip, draft, published

pytestmark = pytest.mark.django_db
FILES = ["1080.mp4", "540.mp4", "captions.vtt", "poster.jpg", "poster.webp", "thumbnail.webp"]


def public() -> Path:
    return Path(settings.MEDIA_ROOT) / "public"


def held() -> dict[str, list[str]]:
    return {folder.name: sorted(file.name for file in folder.iterdir()) for folder in public().iterdir()}


def status(address: str) -> int:
    """What the native side of the web process answers."""
    sent = []

    async def receive():
        await asyncio.Event().wait()

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": f"/media/{address}", "headers": [], "query_string": b""}
    asyncio.run(Files(public(), prefix="/media/")(scope, receive, send))
    return sent[0]["status"]


def test_the_files_of_a_published_story_and_nothing_else(people, now):
    story = published(people, now)
    clip(draft(people, now), now)
    published_files.sync(now)
    assert held() == {str(story.clip_id): FILES}
    assert (public() / str(story.clip_id) / "540.mp4").samefile(place(story.clip) / "540.mp4"), "nothing is copied"
    assert (public() / str(story.clip_id) / "captions.vtt").read_text().startswith("WEBVTT")
    assert CUES[0]["text"] in (public() / str(story.clip_id) / "captions.vtt").read_text()
    assert status(f"{story.clip_id}/540.mp4") == 200
    for inside in ("source", "network.mp4", "facts.json"):
        assert status(f"{story.clip_id}/{inside}") == 404


def test_twice_changes_nothing(people, now):
    story = published(people, now)
    published_files.sync(now)
    files = sorted((public() / str(story.clip_id)).iterdir())
    before = [(file.stat().st_ino, file.stat().st_mtime_ns) for file in files]
    published_files.sync(now)
    assert [(file.stat().st_ino, file.stat().st_mtime_ns) for file in files] == before


@pytest.mark.parametrize("how", ["withdrawn", "expired", "consent"])
def test_gone_is_gone(people, now, how):
    story, later = published(people, now), now
    published_files.sync(now)
    assert status(f"{story.clip_id}/poster.webp") == 200
    if how == "withdrawn":
        services.withdraw(story=story, user=people["mediator"], reason="Une erreur.", now=now)
    elif how == "consent":
        rights.withdraw_consent(
            consent=story.consents.get(kind="person"), user=people["mediator"], reason="Non.", now=now
        )
    else:
        later = story.expires_at
    published_files.sync(later)
    assert held() == {}
    assert [status(f"{story.clip_id}/{name}") for name in FILES] == [404] * len(FILES)
    assert (place(again(story).clip) / "540.mp4").exists(), "the clip itself stays in the studio"
    assert not (Path(settings.MEDIA_ROOT) / "aside").exists()


def test_the_last_second(people, now):
    story = published(people, now)
    published_files.sync(story.expires_at - timedelta(seconds=1))
    assert list(held()) == [str(story.clip_id)]
    published_files.sync(story.expires_at)
    assert held() == {}


def test_what_has_no_business_there_is_removed(people, now, tmp_path):
    story = published(people, now)
    published_files.sync(now)
    folder = public() / str(story.clip_id)
    secret = tmp_path / "secret"
    secret.write_text("secret")
    (public() / "intrus").mkdir()
    (public() / "intrus" / "a.html").write_text("<script>")
    (public() / "seul.txt").write_text("seul")
    (public() / "lien").symlink_to(tmp_path)
    (folder / "extra.html").write_text("<script>")
    (folder / "sous-dossier").mkdir()
    (folder / "540.mp4").unlink()
    (folder / "540.mp4").symlink_to(secret)
    (folder / "1080.mp4").unlink()
    (folder / "1080.mp4").write_text("autre chose")
    (folder / "poster.jpg").unlink()
    (folder / "captions.vtt").write_text("vieux")
    published_files.sync(now)
    assert held() == {str(story.clip_id): FILES}
    for name in FILES:
        if name != "captions.vtt":
            assert (folder / name).samefile(place(story.clip) / name) and not (folder / name).is_symlink()
    assert "WEBVTT" in (folder / "captions.vtt").read_text()
    assert secret.read_text() == "secret"


def test_what_cannot_be_shown_keeps_nothing_else_from_being_shown(people, now, monkeypatch):
    """A disk that gives no more links to one file, whichever comes first."""
    stories = [published(people, now) for _ in range(3)]
    broken = min(str(story.clip_id) for story in stories)
    link = os.link

    def full(source, target):
        if broken in str(source):
            raise OSError(errno.EMLINK, "Too many links")
        link(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(os, "link", full)
        with pytest.raises(OSError, match="Too many links"):
            published_files.sync(now)
    assert {name for name, files in held().items() if "540.mp4" in files} == {
        str(story.clip_id) for story in stories
    } - {broken}
    published_files.sync(now)
    assert held()[broken] == FILES


def test_captions_that_cannot_be_written_keep_nothing_else_from_being_shown(people, now):
    first, second = published(people, now), published(people, now)
    published_files.sync(now)
    Story.objects.filter(pk=first.pk).update(cues=[{"bad": 1}])
    third = published(people, now)
    with pytest.raises(Exception, match=r"."):
        published_files.sync(now)
    assert held() == {str(one.clip_id): FILES for one in (first, second, third)}, "nor is it hidden itself"


def test_a_whole_folder_replaced_by_a_link(people, now, tmp_path):
    story = published(people, now)
    published_files.sync(now)
    folder = public() / str(story.clip_id)
    shutil.rmtree(folder)
    folder.symlink_to(place(story.clip))
    published_files.sync(now)
    assert not folder.is_symlink() and held() == {str(story.clip_id): FILES}
    assert (place(story.clip) / "source").exists()


def test_new_captions_and_a_new_version_follow(people, now):
    story = published(people, now)
    published_files.sync(now)
    newer = clip(story, now)
    Story.objects.filter(pk=story.pk).update(cues=[{"start": 0, "end": 900, "text": "Autre."}], clip=newer)
    published_files.sync(now)
    assert list(held()) == [str(newer.pk)]
    assert "Autre." in (public() / str(newer.pk) / "captions.vtt").read_text()


def test_a_clip_that_is_not_ready_is_not_shown(people, now):
    story = published(people, now)
    Clip.objects.update(state=Clip.State.REFUSED)
    published_files.sync(now)
    assert story.is_published(now) and held() == {}


def test_photos(people, now):
    story = draft(people, now, form="photos")
    photo = Photo.objects.create(folder=story.folder, width=1, height=1)
    path(photo).parent.mkdir(parents=True)
    path(photo).write_bytes(b"image")
    published_files.sync(now)
    assert held() == {}
    Story.objects.filter(pk=story.pk).update(state="published", published_at=now)
    published_files.sync(now)
    assert held() == {str(photo.pk): ["photo.webp"]} and status(f"{photo.pk}/photo.webp") == 200


# For each number read: a child makes them and ends by SIGKILL just before so many calls that change the disk were made.
CUT = """
import os, sys
from pathlib import Path
import django
django.setup()
from relais.media import published_files

root = Path(sys.argv[1])
files = {name: root / "clips" / name for name in ("540.mp4", "poster.webp")}

def turn(left):
    def watch(event, arguments):
        nonlocal left
        if event in ("os.mkdir", "os.link", "os.rename", "os.remove", "os.rmdir") or event == "open" and arguments[1] == "wb":
            left -= 1
            if left < 0:
                os.kill(os.getpid(), 9)

    (root / "aside").mkdir(exist_ok=True)
    sys.addaudithook(watch)
    wanted = {"new": files | {"captions.vtt": b"WEBVTT"}}
    published_files.make_equal(root / "public", wanted, root / "aside", published_files.Turn())

for line in sys.stdin:
    if not (child := os.fork()):
        turn(int(line))
        os._exit(0)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


def test_killed_between_any_two_steps(tmp_path):
    """What was withdrawn is whole or away, what is new is whole or not there yet, and the next turn ends the work."""
    (tmp_path / "clips").mkdir()
    for name in ("540.mp4", "poster.webp"):
        (tmp_path / "clips" / name).write_bytes(name.encode())

    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "config.settings"}
    command = [sys.executable, "-c", CUT, str(tmp_path)]
    with subprocess.Popen(
        command, cwd=settings.BASE_DIR, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as machine:
        _cut_everywhere(tmp_path, machine)


def _cut_everywhere(tmp_path, machine):
    def turn(left: int) -> int:
        machine.stdin.write(f"{left}\n")
        machine.stdin.flush()
        return int(machine.stdout.readline())

    gone, died, left = tmp_path / "public" / "gone", -9, 0
    while died == -9:
        for name in ("public", "aside"):
            shutil.rmtree(tmp_path / name, ignore_errors=True)
        gone.mkdir(parents=True)
        (gone / "540.mp4").write_bytes(b"gone")
        died = turn(left)
        assert not gone.exists() or (gone / "540.mp4").exists()
        for file in (tmp_path / "public").glob("new/*"):
            assert file.read_bytes() == (b"WEBVTT" if file.name == "captions.vtt" else file.name.encode())
        assert turn(1000) == 0
        assert (
            held_in(tmp_path / "public") == {"new": ["540.mp4", "captions.vtt", "poster.webp"]}
            and not (tmp_path / "aside").exists()
        )
        left += 1
    assert died == 0 and left > 10, "it was cut before each of its steps"


def held_in(folder: Path) -> dict:
    return {inner.name: sorted(file.name for file in inner.iterdir()) for inner in folder.iterdir()}


def test_the_loops_are_there_and_turn(people, now):
    from relais.foundation import loops
    from relais.media import tasks
    from relais.stories import tasks as of_stories

    ours = {
        "relais.stories.tasks.withdraw_what_has_ended": services.BELL,
        "relais.media.tasks.sync_published_files": published_files.BELL,
    }
    assert all(
        loops.registry[name].every == 20 and loops.registry[name].wakes_on == bell for name, bell in ours.items()
    )
    story = published(people, now)
    tasks.sync_published_files(timezone.now())
    assert list(held()) == [str(story.clip_id)]
    of_stories.withdraw_what_has_ended(story.expires_at)
    tasks.sync_published_files(timezone.now())
    assert held() == {}
