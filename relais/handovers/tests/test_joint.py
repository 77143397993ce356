"""Words of three: after agreement only, kept once, in the person's own conversation too."""

from uuid import uuid4

import pytest
from django.test import Client

from relais.accounts.models import AccessRecord
from relais.coaching import services
from relais.coaching.models import Conversation, Message
from relais.coaching.tests.conftest import partner_at
from relais.foundation import links
from relais.foundation.models import Outbound
from relais.foundation.refusals import WrongState
from relais.handovers import common, joint
from relais.handovers import services as handovers
from relais.handovers.models import HandoverMessage

pytestmark = pytest.mark.django_db


@pytest.fixture
def three(write, people, structure, now):
    """A joint message agreed on: the handover, with the cookie of the person."""
    opened = write()
    services.claim(conversation=opened.conversation, user=people["mediator"], now=now)
    handover = handovers.propose(
        conversation=opened.conversation,
        user=people["mediator"],
        structure=structure,
        partner_email="accueil@exemple.invalid",
        summary="Cherche un stage en crèche",
        key=uuid4(),
        now=now,
        mode="joint",
    )
    handover = handovers.agree(handover=handover, journey=opened.conversation.journey, name="", contact="", now=now)
    handover.cookie, handover.secret = opened.cookie, links.drawn(common.ANSWER, handover.pk)
    return handover


def test_nobody_writes_before_the_agreement(write, people, structure, now):
    conversation = write().conversation
    services.claim(conversation=conversation, user=people["mediator"], now=now)
    handover = handovers.propose(
        conversation=conversation,
        user=people["mediator"],
        structure=structure,
        partner_email="a@exemple.invalid",
        summary="Un stage",
        key=uuid4(),
        now=now,
        mode="joint",
    )
    with pytest.raises(WrongState):
        joint.staff_says(handover=handover, user=people["mediator"], body="Bonjour", key=uuid4(), now=now)
    assert not HandoverMessage.objects.exists()


def test_the_three_write_and_all_of_it_is_in_the_persons_conversation(three, people, now):
    journey = three.conversation.journey
    joint.staff_says(handover=three, user=people["mediator"], body="Je vous présente.", key=uuid4(), now=now)
    joint.partner_says(handover=three, body="Bienvenue !", key=uuid4(), now=now)
    key = uuid4()
    for _ in range(2):
        joint.young_says(handover=three, journey=journey, body="Merci", key=key, now=now)
    assert list(three.words.values_list("side", flat=True)) == ["staff", "partner", "young"]
    bodies = [message.body for message in Message.objects.order_by("seq")]
    assert bodies[-3:] == ["Je vous présente.", f"{three.structure.name} écrit :\nBienvenue !", "Merci"]
    assert Conversation.objects.get().state == "waiting", "a human of the team answers them as promised"
    letters = Outbound.objects.filter(key__startswith=f"words:{three.pk}")
    assert letters.count() == 1, "words written one after the other are told once"
    assert "Merci" not in letters.get().payload["text"]


def test_the_structure_is_named_as_a_sentence_names_it(write, people, structure, settings, now):
    """« la mission locale de Montargis », and not « avec Mission locale de Montargis, à Montargis »."""
    opened = write()
    services.claim(conversation=opened.conversation, user=people["mediator"], now=now)
    handover = handovers.propose(
        conversation=opened.conversation,
        user=people["mediator"],
        structure=structure,
        partner_email="a@exemple.invalid",
        summary="Un stage",
        key=uuid4(),
        now=now,
        mode="joint",
    )
    young = Client()
    young.cookies[settings.JOURNEY_COOKIE_NAME] = opened.cookie
    page = young.get(f"/parler/accord/{handover.pk}").content.decode()
    assert "en lien avec <b>la mission locale de Montargis</b>. Rien ne part" in page
    assert (
        Message.objects.order_by("seq").last().body
        == "Je te propose de te mettre en lien avec la mission locale de Montargis."
    )
    structure.name, structure.source_id = "CCAS", "2"
    structure.save()
    assert (
        "en lien avec <b>le CCAS</b>, à Montargis. Rien ne part"
        in young.get(f"/parler/accord/{handover.pk}").content.decode()
    )
    handovers.agree(handover=handover, journey=opened.conversation.journey, name="", contact="", now=now)
    assert "que <b>le CCAS</b> reçoive ceci" in young.get(f"/parler/accord/{handover.pk}").content.decode()


