"""Tables as real programs write them."""

import io
import re
import zipfile

from openpyxl import Workbook

ROWS = [
    ["Nom de la structure", "Type", "CP", "Ville", "Adresse", "Téléphone", "Courriel", "Public accueilli"],
    [
        "Foyer l’Ousse",
        "FJT",
        "64000",
        "PAU CEDEX",
        '3, rue "du" Gave\nBâtiment B',
        "05.59.00.00.01",
        "accueil@ousse.invalid",
        "16-30 ans",
    ],
    ["Point accueil", "", "64160", "Morlaàs", "", "05 59 00 00 02 ou 06 00 00 00 03", "", ""],
]
"""What an association of Pau keeps. Capitals, « Cedex », a line break in a cell, two numbers in one."""


def csv(rows=ROWS, *, separator=";", charset="cp1252", end="\r\n", start="") -> bytes:
    """Excel: Windows-1252, semicolons, CRLF, quotation marks only where they are needed."""

    def cell(value) -> str:
        text = str(value)
        return f'"{text.replace(chr(34), chr(34) * 2)}"' if re.search(rf'[{re.escape(separator)}"\n]', text) else text

    return (start + "".join(separator.join(map(cell, row)) + end for row in rows)).replace("’", "'").encode(charset)


def xlsx(rows=ROWS, *, change=None) -> bytes:
    """One sheet; `change(sheet, book)` before it is saved."""
    book = Workbook()
    sheet = book.active
    for row in rows:
        sheet.append(row)
    if change:
        change(sheet, book)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def rewritten(data: bytes, part: str, change) -> bytes:
    """The same archive with one part changed: what openpyxl itself does not write, such as the value of a formula."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as before, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as after:
        for name in before.namelist():
            after.writestr(name, change(before.read(name)) if name == part else before.read(name))
    return out.getvalue()


def bomb(size: int = 1_000_000_000) -> bytes:
    """A spreadsheet whose sheet is a gigabyte of noughts: one megabyte packed."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive, zipfile.ZipFile(io.BytesIO(xlsx())) as real:
        for name in real.namelist():
            if name != "xl/worksheets/sheet1.xml":
                archive.writestr(name, real.read(name))
        with archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as sheet:
            for _ in range(size // 1_000_000):
                sheet.write(b"\0" * 1_000_000)
    return out.getvalue()
