"""Signs of danger: what is found in the labelled messages, and each rule by itself."""

import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relais.safeguarding.detection import URGENT, WORRYING, danger, kinds
from relais.safeguarding.detection.labels import DANGERS, PERSONAL
from relais.safeguarding.detection.personal_data import MASKS
from relais.safeguarding.tests.detection.labelled import is_held_out, lines
from tests.made_up import cases

MESSAGES = lines("danger.txt")
AFTER = lines("danger_after.txt")
HELP_NUMBERS = {"15", "17", "18", "112", "114", "115", "119", "3018", "3114", "3919", "0 800 235 236"}


def measured(rows) -> tuple[float, float]:
    """(recall, precision) of the alert itself, whatever the kind."""
    alerted = [bool(said) for said, message in rows if danger(message)]
    return sum(alerted) / sum(bool(said) for said, _ in rows), sum(alerted) / len(alerted)


def found(message: str) -> set[tuple[str, str]]:
    return {(one.kind, one.level) for one in danger(message)}


# --- the labelled sets


def test_the_labelled_set_is_large_enough_and_honest():
    assert len(MESSAGES) >= 450
    assert sum(bool(said) for said, _ in MESSAGES) >= 200
    assert sum(not said for said, _ in MESSAGES) >= 250
    assert {kind for said, _ in MESSAGES for kind in said} == set(kinds())
    every = [message for name in ("danger.txt", "danger_tuned.txt", "danger_after.txt") for _, message in lines(name)]
    assert len(every) == len(set(every)), "a message used for tuning must not measure anything"


@pytest.mark.parametrize(
    "rows", [MESSAGES, [row for row in MESSAGES if is_held_out(row[1])]], ids=["whole", "held out"]
)
def test_recall_and_precision(rows):
    recall, precision = measured(rows)
    assert recall >= 0.95
    assert precision >= 0.50


def test_messages_written_after_the_lexicon():
    """100 messages the lexicon was never changed for: 87 % and 90 % at first sight (docs/decisions/0015-signs.md)."""
    recall, precision = measured(AFTER)
    assert recall >= 0.85
    assert precision >= 0.50


def test_the_kind_is_right_for_nine_in_ten():
    right = [
        bool({one.kind for one in danger(message)} & said) for said, message in MESSAGES if said and danger(message)
    ]
    assert sum(right) / len(right) >= 0.90


# --- what a sign is


def test_a_sign_says_where_it_stands():
    text = "Bonjour ! Je cherche un stage… mais je veux mourir, voilà."
    (one,) = [one for one in danger(text) if one.kind == "suicide"]
    assert text[one.start : one.end] == one.found == "veux mourir"
    assert one.level == URGENT


def test_each_kind_leads_to_help_numbers():
    for numbers in kinds().values():
        assert numbers
        assert set(numbers) <= HELP_NUMBERS


def test_signs_come_in_order_and_one_kind_never_overlaps():
    findings = danger("mon père me frappe, il va me tuer, je veux mourir. je dors dehors et je me scarifie")
    assert [one.start for one in findings] == sorted(one.start for one in findings)
    assert {"abuse-at-home", "suicide", "no-shelter", "self-harm"} <= {one.kind for one in findings}
    for kind in kinds():
        same = [one for one in findings if one.kind == kind]
        assert all(one.end <= other.start for one, other in pairwise(same))


@pytest.mark.parametrize("text", ["", " ", "...", "!!!", "😂", "12", "\n\n"])
def test_nothing_in_nothing(text):
    assert danger(text) == []


# --- spelling


@pytest.mark.parametrize(
    "message",
    [
        "je veux mourir",
        "JE VEUX MOURIR",
        "jveu mourir",
        "j'veux mourir",
        "j veu mourir",
        "je ve mourrrrrir",
        "je v3ux m0urir",
        "jveux mou\u00adrir",
        "jveux m.o.u.r.i.r",
        "je veux m o u r i r",
        "chui triste jveu mourir mtn",
        "je veux me su1cider",
        "jvais me s*icider",
        "je veux me suici\u200bder",
    ],
)
def test_teen_spelling(message):
    assert ("suicide", URGENT) in found(message)


@pytest.mark.parametrize(
    "message",
    [
        "mon pere ma frapé",
        "mon père m'a frappé",
        "mon pe\u0300re m’a frappe\u0301",
        "mon daron ma frappé",
        "mon reup m a frappée",
    ],
)
def test_accents_apostrophes_and_slang(message):
    assert {"abuse-at-home", "violence"} & {kind for kind, _ in found(message)}


@pytest.mark.parametrize(
    "message",
    [
        "Je suis jeune.",
        "Deux jeux.",
        "Il a du savoir.",
        "La marche à suivre ?",
        "un tapis de danse",
        "des tapas ce midi",
    ],
)
def test_words_that_look_glued_or_inflected_are_left_whole(message):
    assert not danger(message)


# --- negation


