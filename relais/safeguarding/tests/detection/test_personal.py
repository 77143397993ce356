"""Personal data: what is found in the labelled messages, what is left alone, and the mask."""

import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relais.safeguarding.detection import Finding, danger, masked, personal
from relais.safeguarding.tests.detection.labelled import braced, lines
from tests.made_up import cases

SAMPLES = [(kinds, *braced(message)) for kinds, message in lines("personal.txt") if kinds]
CLEAN = [message for kinds, message in lines("personal.txt") if not kinds]
CONTACTS = {"phone", "email", "handle", "url", "nir"}


def is_found(text: str, span: tuple[int, int]) -> bool:
    return any(one.start <= span[0] and span[1] <= one.end for one in personal(text))


def test_the_labelled_set_is_large_enough():
    assert len(SAMPLES) >= 200
    assert len(CLEAN) >= 150


@pytest.mark.parametrize("kinds, text, spans", [row for row in SAMPLES if row[0] & CONTACTS], ids=str)
def test_contacts_are_always_found(kinds, text, spans):
    assert all(is_found(text, span) for span in spans)
    assert kinds & {one.kind for one in personal(text)}


@pytest.mark.parametrize(
    "text", ["06 12 34 56 78, lea@exemple.fr", "02.38.07.00.00, lea@exemple.fr", "Au 06 12 34 56 78. lea@exemple.fr"]
)
def test_an_address_does_not_eat_the_telephone_before_it(text):
    assert [one.kind for one in personal(text)] == ["phone", "email"]


@pytest.mark.parametrize("kind", ["name", "school", "address"])
def test_names_schools_and_addresses(kind):
    spans = [is_found(text, span) for kinds, text, spans in SAMPLES if kind in kinds for span in spans]
    assert sum(spans) / len(spans) >= 0.85


def test_false_alarms_are_rare():
    alarms = [message for message in CLEAN if personal(message)]
    assert len(alarms) <= len(CLEAN) * 0.02, alarms


def test_nothing_of_what_was_found_is_left_by_the_mask():
    for _, text, spans in SAMPLES:
        left = masked(text, personal(text))
        for start, end in spans:
            assert text[start:end] not in left


def test_the_mask_says_what_was_there():
    text = "Je m’appelle Léa Durand, 06 39 98 12 34 ou lea@exemple.fr, snap lea_77, lycée Jean Jaurès."
    assert masked(text, personal(text)) == (
        "Je m’appelle [nom masqué], [téléphone masqué] ou [adresse e-mail masquée], snap [compte masqué], [établissement masqué]."
    )


def test_the_mask_leaves_danger_and_overlaps_alone():
    text = "je veux mourir, appelle le 06 39 98 12 34"
    assert masked(text, danger(text)) == text
    twice = [*personal(text), Finding("handle", 30, 36, text[30:36])]
    assert masked(text, twice) == "je veux mourir, appelle le [téléphone masqué]"


@pytest.mark.parametrize(
    "text",
    [
        "le 3114, le 119, le 17",
        "0 800 235 236",
        "RNCP 35832",
        "12/05/2008 14 30",
        "91000 Évry",
        "1 801,80 €",
        "SIRET 000 000 000 00000",
    ],
)
def test_numbers_that_reach_nobody(text):
    assert not personal(text)


@pytest.mark.parametrize(
    "text",
    [
        "zéro six trente-neuf quatre-vingt-dix-huit soixante-dix-sept zéro deux",
        "0️⃣6️⃣ 39 98 77 02",
        "+33 (0)6-39-98-77-02",
    ],
)
def test_numbers_in_disguise(text):
    assert [one.kind for one in personal(text)] == ["phone"]


def test_a_city_of_an_address_goes_with_it():
    (one,) = personal("chez moi : 7 allée des Tilleuls 91000 Évry")
    assert one.found == "7 allée des Tilleuls 91000 Évry"


HOSTILE = {
    "digits": "0" * 40_000,
    "groups": "06 " * 13_000,
    "said": "quatre vingt dix " * 2_400,
    "at": "a@" * 20_000,
    "aloud": "lea arobase " * 3_300,
    "dots": "a." * 20_000,
    "capitals": "Jean " * 8_000,
    "streets": "12 rue " * 5_700,
    "networks": "snap l_1 " * 4_400,
    "links": "www." * 10_000,
    "schools": "lycée " * 6_600,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_forty_kilobytes_are_read_in_linear_time(name):
    start = time.process_time()
    personal(HOSTILE[name])
    # Measured: 10 to 150 ms. What grows as the square would take minutes.
    assert time.process_time() - start < 3


PIECES = [
    "06 39 98 12 34",
    "lea@exemple.fr",
    "snap",
    "lea_77",
    "je m'appelle",
    "Léa Durand",
    "12 rue de Paris",
    "lycée Jean",
    "zéro six",
    "@",
    ".",
]


@cases(150)
@given(st.text(max_size=300) | st.lists(st.sampled_from(PIECES), max_size=20).map(" ".join))
def test_any_text_gives_signs_that_stand_in_it_and_never_overlap(text):
    found = personal(text)
    assert all(text[one.start : one.end] == one.found != "" for one in found)
    assert all(one.end <= other.start for one, other in pairwise(found))
    masked(text, found)
