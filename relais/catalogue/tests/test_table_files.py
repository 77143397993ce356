"""Files as people send them, read in the confined process: what comes out, and the sentence for what cannot be read."""

import io
import re
import resource
import zipfile
from datetime import date

import pytest

from relais.catalogue.tables import child, intake
from relais.catalogue.tables.bounds import COLUMNS, ROWS
from relais.catalogue.tables.columns import guess, headers_of, letter
from relais.foundation import confined
from relais.foundation.refusals import NotAcceptable

from . import tabled

FIRST = [
    "Foyer l'Ousse",
    "FJT",
    "64000",
    "PAU CEDEX",
    '3, rue "du" Gave\nBâtiment B',
    "05.59.00.00.01",
    "accueil@ousse.invalid",
    "16-30 ans",
]


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"charset": "utf-8"},
        {"charset": "utf-8-sig"},
        {"charset": "utf-8", "separator": ",", "end": "\n"},
        {"charset": "utf-8", "separator": "\t"},
        {"charset": "utf-16", "separator": "\t"},
        {"start": "sep=;\r\n"},
        {"end": "\r\n;;;;;;;\r\n\r\n"},
    ],
    ids=["Excel", "UTF-8", "with a mark", "LibreOffice, commas", "tabs", "Excel, Unicode", "sep=", "blank lines"],
)
def test_a_csv_as_real_programs_write_it(options):
    sheet = intake.read(tabled.csv(**options))
    assert sheet.headers[:4] == ["Nom de la structure", "Type", "CP", "Ville"]
    assert sheet.rows[0] == FIRST
    assert len(sheet.rows) == 2


def test_lines_are_numbered_as_a_spreadsheet_shows_them():
    sheet = intake.read(b'Nom;Ville\n"Foyer\nde jeunes";Pau\n\nAccueil;Pau\n')
    assert sheet.lines == [2, 4]


def test_what_a_csv_does_to_keep_a_text():
    sheet = intake.read('Nom;CP;Tél\n"=""01""";="01000";\'+33 5 59 00 00 00\n=SOMME(A1);Pau;\ufeffx\u200b\n'.encode())
    assert sheet.rows == [["01", "01000", "+33 5 59 00 00 00"], ["=SOMME(A1)", "Pau", "x"]]


def test_a_workbook_as_it_looks():
    """A title over merged cells, blank lines, numbers, a day, a formula with its value, an error, a hidden sheet, one more."""

    def change(sheet, book):
        sheet.insert_rows(1, 3)
        sheet["A1"] = "Structures du Béarn"
        sheet.merge_cells("A1:H1")
        sheet["C5"], sheet["F5"], sheet["D6"] = 1000, 559000001.0, date(2026, 3, 1)
        sheet["G6"], sheet["H6"] = '="a@"&"b.fr"', "#REF!"
        sheet.append([])
        sheet.append([None, None, None, None, None, None, None, True])
        book.create_sheet("Cachée", 0).sheet_state = "hidden"
        book.create_sheet("Notes")

    data = tabled.xlsx(change=change)
    data = tabled.rewritten(
        data,
        "xl/worksheets/sheet2.xml",
        lambda xml: re.sub(rb'r="G6">(.*?</f>)<v ?/>', rb'r="G6" t="str">\1<v>a@b.fr</v>', xml),
    )
    sheet = intake.read(data)
    assert sheet.headers[0] == "Nom de la structure"
    assert sheet.rows[0][2] == "1000" and sheet.rows[0][5] == "559000001"
    assert sheet.rows[1][3] == "01/03/2026" and sheet.rows[1][6:] == ["a@b.fr"]
    assert sheet.rows[2][7] == "oui" and sheet.lines == [5, 6, 8]
    assert (
        "plusieurs feuilles" in sheet.told[0]
        and "ligne 4" in sheet.told[1]
        and "1 case contient une erreur" in sheet.told[2].replace("\u202f", "")
    )


def test_a_cell_forgotten_at_the_very_bottom_is_no_weight():
    """Excel has a million rows; whoever presses Ctrl + End there leaves a sign behind. It is read in the time of a small table."""
    data = tabled.xlsx(change=lambda sheet, book: sheet.cell(1_048_576, 2, "x"))
    sheet = intake.read(data)
    assert len(sheet.rows) == 3 and sheet.lines[-1] == 1_048_576


def test_the_header_may_stand_under_another():
    rows = [["Structure", "", "Coordonnées", ""], ["Nom", "Ville", "Téléphone", "E-mail"], ["Foyer", "Pau", "", ""]]
    assert intake.read(tabled.xlsx(rows, change=lambda sheet, book: sheet.merge_cells("C1:D1"))).headers == [
        "Nom",
        "Ville",
        "Téléphone",
        "E-mail",
    ]


LAUGHS = b"".join(
    [
        b'<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "haha">',
        *(b'<!ENTITY %c "%s">' % (ord("b") + n, b"&%c;" % (ord("a") + n) * 10) for n in range(10)),
        b"]><workbook>&k;</workbook>",
    ]
)
"""Entities of entities: a few hundred bytes that would be ten gigabytes."""


