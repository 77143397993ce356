"""Sentences joined across cues, places mapped back, our own rules and their exclusions, fingerprints that stay."""

import pytest

from relais.stories.studio.proofreading import Passage, proofread
from relais.stories.studio.proofreading.dictionary import entries
from relais.stories.studio.proofreading.passages import sentences
from relais.stories.tests.studio.proofreading.labelled import captions, score


def found_in(*pieces, **options):
    return proofread([Passage("captions", pieces)], **options).mistakes


@pytest.mark.parametrize("is_held_out", [False, True], ids=["tuning", "held-out"])
def test_the_labelled_captions(is_held_out):
    chosen = [caption for caption in captions() if caption.is_held_out is is_held_out]
    found = score(chosen, twins=True)
    assert found.wrong >= 60 and found.correct >= 120
    assert found.recall >= 0.85, found.missed
    assert found.false_alarms <= 0.02, found.false
    written = score([caption for caption in chosen if not caption.wrong])
    assert written.correct >= 60 and written.false_alarms <= 0.02, written.false


def test_the_set_is_large_and_half_correct():
    every = captions()
    wrong = sum(caption.wrong is not None for caption in every)
    assert len(every) >= 240 and 0.45 <= wrong / len(every) <= 0.55
    assert len({caption.right for caption in every}) == len(every)


@pytest.mark.parametrize(
    "text, word, suggestion",
    [
        ("L'éducatrice les aides.", "aides", "aide"),
        ("L’AES les aides au quotidien.", "aides", "aide"),
        ("C'est un métier qui soutiens.", "soutiens", "soutient"),
        ("Le moniteur-éducateur qui soutiens ce groupe est parti.", "soutiens", "soutient"),
        ("Ça les aides beaucoup.", "aides", "aide"),
        ("Cet éducateur qui les aides chaque jour, c'est lui.", "aides", "aide"),
        ("Les résidents du rez-de-chaussée nous raconte leur vie.", "raconte", "racontent"),
        ("C'est les enfants qui décide.", "décide", "décident"),
        ("Elles ont toute leur places ici.", "leur places", "leurs places"),
        ("Ces enfants, je les ai accompagné.", "accompagné", "accompagnés"),
    ],
)
def test_what_readers_complained_of(text, word, suggestion):
    [mistake] = found_in(text)
    assert (mistake.found, text[mistake.start : mistake.end]) == (word, word)
    assert suggestion in mistake.suggestions and mistake.message


@pytest.mark.parametrize(
    "text",
    [
        "Tu les aides, et l'équipe aussi.",
        "Toi qui soutiens ta sœur, viens.",
        "Toi, l’ado qui cherches ta voie, viens.",
        "Moi qui fais ça depuis vingt ans, je reste.",
        "Tu lui apportes les aides dont il a besoin.",
        "L'équipe présente les aides financières.",
        "Ce matin, les aides sont arrivées.",
        "À qui les aides sont-elles versées ?",
        "Le directeur et son équipe accueillent les familles.",
        "La plupart des jeunes restent.",
        "Les soirs d'été la maison dort tard.",
        "Les écouter change tout.",
        "L'expérience des urgences ou des entreprises est appréciée.",
        "L'un tient la liste, l'autre les comptes.",
        "Je les ai vu danser.",
        "Une AES écoute, un TISF accompagne, et Awa aussi, sur TikTok.",
        "Awa les aide. Kévin aussi.",
        "Éducateur·rice de jeunes enfants, ça te parle ? #metiersdulien 👇",
    ],
)
def test_what_is_correct_stays_silent(text):
    assert found_in(text) == ()


def test_a_sentence_goes_on_in_the_next_cue():
    [mistake] = found_in("Chaque matin, elle", "les aides au quotidien.", "Elle les aide.")
    assert (mistake.piece, mistake.start, mistake.end, mistake.found) == (1, 4, 9, "aides")
    assert mistake.sentence == "Chaque matin, elle les aides au quotidien."


def test_a_mistake_over_two_cues_is_shown_where_it_begins():
    [mistake] = found_in("Elles ont toute leur", "places ici.")
    assert (mistake.piece, mistake.start, mistake.end, mistake.found) == (0, 16, 20, "leur places")


def test_places_survive_markup_accents_emojis_and_line_breaks():
    cue = "[rires] <v Awa>Hé 🙂 les\ne\u0301ducatrices <i>qui</i>  soutiens Paul"
    [mistake] = found_in(cue)
    assert cue[mistake.start : mistake.end] == "soutiens"


@pytest.mark.parametrize(
    "pieces, expected",
    [
        (["Elle", "les aide."], ["Elle les aide."]),
        (["Je ris. Tu pleures !", "Il dort"], ["Je ris.", "Tu pleures !", "Il dort"]),
        (["Ton premier jour", "Les résidents t'attendent"], ["Ton premier jour", "Les résidents t’attendent"]),
        (["J'habite avec", "Jeanne"], ["J’habite avec Jeanne"]),
        (["- Tu viens", "- oui"], ["Tu viens", "oui"]),
        (["ON NE NAÎT PAS", "ÉDUCATRICE"], ["ON NE NAÎT PAS ÉDUCATRICE"]),
        (["« Tu viens ? » demande M. Petit."], ["« Tu viens ? » demande M. Petit."]),
        (["", "…", "♪"], []),
    ],
)
def test_how_cues_become_sentences(pieces, expected):
    assert [sentence.text for sentence in sentences(Passage("captions", pieces))] == expected


def test_a_very_long_sentence_is_still_read():
    text = "Je ris et " * 400 + "l'éducatrice les aides."
    [mistake] = found_in(text)
    assert text[mistake.start : mistake.end] == "aides"


def test_a_fingerprint_stays_when_other_cues_change():
    [before] = found_in("Bonjour !", "L'éducatrice", "les aides.")
    after = found_in("Salut.", "Il soutiens Paul.", "L’éducatrice les", "aides.")
    assert before.fingerprint in {mistake.fingerprint for mistake in after} and len(after) == 2
    [other] = found_in("L'éducatrice les aides beaucoup.")
    assert other.fingerprint != before.fingerprint


def test_unknown_words_and_names():
    assert [mistake.found for mistake in found_in("Cest la trnaquillité.")] == ["Cest", "trnaquillité"]
    assert [mistake.found for mistake in found_in("On va à vlardon demain.")] == ["vlardon"]
    assert found_in("On va à vlardon demain.", names=["Association de Vlardon"]) == ()


def test_the_dictionary_can_be_read():
    words = [entry.word for entry in entries()]
    assert len(words) == len(set(words))
    assert {
        "AES",
        "DEES",
        "DEAES",
        "ASE",
        "TISF",
        "CAFERUIS",
        "MECS",
        "ITEP",
        "IME",
        "AMP",
        "ESAT",
        "EHPAD",
        "TikTok",
        "POV",
    } <= set(words)
    [mistake] = found_in("Les AES soutient les jeunes.")
    assert mistake.suggestions == ("soutiennent",)
