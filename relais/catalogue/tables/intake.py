"""A file as somebody sent it becomes a sheet: read in a confined process, its header found, within bounds."""

import json
import re
from dataclasses import asdict, dataclass, field
from pathlib import PurePosixPath

from relais.foundation import confined
from relais.foundation.database.patience import let_go
from relais.foundation.jinja import number as grouped
from relais.foundation.jinja import plural
from relais.foundation.refusals import NotAcceptable

from . import child
from .bounds import COLUMNS, ROWS
from .columns import FIELDS, Field, header_row, headers_of

SECONDS = 90
"""On the wall: a machine that is busy is no fault of the file."""
AGAIN = "Enregistrez-le de nouveau depuis votre tableur, en XLSX ou en CSV."
PROBLEMS = {
    "empty": "Ce fichier est vide : il ne contient aucune ligne.",
    "old": f"C’est un fichier d’une ancienne version d’Excel (.xls, .xlsb), ou protégé par un mot de passe. {AGAIN}",
    "pdf": "C’est un PDF, pas un tableau : demandez le fichier du tableur d’où il vient, en XLSX ou en CSV.",
    "web": f"C’est une page web, pas un tableau. {AGAIN}",
    "ods": "C’est un fichier LibreOffice (.ods). Enregistrez-le en XLSX ou en CSV.",
    "zip": "C’est une archive, pas un tableau : ouvrez-la, et envoyez le tableau qu’elle contient, en XLSX ou en CSV.",
    "locked": "Ce fichier est protégé par un mot de passe : enregistrez-le sans, puis envoyez-le de nouveau.",
    "broken": f"Ce fichier est abîmé ou incomplet : il ne s’ouvre pas. {AGAIN}",
    "binary": "Ce n’est pas un tableau que nous savons lire. Envoyez un fichier XLSX ou CSV.",
    "heavy": "Ce fichier est trop lourd une fois ouvert. Ne gardez que les colonnes utiles, ou partagez-le en plusieurs fichiers.",
    "wide": f"Ce tableau a plus de {COLUMNS} colonnes : ne gardez que celles qui servent.",
    "long": f"Ce tableau a plus de {grouped(ROWS)} lignes : partagez-le en plusieurs fichiers.",
}
QUOTE = "À la ligne {}, un guillemet est ouvert et jamais fermé : tout ce qui suit serait pris pour une seule case. Corrigez cette ligne."


@dataclass
class Sheet:
    """`lines`: the number of each row in the file. `told`: what was done to read it, in sentences."""

    headers: list[str]
    rows: list[list[str]]
    lines: list[int]
    told: list[str] = field(default_factory=list)

    def as_dict(self) -> dict:
        return asdict(self)

    def cell(self, row: list[str], column: int) -> str:
        return row[column] if column < len(row) else ""

    def examples(self, column: int, count: int = 3) -> list[str]:
        """The first values of a column, each once."""
        found = []
        for row in self.rows:
            value = " ".join(self.cell(row, column).split())
            if value and value not in found:
                found.append(value)
            if len(found) == count:
                break
        return found


def read(data: bytes, fields: tuple[Field, ...] = FIELDS, one: str = "structure") -> Sheet:
    """`fields`: by which its header is found; `one`: what a row is. Raises NotAcceptable, with what is wrong and what to do."""
    told = _ask(data)
    if problem := told.get("problem"):
        word, _, line = problem.partition(" ")
        raise NotAcceptable(QUOTE.format(line) if word == "quote" else PROBLEMS[word])
    at = header_row(told["rows"], fields)
    rows, lines = told["rows"][at + 1 :], told["lines"][at + 1 :]
    if len(rows) > ROWS:
        raise NotAcceptable(PROBLEMS["long"])
    if not rows:
        raise NotAcceptable(f"Ce fichier n’a qu’une ligne : il faut le nom des colonnes, puis une ligne par {one}.")
    width = max(len(row) for row in told["rows"][at:])
    return Sheet(headers_of(told["rows"][at], width), rows, lines, _sentences(told, at))


def _ask(data: bytes) -> dict:
    let_go()
    try:
        return json.loads(confined.ask(child.__name__, given=data, seconds=SECONDS))
    except confined.Died as death:
        if death.outside:
            raise NotAcceptable("La lecture a été interrompue. Envoyez de nouveau le fichier.") from None
        raise NotAcceptable(PROBLEMS["heavy"]) from None


def _sentences(told: dict, at: int) -> list[str]:
    said = []
    if told["others"]:
        said.append(f"Le classeur a plusieurs feuilles : seule la première, « {told['sheet']} », est lue.")
    if at:
        said.append(
            f"Les noms des colonnes sont à la ligne {told['lines'][at]} ; ce qui est au-dessus est laissé de côté."
        )
    if count := told["errors"]:
        said.append(
            f"{grouped(count)} {plural(count, 'case contient une erreur de formule', 'cases contiennent une erreur de formule')} (#REF!, #N/A…) : lues comme vides."
        )
    return said


def tidy_name(name: str) -> str:
    """The name of the file, for people."""
    return re.sub(r"[\x00-\x1f\x7f]", "", PurePosixPath(name.replace("\\", "/")).name).strip()[-120:] or "Tableau"
