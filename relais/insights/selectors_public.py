"""The page of the promise, in words and rounded numbers."""

import math
from dataclasses import dataclass
from datetime import date, datetime

from relais.foundation.jinja import dated
from relais.foundation.jinja import number as grouped

from . import promised
from .asked import Asked
from .promised import SMALLEST, Published
from .selectors import percent


@dataclass(frozen=True)
class Row:
    """One month, or one line. `share` in words; `bar` from 0 to 100, None where there is nothing to draw; `rest` is a sentence. `slug`: of a line."""

    name: str
    share: str
    bar: int | None
    median: str
    ninth: str
    number: str
    rest: str
    slug: str = ""


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


def promise_page(now: datetime, of: Asked) -> Page:
    """Of all lines, or of the one that is asked. A département that several lines serve shows them one by one: a sum of some
    lines, beside each of them, would give away what is hidden of one."""
    counted = promised.count(now, of.line and of.line.pk)
    lines, whole = promised.publish(list(counted.lines.values()), counted.whole)
    by_line = dict(zip(counted.lines, lines, strict=True))
    if of.line:
        months, whole = (
            promised.publish_months_of(of.line.pk, counted),
            by_line.get(of.line.pk, Published(number=0, pending=0)),
        )
    else:
        months, _ = promised.publish(list(counted.months.values()), counted.whole)
    current = list(counted.months)[-1]
    rows = [
        _row(_month(month) + (" (en cours)" if month == current else ""), cell)
        for month, cell in zip(counted.months, months, strict=True)
    ]
    return Page(
        months=rows[::-1],
        lines=_by_line(by_line, of) if len(by_line) > 1 and not of.line else [],
        whole=_row("", whole),
        raw=whole,
        since=dated(next(iter(counted.months)), "F Y"),
        pending=whole.pending,
        closed=counted.closed,
        closed_on=counted.closed_on if counted.closed_on == 0 or counted.closed_on >= SMALLEST else None,
    )


def _by_line(cells: dict[int | None, Published], of: Asked) -> list[Row]:
    known = {line.pk: line for line in of.every}
    wanted = cells if of.numbers is None else [number for number in cells if number in of.numbers]
    return [
        _row(known[number].name, cells[number], known[number].slug)
        if number in known
        else _row("Une ligne d’avant", cells[number])
        for number in wanted
    ]


def _month(month: date) -> str:
    return dated(month, "F Y").capitalize()


def _row(name: str, cell: Published, slug: str = "") -> Row:
    if cell.hidden:
        rest = f"Moins de {SMALLEST} attentes, ou caché pour qu’on ne puisse pas en retrouver une autre."
        return Row(name, "caché", None, "", "", "", rest, slug)
    if not cell.number:
        return Row(name, "–", None, "", "", "", "Personne n’a attendu.", slug)
    median, ninth = _wait(cell.median, cell.median_open), _wait(cell.ninth, cell.ninth_open)
    number = grouped(cell.number)
    halves = "La moitié sans réponse" if cell.median_open else f"La moitié en {median} ou moins"
    ninths = (
        ""
        if cell.ninth is None and not cell.ninth_open
        else ", plus d’une sur dix sans réponse"
        if cell.ninth_open
        else f", neuf sur dix en {ninth} ou moins"
    )
    return Row(name, _share(cell), _bar(cell), median, ninth, number, f"{halves}{ninths}. {number} attentes.", slug)


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
