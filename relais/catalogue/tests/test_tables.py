"""The import page, from a file to the catalogue: columns, rehearsal, confirmation; whose rows are whose."""

import csv
import html
import io
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection

from relais.accounts.models import AccessRecord, Membership
from relais.catalogue.models import BroughtTable, ColumnMatch, Commune, ImportRun, Structure
from relais.catalogue.services import correct_structure
from relais.catalogue.tables import cells, intake, services
from relais.catalogue.tables.columns import guess
from relais.catalogue.tables.models import LIFE
from relais.foundation import retention
from relais.foundation.refusals import ChangedMeanwhile, Full, Gone, NotAcceptable, NotAllowed

from . import tabled

pytestmark = pytest.mark.django_db
HERE = "/pro/structures/importer"
BASE = {"usual": "service", "missing": "keep"}


def read(answer) -> str:
    """A page as it is read: spaces are spaces."""
    return html.unescape(answer.content.decode()).replace("\u00a0", " ").replace("\u202f", " ")


@pytest.fixture
def supervisor(people):
    return people["supervisor"]


@pytest.fixture
def organisation(supervisor):
    return supervisor.memberships.get().organisation


@pytest.fixture
def browser(client_for, supervisor):
    return client_for(supervisor)


@pytest.fixture
def send(browser, organisation):
    """send(data, name) → the answer to an upload; follow `Location` for the columns."""
    return lambda data, name="structures.csv", client=None, where=None: (client or browser).post(
        HERE, {"organisation": (where or organisation).pk, "file": SimpleUploadedFile(name, data)}
    )


@pytest.fixture
def table(france, supervisor, organisation, now):
    """table(rows or bytes, columns, missing="keep", by=None) → a BroughtTable, rehearsed."""

    def make(data=tabled.ROWS, columns=None, missing="keep", by=None, kind="service"):
        user = by or supervisor
        data = data if isinstance(data, bytes) else tabled.csv(data, charset="utf-8")
        made = services.bring(user=user, organisation=user.memberships.get().organisation, name="structures.csv", data=data, now=now)
        matching = {"columns": guess(made.sheet["headers"]) if columns is None else columns, "kind": kind, "missing": missing}
        return services.match(table_id=made.pk, user=user, now=now, **matching)

    return make


@pytest.fixture
def confirmed(table, supervisor, now):
    """confirmed(…) → the ImportRun of such a table."""

    def make(*args, by=None, **options):
        made = table(*args, by=by, **options)
        return services.confirm(table_id=made.pk, user=by or supervisor, mark=made.rehearsal["mark"], now=now)

    return make


def counts(table) -> list[int]:
    return [table.rehearsal["counts"][what] for what in ("added", "changed", "unchanged", "removed", "aside")]


def brought():
    return Structure.objects.filter(source__startswith="table:")


# --- the pages, one after the other


def test_from_a_file_of_excel_to_the_catalogue(france, browser, send, organisation, supervisor):
    assert "Importer un tableau" in read(browser.get("/pro/structures/"))
    columns = send(tabled.csv(), "Nos structures.csv")["Location"]
    page = read(browser.get(columns))
    assert "Nos structures.csv" in page and "Par exemple : Foyer l'Ousse ; Point accueil." in page
    form = {"name": "0", "kind": "1", "postcode": "2", "commune": "3", "address": "4", "phone": "5", "email": "6", "audience": "7"} | BASE
    rehearsed = browser.post(columns, form)["Location"]
    page = read(browser.get(rehearsed))
    assert "Rien n’est encore écrit" in page and "Ajoutées (2)" in page and "Plusieurs téléphones dans une case, le premier est pris : 1 ligne" in page
    assert "2 structures ajoutées, 0 changée." in page, "what would be written is said beside the button"
    assert not brought().exists() and not ImportRun.objects.filter(source__startswith="table:").exists()
    mark = BroughtTable.objects.get().rehearsal["mark"]
    assert browser.post(f"{rehearsed}/confirmer", {"mark": mark})["Location"] == rehearsed
    assert "C’est importé" in read(browser.get(rehearsed))
    foyer, accueil = brought().order_by("name")
    assert (foyer.name, foyer.kind, foyer.commune_id, foyer.phone) == ("Foyer l'Ousse", "logement", "64445", "05 59 00 00 01")
    assert (foyer.email, foyer.description, foyer.address) == ("accueil@ousse.invalid", "Pour qui : 16-30 ans", '3, rue "du" Gave Bâtiment B')
    assert (accueil.kind, accueil.commune_id, accueil.phone, accueil.placement) == ("service", "64405", "05 59 00 00 02", "by-name")
    outcome = ImportRun.objects.get(source=f"table:{organisation.pk.hex}")
    assert (outcome.added, outcome.by, outcome.organisation, outcome.origin) == (2, supervisor, organisation, "Nos structures.csv")
    assert AccessRecord.objects.get(action="import").user == supervisor
    page = read(browser.get("/pro/catalogue/"))
    assert f"Tableaux de {organisation}" in page and f"par {supervisor}" in page
    assert BroughtTable.objects.get().sheet == {}, "what has served is erased"


