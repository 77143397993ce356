"""From a file to a clip: what is kept, what is taken away, and what happens when somebody pulls the plug."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import av
import numpy as np
import pytest

from relais.foundation import confined
from relais.media import video
from relais.media.video import Cue, sound

from . import clips

HLG = "log-level=none:colorprim=bt2020:transfer=arib-std-b67:colormatrix=bt2020nc"
GPS = {"location": "+48.8566+002.3522/", "title": "Chez Jeanne", "comment": "privé"}


@pytest.fixture(scope="module")
def phone(tmp_path_factory):
    """What a phone held upright writes: lying pictures, a rotation, a place, and the folder made from it."""
    folder = tmp_path_factory.mktemp("phone")
    source = clips.make(
        folder / "IMG_0001.MOV",
        width=1280,
        height=720,
        rate=30,
        seconds=4,
        rotation=-90,
        tags=GPS,
        level=0.03,
        picture=clips.corners,
    )
    return (
        source,
        folder / "clip",
        video.run(source, folder / "clip", [Cue(500, 3500, "Être là, c’est déjà beaucoup.")]),
    )


def test_a_phone_clip(phone):
    _, folder, facts = phone
    assert facts == json.loads((folder / "facts.json").read_text())
    assert (facts["kind"], facts["width"], facts["height"], facts["has_audio"]) == ("video", 720, 1280, True)
    assert abs(facts["duration_ms"] - 4000) <= 40
    assert set(facts["sizes"]) == {"540.mp4", "1080.mp4", "network.mp4", "poster.webp", "thumbnail.webp", "poster.jpg"}
    assert {file.name for file in folder.iterdir()} == {*facts["sizes"], "facts.json", ".lock"}
    for name, size in (("540.mp4", (540, 960)), ("1080.mp4", (720, 1280)), ("network.mp4", (1080, 1920))):
        told = clips.held(folder / name)
        assert (told["size"], told["codec"], told["pixels"], told["profile"]) == (size, "h264", "yuv420p", "High")
        assert (told["rate"], told["rotation"], told["sound"], told["hertz"], told["streams"]) == (
            30,
            0,
            "aac",
            48_000,
            2,
        )
        assert told["frames"] == 120 and np.allclose(np.diff(told["times"]), 1 / 30, atol=0.001)
        assert abs(told["seconds_heard"] - 4) < 0.1
        names = [name for name, _, _ in clips.atoms(folder / name)]
        assert names.index("moov") < names.index("mdat")


def test_it_is_upright(phone):
    _, folder, _ = phone
    # Turned a quarter to the right: what was below left comes above left.
    for name in ("540.mp4", "1080.mp4"):
        for at, wanted in (
            ((0.25, 0.25), "blue"),
            ((0.75, 0.25), "red"),
            ((0.25, 0.75), "white"),
            ((0.75, 0.75), "green"),
        ):
            seen = clips.colour(folder / name, at=at)
            strong = tuple(value > 150 for value in seen)
            assert (
                strong
                == {
                    "red": (True, False, False),
                    "green": (False, True, False),
                    "blue": (False, False, True),
                    "white": (True,) * 3,
                }[wanted]
            ), (name, at, seen)


def test_no_metadata_no_place(phone):
    source, folder, facts = phone
    with av.open(str(source)) as container:
        assert "Chez Jeanne" in container.metadata.values()
    for name in facts["sizes"]:
        data = (folder / name).read_bytes()
        assert b"+48.8" not in data and b"Jeanne" not in data and "privé".encode() not in data and b"Exif" not in data
    told = clips.held(folder / "1080.mp4")["tags"]
    assert set(told) <= {"major_brand", "minor_version", "compatible_brands"}


def test_first_three_seconds_weigh_little(tmp_path):
    noise = np.random.default_rng(3)
    source = clips.make(
        tmp_path / "noise.mp4",
        width=540,
        height=960,
        seconds=3.2,
        rate=12,
        options={"preset": "ultrafast", "crf": "30"},
        picture=lambda number, width, height: noise.integers(0, 255, (height, width, 3), dtype=np.uint8),
    )
    video.run(source, tmp_path / "clip")
    small = tmp_path / "clip" / "540.mp4"
    with av.open(str(small)) as container:
        ends = [
            packet.pos + packet.size
            for packet in container.demux()
            if packet.size and packet.pts * packet.time_base < 3
        ]
    assert max(ends) <= 400_000
    assert (tmp_path / "clip" / "poster.webp").stat().st_size <= 60_000
    assert (tmp_path / "clip" / "thumbnail.webp").stat().st_size <= 15_000


def test_the_posters(phone):
    from PIL import Image

    _, folder, _ = phone
    for name, size in (("poster.webp", (540, 960)), ("thumbnail.webp", (270, 480))):
        with Image.open(folder / name) as poster:
            assert (poster.format, poster.size) == ("WEBP", size)
    with Image.open(folder / "poster.jpg") as card:
        assert (card.format, card.size) == ("JPEG", (1200, 630))


def test_the_poster_is_not_black(tmp_path):
    def late(number, width, height):
        return clips.gradient(number, width, height) if number > 50 else np.zeros((height, width, 3), np.uint8)

    source = clips.make(tmp_path / "late.mp4", seconds=3, picture=late, sound=None)
    video.run(source, tmp_path / "clip")
    from PIL import Image

    with Image.open(tmp_path / "clip" / "poster.webp") as poster:
        assert np.asarray(poster.convert("L")).mean() > 40


@pytest.mark.parametrize("level", [0.005, 0.05, 0.9])
def test_loudness(tmp_path, level):
    source = clips.make(tmp_path / "voice.mp4", seconds=4, level=level, width=128, height=128, rate=12, hertz=1000)
    facts = video.run(source, tmp_path / "clip")
    heard = sound.hear(tmp_path / "clip" / "540.mp4")
    assert abs(heard.loudness - (-16 if level > 0.01 else facts["loudness"] + sound.RAISE)) <= 1.0
    assert np.abs(heard.samples).max() <= 0.9


def test_silence_stays_silent(tmp_path):
    source = clips.make(tmp_path / "silent.mp4", seconds=1, level=0.0, width=128, height=128, rate=12)
    facts = video.run(source, tmp_path / "clip")
    assert facts["has_audio"] and facts["gain"] == 0
    assert np.abs(sound.hear(tmp_path / "clip" / "540.mp4").samples).max() < 0.001


def test_sound_and_picture_stay_together(tmp_path):
    def flash(number, width, height):
        return np.full((height, width, 3), 250 if number >= 25 else 10, np.uint8)

    source = clips.make(tmp_path / "flash.mkv", seconds=2, quiet_start=1.0, picture=flash)
    video.run(source, tmp_path / "clip")
    told = clips.held(tmp_path / "clip" / "1080.mp4")
    seen = next(time for time in told["times"] if clips.colour(tmp_path / "clip" / "1080.mp4", seconds=time)[0] > 120)
    heard = sound.hear(tmp_path / "clip" / "1080.mp4").samples
    assert abs(np.argmax(np.abs(heard[0]) > 0.02) / 48_000 - seen) <= 0.045


@pytest.mark.parametrize(
    ("name", "wishes", "rate", "frames"),
    [
        (
            "slow.webm",
            {"codec": "libvpx", "sound": "libopus", "options": {"deadline": "realtime", "cpu-used": "8"}},
            25,
            25,
        ),
        ("sixty.mp4", {"rate": 60}, 30, 30),
        ("screen.mp4", {"rate": 5}, 12, 12),
        ("cinema.mkv", {"rate": 24, "sound": "flac"}, 24, 24),
        ("uneven.mp4", {"rate": 30, "stamps": [0, 0.03, 0.1, 0.5, 0.53, 0.56, 0.96]}, None, None),
        ("broadcast.ts", {"rate": 25, "form": "mpegts"}, None, None),
    ],
)
def test_other_sources(tmp_path, name, wishes, rate, frames):
    source = clips.make(tmp_path / name, **wishes)
    facts = video.run(source, tmp_path / "clip")
    told = clips.held(tmp_path / "clip" / "540.mp4")
    assert told["frames"] == round(facts["duration_ms"] / 1000 * told["rate"]) and 12 <= told["rate"] <= 30
    assert 900 <= facts["duration_ms"] <= 1110
    if rate:
        assert (told["rate"], told["frames"]) == (rate, frames)


def test_a_lying_clip_keeps_its_ratio(tmp_path):
    facts = video.run(clips.make(tmp_path / "wide.mp4", width=1920, height=1080, seconds=0.4), tmp_path / "clip")
    assert facts["shapes"] == {"540": [540, 304], "1080": [1080, 608]}


def test_sound_alone(tmp_path):
    source = clips.make(tmp_path / "voice.mp3", codec=None, sound="libmp3lame", seconds=2)
    assert video.inspect(source).kind == "audio"
    facts = video.run(source, tmp_path / "clip")
    assert facts["kind"] == "audio" and set(facts["sizes"]) == {"audio.m4a"} and abs(facts["duration_ms"] - 2000) < 100


def test_ten_bits_and_wide_colours_become_ordinary(tmp_path):
    from relais.media.video.encode import Turner

    source = clips.make(
        tmp_path / "hdr.mp4",
        codec="libx265",
        pixels="yuv420p10le",
        seconds=0.2,
        sound=None,
        picture=clips.corners,
        options={"preset": "ultrafast", "x265-params": HLG},
    )
    with av.open(str(source)) as container:
        frame = next(container.decode(video=0))
        assert (frame.format.name, int(frame.color_trc)) == ("yuv420p10le", 18)
        (made,) = Turner(container.streams.video[0], [(90, 160)])(frame)
    assert (made.format.name, int(made.color_trc), int(made.color_primaries), int(made.colorspace)) == (
        "yuv420p",
        1,
        1,
        1,
    )
    red = made.to_ndarray(format="rgb24")[30, 20]
    assert red[0] > 150 and red[1] < 90 and red[2] < 90


def test_progress_grows_to_the_end(tmp_path):
    said = []
    video.run(clips.make(tmp_path / "a.mp4", seconds=2), tmp_path / "clip", on_progress=said.append)
    assert said == sorted(said) and len(said) > 20 and said[-1] >= 0.97


@pytest.fixture(scope="module")
def long(tmp_path_factory):
    return clips.make(tmp_path_factory.mktemp("long") / "long.mp4", width=400, height=712, seconds=3, rate=30)


def test_stopped_then_started_again(long, tmp_path):
    folder, asked = tmp_path / "clip", []
    with pytest.raises(video.Stopped):
        video.run(long, folder, on_progress=asked.append, should_stop=lambda: len(asked) > 10)
    assert [file.name for file in folder.iterdir()] == [".lock"]
    assert video.run(long, folder)["duration_ms"] == 3000


@pytest.mark.parametrize("part", [0.03, 0.3, 0.9])
def test_killed_at_any_step_it_starts_again(long, tmp_path, part):
    folder, children = tmp_path / "clip", []

    def kill(done):
        if done >= part and not children:
            children.append(_children(os.getpid())[-1])
            os.kill(children[0], signal.SIGKILL)

    with pytest.raises(video.Failed, match="interrompue"):
        video.run(long, folder, on_progress=kill)
    facts = video.run(long, folder)
    assert {file.name for file in folder.iterdir()} == {*facts["sizes"], "facts.json", ".lock"}
    assert clips.held(folder / "540.mp4")["frames"] == 90


def test_a_dead_worker_takes_its_process_with_it(long, tmp_path):
    """The worker itself is killed: no encoder goes on alone, and the next worker starts again from nothing half made."""
    folder = tmp_path / "clip"
    run = f"video.run(Path({str(long)!r}), Path({str(folder)!r}), on_progress=lambda done: print(done, flush=True))"
    code = f"from pathlib import Path; from relais.media import video; {run}"
    worker = subprocess.Popen([sys.executable, "-c", code], cwd=confined.ROOT, stdout=subprocess.PIPE, text=True)
    for line in worker.stdout:
        if float(line) > 0.2:
            break
    (child,) = _children(worker.pid)
    assert list(folder.glob(".partial-*")) and not (folder / "facts.json").exists()
    worker.kill()
    worker.wait()
    worker.stdout.close()
    _until(lambda: not Path(f"/proc/{child}").exists())
    video.run(long, folder)
    assert not list(folder.glob(".partial-*"))


def test_two_workers_one_result(long, tmp_path):
    folder, others = tmp_path / "clip", []

    def second(done):
        if done > 0.2 and not others:
            with pytest.raises(video.Failed, match="déjà"):
                video.run(long, folder)
            others.append(1)

    assert video.run(long, folder, on_progress=second)["duration_ms"] == 3000
    assert others and clips.held(folder / "540.mp4")["frames"] == 90


def test_it_is_confined(long, tmp_path, monkeypatch):
    """No secret in its environment, less priority than the web, bounded memory, no way to gain rights."""
    monkeypatch.setenv("SECRET_KEY", "not for the one who decodes")
    seen = {}

    def look(done):
        if done > 0.1 and not seen:
            folder = Path(f"/proc/{_children(os.getpid())[-1]}")
            seen["environment"] = (folder / "environ").read_bytes()
            seen["nice"] = int((folder / "stat").read_text().rsplit(")", 1)[1].split()[16])
            seen["limits"] = (folder / "limits").read_text()
            seen["status"] = (folder / "status").read_text()

    video.run(long, tmp_path / "clip", on_progress=look)
    assert b"SECRET_KEY" not in seen["environment"] and b"RELAIS_DATA" not in seen["environment"]
    assert seen["nice"] == min(19, os.nice(0) + 19) and "NoNewPrivs:\t1" in seen["status"]
    assert str(1_500_000_000) in next(line for line in seen["limits"].splitlines() if "address space" in line)


def test_no_space_left_is_not_the_fault_of_the_file(tmp_path):
    source = clips.make(tmp_path / "a.mp4", seconds=0.4)
    blocked = tmp_path / "clip"
    blocked.write_text("a file where the folder should be")
    with pytest.raises(FileExistsError):
        video.run(source, blocked)
    with pytest.raises(video.Failed, match="plus là"):
        video.run(tmp_path / "gone.mp4", tmp_path / "clip-2")


def _children(parent: int) -> list[int]:
    found = []
    for task in Path(f"/proc/{parent}/task").iterdir():
        found += [int(word) for word in (task / "children").read_text().split()]
    return [child for child in found if b"relais.media.video.work" in Path(f"/proc/{child}/cmdline").read_bytes()]


def _until(condition, seconds: float = 5) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_no_thread_is_left(tmp_path):
    before = threading.active_count()
    with pytest.raises(video.Refused):
        video.run(clips.make(tmp_path / "a.avi", codec="mpeg4", seconds=0.2), tmp_path / "clip")
    assert threading.active_count() == before
