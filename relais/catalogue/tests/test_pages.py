"""Public pages, staff pages and the JSON door, over HTTP."""

import pytest
from django.urls import reverse

from relais.catalogue.models import Occupation, Structure
from relais.catalogue.search.service import occupations

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _content(france, sheets):
    pass


@pytest.mark.parametrize(
    ("typed", "slug"),
    [
        ("éduc spé", "educateur-specialise"),
        ("EDUC SPE", "educateur-specialise"),
        ("éducatrice spécialisée", "educateur-specialise"),
        ("educateurs specialises", "educateur-specialise"),
        ("aide ménagère", "aide-a-domicile"),
        ("psychologue", "psychologue"),
        ("ATSEM", "agent-territorial-specialise"),
    ],
)
def test_words_people_use_find_the_sheet(typed, slug):
    assert occupations(typed)[0].slug.startswith(slug)


@pytest.mark.parametrize("typed", ["", "  ", "astronaute", "\\", "%", ".*", "(", "🙂" * 50])
def test_words_that_find_nothing(typed):
    assert occupations(typed) == []


def test_every_sheet_page_opens_within_its_queries(client, django_assert_max_num_queries):
    for sheet in Occupation.objects.active():
        with django_assert_max_num_queries(15):
            page = client.get(sheet.get_absolute_url(), {"commune": "Pau"})
        assert page.status_code == 200
        assert "Mission locale Pau" in page.content.decode()


def test_a_sheet_says_its_sources_and_keeps_the_touch(client):
    page = client.get("/metiers/aide-a-domicile?par=K7QMR").content.decode()
    assert "Source\xa0: France Travail, ROME 4.0 version 60 du 18/09/2025" in page
    assert "Fiche vérifiée le" in page
    assert "/parler?par=K7QMR" in page


def test_list_filters_and_the_way_to_a_human(client, django_assert_max_num_queries):
    with django_assert_max_num_queries(15):
        page = client.get("/metiers/")
    assert page.status_code == 200
    children = client.get("/metiers/?pour=enfants&sans-diplome=oui").content.decode()
    assert "/metiers/garde-denfant" in children
    assert "/metiers/psychologue" not in children and "/metiers/educateur-educatrice-de-jeunes-enfants" not in children
    nothing = client.get("/metiers/?q=astronaute").content.decode()
    assert "Nous n’avons pas de fiche" in nothing and 'href="/parler"' in nothing


@pytest.mark.parametrize("query", ["page=zz", "page=9999", "q=" + "a" * 5000, "q=%F0%9F%99%82", "pour=martiens"])
def test_odd_input_answers_a_page(client, query):
    for path in ("/metiers/", "/metiers/aide-a-domicile", "/structures/", "/communes"):
        assert client.get(f"{path}?{query}").status_code == 200


def test_unknown_sheet(client):
    assert client.get("/metiers/astronaute").status_code == 404


def test_near_says_what_is_approximate_and_asks_when_it_hesitates(client):
    assert "Lieu approximatif" in client.get("/structures/?commune=besancon").content.decode()
    page = client.get("/structures/?commune=saint denis").content.decode()
    assert "Nous hésitons" in page and "commune=Saint-Denis%20%28974%29" in page
    assert "Nous ne trouvons pas" in client.get("/structures/?commune=zzz").content.decode()


def test_suggestions(client):
    answer = client.get("/communes?q=st et").json()
    place = {"insee": "42218", "name": "Saint-Étienne", "label": "Saint-Étienne (42)", "postcodes": ["42000", "42100"]}
    assert answer == {"results": [place], "total": 1}


def test_api_occupations(client):
    answer = client.get("/api/v1/occupations?q=éduc spé").json()
    assert answer["total"] == len(answer["results"])
    assert answer["results"][0]["slug"] == "educateur-specialise-educatrice-specialisee"
    assert answer["results"][0]["rome"] == ["K1207"]
    assert client.get("/api/v1/occupations").json()["total"] == Occupation.objects.active().count()


