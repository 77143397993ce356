"""The page, the suggestions and the API, over HTTP."""

import pytest
from django.test import Client

from relais.catalogue.models import JobOffer
from relais.catalogue.search.query import _as_typed

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _index(indexed):
    pass


def test_the_page_says_why_and_how_far(client, django_assert_max_num_queries):
    with django_assert_max_num_queries(3):
        page = client.get("/recherche?q=aide soignante&lieu=Pau&par=K7QMR").content.decode()
    assert "4 résultats" in page and "Aide-soignant / Aide-soignante" in page
    assert "le métier que tu cherches" in page and "tes mots\xa0: aide soignante" in page
    assert "Offres d’emploi (2)" in page and "Formations (1)" in page
    assert "/metiers/aide-soignant-aide-soignante?par=K7QMR" in page


def test_choices_stay_in_the_address(client):
    page = client.get("/recherche?q=aide&lieu=Pau&contrat=CDI&type=offer&tri=distance").content.decode()
    assert 'name="contrat" value="CDI" checked' in page
    assert "contrat=CDI&amp;lieu=Pau&amp;q=aide&amp;type=offer" in page


def test_nothing_found_wider_then_nearest_then_a_human(client):
    page = client.get("/recherche?q=orthophoniste&lieu=Pau&type=offer&rayon=5").content.decode()
    nearest, human = page.index("Le plus près de toi"), page.index("une personne cherche avec toi")
    assert nearest < human and "Orthophoniste" in page[nearest:human]
    page = client.get("/recherche?q=aide soignante ehpad&lieu=Pau&type=offer&rayon=5&contrat=CDD").content.decode()
    assert (
        page.index("Chercher jusqu’à 20 km (1)")
        < page.index("Le plus près de toi")
        < page.index("une personne cherche avec toi")
    )


def test_demonstration_is_marked(client):
    assert "démonstration" not in client.get("/recherche?q=orthophoniste").content.decode().lower()
    JobOffer.objects.filter(title="Orthophoniste").update(is_demo=True)
    from relais.catalogue.search import index

    index.Keeper().turn()
    assert "(démonstration)" in client.get("/recherche?q=orthophoniste").content.decode()


ODD = [
    "",
    "q=%0a",
    "q=" + "a" * 10_000,
    "q=" + "a+" * 5_000,
    "q=title:(a AND b) OR *^4~",
    "page=zz",
    "page=999999999",
    "page=-1",
    "rayon=-5",
    "rayon=7",
    "lieu=zzz",
    "lieu=saint denis",
    "type=x",
    "tri=x",
    "tri=distance",
    "contrat=x&niveau=99&depuis=abc",
    "metier=K1207",
    "metier=Z9999",
    "q=%F0%9F%99%82",
    "q=a&q=b&lieu=Pau&lieu=Lyon",
]


def test_odd_input_answers_a_page(client):
    for query in ODD:
        assert client.get(f"/recherche?{query}").status_code == 200
        assert client.get(f"/recherche/suggestions?{query}").status_code == 200


def test_suggestions(client):
    assert client.get("/recherche/suggestions?q=a").json() == {"results": []}
    assert "Aide-soignant / Aide-soignante" in client.get("/recherche/suggestions?q=aide so").json()["results"]


def test_the_api_tells_what_the_page_tells(client):
    answer = client.get("/api/v1/search?q=aide soignante&near=Pau&radius=30").json()
    first, second = answer["results"][:2]
    assert (first["kind"], first["rome"]) == ("occupation", ["J1501"]) and "distance_km" not in first
    assert {"kind", "title", "url", "why", "distance_km"} <= second.keys()
    assert answer["total"] == sum(answer["kinds"].values()) == len(answer["results"])
    assert answer["facets"]["contract"]["CDI"] == 1 and answer["facets"]["distance"]["5"] == 3
    assert answer["understood"][0] == {
        "name": "Aide-soignant / Aide-soignante",
        "rome": ["J1501"],
        "url": "/metiers/aide-soignant-aide-soignante",
        "named": True,
    }


REFUSED = [
    "",
    "near=zzz",
    "near=saint denis",
    "near=Pau&radius=abc",
    "near=Pau&radius=-1",
    "near=Pau&radius=0",
    "q=a&page=0",
    "q=a&page=1000000000",
    "q=a&kind=b",
    "q=" + "a" * 10_000,
    "q=a&sort=distance",
    "q=a&contract=x",
    "rome=zzz",
    "q=a&page=x",
]


def test_the_api_refuses_in_a_sentence(client):
    for query in REFUSED:
        answer = client.get(f"/api/v1/search?{query}")
        assert answer.status_code == 422 and answer.json()["error"].endswith((".", "?")), query


WORDS = [
    "title:(aide AND nuit) OR *",
    "aide\x01\n soignante",
    "((((",
    '"aide',
    "-aide",
    "aide~2^4",
    "'; DROP TABLE",
    "\\",
]


def test_operators_and_control_characters_are_words(client):
    for q in WORDS:
        assert client.get("/api/v1/search", {"q": q}).status_code == 200, q


def test_the_health_page_says_when_there_is_no_index(client):
    import shutil

    from relais.catalogue.search import generation, snapshot_reader

    assert client.get("/health/ready").json()["search"] == "ok"
    shutil.rmtree(generation.folder())
    snapshot_reader.reader.__init__(in_background=False)
    assert client.get("/health/ready").json()["search"] == "slow"
    page = client.get("/recherche?q=orthophoniste").content.decode()
    assert "La recherche complète se prépare" in page and "Orthophoniste" in page


def test_reading_writes_nothing():
    """A search leaves no trace: no cookie, no session."""
    answer = Client().get("/recherche?q=aide soignante&lieu=Pau")
    assert not answer.cookies


def test_a_reason_gives_back_the_words_as_they_were_typed():
    assert _as_typed("infirmiere nuit", "Une Infirmière, la nuit") == "Infirmière nuit"
    assert _as_typed("soigner des gens", "prendre soin") == "soigner des gens", "an idea has no typed word"
