"""One way to list rows to those who work here: what is kept and in which order stand in the address, pages, a file for a spreadsheet.

    CONTACTS = Listing(
        ("contact", "contacts"),
        [Column("nom", "Nom", lambda touch: touch.label, order=("label", "code")), …],
        order=("-created_at", "code"), ordered="du plus récent au plus ancien",
        filters=[Words("q", "Nom ou code", contains("label", "code")), Choice("sorte", "Sorte", Touch.Kind.choices, field="kind")],
        file="contacts",
    )

A view gives its rows, out of `visible_to`: `CONTACTS.answer(request, rows, "campaigns/touches.html", context)`. The template draws it with
`ui.listing`, which says what it lists, how many, and in which order.
"""

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Case, Q, QuerySet, When
from django.db.models.expressions import OrderBy
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from . import spreadsheets
from .folding import every, fold
from .jinja import day, plural
from .refusals import NotAcceptable

PER_PAGE = 50
LONGEST = 100
"""Signs of a filter's value that are read."""
MOST = {"csv": 200_000, "xlsx": 20_000}
"""Rows of one file: more is refused in words, not cut. A sheet takes far more memory than lines."""
ORDER, FILE, TICKED = "tri", "fichier", "choix"


@dataclass(frozen=True)
class Column:
    """`value`: of a row, as it goes into a file. `order`: the fields by which rows are put in its order, the last one unlike for any two
    rows; none, and it gives no order. `only_file`: too long or too rarely asked for the screen."""

    key: str
    label: str
    value: Callable[[Any], Any]
    order: Sequence[str] = ()
    number: bool = False
    only_file: bool = False

    def text(self, row) -> str:
        """The value as it is read on a page."""
        value = self.value(row)
        if value is None or value == "":
            return "–"
        return day(value) if hasattr(value, "strftime") else str(value)


def drawn(key: str, label: str, order: Sequence[str] = ()) -> Column:
    """A column that its template draws."""
    return Column(key, label, lambda row: "", order=order)


@dataclass(frozen=True)
class Words:
    """Rows in which each word typed is found: `found(word)` says where to look for a folded one (see `folding.contains`)."""

    key: str
    label: str
    found: Callable[[str], Q]
    choices: Sequence[tuple[str, str]] = ()

    def keep(self, rows: QuerySet, value: str) -> QuerySet:
        return rows.filter(every(value, self.found))

    def said(self, value: str) -> str:
        return f"« {value} »"


@dataclass(frozen=True)
class Choice:
    """Rows of one of these values of a field; `by` instead of a field where a value means more than that."""

    key: str
    label: str
    choices: Sequence[tuple[str, str]]
    field: str = ""
    by: Callable[[QuerySet, str], QuerySet] | None = None

    def keep(self, rows: QuerySet, value: str) -> QuerySet:
        return self.by(rows, value) if self.by else rows.filter(**{self.field: value})

    def said(self, value: str) -> str:
        return dict(self.choices)[value]


@dataclass(frozen=True)
class Listing:
    """`named`: one and several of what is listed. `order`: by default, which `ordered` says in words. `file`: its name; none, and there is no file."""

    named: tuple[str, str]
    columns: Sequence[Column]
    order: Sequence[str | OrderBy] = ()
    ordered: str = ""
    filters: Sequence[Words | Choice] = ()
    file: str = ""
    per_page: int = PER_PAGE

    def of(self, request, rows: QuerySet | Sequence, **carried: str) -> "Listed":
        """`carried`: what else stands in the address of this page, a tab for instance."""
        return Listed(self, request.GET, rows, carried)

    def answer(
        self,
        request,
        rows: QuerySet | Sequence,
        template: str,
        context: Callable[["Listed"], dict] | None = None,
        **carried: str,
    ) -> HttpResponse:
        """The page, or the file that its address asks for. `context`: what else the page shows. Raises NotAcceptable: too long for a file."""
        listed = self.of(request, rows, **carried)
        if kind := listed.wants_file:
            return listed.as_file(kind)
        return render(request, template, {"listed": listed} | (context(listed) if context else {}))


