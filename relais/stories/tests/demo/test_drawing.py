"""The packaged demonstration clips are what their text says, in French that can be read in time."""

import json
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from relais.stories.demo import drawing as demo
from relais.stories.studio import captions

SPECS = demo.specs()
SHEETS = {
    file.name.split(".")[0]
    for file in (Path(demo.CONTENT).parents[1] / "catalogue" / "content" / "occupations").iterdir()
}


def test_enough_of_every_kind():
    assert len(SPECS) >= 24 and len({spec.slug for spec in SPECS}) == len(SPECS)
    for audience in demo.AUDIENCES:
        assert sum(spec.audience == audience for spec in SPECS) >= 4
    assert sum(spec.title.startswith("POV") for spec in SPECS) >= 5
    assert sum(spec.title.startswith("Être au cœur") for spec in SPECS) >= 5
    assert sum(bool(spec.heads) for spec in SPECS) >= 4


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.slug)
def test_the_text(spec):
    assert spec.occupation in SHEETS and spec.audience in demo.AUDIENCES and spec.employer.endswith("(exemple)")
    assert 6 <= spec.seconds <= 11 and len(spec.words) == len(spec.cues) == len(spec.heads or spec.words)
    assert captions.warnings(spec.captions, duration_ms=round(spec.seconds * 1000)) == []
    for text in (spec.title, spec.image_description, spec.transcript, *spec.words):
        assert not set(text) & set("'\"<>") and "..." not in text and text == text.strip()
    assert captions.parse(captions.to_vtt(spec.captions)).cues == spec.captions


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.slug)
def test_the_packaged_clip_is_this_text(spec):
    """Pictures drawn now are those of the file: nobody changed the text, or the drawing, without making the clip again."""
    path = demo.CLIPS / f"{spec.slug}.mp4"
    assert json.loads((demo.CLIPS / "made.json").read_text())[spec.slug] == spec.mark
    assert path.stat().st_size <= 350_000 and (demo.CLIPS / f"{spec.slug}.webp").stat().st_size <= 60_000
    assert (demo.CLIPS / f"{spec.slug}.small.webp").stat().st_size <= 15_000
    wanted = {round(share * spec.seconds * demo.RATE) for share in (0.1, 0.45, 0.9)}
    with av.open(str(path)) as container:
        assert {stream.codec_context.name for stream in container.streams} == {"h264", "aac"}
        for number, frame in enumerate(container.decode(video=0)):
            if number in wanted:
                drawn = np.asarray(demo.draw(spec, number / demo.RATE)).astype(int)
                assert np.abs(drawn - frame.to_ndarray(format="rgb24")).mean() < 4
                wanted.remove(number)
    assert not wanted and number + 1 == round(spec.seconds * demo.RATE)


def test_all_together_they_are_light():
    files = list(demo.CLIPS.iterdir())
    assert {file.name.partition(".")[0] for file in files} == {spec.slug for spec in SPECS} | {"made"}
    assert sum(file.stat().st_size for file in files) <= 5_000_000


def test_the_same_text_makes_the_same_clip(tmp_path):
    spec = replace(SPECS[0], cues=[[0.0, 0.5, "Essai."]], words=["Essai."])
    for name in ("one.mp4", "two.mp4"):
        demo.make_demo_clip(spec, tmp_path / name)
    assert (tmp_path / "one.mp4").read_bytes() == (tmp_path / "two.mp4").read_bytes()


def test_the_mark_is_on_every_picture():
    plain, marked = (np.asarray(demo.draw(SPECS[0], time))[75:103, 38:200] for time in (0.0, 5.0))
    assert isinstance(demo.draw(SPECS[0], 0.0), Image.Image)
    assert (plain == marked).all() and plain.std() > 20
