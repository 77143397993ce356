"""Files for a spreadsheet: typed values, and nothing that somebody typed is run."""

import csv
import io
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from openpyxl import load_workbook

from relais.foundation.spreadsheets import as_csv, as_xlsx, response

FORMULAS = ["=1+1", "+33 6", "-1", "@SUM(A1)", " =1", "\t=1", "\r=1", "\n=1"]


def read_csv(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=";"))


def read_xlsx(content: bytes) -> list[list]:
    return [[cell.value for cell in row] for row in load_workbook(io.BytesIO(content)).worksheets[0].iter_rows()]


@pytest.mark.parametrize("text", FORMULAS)
def test_a_formula_is_a_text(text):
    assert read_csv(as_csv(["a"], [[text]]))[1] == [f"'{text}"]
    cell = load_workbook(io.BytesIO(as_xlsx("t", ["a"], [[text]]))).worksheets[0]["A2"]
    assert cell.data_type in ("s", "inlineStr") and not cell.value.startswith("'")


@pytest.mark.parametrize("text", ["Gare -1", "a=b", "L’été ; « ici »", 'deux\nlignes et "guillemets"', ""])
def test_any_other_text_is_left_as_it_is(text):
    assert read_csv(as_csv(["a", "b"], [[text, "x"]]))[1] == [text, "x"]
    assert (read_xlsx(as_xlsx("t", ["a", "b"], [[text, "x"]]))[1][0] or "") == text


def test_values_keep_their_kind():
    at = datetime(2026, 7, 14, 10, 5, tzinfo=UTC)
    row = [3, 2.5, Decimal("7.25"), None, True, date(2026, 3, 1), at]
    assert read_csv(as_csv(list("abcdefg"), [row]))[1] == [
        "3",
        "2,5",
        "7,25",
        "",
        "oui",
        "01/03/2026",
        "14/07/2026 12:05",
    ], "the clock is that of Paris"
    assert read_xlsx(as_xlsx("t", list("abcdefg"), [row]))[1] == [
        3,
        2.5,
        7.25,
        None,
        "oui",
        datetime(2026, 3, 1),
        datetime(2026, 7, 14, 12, 5),
    ]


def test_what_no_sheet_can_hold_is_left_out():
    assert read_xlsx(as_xlsx("t\x00itre/:" + "x" * 40, ["a"], [["deux\x00mots\x0b\uffff\ufffe"]]))[1] == ["deuxmots"]


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_it_is_kept_as_a_file_and_by_no_cache(kind):
    answer = response(kind, "relais-essai", "Essai", ["a"], [["b"]])
    assert (
        answer["Content-Disposition"] == f'attachment; filename="relais-essai.{kind}"'
        and answer["Cache-Control"] == "no-store"
    )