@dataclass(frozen=True)
class Listed:
    """Rows asked for by an address. A value that no filter knows counts for nothing, and is not carried on."""

    listing: Listing
    asked: Any
    given: QuerySet | Sequence
    carried: dict[str, str]

    @cached_property
    def values(self) -> dict[str, str]:
        """Of each filter that keeps something."""
        typed = {
            one.key: self.asked.get(one.key, "").replace("\x00", "").strip()[:LONGEST] for one in self.listing.filters
        }
        known = {one.key: {value for value, _ in one.choices} for one in self.listing.filters if one.choices}
        return {key: value for key, value in typed.items() if value and value in known.get(key, {value})}

    @cached_property
    def by(self) -> tuple[Column | None, bool]:
        """The column that gives the order, and whether from its end."""
        key = self.asked.get(ORDER, "")
        column = next((one for one in self.listing.columns if one.order and one.key == key.removeprefix("-")), None)
        return column, key.startswith("-")

    @cached_property
    def rows(self) -> Any:
        """A query set, or a list where the rows are not of a table."""
        rows: Any = self.given
        for one in self.listing.filters:
            if one.key in self.values:
                rows = one.keep(rows, self.values[one.key])
        column, backwards = self.by
        order = list(column.order) if column else list(self.listing.order)
        if column and backwards:
            order = [_turned(one) for one in order]
        return rows.order_by(*order) if order else rows

    @cached_property
    def page(self):
        return Paginator(self.rows, self.listing.per_page).get_page(self.asked.get("page"))

    @property
    def columns(self) -> list[Column]:
        return [one for one in self.listing.columns if not one.only_file]

    @property
    def total(self) -> int:
        return self.page.paginator.count

    def query(self, **changes) -> str:
        """The address of the same list with these changes, urlencoded; the page begins again."""
        column, backwards = self.by
        asked = (
            self.carried
            | self.values
            | ({ORDER: f"{'-' if backwards else ''}{column.key}"} if column else {})
            | changes
        )
        return urlencode({key: value for key, value in asked.items() if value})

    def turned(self, column: Column) -> str:
        """The address of the same list in the order of this column; a second time, from its end."""
        now, backwards = self.by
        return self.query(**{ORDER: f"-{column.key}" if now is column and not backwards else column.key})

    @property
    def orders(self) -> list[tuple[str, str, bool]]:
        """(value, words, whether it is this one) of each order that may be asked for, the usual one first."""
        column, backwards = self.by
        usual = [("", self.listing.ordered.capitalize() or "Comme d’habitude", column is None)]
        by = [(one, back) for one in self.listing.columns if one.order for back in (False, True)]
        named = [
            (
                f"{'-' * back}{one.key}",
                f"{one.label}{', à l’envers' if back else ''}",
                (one, back) == (column, backwards),
            )
            for one, back in by
        ]
        return usual + named if named else []

    def direction(self, column: Column) -> str:
        """What `aria-sort` says of this column."""
        now, backwards = self.by
        down = str(column.order[0]).startswith("-") if column.order else False
        return "" if now is not column else "descending" if backwards != down else "ascending"

    @property
    def whole(self) -> str:
        """The address of the same list with nothing left out."""
        return urlencode(self.carried)

    @property
    def caption(self) -> str:
        """How many of what, which, and in which order."""
        kept = [
            f"{one.label.lower()} : {one.said(self.values[one.key])}"
            for one in self.listing.filters
            if one.key in self.values
        ]
        column, backwards = self.by
        order = f"par {column.label.lower()}{', à l’envers' if backwards else ''}" if column else self.listing.ordered
        return ", ".join(
            [
                f"{self.total} {plural(self.total, *self.listing.named)}",
                *kept,
                *([order] if order and self.total > 1 else []),
            ]
        )

    @property
    def wants_file(self) -> str:
        """The kind of file that the address asks for; '' for the page."""
        kind = self.asked.get(FILE, "")
        return kind if self.listing.file and kind in spreadsheets.KINDS else ""

    @property
    def files(self) -> list[tuple[str, str]]:
        """(address, what it is called) of each file of the same rows."""
        return (
            [(self.query(**{FILE: kind}), name) for kind, (name, _) in spreadsheets.KINDS.items()]
            if self.listing.file
            else []
        )

    def table(self, kind: str) -> Iterable[list]:
        """Every row that is kept, of all pages. Raises NotAcceptable when they are too many."""
        if self.total > MOST[kind]:
            fewer = " ou gardez-en moins, avec les cases au-dessus de la liste" if self.listing.filters else ""
            instead = f"prenez le fichier CSV{fewer}" if kind == "xlsx" else f"c’est trop{fewer}"
            raise NotAcceptable(
                f"Ce fichier tient {MOST[kind]} lignes au plus, et il y en aurait {self.total} : {instead}."
            )
        return ([column.value(row) for column in self.listing.columns] for row in self.rows)

    def as_file(self, kind: str) -> HttpResponse:
        headings = [column.label for column in self.listing.columns]
        name = f"relais-{self.listing.file}-{timezone.localdate():%Y-%m-%d}"
        return spreadsheets.response(kind, name, self.listing.named[1].capitalize(), headings, self.table(kind))


def ticked(request, rows: QuerySet) -> QuerySet:
    """Those of `rows` whose boxes were ticked. What is no longer among them, or is not theirs, is left out."""
    key, known = rows.model._meta.pk, []
    for value in request.POST.getlist(TICKED)[:PER_PAGE]:
        with suppress(ValidationError):
            known.append(key.to_python(value))
    return rows.filter(pk__in=known)


def _turned(term):
    """The same order, from its end."""
    if isinstance(term, OrderBy):
        turned = term.copy()
        turned.reverse_ordering()
        return turned
    if isinstance(term, str):
        return term[1:] if term.startswith("-") else f"-{term}"
    return term.desc()


def by_choice(name: str, choices: Sequence[tuple[str, str]]) -> Case:
    """The order of the words that are read, not of the values that are kept."""
    read = sorted(choices, key=lambda one: fold(one[1]))
    return Case(*(When(**{name: value}, then=place) for place, (value, _) in enumerate(read)), default=len(read))