def test_pressing_twice_imports_once(browser, table, now):
    made = table()
    for _ in range(2):
        browser.post(f"{HERE}/{made.pk}/confirmer", {"mark": made.rehearsal["mark"]})
    assert ImportRun.objects.filter(source=made.source).count() == 1 and brought().count() == 2


@pytest.mark.django_db(transaction=True)
def test_two_presses_at_the_same_instant_import_once(table, supervisor, now):
    made, gate = table(), threading.Barrier(2)

    def press():
        try:
            gate.wait()
            return services.confirm(table_id=made.pk, user=supervisor, mark=made.rehearsal["mark"], now=now).pk
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        runs = [one.result() for one in [pool.submit(press) for _ in range(2)]]
    assert runs[0] == runs[1] == ImportRun.objects.get(source=made.source).pk and brought().count() == 2


@pytest.mark.parametrize(
    ("data", "sentence"),
    [(b"%PDF-1.4", "PDF"), (b"", "vide"), (b"Nom;Ville\n" + b"x" * 5_000_001, "trop lourd"), (tabled.xlsx()[:2000], "abîmé")],
    ids=["PDF", "empty", "too heavy", "cut"],
)
def test_a_file_that_cannot_be_read_is_an_error_of_the_form(send, data, sentence):
    answer = send(data)
    assert answer.status_code == 422 and sentence in read(answer)
    assert not BroughtTable.objects.exists()


def test_a_column_serves_once_and_what_is_needed_is_asked(france, browser, send):
    columns = send(tabled.csv())["Location"]
    answer = browser.post(columns, {"name": "0", "commune": "3", "address": "3"} | BASE)
    assert answer.status_code == 422 and "déjà choisie pour « Commune »" in read(answer)
    page = read(browser.post(columns, BASE))
    assert "Il faut un nom" in page and "Il faut savoir où c’est" in page
    assert browser.post(columns, {"name": "99", "commune": "3"} | BASE).status_code == 422


def test_the_match_is_remembered_for_the_same_headers(browser, send, table, confirmed):
    """Another order of rows, other capitals: the same headers. Another organisation begins anew."""
    confirmed(columns={"name": 0, "commune": 3, "description": 1}, kind="logement")
    rows = [[name.upper() for name in tabled.ROWS[0]], ["Nouveau", "", "", "Pau", "", "", "", ""], ["Autre", "x", "", "Pau", "", "", "", ""]]
    page = read(browser.get(send(tabled.csv(rows))["Location"]))
    assert "ses choix sont repris" in page
    description = page[page.index('<select name="description"') :]
    assert 'value="1" selected' in description[: description.index("</select>")]
    assert ColumnMatch.objects.count() == 1 and "missing" not in ColumnMatch.objects.get().matching


def test_nothing_that_can_serve_is_an_error(browser, table, supervisor, now):
    made = table([["Nom", "Ville"], ["", "Pau"], ["Foyer", "Nulle-Part"]])
    page = read(browser.get(f"{HERE}/{made.pk}"))
    assert "Aucune ligne de ce tableau ne peut servir" in page and "sans nom : 1 ligne" in page and "Confirmer" not in page
    with pytest.raises(NotAcceptable):
        services.confirm(table_id=made.pk, user=supervisor, mark=made.rehearsal["mark"], now=now)


def test_without_communes_it_says_whom_to_ask(browser, send):
    page = browser.post(send(tabled.csv())["Location"], {"name": "0", "commune": "3"} | BASE)
    assert page.status_code == 422 and "Les communes de France ne sont pas encore" in read(page)


# --- rows set aside, in a file with their columns


