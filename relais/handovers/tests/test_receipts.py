"""What a person agreed to, on a page and on paper: the same words, and nobody else's."""

from uuid import uuid4

import pytest
from django.test import Client
from django.utils.html import escape

from relais.coaching import services
from relais.handovers import receipts
from relais.handovers import services as handovers
from relais.journeys.services import add_device
from tests import pdf

pytestmark = pytest.mark.django_db


@pytest.fixture
def agreed(write, people, structure, now):
    conversation = write().conversation
    services.claim(conversation=conversation, user=people["mediator"], now=now)
    handover = handovers.propose(
        conversation=conversation,
        user=people["mediator"],
        structure=structure,
        partner_email="accueil@exemple.invalid",
        summary='Cherche un stage en crèche. #read("/etc/passwd")',
        key=uuid4(),
        now=now,
    )
    return handovers.agree(
        handover=handover, journey=conversation.journey, name="Aïcha", contact="06 99 99 99 99", now=now
    )


@pytest.fixture
def young(agreed, settings, now):
    client = Client()
    client.cookies[settings.JOURNEY_COOKIE_NAME] = add_device(journey=agreed.conversation.journey, now=now)
    return client


def test_the_paper_says_what_the_page_says(agreed, young):
    page = young.get(f"/parler/accord/{agreed.pk}/recu")
    paper = young.get(f"/parler/accord/{agreed.pk}/recu?fichier=pdf")
    text = pdf.words(paper.content)
    assert f"/parler/accord/{agreed.pk}/recu?fichier=pdf" in page.content.decode()
    for words in (agreed.summary, "Aïcha", "06 99 99 99 99", agreed.structure.name, "Changer d’avis"):
        assert pdf.tight(words) in text
    for one in receipts.receipt(agreed, agreed.conversation.line.hours().zone)["facts"]:
        assert pdf.tight(one["value"]) in text and escape(one["value"]) in page.content.decode()
    assert pdf.faults(paper.content) == []
    assert (
        paper["Content-Disposition"] == 'attachment; filename="relais-recu.pdf"'
        and "no-store" in paper["Cache-Control"]
    )


def test_the_same_receipt_is_the_same_file_until_it_does_not_hold_any_more(agreed, young, now):
    address = f"/parler/accord/{agreed.pk}/recu?fichier=pdf"
    first = young.get(address)
    assert young.get(address).content == first.content
    handovers.withdraw(handover=agreed, journey=agreed.conversation.journey, now=now)
    after = young.get(address)
    assert after["Repr-Digest"] != first["Repr-Digest"]
    assert pdf.tight("Ton reçu. Il ne vaut plus.") in pdf.words(after.content) and pdf.faults(after.content) == []


def test_it_is_given_to_nobody_else(agreed, write, settings, now):
    other = write(body="Moi aussi").conversation
    client = Client()
    client.cookies[settings.JOURNEY_COOKIE_NAME] = add_device(journey=other.journey, now=now)
    assert client.get(f"/parler/accord/{agreed.pk}/recu?fichier=pdf").status_code == 404
    assert Client().get(f"/parler/accord/{agreed.pk}/recu?fichier=pdf").status_code == 302
