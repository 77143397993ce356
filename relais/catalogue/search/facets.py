"""By what results are narrowed. A facet's value is a small number in the index and a word in an address."""

from dataclasses import dataclass
from functools import lru_cache

KINDS = {"occupation": "Métiers", "training": "Formations", "offer": "Offres d’emploi", "structure": "Lieux qui aident"}
KIND_NUMBER = {kind: number for number, kind in enumerate(KINDS)}


@dataclass(frozen=True)
class Facet:
    """`name`: in the API and the index. `word`: in the page's address. `values`: {value: label}, in the order shown."""

    name: str
    word: str
    title: str
    values: dict[str, str]

    def number(self, value: str) -> int:
        return list(self.values).index(value)


CONTRACT = Facet(
    "contract",
    "contrat",
    "Contrat",
    {"CDI": "CDI", "CDD": "CDD", "MIS": "Intérim", "SAI": "Saisonnier", "LIB": "Indépendant", "AUTRE": "Autre contrat"},
)
LEVEL = Facet(
    "level",
    "niveau",
    "Diplôme",
    {"3": "CAP", "4": "Bac", "5": "Bac + 2", "6": "Bac + 3", "7": "Bac + 5", "8": "Bac + 8"},
)
AUDIENCE = Facet(
    "audience",
    "pour",
    "Avec qui",
    {
        "enfants": "Les enfants",
        "adultes-handicap": "Les personnes en situation de handicap",
        "difficulte-sociale": "Les personnes en difficulté sociale",
        "personnes-agees": "Les personnes âgées",
        "malades": "Les personnes malades",
    },
)
DURATION = Facet(
    "duration", "duree", "Durée", {"courte": "Moins de 3 mois", "moyenne": "De 3 mois à 1 an", "longue": "Plus d’un an"}
)
NO_DIPLOMA = Facet("no_diploma", "sans-diplome", "Sans diplôme", {"oui": "Je peux commencer sans diplôme"})
APPRENTICESHIP = Facet("apprenticeship", "apprentissage", "Apprentissage", {"oui": "En apprentissage"})
DATE = Facet("date", "depuis", "Publiée", {"1": "Depuis hier", "7": "Depuis 7 jours", "30": "Depuis 30 jours"})

CODED = (CONTRACT, LEVEL, AUDIENCE, DURATION, NO_DIPLOMA, APPRENTICESHIP)
"""Those that are columns of the index; the date and the distance are measured when asked."""
CHOSEN = (*CODED, DATE)
RADII = (5, 10, 20, 30, 50)
"""Kilometres whose results are counted whatever the circle asked. Beyond, every town of the north would count Paris."""
FAR = (100, 200)
"""Kilometres that one may ask for as well."""


@lru_cache(maxsize=1000)
def counted_radii(radius: int) -> tuple[int, ...]:
    """The circles that an answer counts, in order: RADII, and the one that was asked for."""
    return tuple(sorted({*RADII, radius}))


# All the choices of a document in one number, its signature: a bit for each value. A few hundred different ones serve a country.
KIND = Facet("kind", "type", "Genre", KINDS)
BIT_OF: dict[tuple[str, str], int] = {}
for _facet in (KIND, *CODED):
    for _value in _facet.values:
        BIT_OF[_facet.name, _value] = len(BIT_OF)
LISTED = 1 << len(BIT_OF)
"""Shown when no word is asked for."""


def signature(kind: str, listed: bool, facets: dict[str, list[int]]) -> int:
    """Never 0: the kind is always there."""
    packed = 1 << BIT_OF["kind", kind] | listed * LISTED
    for facet in CODED:
        values = list(facet.values)
        for number in facets.get(facet.name, ()):
            packed |= 1 << BIT_OF[facet.name, values[number]]
    return packed