def test_the_partner_reads_these_words_and_nothing_else(three, people, now):
    joint.staff_says(handover=three, user=people["mediator"], body="Je vous présente.", key=uuid4(), now=now)
    services.reply(conversation=three.conversation, user=people["mediator"], body="Entre nous", key=uuid4(), now=now)
    page = partner_at(f"/orientation/{three.secret}").get(f"/orientation/{three.secret}").content.decode()
    assert "Je vous présente." in page and "Entre nous" not in page


def test_every_opening_of_the_link_is_written_down_and_the_person_finds_it(three):
    address, rows = f"/orientation/{three.secret}", AccessRecord.objects.filter(kind="handover", subject=str(three.pk))
    looked = Client().get(address).content.decode()
    assert "Lire la demande" in looked and "crèche" not in looked and not rows.exists(), "mail programs open links too"
    for _ in range(2):
        partner = partner_at(address)
        assert "crèche" in partner.get(address).content.decode()
    assert rows.count() == 2 and {row.user_id for row in rows} == {None}


def test_taken_back_the_words_are_erased_for_the_partner_and_stay_the_persons(three, people, now):
    joint.partner_says(handover=three, body="Bienvenue !", key=uuid4(), now=now)
    handovers.withdraw(handover=three, journey=three.conversation.journey, now=now)
    assert not HandoverMessage.objects.exists()
    assert Message.objects.filter(side="notice").exclude(body="").exists()
    page = partner_at(f"/orientation/{three.secret}").get(f"/orientation/{three.secret}").content.decode()
    assert "La personne a retiré son accord" in page and "Bienvenue" not in page
    with pytest.raises(WrongState):
        joint.partner_says(handover=three, body="Encore moi", key=uuid4(), now=now)


def test_the_pages_of_the_three(three, people, client_for, settings, make_user):
    young, staff, partner = Client(), client_for(people["mediator"]), Client()
    young.cookies[settings.JOURNEY_COOKIE_NAME] = three.cookie
    receipt = young.get(f"/parler/accord/{three.pk}/recu").content.decode()
    assert "Cherche un stage en crèche" in receipt and "Retirer mon accord" in receipt
    assert young.post(f"/parler/a-trois/{three.pk}", {"body": "Bonjour à vous", "key": uuid4()}).status_code == 302
    assert "Lire et répondre" in young.get("/parler").content.decode()
    assert (
        partner.post(f"/orientation/{three.secret}", {"action": "say", "body": "Bienvenue", "key": uuid4()}).status_code
        == 302
    )
    assert (
        partner.post(f"/orientation/{three.secret}", {"action": "say", "body": "", "key": uuid4()}).status_code == 422
    )
    staff.get(f"/pro/conversations/{three.conversation_id}/")
    fields = {"action": "say", "body": "Nous trois", "key": uuid4(), "handover": three.pk}
    assert staff.post(f"/pro/conversations/{three.conversation_id}/suivi", fields).status_code == 302
    assert (
        staff.post(f"/pro/conversations/{three.conversation_id}/suivi", fields | {"handover": "x"}).status_code == 404
    )
    assert (
        staff.post(
            f"/pro/conversations/{three.conversation_id}/suivi",
            {"action": "outcome", "outcome": "job", "milestone": "0"},
        ).status_code
        == 302
    )
    assert [word.body for word in three.words.all()] == ["Bonjour à vous", "Bienvenue", "Nous trois"]
    assert Client().get(f"/parler/a-trois/{three.pk}").status_code == 302
    assert client_for(make_user("mediator")).get(f"/pro/conversations/{three.conversation_id}/suivi").status_code == 404


def test_what_we_write_becomes_a_link_and_what_they_write_does_not(three, people, settings, now):
    address = "https://exemple.fr/<script>alert(1)</script>"
    joint.staff_says(handover=three, user=people["mediator"], body=address, key=uuid4(), now=now)
    services.write(journey=three.conversation.journey, body="https://piege.fr", key=uuid4(), now=now)
    young = Client()
    young.cookies[settings.JOURNEY_COOKIE_NAME] = three.cookie
    page = young.get("/parler").content.decode()
    assert '<a href="https://exemple.fr/' in page and "<script>alert" not in page
    assert 'href="https://piege.fr"' not in page


def test_the_persons_page_stays_light(three, settings, django_assert_max_num_queries):
    young = Client()
    young.cookies[settings.JOURNEY_COOKIE_NAME] = three.cookie
    with django_assert_max_num_queries(15):
        young.get("/parler")
