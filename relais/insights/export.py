"""The figures as a file for a spreadsheet: one row for each touch and figure, with its definition."""

from collections.abc import Iterator

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


def rows(lines: list[Line], period: Period) -> Iterator[list]:
    first, last = bounds(period)
    for line in lines:
        for figure in (one for one in FIGURES if one.slug in line.values):
            value = line.values[figure.slug]
            yield [
                line.contact,
                line.label,
                line.kind,
                figure.slug,
                figure.name,
                value.numerator,
                value.denominator,
                value.missing,
                value.value,
                UNITS[figure.unit],
                first,
                last,
                figure.definition,
                figure.numerator_text,
                figure.denominator_text,
                figure.missing_text,
            ]