def _zip(name: str, data: bytes = b"x") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr(name, data)
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "vide"),
        (b"\xef\xbb\xbf\r\n;;;\r\n", "vide"),
        (b"Nom;Ville\r\n", "n’a qu’une ligne"),
        (b"%PDF-1.7\n%\xe2\xe3", "PDF"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 512, "ancienne version d’Excel"),
        (tabled.xlsx()[:3000], "abîmé"),
        (tabled.xlsx().replace(b"xl/worksheets", b"xl/work\0heets"), "abîmé"),
        (tabled.rewritten(tabled.xlsx(), "xl/workbook.xml", lambda xml: xml[:100]), "abîmé"),
        (tabled.rewritten(tabled.xlsx(), "xl/workbook.xml", lambda xml: LAUGHS), r"abîmé|trop lourd"),
        (_zip("content.xml"), "LibreOffice"),
        (_zip("photos/1.jpg"), "archive"),
        (_zip("xl/workbook.bin"), "ancienne version d’Excel"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "pas un tableau que nous savons lire"),
        (b"<!DOCTYPE html><table><tr><td>Nom", "page web"),
        (b'Nom;Ville\nFoyer;Pau\n"Accueil;Pau\nAutre;Pau\n', "ligne 3, un guillemet"),
        (tabled.csv([["Nom"] + ["x"] * COLUMNS, ["a"] + ["y"] * COLUMNS]), f"plus de {COLUMNS} colonnes"),
        (tabled.xlsx([["Nom"] + ["x"] * COLUMNS, ["a"]]), f"plus de {COLUMNS} colonnes"),
        (
            tabled.csv([["Nom", "Ville"], *([f"Foyer {n}", "Pau"] for n in range(ROWS + 1))]),
            "plus de 20\u202f000 lignes",
        ),
        (
            tabled.csv([["Nom", "Ville"], *([f"Foyer {n}", "Pau"] for n in range(ROWS + 100))]),
            "plus de 20\u202f000 lignes",
        ),
    ],
    ids=[
        "empty",
        "blank",
        "header only",
        "PDF",
        "xls",
        "cut",
        "damaged",
        "cut inside",
        "a billion laughs",
        "ods",
        "zip",
        "xlsb",
        "picture",
        "web",
        "quote",
        "wide",
        "wide xlsx",
        "20,001 rows",
        "more rows",
    ],
)
def test_what_cannot_be_read_is_said(data, sentence):
    with pytest.raises(NotAcceptable, match=sentence):
        intake.read(data)


def test_twenty_thousand_rows_are_taken():
    assert len(intake.read(tabled.csv([["Nom", "Ville"], *([f"Foyer {n}", "Pau"] for n in range(ROWS))])).rows) == ROWS


def test_fifty_columns_and_styles_to_the_last_one():
    """Somebody coloured whole lines: the sheet says that it goes to XFD."""

    def change(sheet, book):
        sheet["XFD2"].number_format = "0.00"

    rows = [[f"Colonne {n}" for n in range(50)], ["Foyer", *map(str, range(49))]]
    assert len(intake.read(tabled.xlsx(rows, change=change)).headers) == 50


@pytest.mark.parametrize("lies", [False, True], ids=["a gigabyte", "says that it is small"])
def test_an_attacker_with_a_gigabyte_of_noughts(lies):
    data = tabled.bomb(1_000_000_000 if not lies else 300_000_000)
    if lies:
        # The directory at the end says how large a part is once unpacked.
        real, small = (300_000_000).to_bytes(4, "little"), (1000).to_bytes(4, "little")
        assert real in data
        data = data.replace(real, small)
    assert len(data) < 5_000_000
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(NotAcceptable, match=r"trop lourd|abîmé"):
        intake.read(data)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000, "kilobytes: nothing is unpacked here"


def test_the_reader_is_confined_and_its_death_is_a_sentence(monkeypatch):
    assert (
        child.CONFINED.file == 0
        and child.CONFINED.memory <= 1_000_000_000
        and child.CONFINED.processor_seconds < intake.SECONDS
    )

    def died(code):
        def ask(*_, **__):
            raise confined.Died(code)

        return ask

    for code, sentence in ((-9, "interrompue"), (-24, "trop lourd"), (1, "trop lourd")):
        monkeypatch.setattr(confined, "ask", died(code))
        with pytest.raises(NotAcceptable, match=sentence):
            intake.read(b"Nom;Ville\nA;Pau\n")


def test_columns_are_guessed_each_once():
    headers = [
        "NOM",
        "Nom usuel",
        "Code Postal",
        "COMMUNE",
        "Tél.",
        "E-mail de l’accueil",
        "Adresse\u00a0postale",
        "n°",
        "Autre",
    ]
    assert guess(headers) == {
        "name": 0,
        "postcode": 2,
        "commune": 3,
        "phone": 4,
        "email": 5,
        "address": 6,
        "identifier": 7,
    }
    assert headers_of(["Nom", "", "Nom"], 4) == ["Nom (colonne A)", "Colonne B", "Nom (colonne C)", "Colonne D"]
    assert [letter(number) for number in (0, 25, 26, 51, 52)] == ["A", "Z", "AA", "AZ", "BA"]


@pytest.mark.parametrize(
    ("name", "kept"),
    [("C:\\Users\\x\\Mes structures.csv", "Mes structures.csv"), ("../../etc/x\x00.csv", "x.csv"), ("", "Tableau")],
)
def test_the_name_of_a_file_is_only_a_name(name, kept):
    assert intake.tidy_name(name) == kept