def test_rows_set_aside_come_back_with_their_columns_and_the_reason(browser, table):
    rows = [
        ["Nom", "Ville", "CP", "Notes"], ["", "Pau", "64000", "=1+1"], ["Foyer", "Nulle-Part", "", "a;b"], ["Accueil", "", "64160", ""],
        ["Abri", "Saint-Denis", "", ""], ["Abri", "Marseille", "64000", ""], ["Bon", "Pau", "64000", ""], ["bon", "PAU", "", ""], ["Vide", "", "", "x"],
    ]  # fmt: skip
    made = table(rows)
    assert counts(made) == [1, 0, 0, 0, 7]
    answer = browser.get(f"{HERE}/{made.pk}?voir=mises-de-cote&fichier=csv")
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))
    assert rows[0] == ["Nom", "Ville", "CP", "Notes", "Raison"]
    assert [row[-1].split(" : ")[0].split(" ; ")[0] for row in rows[1:]] == [
        "sans nom", "commune inconnue", "plusieurs communes ont ce code postal, ajoutez le nom de la commune",
        "plusieurs communes ont ce nom, ajoutez le code postal", "la commune et le code postal ne vont pas ensemble",
        "c’est la même structure qu’à la ligne 7, qui compte", "sans commune ni code postal",
    ]  # fmt: skip
    assert rows[1][3] == "'=1+1", "nothing is run by a spreadsheet"
    assert browser.get(f"{HERE}/{made.pk}?voir=mises-de-cote&fichier=xlsx").content[:2] == b"PK"
    page = read(browser.get(f"{HERE}/{made.pk}?voir=mises-de-cote"))
    assert "7 lignes" in page and "Nulle-Part" in page
    # Corrected, the file can be brought again: the mark before a formula is taken off.
    assert intake.read(answer.content).rows[0][3] == "=1+1"


# --- a second file


SECOND = [["Id", "Nom", "Ville", "Tél"], ["1", "Foyer", "Pau", "0559000001"], ["2", "Accueil", "Pau", "0559000002"]]


def test_a_second_file_changes_adds_and_keeps_what_is_missing(browser, table, confirmed):
    confirmed(SECOND)
    made = table([SECOND[0], ["1", "Foyer des jeunes", "Morlaàs", "0559000001"], ["3", "Autre", "Pau", ""]])
    assert counts(made) == [1, 1, 0, 0, 0]
    page = read(browser.get(f"{HERE}/{made.pk}?voir=changees"))
    assert "« Foyer » → « Foyer des jeunes »" in page and "« Pau (64) » → « Morlaàs (64) »" in page and "Téléphone" not in page.split("<tbody>")[1]
    assert counts(table(SECOND)) == [0, 0, 2, 0, 0], "a rehearsal writes nothing"


def test_what_is_missing_leaves_only_when_that_is_said(browser, table, confirmed, france):
    confirmed(SECOND)
    before = Structure.objects.filter(is_active=True).count()
    made = table([SECOND[0], ["1", "Foyer", "Pau", "0559000001"]], missing="remove")
    assert counts(made) == [0, 0, 1, 1, 0]
    assert "1 structure serait retirée" in read(browser.get(f"{HERE}/{made.pk}"))
    outcome = confirmed([SECOND[0], ["1", "Foyer", "Pau", "0559000001"]], missing="remove")
    assert outcome.removed == 1 and Structure.objects.filter(is_active=True).count() == before - 1
    assert not brought().get(source_id="n:2").is_active
    back = table(SECOND)
    assert "Dans le catalogue : non → oui" in read(browser.get(f"{HERE}/{back.pk}?voir=changees")) and counts(back) == [0, 1, 1, 0, 0]


def test_a_row_that_cannot_be_used_this_time_does_not_leave(table, confirmed):
    confirmed([["Nom", "Ville"], ["Foyer", "Pau"], ["Accueil", "Pau"]])
    assert counts(table([["Nom", "Ville"], ["FOYER", "Nulle-Part"], ["Autre", "Pau"]], missing="remove")) == [1, 0, 0, 1, 1]
    confirmed(SECOND)
    assert counts(table([SECOND[0], ["1", "", "Pau", ""], ["2", "Accueil", "Pau", "0559000002"]], missing="remove"))[3] == 2, "those by name and commune"


def test_a_column_that_is_no_longer_there_erases_nothing(table, confirmed):
    confirmed(SECOND)
    assert counts(table([row[:3] for row in SECOND])) == [0, 0, 2, 0, 0]
    assert counts(table([SECOND[0], ["1", "Foyer", "Pau", ""]])) == [0, 1, 0, 0, 0], "an empty cell says that there is none"