@pytest.mark.parametrize(
    "typed",
    ["Infirmière (H/F)", "infirmier(e)", "infirmière  h/f", "INFIRMIER / INFIRMIÈRE", "je veux être infirmière"],
)
def test_the_api_the_list_and_the_search_find_the_same_sheets(client, typed):
    told = [row["slug"] for row in client.get("/api/v1/occupations", {"q": typed}).json()["results"]]
    searched = client.get("/api/v1/search", {"q": typed, "kind": "occupation"}).json()["results"]
    assert (
        told
        and told[0].startswith("infirmier")
        and told == [row["url"].rpartition("/")[2] for row in searched if row["url"].startswith("/metiers/")]
    )
    page = client.get("/metiers/", {"q": typed}).content.decode()
    assert all(f"/metiers/{slug}" in page for slug in told[:12])


def test_api_search(client):
    answer = client.get("/api/v1/search?q=mission&kind=structure&near=64160 Morlaàs&radius=20").json()
    assert [(row["kind"], row["distance_km"]) for row in answer["results"]] == [("structure", 0), ("structure", 10)]
    assert {"kind", "title", "url", "why"} <= client.get("/api/v1/search?q=domicile").json()["results"][0].keys()
    empty = client.get("/api/v1/search?q=domicile&kind=structure").json()
    assert (empty["results"], empty["total"]) == ([], 0)


@pytest.mark.parametrize(
    "query",
    [
        "",
        "near=zzz",
        "near=saint denis",
        "near=Pau&radius=abc",
        "near=Pau&radius=0",
        "q=a&page=0",
        "q=a&page=x",
        "q=a&kind=b",
        "q=" + "a" * 300,
    ],
)
def test_api_refuses_in_a_sentence(client, query):
    answer = client.get(f"/api/v1/search?{query}")
    assert answer.status_code == 422
    assert answer.json()["error"].endswith(".")


def test_api_tells_its_shape_and_nothing_else(client):
    assert "/api/v1/search" in client.get("/api/v1/openapi.json").json()["paths"]
    assert client.get("/api/v1/nope").json() == {"error": "Il n’y a rien à cette adresse."}
    assert client.get("/api/v1/docs").status_code == 404


def test_staff_correct_a_place(make_user, client_for, django_assert_max_num_queries):
    client, structure = client_for(make_user("mediator")), Structure.objects.get(source_id="25462S00")
    with django_assert_max_num_queries(15):
        assert structure.name in client.get("/pro/structures/?q=haut&lieu=approximate").content.decode()
    address = reverse("staff_structure", args=[structure.pk])
    assert "Besançon" in client.get(address).content.decode()
    wrong = client.post(address, {"commune": "saint denis", "email": "pas une adresse", "phone": "abc"})
    assert wrong.status_code == 200
    assert "Saint-Denis (974)" in wrong.content.decode()
    right = client.post(
        address, {"commune": "25200", "email": "a@exemple.fr", "phone": "03 81 00 00 00", "website": "exemple.fr"}
    )
    assert right.status_code == 302
    structure.refresh_from_db()
    assert (structure.commune.name, structure.phone, structure.website) == (
        "Montbéliard",
        "+33381000000",
        "https://exemple.fr",
    )
    assert (
        "Rien n’a changé"
        in client.post(
            address,
            {"commune": "25200", "email": "a@exemple.fr", "phone": "03 81 00 00 00", "website": "https://exemple.fr"},
            follow=True,
        ).content.decode()
    )


def test_others_do_not_see_staff_pages(make_user, client_for, client):
    address = reverse("staff_structure", args=[Structure.objects.first().pk])
    for path in ("/pro/structures/", address):
        assert client.get(path).status_code == 302
        for role in ("partner", "funder", "campaign_manager"):
            assert client_for(make_user(role)).get(path).status_code == 404
