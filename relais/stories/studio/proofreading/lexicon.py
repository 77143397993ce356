"""What a form may be: verb at which persons, noun of which number. Told by Grammalecte, or by a short list when it is absent."""

import re
from collections.abc import Callable
from dataclasses import dataclass

PERSON = re.compile(r":([123][sp])")
FINITE = (":Ip", ":Iq", ":Is", ":If", ":Sp", ":Sq", ":K", ":E")


def listed(words: str) -> frozenset[str]:
    return frozenset(words.split())


@dataclass(frozen=True)
class Form:
    """`persons` of its finite readings (« 3s »), `numbers` of its readings as noun or adjective (s, p, i)."""

    persons: frozenset = frozenset()
    numbers: frozenset = frozenset()
    is_imperative: bool = False
    is_other: bool = False
    is_adjective: bool = False
    is_infinitive: bool = False
    is_single_participle: bool = False
    """A past participle in the masculine singular and nothing else (« accompagné », not « pris »)."""
    third: tuple = ()

    @property
    def is_noun(self) -> bool:
        return bool(self.numbers)

    @property
    def is_first_or_second(self) -> bool:
        """A verb that can only go with « je » or « tu »; it may be a noun as well (« aides »)."""
        return bool(self.persons) and self.persons <= {"1s", "2s"} and not self.is_other

    @property
    def is_third(self) -> bool:
        return bool(self.persons & {"3s", "3p"})


def form(tags: list[str], third: list[str]) -> Form:
    persons, numbers, flags = set(), set(), set()
    for reading in tags:
        reading = reading.partition("/")[2]
        if reading.startswith(":V") and any(tag in reading for tag in FINITE):
            persons |= set(PERSON.findall(reading))
            flags |= {"imperative"} if ":E" in reading else set()
        elif reading.startswith((":N", ":A", ":M")) or ":A" in reading:
            numbers |= set(re.findall(r":([spi])(?=[/:;#]|$)", reading)) or {"i"}
            flags |= {"adjective"} if ":A" in reading else set()
            flags |= {"participle"} if ":Q" in reading and ":m:s" in reading else set()
        elif reading.startswith(":V"):
            flags |= (
                {"infinitive"}
                if ":Y" in reading
                else {"participle"}
                if ":Q" in reading and ":m:s" in reading
                else {"other"}
            )
        else:
            flags.add("other")
    return Form(
        frozenset(persons),
        frozenset(numbers),
        "imperative" in flags,
        "other" in flags,
        "adjective" in flags,
        "infinitive" in flags,
        "participle" in flags and not persons and "p" not in numbers,
        tuple(filter(None, third)),
    )


Lexicon = Callable[[str], Form]
"""What each word may be; an empty Form for a word that is not known."""

REGULAR = listed(
    "accepte accompagne accueille adore aide aime appelle apporte apprécie arrive assiste attire calme cherche coiffe commence compte conseille "
    "console demande donne écoute emmène encadre encourage épaule épuise étonne forme gagne garde guide habille installe intéresse invite "
    "lave lève motive occupe oriente parle partage passe pousse prépare propose protège raccompagne raconte rassure regarde rencontre respecte "
    "soigne soulage surveille touche travaille trouve veille visite"
)
NOUNS = listed(
    "aide calme compte console demande écoute épaule forme garde guide lave partage passe pousse rencontre touche veille visite"
)
IRREGULAR = {
    "soutiens": ("soutient", "soutiennent"),
    "viens": ("vient", "viennent"),
    "tiens": ("tient", "tiennent"),
    "deviens": ("devient", "deviennent"),
    "fais": ("fait", "font"),
    "dis": ("dit", "disent"),
    "prends": ("prend", "prennent"),
    "apprends": ("apprend", "apprennent"),
    "comprends": ("comprend", "comprennent"),
    "attends": ("attend", "attendent"),
    "connais": ("connaît", "connaissent"),
    "dois": ("doit", "doivent"),
    "veux": ("veut", "veulent"),
    "peux": ("peut", "peuvent"),
    "sais": ("sait", "savent"),
    "vois": ("voit", "voient"),
    "crois": ("croit", "croient"),
    "reçois": ("reçoit", "reçoivent"),
    "réunis": ("réunit", "réunissent"),
    "réussis": ("réussit", "réussissent"),
    "choisis": ("choisit", "choisissent"),
    "sens": ("sent", "sentent"),
    "vis": ("vit", "vivent"),
    "plais": ("plaît", "plaisent"),
}


def short_list(word: str) -> Form:
    """The lexicon of a server without Grammalecte: the verbs heard most in these jobs, at the persons that are confused."""
    word = word.lower()
    if word in IRREGULAR:
        numbers = {"p"} if word in ("soutiens", "sens") else ()
        return Form(frozenset(("1s", "2s")), frozenset(numbers), is_imperative=True, third=IRREGULAR[word])
    if word.endswith("es") and word[:-1] in REGULAR:
        return Form(
            frozenset(("2s",)), frozenset({"p"} if word[:-1] in NOUNS else ()), third=(word[:-1], word[:-1] + "nt")
        )
    return Form()
