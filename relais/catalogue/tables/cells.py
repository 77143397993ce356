"""What a spreadsheet did to a value is undone where that is certain; what cannot be used is left out, and said.

Each function gives the value and what was done to it, in the words below, or "".
"""

import re

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from relais.foundation.contacts import public_number

from ..folding import fold
from ..models import Structure
from ..sources.text import address

ZERO_POSTCODE = "code postal sans le zéro du début, remis"
ZERO_INSEE = "code INSEE sans le zéro du début, remis"
ZERO_PHONE = "téléphone sans le zéro du début, remis"
FIRST_PHONE = "plusieurs téléphones dans une case, le premier est pris"
BAD_PHONE = "téléphone illisible, laissé vide"
BAD_EMAIL = "adresse e-mail illisible, laissée vide"
FIRST_EMAIL = "plusieurs adresses e-mail dans une case, la première est prise"
BAD_WEBSITE = "adresse de site illisible, laissée vide"
FAR_POINT = "coordonnées illisibles ou loin de la commune, laissées de côté"
# A number that a spreadsheet has shortened: the digits are lost.
SHORTENED = re.compile(r"\d([.,]\d+)?E\+?\d+\Z", re.I)
_SPACES = re.compile(r"[\s\u00a0\u2007\u202f]+")
_PARTS = re.compile(r"\s*(?:[/;|\n]|,\s|\s-\s|\bou\b|\bet\b)\s*")
_FRENCH = re.compile(r"(?<![\d+])0[1-9](?:[\s./\-]{0,2}\d\d){4}(?!\d)")
_KINDS = {
    Structure.Kind.MISSION_LOCALE: ("mission locale", "ml"),
    Structure.Kind.AGENCY: ("agence", "agence de mission locale", "antenne", "antenne de mission locale"),
    Structure.Kind.SCHOOL: (
        "etablissement scolaire",
        "etablissement",
        "ecole",
        "college",
        "lycee",
        "lycee general",
        "lycee professionnel",
        "lycee technologique",
        "cfa",
    ),
    Structure.Kind.SERVICE: (
        "structure d aide",
        "aide",
        "service",
        "association",
        "centre social",
        "point d accueil",
        "permanence",
        "accompagnement",
        "insertion",
    ),
    Structure.Kind.EQUIPMENT: ("pret de materiel", "materiel", "pret", "equipement"),
    Structure.Kind.HOUSING: (
        "logement",
        "hebergement",
        "foyer",
        "foyer de jeunes travailleurs",
        "fjt",
        "residence",
        "residence sociale",
        "residence habitat jeunes",
    ),
}
KINDS = {
    name: str(kind)
    for kind, names in _KINDS.items()
    for name in (*names, *(f"{one}s" for one in names), fold(kind.value), fold(kind.label))
}


def digits(text: str, length: int, said: str) -> tuple[str, str]:
    """A code of `length` signs; one that lost its first nought gets it back."""
    code = _SPACES.sub("", text).upper().removeprefix("F-")
    if code.isdecimal() and len(code) == length - 1:
        return f"0{code}", said
    return code, ""


def phone(text: str) -> tuple[str, str]:
    """« +33559000000 »; short numbers (3949) as they are. What is written around a number is left out."""
    text = " ".join(text.split())
    if not text:
        return "", ""
    french = _FRENCH.findall(text)
    found = [_dialled(one) for one in french or _PARTS.split(text) if one]
    number, said = next((one for one in found if one[0]), ("", BAD_PHONE))
    return number, said or (FIRST_PHONE if sum(bool(one) for one, _ in found) > 1 else "")


def _dialled(text: str) -> tuple[str, str]:
    number = public_number(text)
    lost = number and re.fullmatch(r"[1-9]\d{8}", re.sub(r"[\s./\-()]", "", text))
    return number, ZERO_PHONE if lost else ""


def email(text: str) -> tuple[str, str]:
    if not text.strip():
        return "", ""
    first, *others = [part for part in re.split(r"[\s;,/|]+", text.strip()) if part] or [""]
    first = first.removeprefix("mailto:").strip("<>.")
    try:
        validate_email(first)
    except ValidationError:
        return "", BAD_EMAIL
    return (
        (first, FIRST_EMAIL if any("@" in other for other in others) else "") if len(first) <= 254 else ("", BAD_EMAIL)
    )


def website(text: str) -> tuple[str, str]:
    text = text.strip()
    if text and re.match(r"[\w-]+(\.[\w-]+)+(/\S*)?\Z", text):
        text = f"https://{text}"
    found = address(text, 200)
    return found, BAD_WEBSITE if text and not found else ""


def degrees(text: str) -> float | None:
    """« 43,29 » and « 43.29 »."""
    try:
        return float(_SPACES.sub("", text).replace(",", "."))
    except ValueError:
        return None


def kind(text: str) -> str:
    """The kind that this word means; "" for none that we know."""
    folded = fold(text)
    return KINDS.get(folded) or next(
        (value for name, value in KINDS.items() if len(name) > 4 and folded.startswith(f"{name} ")), ""
    )
