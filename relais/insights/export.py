"""The figures as a file for a spreadsheet: one row for each touch and figure, with its definition."""

import csv
import io

from .figures import FIGURES, Period
from .selectors import Line, bounds

HEADINGS = [
    "contact",
    "nom du contact",
    "sorte",
    "chiffre",
    "nom du chiffre",
    "numérateur",
    "dénominateur",
    "manquants",
    "valeur",
    "unité",
    "du",
    "au",
    "définition",
    "ce que compte le numérateur",
    "ce que compte le dénominateur",
    "ce qui manque",
]
UNITS = {"count": "nombre", "share": "part (0 à 1)", "seconds": "secondes d’ouverture"}


def safe(text: str) -> str:
    """A label that a spreadsheet would run as a formula becomes plain text."""
    return f"'{text}" if text.lstrip()[:1] in ("=", "+", "-", "@") or text[:1] in ("\t", "\r", "\n") else text


def _plain(value: float | None) -> str:
    return "" if value is None else str(value).replace(".", ",")


def as_csv(lines: list[Line], period: Period) -> bytes:
    """Semicolons, decimal commas and a byte-order mark: what a French spreadsheet opens at once."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";")
    writer.writerow(HEADINGS)
    first, last = bounds(period)
    for line in lines:
        for figure in (one for one in FIGURES if one.slug in line.values):
            value = line.values[figure.slug]
            writer.writerow(
                [
                    line.contact,
                    safe(line.label),
                    line.kind,
                    figure.slug,
                    figure.name,
                    value.numerator,
                    _plain(value.denominator),
                    _plain(value.missing),
                    _plain(value.value),
                    UNITS[figure.unit],
                    first,
                    last,
                    figure.definition,
                    figure.numerator_text,
                    figure.denominator_text,
                    figure.missing_text,
                ]
            )
    return out.getvalue().encode("utf-8-sig")
