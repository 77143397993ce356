"""The page of the promise, in words and rounded numbers."""

import math
from dataclasses import dataclass
from datetime import date, datetime

from django.utils.dateformat import format as format_date

from relais.coaching.models import Line

from . import promised
from .promised import SMALLEST, Published
from .selectors import percent


@dataclass(frozen=True)
class Row:
    """One month, or one line. `share` in words; `bar` from 0 to 100, None where there is nothing to draw; `rest` is a sentence."""

    name: str
    share: str
    bar: int | None
    median: str
    ninth: str
    number: str
    rest: str


@dataclass(frozen=True)
class Page:
    months: list[Row]
    lines: list[Row]
    whole: Row
    raw: Published
    since: str
    pending: int | None
    closed: int
    closed_on: int | None


def promise_page(now: datetime) -> Page:
    counted = promised.count(now)
    months, whole = promised.publish(list(counted.months.values()), counted.whole)
    lines, _ = promised.publish(list(counted.lines.values()), counted.whole)
    names = dict(Line.objects.values_list("pk", "name"))
    by_line = [_row(names.get(number, "Une ligne d’avant"), cell) for number, cell in zip(counted.lines, lines, strict=True)]
    current = list(counted.months)[-1]
    rows = [_row(_month(month) + (" (en cours)" if month == current else ""), cell) for month, cell in zip(counted.months, months, strict=True)]
    return Page(
        months=rows[::-1],
        lines=by_line if len(by_line) > 1 else [],
        whole=_row("", whole),
        raw=whole,
        since=format_date(next(iter(counted.months)), "F Y"),
        pending=whole.pending,
        closed=counted.closed,
        closed_on=counted.closed_on if counted.closed_on == 0 or counted.closed_on >= SMALLEST else None,
    )


def _month(month: date) -> str:
    return format_date(month, "F Y").capitalize()


def _row(name: str, cell: Published) -> Row:
    if cell.hidden:
        rest = f"Moins de {SMALLEST} attentes, ou caché pour qu’on ne puisse pas en retrouver une autre."
        return Row(name, "caché", None, "", "", "", rest)
    if not cell.number:
        return Row(name, "–", None, "", "", "", "Personne n’a attendu.")
    median, ninth = _wait(cell.median, cell.median_open), _wait(cell.ninth, cell.ninth_open)
    number = f"{cell.number:,}".replace(",", "\u202f")
    halves = "La moitié sans réponse" if cell.median_open else f"La moitié en {median} ou moins"
    ninths = (
        ""
        if cell.ninth is None and not cell.ninth_open
        else ", plus d’une sur dix sans réponse"
        if cell.ninth_open
        else f", neuf sur dix en {ninth} ou moins"
    )
    return Row(name, _share(cell), _bar(cell), median, ninth, number, f"{halves}{ninths}. {number} attentes.")


def _share(cell: Published) -> str:
    """Bounds are rounded so that they stay true."""
    if cell.at_least is not None:
        return f"au moins {int(100 * cell.at_least)}\u00a0%"
    if cell.at_most is not None:
        return f"au plus {math.ceil(100 * cell.at_most)}\u00a0%"
    return f"{percent(cell.share)}\u00a0%"


def _bar(cell: Published) -> int:
    return round(100 * next(value for value in (cell.share, cell.at_least, cell.at_most) if value is not None))


def _wait(minutes: int | None, is_open: bool) -> str:
    if is_open:
        return "sans réponse"
    if minutes is None:
        return "trop peu"
    return f"{minutes}\u00a0min" if minutes < 60 else f"{minutes // 60}\u00a0h\u00a0{minutes % 60:02d}"
