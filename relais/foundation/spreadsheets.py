"""Rows as a file that a spreadsheet opens: CSV as a French one reads it, or XLSX. What somebody typed is never run as a formula."""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal

from django.http import HttpResponse
from django.utils import timezone
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.utils import get_column_letter
from openpyxl.workbook.child import INVALID_TITLE_REGEX

KINDS = {
    "csv": ("CSV", "text/csv; charset=utf-8"),
    "xlsx": ("XLSX", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
}
"""By the end of the file's name: what a link calls it, and its type."""

UNREADABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""Signs that XML has no place for: one of them, and no program opens the sheet."""

WIDEST = 60
"""Signs of the widest column of a sheet; the text goes on behind."""


def safe(text: str) -> str:
    """A text that a spreadsheet would run as a formula becomes plain text."""
    return f"'{text}" if text.lstrip()[:1] in ("=", "+", "-", "@") or text[:1] in ("\t", "\r", "\n") else text


def plain(value) -> str:
    """One value as a French spreadsheet reads it in a CSV."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "oui" if value else "non"
    if isinstance(value, (int, float, Decimal)):
        return str(value).replace(".", ",")
    if isinstance(value, datetime):
        return f"{timezone.localtime(value):%d/%m/%Y %H:%M}"
    if isinstance(value, date):
        return f"{value:%d/%m/%Y}"
    return safe(str(value))


def as_csv(headings: Sequence[str], rows: Iterable[Sequence]) -> bytes:
    """Semicolons, decimal commas and a byte-order mark: what a French spreadsheet opens at once."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";")
    writer.writerow(headings)
    writer.writerows([plain(value) for value in row] for row in rows)
    return out.getvalue().encode("utf-8-sig")


def as_xlsx(title: str, headings: Sequence[str], rows: Iterable[Sequence]) -> bytes:
    """One sheet, its first row standing still; numbers and days are numbers and days."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(INVALID_TITLE_REGEX.sub("", UNREADABLE.sub("", title))[:31])
    kept = [[_cell(sheet, value) for value in row] for row in rows]
    # The widths are written before the first row.
    for number, heading in enumerate(headings):
        widest = max([len(heading), *(len(str(row[number].value or "")) for row in kept)])
        sheet.column_dimensions[get_column_letter(number + 1)].width = min(widest + 2, WIDEST)
    sheet.freeze_panes = "A2"
    sheet.append(list(headings))
    for row in kept:
        sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _cell(sheet, value) -> WriteOnlyCell:
    if isinstance(value, bool):
        value = plain(value)
    if isinstance(value, datetime):
        value = timezone.make_naive(value)
    if value is None or isinstance(value, (int, float, Decimal, date)):
        return WriteOnlyCell(sheet, value)
    cell = WriteOnlyCell(sheet, UNREADABLE.sub("", str(value)))
    # Else a text that begins with « = » is a formula.
    cell.data_type = "s"
    return cell


def response(kind: str, name: str, title: str, headings: Sequence[str], rows: Iterable[Sequence]) -> HttpResponse:
    """The file `name`.`kind`, to be kept and never shown as a page."""
    content = as_csv(headings, rows) if kind == "csv" else as_xlsx(title, headings, rows)
    headers = {"Content-Disposition": f'attachment; filename="{name}.{kind}"', "Cache-Control": "no-store"}
    return HttpResponse(content, content_type=KINDS[kind][1], headers=headers)
