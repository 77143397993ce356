"""What partners and people really do with the pages of a handover."""

from datetime import timedelta
from urllib.parse import quote
from uuid import uuid4

import pytest
from django.test import Client

from relais.coaching import services
from relais.coaching.tests.conftest import partner_at
from relais.foundation.models import Link, Outbound
from relais.handovers import services as handovers
from relais.handovers.lists import ORIENTATIONS

pytestmark = pytest.mark.django_db


@pytest.fixture
def young(line):
    """The browser of a young person."""
    return Client()


def first(young, body="Bonjour", **fields):
    return young.post("/parler?par=K7QM3", {"body": body, "key": uuid4(), **fields})


@pytest.fixture
def sent(write, people, structure, now):
    opened = write()
    services.claim(conversation=opened.conversation, user=people["mediator"], now=now)
    handover = handovers.propose(
        conversation=opened.conversation,
        user=people["mediator"],
        structure=structure,
        partner_email=people["partner"].email,
        summary="Cherche un stage en crèche",
        key=uuid4(),
        now=now,
    )
    handover = handovers.agree(handover=handover, journey=opened.conversation.journey, name="", contact="", now=now)
    handover.secret = Outbound.objects.get().payload["text"].split("/orientation/")[1].split()[0]
    return handover


def test_the_partner_sees_only_what_was_agreed(sent, line):
    page = partner_at(f"/orientation/{sent.secret}").get(f"/orientation/{sent.secret}").content.decode()
    assert "Cherche un stage en crèche" in page
    assert "Bonjour" not in page.split("<main")[1], "the conversation itself is not passed on"


def test_the_partner_accepts_refuses_and_tells(sent):
    partner = Client()
    assert (
        partner.post(
            f"/orientation/{sent.secret}", {"action": "outcome", "milestone": "0", "outcome": "job"}
        ).status_code
        == 302
    )
    assert not type(sent).objects.get().outcome, "not before accepting"
    partner.post(f"/orientation/{sent.secret}", {"action": "accept"})
    assert partner.post(f"/orientation/{sent.secret}", {"action": "refuse", "reason": "trop tard"}).status_code == 302
    assert (
        partner.post(
            f"/orientation/{sent.secret}", {"action": "outcome", "milestone": "0", "outcome": "moon"}
        ).status_code
        == 422
    )
    partner.post(f"/orientation/{sent.secret}", {"action": "outcome", "milestone": "0", "outcome": "training"})
    handover = type(sent).objects.get()
    assert (handover.state, handover.outcome) == ("accepted", "training")


def test_links_that_do_not_open_say_so(sent, now):
    Link.objects.update(expires_at=now - timedelta(seconds=1))
    expired = Client().get(f"/orientation/{sent.secret}")
    assert expired.status_code == 404 and "plus valable" in expired.content.decode()
    for wrong in ("x", "x" * 3000, quote("é/../"), sent.secret[:-1]):
        assert Client().get(f"/orientation/{wrong}").status_code == 404


def test_a_partner_with_an_account_sees_what_was_sent_to_them_only(sent, people, client_for, make_user):
    assert client_for(people["partner"]).get(f"/pro/orientations/{sent.pk}/").status_code == 200
    assert client_for(make_user("partner")).get(f"/pro/orientations/{sent.pk}/").status_code == 404


def test_a_partner_with_an_account_goes_back_to_the_list_and_on_to_their_places(sent, people, client_for):
    places = f'href="/pro/structures/{sent.structure_id}/accueil"'
    partner = client_for(people["partner"])
    page = partner.get(f"/pro/orientations/{sent.pk}/").text.split("<main")[1]
    assert places in page and 'href="/pro/orientations/"' in page
    back = {"partner": "/pro/orientations/", "mediator": f"/pro/structures/{sent.structure_id}/"}
    for who, address in back.items():
        page = client_for(people[who]).get(f"/pro/structures/{sent.structure_id}/accueil").text.split("<main")[1]
        assert f'class="back" href="{address}"' in page
        assert client_for(people[who]).get(address).status_code == 200
    # Whoever has the link only has no place of their own, whoever they are elsewhere.
    for one in (partner_at(f"/orientation/{sent.secret}"), client_for(people["mediator"])):
        one.post(f"/orientation/{sent.secret}", {"action": "open"})
        page = one.get(f"/orientation/{sent.secret}").text.split("<main")[1]
        assert "Cherche un stage en crèche" in page and places not in page and 'href="/pro/orientations/"' not in page


def test_a_person_decides_on_their_own_handover_only(sent, young):
    first(young)
    assert young.get(f"/parler/accord/{sent.pk}").status_code == 404
    assert young.post(f"/parler/accord/{sent.pk}", {"choice": "withdraw"}).status_code == 404


@pytest.mark.parametrize("kind", ["csv", "xlsx", "ods"])
def test_what_was_addressed_is_read_one_by_one_and_gives_no_file(sent, people, client_for, kind):
    client = client_for(people["partner"])
    answer, page = client.get(f"/pro/orientations/?fichier={kind}"), client.get("/pro/orientations/").text
    assert answer["Content-Type"].startswith("text/html") and "Content-Disposition" not in answer
    assert "<h1>" in answer.text and "pour un tableur" not in page and "fichier=" not in page
    assert not ORIENTATIONS.file
