"""A table as a spreadsheet wrote it, read to rows of text. Runs in the confined process (`child`): nothing here knows Django."""

import csv
import io
import re
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time

from .bounds import ABOVE, CELL, COLUMNS, PART, ROWS, TEXT

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1f]")
_INVISIBLE = dict.fromkeys(map(ord, "\ufeff\u200b\u2060\u00ad"))
# « ="01000" »: how a CSV tells a spreadsheet that this is a text; and the mark before what would be a formula.
_AS_TEXT = re.compile(r'="(.*)"\Z', re.S)
_MARKED = re.compile(r"'(?=\s*[=+\-@])")
ERRORS = {"#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!", "#NOM?", "#VALEUR!", "#NOMBRE!", "#NUL!"}


class NoTable(Exception):
    """Why no table can be read, by a word that `intake` puts into a sentence."""


def read(data: bytes) -> dict:
    """{"rows", "lines": their numbers, "errors": cells that hold an error, "sheet", "others"}. Raises NoTable."""
    if not data.strip(b"\x00\xef\xbb\xbf\xff\xfe \t\r\n;,"):
        raise NoTable("empty")
    if data[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
        return _spreadsheet(data)
    if data[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        raise NoTable("old")
    if b"%PDF-" in data[:1024]:
        raise NoTable("pdf")
    text = _text(data)
    if re.match(r"\s*<(!doctype|html|\?xml|table)\b", text, re.I):
        raise NoTable("web")
    return _kept(_csv(text)) | {"sheet": "", "others": 0}


def _kept(rows: Iterable[tuple[int, list[str]]]) -> dict:
    """Blank rows left out, cells made plain, within bounds."""
    kept, lines, size, errors = [], [], 0, 0
    for line, cells in rows:
        row = [_cell(one) for one in cells]
        wrong = sum(one in ERRORS for one in row)
        if wrong:
            errors, row = errors + wrong, ["" if one in ERRORS else one for one in row]
        while row and not row[-1]:
            row.pop()
        if not row:
            continue
        if len(row) > COLUMNS:
            raise NoTable("wide")
        size += sum(map(len, row))
        if size > TEXT:
            raise NoTable("heavy")
        kept.append(row)
        lines.append(line)
        if len(kept) > ROWS + ABOVE:
            raise NoTable("long")
    if not kept:
        raise NoTable("empty")
    return {"rows": kept, "lines": lines, "errors": errors}


def _cell(text: str) -> str:
    text = text.translate(_INVISIBLE).strip()
    if text[:1] == "=" and (found := _AS_TEXT.match(text)):
        text = found[1].strip()
    return _MARKED.sub("", text, count=1) if text[:1] == "'" else text


# --- text, parted by semicolons, commas or tabs


def _text(data: bytes) -> str:
    """UTF-8 with or without its mark, what Excel calls « Unicode » (UTF-16), else Windows-1252."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        charsets = ["utf-16"]
    else:
        charsets = ["utf-8-sig", "cp1252"]
    for charset in charsets:
        try:
            text = data.decode(charset)
        except UnicodeDecodeError:
            continue
        if _CONTROL.search(text):
            break
        return text
    raise NoTable("binary")


def _csv(text: str) -> Iterator[tuple[int, list[str]]]:
    """Rows with their numbers as a spreadsheet shows them: a blank line counts, a line break inside a cell does not."""
    if said := re.match(r"sep=(.)\r?\n", text):
        text = text[said.end() :]
    separator = said[1] if said else _separator(text)
    reader, number = csv.reader(io.StringIO(text, newline=""), delimiter=separator), 0
    try:
        for row in reader:
            number += 1
            yield number, row
    except csv.Error:
        raise NoTable(f"quote {number + 1}") from None
    _refuse_open_quote(text, separator)


def _refuse_open_quote(text: str, separator: str) -> None:
    """A quotation mark that is never closed swallows the rows after it: they would be lost without a word."""
    number = 0
    try:
        for _ in csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True):
            number += 1
    except csv.Error as error:
        if "unexpected end" in str(error):
            raise NoTable(f"quote {number + 1}") from None


def _separator(text: str) -> str:
    """The one that gives most rows the same number of cells, more than one."""

    def score(separator: str) -> tuple[int, int]:
        widths = Counter()
        try:
            for row in csv.reader(io.StringIO(text[:200_000], newline=""), delimiter=separator):
                if any(row):
                    widths[len(row)] += 1
                if widths.total() == 50:
                    break
        except csv.Error:
            pass
        width, number = max(widths.items(), key=lambda one: (one[0] > 1, one[1], one[0]), default=(1, 0))
        return (number if width > 1 else 0, width)

    return max(";,\t|", key=score)


# --- XLSX


def _spreadsheet(data: bytes) -> dict:
    try:
        _check_parts(zipfile.ZipFile(io.BytesIO(data)))
        return _first_sheet(data)
    except NoTable:
        raise
    except MemoryError:
        raise NoTable("heavy") from None
    except Exception:
        # Whatever its reader raises at a file that is damaged: there are many kinds.
        raise NoTable("broken") from None


def _check_parts(archive: zipfile.ZipFile) -> None:
    """What is packed is known by its names, and is small enough to be unpacked: no part gives more than it announces."""
    sizes = {part.filename: part.file_size for part in archive.infolist()}
    if any(part.flag_bits & 1 for part in archive.infolist()):
        raise NoTable("locked")
    if "content.xml" in sizes and "mimetype" in sizes:
        raise NoTable("ods")
    if "xl/workbook.bin" in sizes:
        raise NoTable("old")
    if not any(name.startswith("xl/") for name in sizes):
        raise NoTable("zip")
    if sum(sizes.values()) > PART:
        raise NoTable("heavy")


def _first_sheet(data: bytes) -> dict:
    from openpyxl import load_workbook

    book = load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
    sheets = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"] or book.worksheets
    if not sheets:
        raise NoTable("broken")
    sheet = sheets[0]
    # What a file says of its own size is not always so; and styles often go on to the last column there is.
    sheet.reset_dimensions()
    rows = sheet.iter_rows(max_col=COLUMNS + 1, values_only=True)
    # A cell forgotten at the very bottom makes a million rows of nothing: they are passed over without a look at each cell.
    filled = ((line, row) for line, row in enumerate(rows, 1) if row.count(None) < len(row))
    return _kept((line, [_plain(value) for value in row]) for line, row in filled) | {
        "sheet": sheet.title,
        "others": len(sheets) - 1,
    }


def _plain(value) -> str:
    """One value as the table shows it. Numbers keep no « .0 »."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "oui" if value else "non"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime):
        return f"{value:%d/%m/%Y}" if value.time() == time() else f"{value:%d/%m/%Y %H:%M}"
    if isinstance(value, date):
        return f"{value:%d/%m/%Y}"
    return str(value)[:CELL]
