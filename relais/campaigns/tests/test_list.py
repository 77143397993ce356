"""The list of touches: what is kept, in which order, and its file. The mechanism of every list is held here, on its first user."""

import io
import re

import pytest
from openpyxl import load_workbook

from relais.campaigns.events import TouchFollowed
from relais.campaigns.models import Touch
from relais.foundation import lists
from relais.foundation.events import record
from relais.foundation.tests.test_spreadsheets import read_csv

pytestmark = pytest.mark.django_db
PATH = "/pro/contacts/"


@pytest.fixture
def own(people, now):
    """Three of one's own organisation, one of another."""
    from relais.accounts.models import Organisation

    here, there = (
        people["campaign_manager"].memberships.get().organisation,
        Organisation.objects.create(name="Ailleurs"),
    )
    rows = [
        ("ACDEF", "poster", "Gare d’Orléans", here),
        ("GHJKM", "video", "Éducateur, version courte", here),
        ("NPQRT", "poster", "=Mairie", here),
    ]
    for code, kind, label, organisation in [*rows, ("VWXYZ", "poster", "Gare d’ailleurs", there)]:
        Touch.objects.create(code=code, kind=kind, label=label, organisation=organisation, created_at=now)
    for _ in range(3):
        record(TouchFollowed(touch="GHJKM"), now=now)


@pytest.fixture
def client(own, people, client_for):
    return client_for(people["campaign_manager"])


def codes(page: str) -> list[str]:
    return re.findall(r"<td[^>]*>([ACDEFGHJKMNPQRTVWXYZ]{5})</td>", page)


def caption(page: str) -> str:
    shown = re.sub(r"<[^>]+>", "", re.search(r"<caption>(.*?)</caption>", page)[1])
    return shown.replace("&#39;", "'").replace("\xa0", " ").replace("\u202f", " ")


@pytest.mark.parametrize(
    ("query", "found", "says"),
    [
        ("", {"ACDEF", "GHJKM", "NPQRT"}, "3 contacts, du plus récent au plus ancien"),
        ("?q=gare", {"ACDEF"}, "1 contact, nom ou code : « gare »"),
        ("?q=gare d’orleans", {"ACDEF"}, "1 contact"),
        ("?q=EDUCATEUR", {"GHJKM"}, "1 contact"),
        ("?q=??", set(), ""),
        ("?q=GARE d'orl", {"ACDEF"}, "1 contact, nom ou code : « GARE d'orl »"),
        ("?sorte=poster", {"ACDEF", "NPQRT"}, "2 contacts, sorte : Affiche, du plus récent au plus ancien"),
        ("?sorte=poster&q=mairie", {"NPQRT"}, "1 contact"),
        ("?sorte=inconnue", {"ACDEF", "GHJKM", "NPQRT"}, "3 contacts"),
        ("?tri=inconnu&page=99", {"ACDEF", "GHJKM", "NPQRT"}, "3 contacts, du plus récent"),
    ],
)
def test_the_address_says_which_and_the_caption_says_it_too(client, query, found, says):
    page = client.get(PATH + query).text
    assert set(codes(page)) == found and len(codes(page)) == len(found) and says in (caption(page) if found else "")


def test_the_order_is_that_of_a_column_and_turns(client):
    assert codes(client.get(PATH + "?tri=suivis").text)[0] == "GHJKM", "the most followed first"
    assert codes(client.get(PATH + "?tri=-suivis").text)[-1] == "GHJKM"
    assert codes(client.get(PATH + "?tri=code").text) == ["ACDEF", "GHJKM", "NPQRT"]
    assert (
        'aria-sort="descending"' in client.get(PATH + "?tri=suivis").text
        and 'aria-sort="ascending"' in client.get(PATH + "?tri=-suivis").text
    )
    assert codes(client.get(PATH + "?tri=sorte").text)[-1] == "GHJKM", "Affiche, then Vidéo: as it is read"
    page = client.get(PATH + "?tri=-code&sorte=poster").text
    assert (
        codes(page) == ["NPQRT", "ACDEF"]
        and 'aria-sort="descending"' in page
        and "par code, à l’envers" in caption(page)
    )
    assert 'href="?sorte=poster&amp;tri=code"' in page, "what is kept stays when the order turns"


def test_nothing_found_says_so_and_leads_back(client):
    page = client.get(PATH + "?q=introuvable").text
    assert "Rien ne correspond" in page and "Tout afficher" in page and 'value="introuvable"' in page


def test_pages_keep_what_was_asked(client, monkeypatch):
    from relais.campaigns.lists import TOUCHES

    object.__setattr__(TOUCHES, "per_page", 1)
    try:
        page = client.get(PATH + "?sorte=poster&tri=code").text
    finally:
        object.__setattr__(TOUCHES, "per_page", lists.PER_PAGE)
    assert "Page 1 sur 2" in page and 'href="?sorte=poster&amp;tri=code&amp;page=2"' in page


def test_the_file_holds_every_kept_row_in_its_order_and_runs_nothing(client):
    answer = client.get(PATH + "?sorte=poster&tri=code&fichier=csv&page=7")
    assert re.search(r'filename="relais-contacts-[\d-]+\.csv"', answer["Content-Disposition"])
    heading, *rows = read_csv(answer.content)
    assert heading[:3] == ["Nom", "Code", "Suivis"] and heading[-1] == "Adresse"
    assert (
        [row[1] for row in rows] == ["ACDEF", "NPQRT"] and rows[1][0] == "'=Mairie" and rows[0][-1].endswith("/r/ACDEF")
    )
    book = load_workbook(io.BytesIO(client.get(PATH + "?fichier=xlsx&tri=suivis").content))
    assert next([cell.value for cell in row][1:3] for row in book.worksheets[0].iter_rows(min_row=2)) == ["GHJKM", 3]
    assert client.get(PATH + "?fichier=exe")["Content-Type"].startswith("text/html"), "no such file: the page"


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
@pytest.mark.parametrize(("most", "status"), [(2, 422), (3, 200)])
def test_a_file_that_would_be_too_long_is_refused_whole(client, monkeypatch, kind, most, status):
    monkeypatch.setitem(lists.MOST, kind, most)
    answer = client.get(PATH + f"?fichier={kind}")
    assert answer.status_code == status and (b"Ce fichier tient 2 lignes" in answer.content) is (status == 422)


def test_names_stand_as_in_a_dictionary(client, own, now):
    organisation = Touch.objects.get(code="ACDEF").organisation
    for number, label in enumerate(
        ("zoo", "Œuvre", "Nez", "élan", "Élan vital", "Avril", "salle d’étude", "salle d'art")
    ):
        Touch.objects.create(
            code=f"KKKK{'ACDEFGHJ'[number]}", kind="other", label=label, organisation=organisation, created_at=now
        )
    names = [
        re.sub(r"<[^>]+>", "", one)
        for one in re.findall(r'<th scope="row">(.*?)</th>', client.get(PATH + "?tri=nom&sorte=other").text)
    ]
    assert [name.replace("&#39;", "'") for name in names] == [
        "Avril",
        "élan",
        "Élan vital",
        "Nez",
        "Œuvre",
        "salle d'art",
        "salle d’étude",
        "zoo",
    ]
    for typed, found in (("d'etude", 1), ("d’art", 1), ("oeuvre", 1), ("elan", 2)):
        assert len(codes(client.get(PATH + f"?sorte=other&q={typed}").text)) == found, typed
