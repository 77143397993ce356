"""What stands before a name: the cases that a page once got wrong, and their neighbours."""

import pytest

from relais.foundation.grammar import at, de, either, lower_first, the


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Léa", "de Léa"),
        ("Awa", "d’Awa"),
        ("Émile", "d’Émile"),
        ("Hugo", "d’Hugo"),
        ("Yanis", "de Yanis"),
        ("Yvetot", "d’Yvetot"),
        ("Hérault", "de Hérault"),
        ("le centre", "du centre"),
        ("Le Mans", "du Mans"),
        ("Les Ulis", "des Ulis"),
        ("La Rochelle", "de La Rochelle"),
    ],
)
def test_de(name, said):
    assert de(name) == said


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Équipe Relais", "l’équipe Relais"),
        ("Mission locale Montargis", "la mission locale Montargis"),
        ("CCAS d’Olivet", "le CCAS d’Olivet"),
        ("Hôpital Nord", "l’hôpital Nord"),
        ("Relais", "Relais"),
        ("Anim’Loiret", "Anim’Loiret"),
    ],
)
def test_the(name, said):
    assert the(name) == said


@pytest.mark.parametrize(
    ("name", "town", "said"),
    [
        ("Mission locale Montargis", "Montargis", "la mission locale de Montargis"),
        ("Mission locale Le Mans", "Le Mans", "la mission locale du Mans"),
        ("Mission locale de Montargis", "Montargis", "la mission locale de Montargis"),
        ("Mission locale Avenir", "Orléans", "la mission locale Avenir"),
        ("Hôpital Nord", "Nord", "l’hôpital Nord"),
    ],
)
def test_the_name_of_what_a_town_has_one_of(name, town, said):
    assert the(name, town) == said


def test_at():
    assert [at("Orléans"), at("Le Mans"), at("Les Ulis"), at("La Rochelle")] == [
        "à Orléans",
        "au Mans",
        "aux Ulis",
        "à La Rochelle",
    ]


def test_lower_first():
    assert [lower_first(words) for words in ("Niveau CAP", "CAP petite enfance", "À distance", "")] == [
        "niveau CAP",
        "CAP petite enfance",
        "à distance",
        "",
    ]


@pytest.mark.parametrize(
    ("masculine", "feminine", "said"),
    [
        ("éducateur spécialisé", "éducatrice spécialisée", "éducateur spécialisé ou éducatrice spécialisée"),
        ("éducateur de jeunes enfants", "éducatrice de jeunes enfants", "éducateur ou éducatrice de jeunes enfants"),
        (
            "médecin anesthésiste réanimateur",
            "médecin anesthésiste réanimatrice",
            "médecin anesthésiste réanimateur ou réanimatrice",
        ),
        ("psychologue", "psychologue", "psychologue"),
    ],
)
def test_either(masculine, feminine, said):
    assert either(masculine, feminine) == said
