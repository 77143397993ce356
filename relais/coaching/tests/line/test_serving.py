"""The page of a line: whom it serves is typed, kept, said in words, and compared with the others."""

import pytest

from relais.accounts.models import Membership, Organisation
from relais.catalogue.models import Commune
from relais.coaching.models import Line

from .test_opening import seen

pytestmark = pytest.mark.django_db
TYPED = {
    "name": "Ligne du Cher",
    "time_zone": "Europe/Paris",
    "departement": "18",
    "promise_minutes": "30",
    "alert_minutes": "15",
    "escalate_minutes": "25",
    "oncall_minutes": "28",
    "oncall_name": "",
    "oncall_email": "",
    "handover_working_hours": "16",
    "day_0": "9 h-18 h",
}


def test_another_organisation_opens_its_line_and_reads_what_it_gets(line, commune, theirs, client_for):
    page = client_for(theirs["supervisor"])
    refused = page.post("/pro/ligne/nouvelle", TYPED)
    assert (
        refused.status_code == 422 and "reçoit déjà tout le monde" in refused.text and "Ligne du Cher" in refused.text
    )
    typed = TYPED | {
        "served": "18, 2a",
        "places": "Montargis\n",
        "situations": ["minor"],
        "subjects": ["internship", "jobs"],
    }
    answer = page.post("/pro/ligne/nouvelle", typed, follow=True)
    made = Line.objects.get(slug="ligne-du-cher")
    assert (made.departements, made.communes, made.situations, made.is_fallback) == (
        ["18", "2A"],
        ["45208"],
        ["minor"],
        False,
    )
    said = answer.text.replace("\u00a0", " ")
    assert (
        "venus de Montargis (45), du Cher (18) ou de la Corse-du-Sud (2A)" in said
        and "moins de 18 ans" in said
        and "un métier ou un stage" in said
    )
    shown = page.get(f"/pro/ligne/{made.pk}/reglages").text
    assert 'value="18, 2A"' in shown and "Montargis (45)</textarea>" in shown
    assert (
        page.post(f"/pro/ligne/{made.pk}/reglages", typed | seen(made) | {"places": "Montargis (45)"}).status_code
        == 302
    )


def test_a_commune_that_is_proposed_is_taken_as_it_is_written_there(line, commune, theirs, client_for):
    page = client_for(theirs["supervisor"])
    said = page.post("/pro/ligne/nouvelle", TYPED | {"places": "Montarjis"}).text.replace("\u00a0", " ")
    assert "écrivez-la comme ici, avec son numéro : Montargis (45)." in said
    assert page.post("/pro/ligne/nouvelle", TYPED | {"places": "Montargis (45)"}).status_code == 302


def test_of_two_namesakes_the_one_that_was_chosen_stays(line, commune, theirs, client_for):
    """Two communes of one name in one département: what the page showed comes back as it was."""
    values = {
        "name": "Montargis",
        "departement": "45",
        "region": "24",
        "postcodes": ["45999"],
        "population": 14000,
        "latitude": 48.1,
        "longitude": 2.8,
        "key": "montargis",
    }
    Commune.objects.create(insee="45999", **values)
    made = Line.objects.create(
        slug="deux", name="Deux", organisation=theirs["supervisor"].memberships.get().organisation, communes=["45999"]
    )
    page = client_for(theirs["supervisor"])
    assert (
        page.post(f"/pro/ligne/{made.pk}/reglages", TYPED | seen(made) | {"places": "Montargis (45)"}).status_code
        == 302
    )
    made.refresh_from_db()
    assert made.communes == ["45999"]


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ({"served": "45, 20"}, "« 20 » n’est pas un numéro"),
        ({"served": "979"}, "n’est pas un numéro"),
        ({"places": "Montargis\nZzz"}, "« Zzz »"),
        ({"situations": ["x"]}, "x"),
        ({"subjects": ["x"]}, "x"),
    ],
)
def test_what_cannot_be_served_is_said(line, loiret, commune, theirs, client_for, typed, why):
    answer = client_for(theirs["supervisor"]).post(
        f"/pro/ligne/{loiret.pk}/reglages", TYPED | seen(loiret) | {"served": "45"} | typed
    )
    assert answer.status_code == 422 and why in answer.text.replace("\u00a0", " ")
    loiret.refresh_from_db()
    assert loiret.departements == ["45"] and loiret.communes == []


def test_an_overlap_is_said_when_it_is_kept(line, loiret, commune, people, client_for):
    # A name that ends in brackets gets none around it.
    Organisation.objects.filter(pk=loiret.organisation_id).update(name="Mission locale (essai)")
    answer = client_for(people["supervisor"]).post("/pro/ligne/nouvelle", TYPED | {"places": "Montargis"}, follow=True)
    assert (
        "Une même personne peut aussi relever de « Ligne du Loiret », Mission locale (essai). La ligne"
        in answer.text.replace("\u00a0", " ")
    )
    assert Line.objects.get(slug="ligne-du-cher").organisation == line.organisation
    page = client_for(people["supervisor"]).get("/pro/lignes/").text
    assert "Reçoit le reste" in page and page.count("Changer ses horaires") == 2


def test_a_name_used_twice_makes_two_addresses(line, loiret, theirs, client_for):
    page = client_for(theirs["supervisor"])
    for _ in range(2):
        assert page.post("/pro/ligne/nouvelle", TYPED | {"served": "18"}).status_code == 302
    assert set(Line.objects.filter(name="Ligne du Cher").values_list("slug", flat=True)) == {
        "ligne-du-cher",
        "ligne-du-cher-2",
    }


def test_a_supervisor_of_two_organisations_sees_both_lines(line, loiret, people, there, client_for):
    Membership.objects.create(user=people["supervisor"], organisation=there, role="supervisor")
    assert client_for(people["supervisor"]).get("/pro/lignes/").text.count("Changer ses horaires") == 2
