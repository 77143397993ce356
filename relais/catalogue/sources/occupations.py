"""Occupation sheets, from the content files of this project."""

from pathlib import Path

import msgspec

from relais.foundation.grammar import either

from ..folding import fold
from ..importing import BadFile, Batch, Table
from ..models import Occupation
from ..sheets import FOLDER, Sheet, SheetError, read_sheet, sheet_files, typography, without_links

NAME = "occupations"


def read(folder: str = "") -> Batch:
    """`folder`: content files; those of the project by default. One sheet that cannot be read refuses the whole run."""
    path = Path(folder) if folder else FOLDER
    files = sheet_files(path) if path.is_dir() else []
    if not files:
        raise BadFile(f"{path} holds no occupation sheet (….md).")
    try:
        sheets = [read_sheet(file) for file in files]
    except SheetError as error:
        raise BadFile(str(error)) from None
    slugs = {sheet.slug for sheet in sheets}
    for section in (section for sheet in sheets for section in sheet.sections):
        section["html"] = without_links(section["html"], slugs)
    return Batch([Table(Occupation, ("slug",), {sheet.slug: _values(sheet) for sheet in sheets})])


def _values(sheet: Sheet) -> dict:
    front = sheet.front
    names = [front.name, *front.name.split(" / "), front.masculine, front.feminine, *front.aliases]
    diplomas = msgspec.to_builtins(front.diplomas)
    for diploma in diplomas:
        diploma["name"] = typography(diploma["name"])
    return {
        "slug": sheet.slug,
        "name": typography(front.name),
        "short_name": typography(either(front.masculine, front.feminine)),
        "feminine": typography(front.feminine),
        "masculine": typography(front.masculine),
        "tagline": typography(front.tagline),
        "rome": front.rome,
        "rome_name": front.rome_name,
        "aliases": [typography(alias) for alias in front.aliases],
        "audiences": front.audiences,
        "no_diploma": front.no_diploma,
        "entry": typography(front.entry),
        "level": front.level,
        "diplomas": diplomas,
        "sources": msgspec.to_builtins(front.sources),
        "checked": front.checked,
        "sections": sheet.sections,
        "key": "\n".join(dict.fromkeys(fold(name) for name in names)),
        "is_active": True,
    }
