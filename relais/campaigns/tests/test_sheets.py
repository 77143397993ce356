"""A sheet to hang: the code on it is read by a telephone, and its words by whoever cannot see it."""

import base64
import hashlib

import pytest

from relais.campaigns import services, sheets
from relais.campaigns.addresses import address_of
from tests import pdf

pytestmark = pytest.mark.django_db


@pytest.fixture
def touch(people, now):
    return services.create_touch(
        user=people["campaign_manager"], kind="poster", label="Gymnase #Bazoches *nord*", story=None, now=now
    )


@pytest.mark.parametrize("per_page", [1, 4])
def test_its_code_is_read_at_a_hundred_dots_an_inch(touch, per_page):
    made = sheets.sheet(touch, per_page)
    assert pdf.codes(made.body) == [address_of(touch)] * per_page
    assert pdf.faults(made.body) == [] and pdf.leaves(made.body) == 1


def test_it_says_where_it_leads_and_where_it_hangs(touch):
    text = pdf.words(sheets.sheet(touch, 1).body)
    address = address_of(touch).split("://")[1]
    for words in ("Scanne. Pose ta question.", address, touch.code, "Affiche : Gymnase #Bazoches *nord*"):
        assert pdf.tight(words) in text
    assert text.count(pdf.tight(touch.organisation.name)) == 1


@pytest.mark.parametrize(
    "title", ["Court", "Un titre assez long pour deux ou trois lignes", "Très long " * 12 + "anticonstitutionnellement"]
)
def test_any_testimony_fits_above(touch, story, now, title):
    story.title = title[: story._meta.get_field("title").max_length]
    story.state, story.published_at = "published", now
    story.save()
    touch.story = story
    made = sheets.sheet(touch, 4)
    assert pdf.leaves(made.body) == 1 and pdf.faults(made.body) == []


@pytest.mark.parametrize(
    "title", ["Accompagnement", "Anticonstitutionnellement", "L’hypercommunicationnellement-vôtre"]
)
def test_a_long_word_is_not_cut_at_the_edge(touch, story, now, title):
    story.title, story.state, story.published_at = title, "published", now
    story.save()
    touch.story = story
    made = sheets.sheet(touch, 1)
    # A hyphen at the end of a line is told apart by no reader.
    assert pdf.tight(title).replace("-", "") in pdf.words(made.body).replace("-", "")
    assert pdf.ends(made.body) < 1 - 20 / 210, "it stays inside the margin"


def test_printed_again_it_is_the_same(touch):
    assert sheets.sheet(touch, 1) == sheets.sheet(touch, 1)


def test_the_page_of_the_touch_leads_to_it(touch, people, client_for):
    client = client_for(people["campaign_manager"])
    address = f"/pro/contacts/{touch.code}/affiche.pdf"
    assert address in client.get(f"/pro/contacts/{touch.code}/").content.decode()
    answer = client.get(address, headers={"accept-encoding": "gzip"})
    assert base64.b64decode(answer["Repr-Digest"].split(":")[1]) == hashlib.sha256(answer.content).digest()
    assert answer["Content-Disposition"] == f'attachment; filename="affiche-{touch.code}.pdf"'
    assert pdf.codes(client.get(f"{address}?par-page=4").content) == [address_of(touch)] * 4
    assert client.get(f"{address}?par-page=1000").status_code == 404
