"""The import page, from a file to the catalogue: columns, rehearsal, confirmation, rows set aside."""

import csv
import io
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from relais.accounts.models import AccessRecord, Membership, User
from relais.catalogue.importing import one_at_a_time
from relais.catalogue.models import BroughtTable, ColumnMatch, ImportRun
from relais.catalogue.tables import intake, services
from relais.foundation import confined
from relais.foundation.refusals import NotAcceptable, NotAllowed

from .. import tabled
from .asked import BASE, HERE, brought, counts, read

pytestmark = pytest.mark.django_db


# --- the pages, one after the other


def test_from_a_file_of_excel_to_the_catalogue(france, browser, send, organisation, supervisor):
    assert "Importer un tableau" in read(browser.get("/pro/structures/"))
    columns = send(tabled.csv(), "Nos structures.csv")["Location"]
    page = read(browser.get(columns))
    assert "Nos structures.csv" in page and "Par exemple : Foyer l'Ousse ; Point accueil." in page
    form = {
        "name": "0",
        "kind": "1",
        "postcode": "2",
        "commune": "3",
        "address": "4",
        "phone": "5",
        "email": "6",
        "audience": "7",
    } | BASE
    rehearsed = browser.post(columns, form)["Location"]
    page = read(browser.get(rehearsed))
    assert (
        "Rien n’est encore écrit" in page
        and "Ajoutées (2)" in page
        and "Plusieurs téléphones dans une case, le premier est pris : 1 ligne" in page
    )
    assert "2 structures ajoutées, 0 changée." in page, "what would be written is said beside the button"
    assert not brought().exists() and not ImportRun.objects.filter(source__startswith="table:").exists()
    mark = BroughtTable.objects.get().rehearsal["mark"]
    assert browser.post(f"{rehearsed}/confirmer", {"mark": mark})["Location"] == rehearsed
    assert "C’est importé" in read(browser.get(rehearsed))
    foyer, accueil = brought().order_by("name")
    assert (foyer.name, foyer.kind, foyer.commune_id, foyer.phone) == (
        "Foyer l'Ousse",
        "logement",
        "64445",
        "+33559000001",
    )
    assert (foyer.email, foyer.description, foyer.address) == (
        "accueil@ousse.invalid",
        "Pour qui : 16-30 ans",
        '3, rue "du" Gave Bâtiment B',
    )
    assert (accueil.kind, accueil.commune_id, accueil.phone, accueil.placement) == (
        "service",
        "64405",
        "+33559000002",
        "by-name",
    )
    outcome = ImportRun.objects.get(source=f"table:{organisation.pk.hex}")
    assert (outcome.added, outcome.by, outcome.organisation, outcome.origin) == (
        2,
        supervisor,
        organisation,
        "Nos structures.csv",
    )
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


@pytest.mark.django_db(transaction=True)
def test_a_right_that_ends_while_one_waits_confirms_nothing(table, supervisor, now):
    made, begun = table(), threading.Event()

    def press():
        try:
            user = User.objects.get(pk=supervisor.pk)
            user.roles()
            begun.set()
            return services.confirm(table_id=made.pk, user=user, mark=made.rehearsal["mark"], now=now)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with one_at_a_time(made.source):
            pressed = pool.submit(press)
            begun.wait(timeout=30)
            Membership.objects.filter(user=supervisor).delete()
        with pytest.raises(NotAllowed):
            pressed.result()
    assert not brought().exists() and BroughtTable.objects.get().run is None


def test_no_connection_is_held_while_a_file_is_read(shared, monkeypatch):
    real, held = confined.ask, []

    def ask(*words, **options):
        held.append(connection.connection)
        return real(*words, **options)

    monkeypatch.setattr(confined, "ask", ask)
    connection.ensure_connection()
    assert intake.read(tabled.csv()).rows and held == [None]


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"%PDF-1.4", "PDF"),
        (b"", "vide"),
        (b"Nom;Ville\n" + b"x" * 5_000_001, "trop lourd"),
        (tabled.xlsx()[:2000], "abîmé"),
    ],
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
    rows = [
        [name.upper() for name in tabled.ROWS[0]],
        ["Nouveau", "", "", "Pau", "", "", "", ""],
        ["Autre", "x", "", "Pau", "", "", "", ""],
    ]
    page = read(browser.get(send(tabled.csv(rows))["Location"]))
    assert "ses choix sont repris" in page
    description = page[page.index('<select name="description"') :]
    assert 'value="1" selected' in description[: description.index("</select>")]
    assert ColumnMatch.objects.count() == 1 and "missing" not in ColumnMatch.objects.get().matching


def test_nothing_that_can_serve_is_an_error(browser, table, supervisor, now):
    made = table([["Nom", "Ville"], ["", "Pau"], ["Foyer", "Nulle-Part"]])
    page = read(browser.get(f"{HERE}/{made.pk}"))
    assert (
        "Aucune ligne de ce tableau ne peut servir" in page and "sans nom : 1 ligne" in page and "Confirmer" not in page
    )
    with pytest.raises(NotAcceptable):
        services.confirm(table_id=made.pk, user=supervisor, mark=made.rehearsal["mark"], now=now)


def test_without_communes_it_says_whom_to_ask(browser, send):
    page = browser.post(send(tabled.csv())["Location"], {"name": "0", "commune": "3"} | BASE)
    assert page.status_code == 422 and "Les communes de France ne sont pas encore" in read(page)


# --- rows set aside, in a file with their columns


def test_rows_set_aside_come_back_with_their_columns_and_the_reason(browser, table):
    rows = [
        ["Nom", "Ville", "CP", "Notes"],
        ["", "Pau", "64000", "=1+1"],
        ["Foyer", "Nulle-Part", "", "a;b"],
        ["Accueil", "", "64160", ""],
        ["Abri", "Saint-Denis", "", ""],
        ["Abri", "Marseille", "64000", ""],
        ["Bon", "Pau", "64000", ""],
        ["bon", "PAU", "", ""],
        ["Vide", "", "", "x"],
    ]
    made = table(rows)
    assert counts(made) == [1, 0, 0, 0, 7]
    answer = browser.get(f"{HERE}/{made.pk}?voir=mises-de-cote&fichier=csv")
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))
    assert rows[0] == ["Nom", "Ville", "CP", "Notes", "Raison"]
    assert [row[-1].split(" : ")[0].split(" ; ")[0] for row in rows[1:]] == [
        "sans nom",
        "commune inconnue",
        "plusieurs communes ont ce code postal, ajoutez le nom de la commune",
        "plusieurs communes ont ce nom, ajoutez le code postal",
        "la commune et le code postal ne vont pas ensemble",
        "c’est la même structure qu’à la ligne 7, qui compte",
        "sans commune ni code postal",
    ]
    assert rows[1][3] == "'=1+1", "nothing is run by a spreadsheet"
    assert browser.get(f"{HERE}/{made.pk}?voir=mises-de-cote&fichier=xlsx").content[:2] == b"PK"
    page = read(browser.get(f"{HERE}/{made.pk}?voir=mises-de-cote"))
    assert "7 lignes" in page and "Nulle-Part" in page
    # Corrected, the file can be brought again: the mark before a formula is taken off.
    assert intake.read(answer.content).rows[0][3] == "=1+1"