def test_what_the_team_corrected_stays(browser, table, confirmed, supervisor, now):
    confirmed(SECOND)
    one = brought().get(source_id="n:1")
    pau = Commune.objects.get(pk="64405")
    correct_structure(structure_id=one.pk, user=supervisor, commune=pau, email="juste@exemple.invalid", phone="3949", website="", place_is_known=True, now=now)
    assert counts(table(SECOND)) == [0, 0, 2, 0, 0]
    changed = [SECOND[0], ["1", "Foyer", "Pau", "0559000009"], SECOND[2]]
    made = table(changed)
    assert counts(made) == [0, 1, 1, 0, 0]
    page = read(browser.get(f"{HERE}/{made.pk}?voir=changees"))
    assert "la correction de l’équipe reste" in page and "1 structure corrigée par l’équipe" in page
    confirmed(changed)
    one.refresh_from_db()
    assert (one.phone, one.email, one.commune_id, one.placement) == ("3949", "juste@exemple.invalid", "64405", "corrected")


# --- somebody else, meanwhile; somebody else's


def test_changed_meanwhile_is_rehearsed_again(browser, table, confirmed, supervisor, now):
    confirmed(SECOND)
    made = table([SECOND[0], ["1", "Foyer", "Pau", "0559000009"]])
    one = brought().get(source_id="n:1")
    correct_structure(structure_id=one.pk, user=supervisor, commune=one.commune, email="", phone="3949", website="", place_is_known=False, now=now)
    with pytest.raises(ChangedMeanwhile):
        services.confirm(table_id=made.pk, user=supervisor, mark=made.rehearsal["mark"], now=now)
    address = f"{HERE}/{made.pk}"
    page = read(browser.post(f"{address}/confirmer", {"mark": made.rehearsal["mark"]}, follow=True))
    assert "Refaites l’essai" in page and "Confirmer l’import" not in page
    assert "Confirmer l’import" in read(browser.post(f"{address}/essai", follow=True))
    with pytest.raises(ChangedMeanwhile):
        services.confirm(table_id=made.pk, user=supervisor, mark=made.rehearsal["mark"], now=now)
    mark = BroughtTable.objects.get(pk=made.pk).rehearsal["mark"]
    assert services.confirm(table_id=made.pk, user=supervisor, mark=mark, now=now).changed == 1


def test_two_organisations_never_touch_each_other(table, confirmed, make_user, browser, client_for, now):
    other = make_user("administrator")
    confirmed(SECOND)
    theirs = confirmed([SECOND[0], ["1", "Foyer voisin", "Bastia", ""]], by=other, missing="remove")
    assert (theirs.added, theirs.changed, theirs.removed) == (1, 0, 0)
    assert sorted(brought().values_list("name", flat=True)) == ["Accueil", "Foyer", "Foyer voisin"]
    made = table(by=other)
    for address in (f"{HERE}/{made.pk}", f"{HERE}/{made.pk}/colonnes"):
        assert browser.get(address).status_code == 404 and client_for(other).get(address).status_code == 200
    assert str(made.pk) not in read(browser.get(HERE))
    assert "Tableaux de" not in read(client_for(make_user("supervisor")).get("/pro/catalogue/"))


def test_one_imports_for_an_organisation_where_one_may(send, browser, supervisor, make_user, now):
    elsewhere = make_user("administrator").memberships.get().organisation
    assert send(tabled.csv(), where=elsewhere).status_code == 422
    Membership.objects.create(user=supervisor, organisation=elsewhere, role="mediator")
    with pytest.raises(NotAllowed):
        services.bring(user=supervisor, organisation=elsewhere, name="x.csv", data=tabled.csv(), now=now)
    Membership.objects.filter(user=supervisor, organisation=elsewhere).update(role="administrator")
    assert "Au nom de" in read(browser.get(HERE))
    assert send(tabled.csv(), where=elsewhere).status_code == 302
    assert BroughtTable.objects.get().organisation == elsewhere


# --- how long it is kept, and how


