"""Where a structure stands, when all that is known is its name and its département."""

import re
from dataclasses import dataclass

from .folding import ARTICLES, fold
from .models import Commune

# The town of each département's prefecture, by INSEE code; overseas, the main town of the collectivity.
SEATS = {
    "01": "01053",
    "02": "02408",
    "03": "03190",
    "04": "04070",
    "05": "05061",
    "06": "06088",
    "07": "07186",
    "08": "08105",
    "09": "09122",
    "10": "10387",
    "11": "11069",
    "12": "12202",
    "13": "13055",
    "14": "14118",
    "15": "15014",
    "16": "16015",
    "17": "17300",
    "18": "18033",
    "19": "19272",
    "21": "21231",
    "22": "22278",
    "23": "23096",
    "24": "24322",
    "25": "25056",
    "26": "26362",
    "27": "27229",
    "28": "28085",
    "29": "29232",
    "2A": "2A004",
    "2B": "2B033",
    "30": "30189",
    "31": "31555",
    "32": "32013",
    "33": "33063",
    "34": "34172",
    "35": "35238",
    "36": "36044",
    "37": "37261",
    "38": "38185",
    "39": "39300",
    "40": "40192",
    "41": "41018",
    "42": "42218",
    "43": "43157",
    "44": "44109",
    "45": "45234",
    "46": "46042",
    "47": "47001",
    "48": "48095",
    "49": "49007",
    "50": "50502",
    "51": "51108",
    "52": "52121",
    "53": "53130",
    "54": "54395",
    "55": "55029",
    "56": "56260",
    "57": "57463",
    "58": "58194",
    "59": "59350",
    "60": "60057",
    "61": "61001",
    "62": "62041",
    "63": "63113",
    "64": "64445",
    "65": "65440",
    "66": "66136",
    "67": "67482",
    "68": "68066",
    "69": "69123",
    "70": "70550",
    "71": "71270",
    "72": "72181",
    "73": "73065",
    "74": "74010",
    "75": "75056",
    "76": "76540",
    "77": "77288",
    "78": "78646",
    "79": "79191",
    "80": "80021",
    "81": "81004",
    "82": "82121",
    "83": "83137",
    "84": "84007",
    "85": "85191",
    "86": "86194",
    "87": "87085",
    "88": "88160",
    "89": "89024",
    "90": "90010",
    "91": "91228",
    "92": "92050",
    "93": "93008",
    "94": "94028",
    "95": "95500",
    "971": "97105",
    "972": "97209",
    "973": "97302",
    "974": "97411",
    "975": "97502",
    "976": "97611",
    "977": "97701",
    "978": "97801",
    "986": "98613",
    "987": "98735",
    "988": "98818",
}

ZONES = {
    "971": "America/Guadeloupe",
    "972": "America/Martinique",
    "973": "America/Cayenne",
    "974": "Indian/Reunion",
    "975": "America/Miquelon",
    "976": "Indian/Mayotte",
    "977": "America/St_Barthelemy",
    "978": "America/Marigot",
    "986": "Pacific/Wallis",
    "987": "Pacific/Tahiti",
    "988": "Pacific/Noumea",
}

# « Mission Locale des Mureaux » is in Les Mureaux, « du Havre » in Le Havre.
_CONTRACTED = {"le": {"le", "du", "au"}, "les": {"les", "des", "aux"}}
# Communes that bear the name of their département: a structure that says « Mayenne » means the département.
_DEPARTEMENT_NAMES = {("19", "correze"), ("25", "doubs"), ("53", "mayenne")}
# First words that say nothing of a place.
_COMMON = {
    "saint",
    "sainte",
    "vallee",
    "grand",
    "grande",
    "haute",
    "hauts",
    "plaine",
    "ville",
    "terres",
    "bresse",
    "portes",
}


@dataclass(frozen=True)
class Place:
    commune: str
    is_approximate: bool


class Gazetteer:
    """All communes, by département, ready to be found inside a name."""

    # A first word alone stands for a commune only when it is long, and the commune a town.
    WORD_LENGTH, TOWN = 5, 2000

    def __init__(self):
        self.names: dict[str, list[tuple[list[str], str]]] = {}
        self.firsts: dict[tuple[str, str], str] = {}
        self.people: dict[str, int] = {}
        self.departements: dict[str, str] = {}
        self.proper: dict[str, str] = {}
        rows = Commune.objects.order_by("population", "-insee").values_list(
            "insee", "departement", "key", "population", "name"
        )
        for insee, departement, key, people, name in rows:
            self.people[insee], self.departements[insee], self.proper[insee] = people, departement, name
            if (departement, key) in _DEPARTEMENT_NAMES:
                continue
            # « paris 19e arrondissement » is written « Paris 19 » in names.
            words = re.sub(r" (\d+)(er|e) arrondissement\Z", r" \1", key).split()
            self.names.setdefault(departement, []).append((words, insee))
            first = next((word for word in words if word not in ARTICLES), "")
            if people >= self.TOWN and len(words) > 1 and len(first) >= self.WORD_LENGTH and first not in _COMMON:
                self.firsts[departement, first] = insee

    def place(self, names: list[str], departements: list[str]) -> Place | None:
        """The commune that one of `names`, the first that holds one, names first (where two begin together, the longest);
        failing that a town known by its first word (« Cournon » for Cournon-d'Auvergne). Otherwise the seat of
        the first département, approximate. None when the département is unknown."""
        for search in (self._inside, self._by_first_word):
            for name in names:
                if found := search(fold(name).split(), departements):
                    return Place(found, is_approximate=False)
        seat = next((SEATS[code] for code in departements if SEATS.get(code) in self.people), None)
        return Place(seat, is_approximate=True) if seat else None

    def _inside(self, words: list[str], departements: list[str]) -> str | None:
        for start in range(len(words)):
            found = [
                (len(key), self.people[insee], insee)
                for departement in departements
                for key, insee in self.names.get(departement, [])
                if len(key) <= len(words) - start and _begins(words[start:], key)
            ]
            if found:
                return max(found)[2]
        return None

    def _by_first_word(self, words: list[str], departements: list[str]) -> str | None:
        found = [
            self.firsts[departement, word]
            for departement in departements
            for word in words
            if (departement, word) in self.firsts
        ]
        return max(found, key=lambda insee: (self.people[insee], insee), default=None)


def _begins(words: list[str], key: list[str]) -> bool:
    return all(word == part or word in _CONTRACTED.get(part, ()) for word, part in zip(words, key, strict=False))


def departements_of(code) -> list[str]:
    """« 7 » is 07, « 20 » both halves of Corsica. Empty when there is none."""
    text = str(code or "").strip().upper()
    if text == "20":
        return ["2A", "2B"]
    return [text.zfill(2)] if text else []
