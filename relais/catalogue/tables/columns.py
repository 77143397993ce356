"""Our fields, what spreadsheets call them, and which column of a table holds which."""

from typing import NamedTuple

from ..folding import fold
from ..importing import mark_of
from .bounds import ABOVE


class Field(NamedTuple):
    """`headers`: how French tables call it, folded."""

    key: str
    label: str
    headers: tuple[str, ...]
    hint: str = ""


FIELDS = (
    Field(
        "name",
        "Nom",
        (
            "nom",
            "nom de la structure",
            "nom structure",
            "structure",
            "denomination",
            "raison sociale",
            "nom usuel",
            "nom officiel",
            "nom de l etablissement",
            "nom etablissement",
            "etablissement",
            "organisme",
            "nom de l organisme",
            "nom de l association",
            "association",
            "intitule",
            "libelle",
            "name",
        ),
    ),
    Field(
        "identifier",
        "Identifiant",
        (
            "identifiant",
            "id",
            "numero",
            "n",
            "no",
            "code",
            "reference",
            "ref",
            "siret",
            "uai",
            "code uai",
            "rna",
            "numero siret",
            "n siret",
            "id structure",
            "identifiant structure",
            "code structure",
        ),
        "Un numéro qui ne change pas d’un fichier à l’autre : une ligne renommée reste la même structure.",
    ),
    Field(
        "kind",
        "Type",
        ("type", "sorte", "categorie", "nature", "type de structure", "type structure", "type etablissement"),
    ),
    Field(
        "commune",
        "Commune",
        (
            "commune",
            "ville",
            "localite",
            "nom commune",
            "nom de la commune",
            "libelle commune",
            "city",
            "cp ville",
            "code postal ville",
            "code postal et ville",
        ),
    ),
    Field("postcode", "Code postal", ("code postal", "cp", "codepostal", "postal", "zipcode", "code post")),
    Field(
        "insee",
        "Code INSEE de la commune",
        (
            "code insee",
            "insee",
            "code commune",
            "codeinsee",
            "code commune insee",
            "code insee commune",
            "code insee de la commune",
        ),
    ),
    Field(
        "address",
        "Adresse",
        (
            "adresse",
            "adresse 1",
            "adresse1",
            "rue",
            "voie",
            "adresse postale",
            "adresse complete",
            "numero et voie",
            "n et voie",
            "street",
        ),
    ),
    Field(
        "complement",
        "Complément d’adresse",
        ("complement", "complement d adresse", "complement adresse", "adresse 2", "adresse2"),
    ),
    Field(
        "phone",
        "Téléphone",
        (
            "telephone",
            "tel",
            "numero de telephone",
            "n de telephone",
            "n telephone",
            "telephone fixe",
            "tel fixe",
            "telephone 1",
            "tel 1",
            "portable",
            "mobile",
            "phone",
        ),
    ),
    Field(
        "email",
        "Adresse e-mail",
        (
            "e mail",
            "email",
            "mail",
            "courriel",
            "adresse e mail",
            "adresse email",
            "adresse mail",
            "adresse electronique",
            "mel",
            "contact mail",
            "e mail 1",
        ),
    ),
    Field(
        "website", "Site web", ("site", "site web", "site internet", "url", "web", "lien", "adresse du site", "website")
    ),
    Field(
        "description",
        "Ce qui s’y fait",
        (
            "description",
            "presentation",
            "activites",
            "activite",
            "missions",
            "services",
            "offre",
            "actions",
            "ce qui s y fait",
            "commentaire",
        ),
    ),
    Field(
        "audience",
        "Pour qui",
        (
            "public",
            "publics",
            "public accueilli",
            "publics accueillis",
            "public cible",
            "pour qui",
            "beneficiaires",
            "age",
            "ages",
            "audience",
        ),
    ),
    Field("latitude", "Latitude", ("latitude", "lat", "y")),
    Field("longitude", "Longitude", ("longitude", "lon", "long", "lng", "x")),
)
PLACES = ("commune", "postcode", "insee")
"""One of them is needed."""
_LONG_ENOUGH = 4
"""Signs of a known name that a longer header may begin with: « Téléphone de l’accueil »."""


def guess(headers: list[str], fields: tuple[Field, ...] = FIELDS) -> dict[str, int]:
    """Field → number of a column, each column once. A header that is exactly known goes before one that only begins so."""
    known = {name: field.key for field in fields for name in field.headers}
    folded, found = [fold(header) for header in headers], {}
    for number, header in enumerate(folded):
        if key := known.get(header):
            found.setdefault(key, number)
    for number, header in enumerate(folded):
        if number not in found.values() and (key := _begins_like(header, known)):
            found.setdefault(key, number)
    return found


def _begins_like(header: str, known: dict[str, str]) -> str:
    names = [name for name in known if len(name) >= _LONG_ENOUGH and header.startswith(f"{name} ")]
    return known[max(names, key=len)] if names else ""


def header_row(rows: list[list[str]], fields: tuple[Field, ...] = FIELDS) -> int:
    """The row that names the columns: the one with most names that we know; failing that the first that is not the title of a few cells."""
    first = rows[:ABOVE]
    known = [len(guess(row, fields)) for row in first]
    # One known word alone may be a title: « Structures ».
    if max(known) > 1:
        return known.index(max(known))
    filled = [sum(map(bool, row)) for row in first]
    return next(number for number, count in enumerate(filled) if 2 * count >= max(filled))


def letter(number: int) -> str:
    """« A », « B » … « AA », as a spreadsheet calls the column."""
    return (letter(number // 26 - 1) if number > 25 else "") + chr(ord("A") + number % 26)


def headers_of(row: list[str], width: int) -> list[str]:
    """The names of `width` columns, no two alike."""
    named = [" ".join(row[number].split())[:80] if number < len(row) else "" for number in range(width)]
    return [
        f"Colonne {letter(number)}"
        if not name
        else f"{name} (colonne {letter(number)})"
        if named.count(name) > 1
        else name
        for number, name in enumerate(named)
    ]


def digest_of(headers: list[str]) -> str:
    return mark_of("\n".join(map(fold, headers)).encode())