def test_it_is_sealed_kept_less_than_a_day_and_forgotten_on_demand(browser, table, supervisor, now):
    made = table()
    with connection.cursor() as cursor:
        cursor.execute("SELECT sheet || rehearsal FROM catalogue_broughttable")
        assert "Foyer" not in cursor.fetchone()[0]
    for call in (lambda: services.rehearse_again(table_id=made.pk, user=supervisor, now=now + LIFE),
                 lambda: services.confirm(table_id=made.pk, user=supervisor, mark=made.rehearsal["mark"], now=now + LIFE)):  # fmt: skip
        with pytest.raises(Gone):
            call()
    assert LIFE + timedelta(minutes=10) < timedelta(days=1)
    retention.sweep(now + LIFE - timedelta(seconds=1), often=True)
    assert BroughtTable.objects.exists()
    retention.sweep(now + LIFE, often=True)
    assert not BroughtTable.objects.exists()
    made = table()
    assert "oublié" in read(browser.post(f"{HERE}/{made.pk}/oublier", follow=True))
    assert not BroughtTable.objects.exists()


def test_no_more_than_ten_at_a_time(table, now):
    for _ in range(services.MOST):
        table()
    with pytest.raises(Full):
        table()


# --- what becomes of a row


@pytest.mark.parametrize(
    ("cells_of", "insee"),
    [
        (["Marseille", "13001", "", "", ""], "13201"), (["Pau (64)", "", "", "", ""], "64445"), (["64160 Morlaas", "", "", "", ""], "64405"),
        (["St Etienne", "42000", "", "", ""], "42218"), (["", "", "2A004", "", ""], "2A004"), (["", "25\u00a0200", "", "", ""], "25388"),
        (["Saint-Denis", "97400", "", "", ""], "97411"), (["Évry", "", "", "", ""], "89162"),
    ],
)  # fmt: skip
def test_where_it_is(confirmed, cells_of, insee):
    confirmed([["Nom", "Ville", "CP", "Insee", "Lat", "Lon"], ["Foyer", *cells_of]])
    assert brought().get().commune_id == insee


def test_noughts_that_a_spreadsheet_took_are_put_back_and_said(france, table, confirmed):
    Commune.objects.create(insee="01053", name="Bourg-en-Bresse", departement="01", region="84", postcodes=["01000"], latitude=46.2, longitude=5.2, key="bourg en bresse")
    made = table(tabled.xlsx([["Nom", "Code postal", "Téléphone", "Code INSEE"], ["Foyer", 1000, 474000001, None], ["Accueil", None, None, 1053]]))
    assert counts(made) == [2, 0, 0, 0, 0]
    assert dict(map(tuple, made.rehearsal["repaired"])) == {cells.ZERO_POSTCODE: 1, cells.ZERO_PHONE: 1, cells.ZERO_INSEE: 1}


def test_a_point_counts_when_it_is_near_its_commune(confirmed):
    confirmed([["Nom", "Ville", "Latitude", "Longitude"], ["Ici", "Pau", "43,31", "-0,36"], ["Loin", "Pau", "48,8", "2,3"], ["Faux", "Pau", "x", "nan"]])
    assert list(brought().order_by("name").values_list("name", "latitude", "placement")) == [
        ("Faux", None, "by-name"), ("Ici", 43.31, "exact"), ("Loin", None, "by-name"),
    ]  # fmt: skip


def test_a_type_that_we_do_not_know_is_not_guessed(table):
    made = table([["Nom", "Ville", "Type"], ["A", "Pau", "Lycée professionnel"], ["B", "Pau", "Zoo"], ["C", "Pau", ""]], kind="logement")
    assert [row["kind"] for row in made.rehearsal["added"]] == ["Établissement scolaire", "Logement"]
    assert made.rehearsal["aside"][0][1].startswith("type inconnu : « Zoo »")


def test_numbers_that_a_spreadsheet_shortened_are_no_identifiers(table):
    made = table([["SIRET", "Nom", "Ville"], ["8,12E+13", "A", "Pau"], ["", "B", "Pau"], ["81200000000012", "C", "Pau"]])
    assert [reason.split(" : ")[0] for _, reason in made.rehearsal["aside"]] == ["identifiant abîmé par le tableur", "sans identifiant"]


def test_twenty_thousand_rows(table, supervisor, now):
    rows = [["Id", "Nom", "Ville", "CP"], *([str(n), f"Structure {n}", "Pau", "64000"] for n in range(20_000))]
    made = table(rows)
    assert counts(made) == [20_000, 0, 0, 0, 0]
    assert services.confirm(table_id=made.pk, user=supervisor, mark=made.rehearsal["mark"], now=now).added == 20_000
    assert counts(table(rows)) == [0, 0, 20_000, 0, 0]