@pytest.mark.parametrize(
    "message",
    [
        "je ne veux pas mourir",
        "j'ai jamais pensé au suicide",
        "je ne me suis jamais scarifiée",
        "personne ne me frappe",
        "mes parents ne m'ont jamais frappé",
        "je suis pas à la rue",
        "je me scarifie pas.",
        "il me frappe pas du tout",
        "sans vouloir me suicider",
        "aucune envie de mourir",
    ],
)
def test_a_denial_cancels(message):
    assert not danger(message)


@pytest.mark.parametrize(
    "message",
    [
        "je ne veux plus vivre",
        "j'ai plus envie de vivre",
        "j'en peux plus de vivre",
        "je veux pas mourir mais j'ai plus envie de vivre non plus",
        "je n'arrive pas à dormir je veux mourir",
        "je veux mourir pas envie de continuer",
        "pourquoi je me tue pas ?",
        "il me frappe pas souvent",
        "je n'ai jamais rien dit mais mon père me frappe",
    ],
)
def test_a_denial_that_denies_nothing_of_the_kind(message):
    assert danger(message)


def test_no_longer_is_less_pressing_and_still_told():
    assert found("je me suicide plus") == {("suicide", WORRYING)}


# --- figures of speech, quotations, jobs, jokes


@pytest.mark.parametrize(
    "message",
    [
        "je suis mort de rire",
        "ce métier me tue",
        "je meurs de faim",
        "pour tuer le temps",
        "suicide social",
        "je suis à la rue en maths",
        "la vidéo m'a frappé",
        "j'ai tapé mon CV",
        "je me suis coupé les cheveux",
        "mon tel est mort",
        "mon petit frère me tape sur les nerfs",
    ],
)
def test_figures_of_speech(message):
    assert not danger(message)


@pytest.mark.parametrize(
    "message",
    [
        "le film parle de suicide",
        "dans la chanson elle dit qu'elle veut plus vivre",
        "« je vais te tuer » dit le héros de la série",
        "le livre raconte l'histoire d'une fille battue par son père",
    ],
)
def test_fiction(message):
    assert not danger(message)


def test_fiction_hides_nothing_that_is_said_of_oneself():
    assert danger("j'ai vu ce film et depuis je veux mourir")
    assert danger("mes parents disent « on va te tuer » et mon père me frappe")


@pytest.mark.parametrize(
    "message",
    [
        "travailler avec des enfants battus",
        "je veux aider les femmes victimes de violences",
        "prévention du suicide : quelle formation ?",
        "Quel est le rôle de l'AS quand un enfant est maltraité ?",
        "mon exposé porte sur le harcèlement",
    ],
)
def test_the_job_does_not_alert(message):
    assert not danger(message)


@pytest.mark.parametrize(
    "message",
    [
        "je veux être éducatrice parce que mon père me frappait",
        "dans mon stage à la crèche une collègue tape les petits",
    ],
)
def test_the_job_hides_nothing_that_happens(message):
    assert danger(message)


def test_a_laugh_cancels_a_threat_but_only_softens_the_rest():
    assert not danger("je vais le tuer mdr")
    assert found("je vais le tuer") == {("threat", URGENT)}
    assert found("je vais me pendre mdr") == {("suicide", WORRYING)}
    assert found("je vais me pendre 😂") == {("suicide", WORRYING)}


# --- others, past, tonight


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("mon petit frère se fait frapper", "child"),
        ("ma copine veut se suicider", "suicide"),
        ("ma sœur se fait frapper par son mec", "violence"),
    ],
)
def test_third_persons_count(message, kind):
    assert kind in {one.kind for one in danger(message)}


def test_the_past_is_worrying_and_tonight_is_urgent():
    assert found("j'ai voulu me suicider il y a deux ans") == {("suicide", WORRYING)}
    assert ("suicide", URGENT) in found("j'en peux plus, ce soir je sais pas")


# --- hostile input

HOSTILE = {
    "letters": "a" * 40_000,
    "spaces": " " * 40_000,
    "quotes": "«" * 40_000,
    "spelt": "s u i c i d e " * 3_000,
    "near": "mon père me la le les plus pas " * 1_300,
    "denied": "je veux pas mourir " * 2_100,
    "verbs": "je veux me tuer " * 2_500,
    "ends": "je. veux! mourir? " * 2_200,
    "accents": "e\u0301" * 20_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_forty_kilobytes_are_read_in_linear_time(name):
    danger("bonjour")
    start = time.process_time()
    danger(HOSTILE[name])
    # Measured: 5 to 80 ms. What grows as the square would take minutes.
    assert time.process_time() - start < 3


PIECES = [
    "je veux",
    "pas",
    "mourir",
    "me tuer",
    "«",
    "»",
    ".",
    "mon père",
    "frappe",
    "jamais",
    "mdr",
    "film",
    "me",
    "plus",
    "vivre",
]


@cases(150)
@given(st.text(max_size=400) | st.lists(st.sampled_from(PIECES), max_size=60).map(" ".join))
def test_any_text_gives_signs_that_stand_in_it(text):
    for one in danger(text):
        assert text[one.start : one.end] == one.found != ""
        assert one.kind in kinds()
        assert one.level in (URGENT, WORRYING)


def test_every_kind_has_french_words():
    assert set(DANGERS) == set(kinds()) and set(PERSONAL) == set(MASKS)
