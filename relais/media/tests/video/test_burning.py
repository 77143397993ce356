"""Captions drawn into the copy for networks: legible, whole, where no button covers them."""

import numpy as np
import pytest

from relais.media import video
from relais.media.video import Cue, burning, lettering

from . import clips


@pytest.fixture(scope="module")
def burnt(tmp_path_factory):
    folder = tmp_path_factory.mktemp("burnt")
    source = clips.make(
        folder / "lying.mp4",
        width=640,
        height=360,
        seconds=1.2,
        rate=15,
        picture=lambda number, width, height: np.full((height, width, 3), 120, np.uint8),
    )
    facts = video.burn(
        source, [Cue(200, 1000, "Être au cœur de leur histoire,\nçà et là, dès l’été…")], folder / "network.mp4"
    )
    return folder / "network.mp4", facts


def test_the_copy(burnt):
    target, facts = burnt
    told = clips.held(target)
    assert (
        told["size"] == (facts["width"], facts["height"]) == (1080, 1920)
        and told["frames"] == 18
        and told["sound"] == "aac"
    )
    assert not list(target.parent.glob(".partial*"))


def test_the_caption_comes_and_goes_in_its_place(burnt):
    target, _ = burnt
    before, during, after = (clips.still(target, seconds).astype(int) for seconds in (0.0, 0.6, 1.1))
    assert np.abs(before - after).max() < 12
    rows, columns = np.nonzero((np.abs(during - before) > 25).any(axis=2))
    assert columns.min() >= 1080 * 0.03 and columns.max() <= 1080 * 0.88
    assert rows.min() >= 1920 * 0.5 and rows.max() <= 1920 * 0.8
    letters = (during > 200).all(axis=2)
    assert letters.sum() > 3000, "white letters"
    assert not (before > 200).all(axis=2).any()


def test_letters_of_one_size_two_lines_at_most():
    shortest, longest = "Oui.", "W" * 40 + " " + "M" * 40
    for cues in ([shortest], [longest], [shortest, longest], ["x" * 400]):
        placed = burning.layout([(place * 1000, place * 1000 + 900, text) for place, text in enumerate(cues)])
        assert len(placed) == len(cues)
    assert burning.layout([(0, 1000, "🙂")]) == []


def test_french_is_drawn_whole():
    text = "Où ? Là ! « Ça m’a plu » : l’été, Noël, le maïs, l’œuvre, Ÿ, À É È Ç Œ Æ – — … € ½ °"
    assert lettering.undrawable(text.replace(" ", "\u202f")) == set()
    assert lettering.drawable("« Bravo\u202f! » 🙂 oui ?") == "«\u00a0Bravo\u00a0!\u00a0» oui\u00a0?"
    assert lettering.undrawable("Łukasz, Şahin, Đurić, Ștefan") == set()


def test_lines_of_equal_weight():
    face = lettering.font(600, 40)
    lines = lettering.wrap("Je ne remplace pas sa mère : je suis là le mercredi.", face, 700, 2)
    assert len(lines) == 2 and abs(face.getlength(lines[0]) - face.getlength(lines[1])) < 200
    assert lettering.wrap("un\ndeux", face, 700, 2) == ["un", "deux"]
    assert lettering.wrap("mot " * 60 + "mot", face, 300, 2) is None
