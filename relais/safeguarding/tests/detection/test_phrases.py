"""The small language of the lexicon."""

import pytest

from relais.safeguarding.detection.phrases import BadPattern, Lexicon
from relais.safeguarding.detection.words import folded, words


def lexicon(*patterns: str) -> Lexicon:
    made = Lexicon(
        lists={"who": "il elle"},
        sets={"end": "mourir | en finir"},
        spellings={"j": "je", "k": "que", "jpp": "je en peux plus"},
        joined={"je ai": "jai"},
        whole="jeune",
    )
    for pattern in patterns:
        made.add(pattern)
    made.close()
    return made


def is_in(pattern: str, text: str) -> bool:
    made = lexicon(pattern)
    return bool(made.matches(made.read(text), lambda found: True))


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("veux mourir", "Je VEUX mourir"),
        ("frapp~", "frappées"),
        ("frapp~", "frapait"),
        ("scarifi*", "scarifications"),
        ("a/b c", "b c"),
        ("<who> part", "elle part"),
        ("veux .. mourir", "veux vraiment trop mourir"),
        ("veux ?trop mourir", "veux mourir"),
        ("veux ?trop mourir", "veux trop mourir"),
        ("veux {end}", "veux en finir"),
        ("(veux | vais) mourir", "vais mourir"),
        ("menac~", "menaçait"),
        ("peux plus", "jpp"),
        ("jai mal", "j'ai mal"),
        ("veux", "jveux"),
        ("me frappe fort", "jmefrappe fort"),
    ],
)
def test_what_a_pattern_finds(pattern, text):
    assert is_in(pattern, text)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("veux mourir", "mourir veux"),
        ("tap~", "tapis"),
        ("veux .. mourir", "veux un deux trois mourir"),
        ("veux mourir", "je veux. Mourir ?"),
        ("une", "jeune"),
        ("veux .. mourir", "je veux un stage. il va mourir"),
    ],
)
def test_what_a_pattern_leaves(pattern, text):
    assert not is_in(pattern, text)


def test_an_ellipsis_ends_nothing():
    assert is_in("veux mourir", "je veux... mourir")


@pytest.mark.parametrize("pattern", ["<nobody> part", "{nothing}", ".. mot", "mot ..", "(a | b", "?mot", "l'air"])
def test_a_bad_line_is_refused(pattern):
    with pytest.raises(BadPattern):
        lexicon(pattern)


def test_folding_is_the_same_for_every_spelling():
    assert len({folded(word) for word in ("frappé", "FRAPPÉE", "frapé", "frrrappé", "fr4ppé")}) <= 2
    assert folded("quand") == folded("kand")
    assert folded("cœur") == folded("coeur")
    assert folded("corps") == folded("corp")
    assert folded("a" * 10_000) == folded("a" * 50)


def test_positions_survive_spelt_letters():
    text = "je v e u x mourir"
    assert [text[word.start : word.end].replace(" ", "")[:1] for word in words(text)] == ["j", "v", "m"]
