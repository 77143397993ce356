"""What becomes of a row: where it is, what it is, by which key it is known."""

from datetime import timedelta

import pytest

from relais.catalogue.models import Commune
from relais.catalogue.services import correct_structure
from relais.catalogue.tables import cells, services
from relais.catalogue.tables.columns import guess
from relais.foundation import retention

from .. import tabled
from .asked import brought, counts, read

pytestmark = pytest.mark.django_db


# --- what becomes of a row


@pytest.mark.parametrize(
    ("cells_of", "insee"),
    [
        (["Marseille", "13001", "", "", ""], "13201"),
        (["Pau (64)", "", "", "", ""], "64445"),
        (["64160 Morlaas", "", "", "", ""], "64405"),
        (["St Etienne", "42000", "", "", ""], "42218"),
        (["", "", "2A004", "", ""], "2A004"),
        (["", "25\u00a0200", "", "", ""], "25388"),
        (["Saint-Denis", "97400", "", "", ""], "97411"),
        (["Évry", "", "", "", ""], "89162"),
    ],
)
def test_where_it_is(confirmed, cells_of, insee):
    confirmed([["Nom", "Ville", "CP", "Insee", "Lat", "Lon"], ["Foyer", *cells_of]])
    assert brought().get().commune_id == insee


def test_noughts_that_a_spreadsheet_took_are_put_back_and_said(france, table, confirmed):
    Commune.objects.create(
        insee="01053",
        name="Bourg-en-Bresse",
        departement="01",
        region="84",
        postcodes=["01000"],
        latitude=46.2,
        longitude=5.2,
        key="bourg en bresse",
    )
    made = table(
        tabled.xlsx(
            [
                ["Nom", "Code postal", "Téléphone", "Code INSEE"],
                ["Foyer", 1000, 474000001, None],
                ["Accueil", None, None, 1053],
            ]
        )
    )
    assert counts(made) == [2, 0, 0, 0, 0]
    assert dict(map(tuple, made.rehearsal["repaired"])) == {
        cells.ZERO_POSTCODE: 1,
        cells.ZERO_PHONE: 1,
        cells.ZERO_INSEE: 1,
    }


def test_a_point_counts_when_it_is_near_its_commune(confirmed):
    confirmed(
        [
            ["Nom", "Ville", "Latitude", "Longitude"],
            ["Ici", "Pau", "43,31", "-0,36"],
            ["Loin", "Pau", "48,8", "2,3"],
            ["Faux", "Pau", "x", "nan"],
        ]
    )
    assert list(brought().order_by("name").values_list("name", "latitude", "placement")) == [
        ("Faux", None, "by-name"),
        ("Ici", 43.31, "exact"),
        ("Loin", None, "by-name"),
    ]


def test_a_type_that_we_do_not_know_is_not_guessed(table):
    made = table(
        [["Nom", "Ville", "Type"], ["A", "Pau", "Lycée professionnel"], ["B", "Pau", "Zoo"], ["C", "Pau", ""]],
        kind="logement",
    )
    assert [row["kind"] for row in made.rehearsal["added"]] == ["Établissement scolaire", "Logement"]
    assert made.rehearsal["aside"][0][1].startswith("type inconnu : « Zoo »")


NUMBERED = [[*row, number] for row, number in zip(tabled.ROWS, ["N°", "A-1", "A-2"], strict=True)]


@pytest.mark.parametrize("rows", [(tabled.ROWS, NUMBERED), (NUMBERED, tabled.ROWS)], ids=["given", "left out"])
def test_a_column_of_identifiers_doubles_nothing(table, confirmed, supervisor, now, rows):
    """The same team exports with the column one day, and without it the next."""
    number = {"identifier": 8}
    first, second = ({"columns": guess(one[0]) | (number if one is NUMBERED else {})} for one in rows)
    confirmed(rows[0], **first)
    known = dict(brought().values_list("name", "pk"))
    point = brought().get(name="Point accueil")
    corrected = {"email": point.email, "website": point.website, "phone": "+33559000009", "place_is_known": False}
    correct_structure(structure_id=point.pk, user=supervisor, commune=point.commune, **corrected, now=now)
    made = table(rows[1], **second)
    assert counts(made)[0] == counts(made)[3] == counts(made)[4] == 0, made.rehearsal
    confirmed(rows[1], **second)
    assert dict(brought().values_list("name", "pk")) == known
    assert brought().get(name="Point accueil").phone == "+33559000009", "a correction follows"
    again = table(rows[1], **second)
    assert counts(again) == [0, 0, 2, 0, 0]


def test_two_of_one_name_told_apart_by_identifiers(confirmed):
    confirmed()
    twice = [*NUMBERED, [*tabled.ROWS[2], "A-3"]]
    confirmed(twice, columns=guess(twice[0]) | {"identifier": 8})
    assert sorted(brought().values_list("source_id", flat=True)) == ["n:A-1", "n:A-2", "n:A-3"]


def test_rows_of_old_are_erased_and_their_number_stays(confirmed, browser, now):
    outcome = confirmed([*tabled.ROWS, ["Léa Roux", "", "", "", "", "", "", ""]])
    where = f"/pro/catalogue/{outcome.pk}/"
    assert "Léa Roux" in read(browser.get(where))
    rule = next(one for one in retention.rules() if one.slug == "import-rows")
    rule.does(rule.ripe(outcome.finished_at + timedelta(days=90)), now)
    page = read(browser.get(where))
    assert "Léa Roux" not in page and "1 ligne a été mise de côté. Son contenu est effacé après 90 jours." in page


def test_numbers_that_a_spreadsheet_shortened_are_no_identifiers(table):
    made = table(
        [["SIRET", "Nom", "Ville"], ["8,12E+13", "A", "Pau"], ["", "B", "Pau"], ["81200000000012", "C", "Pau"]]
    )
    assert [reason.split(" : ")[0] for _, reason in made.rehearsal["aside"]] == [
        "identifiant abîmé par le tableur",
        "sans identifiant",
    ]


def test_twenty_thousand_rows(table, supervisor, now):
    rows = [["Id", "Nom", "Ville", "CP"], *([str(n), f"Structure {n}", "Pau", "64000"] for n in range(20_000))]
    made = table(rows)
    assert counts(made) == [20_000, 0, 0, 0, 0]
    assert services.confirm(table_id=made.pk, user=supervisor, mark=made.rehearsal["mark"], now=now).added == 20_000
    assert counts(table(rows)) == [0, 0, 20_000, 0, 0]
