"""The joints of a French sentence around a name that somebody else wrote: elision, article, preposition, both genders.

A name is taken as it stands; only what stands before it, or its first letter, is chosen here.
"""

import re

_VOWEL = re.compile(r"[aàâæeéèêëiîïoôœuùûüy]", re.IGNORECASE)
ASPIRATED = ("hall", "handicap", "hauts-", "haute-", "hameau", "havre", "hérault", "hors", "huit")
"""Beginnings of words whose h forbids the elision."""
FEMININE = (
    "agence",
    "antenne",
    "association",
    "caisse",
    "communauté",
    "cité",
    "école",
    "équipe",
    "fédération",
    "fondation",
    "ligue",
    "mairie",
    "maison",
    "métropole",
    "mission",
    "mutuelle",
    "permanence",
    "plateforme",
    "région",
    "résidence",
    "structure",
    "université",
    "ville",
)
MASCULINE = (
    "bureau",
    "campus",
    "ccas",
    "centre",
    "cfa",
    "club",
    "collège",
    "comité",
    "conseil",
    "département",
    "ehpad",
    "espace",
    "foyer",
    "gip",
    "greta",
    "groupe",
    "groupement",
    "hôpital",
    "ime",
    "institut",
    "lycée",
    "planning",
    "point",
    "pôle",
    "réseau",
    "service",
    "syndicat",
)


TOWNS_OWN = ("mission locale", "mairie", "maison des adolescents", "cité des métiers", "ccas", "centre social", "cio")
"""What a town has one of: its name then joins with « de »."""


def is_elided(words: str) -> bool:
    """Whether « de » loses its e before `words`."""
    if words[:1] in "hH":
        return not words.lower().startswith(ASPIRATED)
    return bool(_VOWEL.match(words)) and not re.match(r"(?i)y[aeiouéè]|oui\b|onze", words)


def de(name) -> str:
    """« de Léa », « d’Awa », « du centre », « du Mans »: before a name (or what prints as one), with its article or not."""
    words = str(name)
    for article, joined in (("le ", "du "), ("les ", "des ")):
        if words.lower().startswith(article):
            return joined + words[len(article) :]
    return f"d’{words}" if is_elided(words) else f"de {words}"


def the(name: str, town: str = "") -> str:
    """« l’équipe Relais », « le CCAS d’Olivet »; a name that begins with no known noun is left alone.

    A directory writes « Mission locale Montargis »: where the name ends in its own `town`, it is « la mission locale de Montargis ».
    """
    first = name.split(" ", 1)[0].lower()
    kind = name.removesuffix(f" {town}") if town else name
    if kind != name and kind.lower() in TOWNS_OWN:
        name = f"{kind} {de(town)}"
    if first not in FEMININE + MASCULINE:
        return name
    article = "l’" if is_elided(first) else "la " if first in FEMININE else "le "
    return article + lower_first(name)


def at(place: str) -> str:
    """« à Orléans », « au Mans », « aux Ulis », « à La Rochelle »."""
    for article, joined in (("Le ", "au "), ("Les ", "aux ")):
        if place.startswith(article):
            return joined + place.removeprefix(article)
    return f"à {place}"


def lower_first(words: str) -> str:
    """The words as they stand inside a sentence: « niveau CAP », « bac + 3 », but « CAP petite enfance »."""
    first = re.findall(r"^[\w’'-]*", words)[0]
    return words if len(first) > 1 and first.isupper() else words[:1].lower() + words[1:]


def upper_first(words: str) -> str:
    """The words as they begin a sentence."""
    return words[:1].upper() + words[1:]


def either(masculine: str, feminine: str) -> str:
    """Both names without saying twice what they share: « éducateur ou éducatrice de jeunes enfants »; one name when they are the same."""
    if masculine == feminine or not feminine:
        return masculine
    ours, theirs = masculine.split(" "), feminine.split(" ")
    before = _shared(ours, theirs)
    after = _shared(ours[before:][::-1], theirs[before:][::-1])
    ends = ours[len(ours) - after :]
    return " ".join([*ours[: len(ours) - after], "ou", *theirs[before : len(theirs) - after], *ends])


def _shared(one: list[str], other: list[str]) -> int:
    alike = [a == b for a, b in zip(one, other, strict=False)]
    return alike.index(False) if False in alike else len(alike)
