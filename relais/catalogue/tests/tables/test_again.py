"""A second table, somebody else meanwhile, somebody else’s; how long it is kept."""

from datetime import timedelta

import pytest
from django.db import connection

from relais.accounts.models import Membership
from relais.catalogue.models import BroughtTable, Commune, Structure
from relais.catalogue.services import correct_structure
from relais.catalogue.tables import services
from relais.catalogue.tables.models import LIFE
from relais.foundation import retention
from relais.foundation.refusals import ChangedMeanwhile, Full, Gone, NotAllowed

from .. import tabled
from .asked import HERE, SECOND, brought, counts, read

pytestmark = pytest.mark.django_db


def test_a_second_file_changes_adds_and_keeps_what_is_missing(browser, table, confirmed):
    confirmed(SECOND)
    made = table([SECOND[0], ["1", "Foyer des jeunes", "Morlaàs", "0559000001"], ["3", "Autre", "Pau", ""]])
    assert counts(made) == [1, 1, 0, 0, 0]
    page = read(browser.get(f"{HERE}/{made.pk}?voir=changees"))
    assert (
        "« Foyer » → « Foyer des jeunes »" in page
        and "« Pau (64) » → « Morlaàs (64) »" in page
        and "Téléphone" not in page.split("<tbody>")[1]
    )
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
    assert "Dans le catalogue : non → oui" in read(browser.get(f"{HERE}/{back.pk}?voir=changees")) and counts(back) == [
        0,
        1,
        1,
        0,
        0,
    ]


def test_a_row_that_cannot_be_used_this_time_does_not_leave(table, confirmed):
    confirmed([["Nom", "Ville"], ["Foyer", "Pau"], ["Accueil", "Pau"]])
    assert counts(table([["Nom", "Ville"], ["FOYER", "Nulle-Part"], ["Autre", "Pau"]], missing="remove")) == [
        1,
        0,
        0,
        1,
        1,
    ]
    confirmed(SECOND)
    assert (
        counts(table([SECOND[0], ["1", "", "Pau", ""], ["2", "Accueil", "Pau", "0559000002"]], missing="remove"))[3]
        == 0
    ), "the first is spared by its identifier, which those known by name and commune have got"


def test_a_column_that_is_no_longer_there_erases_nothing(table, confirmed):
    confirmed(SECOND)
    assert counts(table([row[:3] for row in SECOND])) == [0, 0, 2, 0, 0]
    assert counts(table([SECOND[0], ["1", "Foyer", "Pau", ""]])) == [0, 1, 0, 0, 0], (
        "an empty cell says that there is none"
    )


def test_what_the_team_corrected_stays(browser, table, confirmed, supervisor, now):
    confirmed(SECOND)
    one = brought().get(source_id="n:1")
    pau = Commune.objects.get(pk="64405")
    correct_structure(
        structure_id=one.pk,
        user=supervisor,
        commune=pau,
        email="juste@exemple.invalid",
        phone="3949",
        website="",
        place_is_known=True,
        now=now,
    )
    assert counts(table(SECOND)) == [0, 0, 2, 0, 0]
    changed = [SECOND[0], ["1", "Foyer", "Pau", "0559000009"], SECOND[2]]
    made = table(changed)
    assert counts(made) == [0, 1, 1, 0, 0]
    page = read(browser.get(f"{HERE}/{made.pk}?voir=changees"))
    assert "la correction de l’équipe reste" in page and "1 structure corrigée par l’équipe" in page
    confirmed(changed)
    one.refresh_from_db()
    assert (one.phone, one.email, one.commune_id, one.placement) == (
        "3949",
        "juste@exemple.invalid",
        "64405",
        "corrected",
    )


# --- somebody else, meanwhile; somebody else's


def test_changed_meanwhile_is_rehearsed_again(browser, table, confirmed, supervisor, now):
    confirmed(SECOND)
    made = table([SECOND[0], ["1", "Foyer", "Pau", "0559000009"]])
    one = brought().get(source_id="n:1")
    correct_structure(
        structure_id=one.pk,
        user=supervisor,
        commune=one.commune,
        email="",
        phone="3949",
        website="",
        place_is_known=False,
        now=now,
    )
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
    for call in (
        lambda: services.rehearse_again(table_id=made.pk, user=supervisor, now=now + LIFE),
        lambda: services.confirm(table_id=made.pk, user=supervisor, mark=made.rehearsal["mark"], now=now + LIFE),
    ):
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
