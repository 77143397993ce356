"""Back by the door last used: once, in words that fit the door."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest

from relais.channels.sms.segment import septets
from relais.channels.tests.fakes import Provider, serving
from relais.coaching import services
from relais.coaching.messaging import intake
from relais.coaching.models import Callback, Conversation
from relais.coaching.thread import links, outbound
from relais.foundation import outbox
from relais.foundation.models import Outbound
from tests.builders import sms_account

from .conftest import LEA, MOBILE, NOON

pytestmark = pytest.mark.django_db


def link_in(text: str) -> str:
    return re.search(r"/parler/l/(\w+)", text)[1]


def test_an_answer_to_an_email_is_a_letter_in_the_same_thread(arrive, answer):
    conversation = arrive("email", "Bonjour")
    (letter,) = answer(conversation, "Tu peux appeler la mission locale.")
    assert letter.channel == "email" and letter.payload["to"] == LEA
    assert "Tu peux appeler la mission locale." in letter.payload["text"] and "automatic" not in letter.payload
    assert outbound.conversation_of(letter.payload["thread"]) == conversation.pk
    assert links.opened_by(link_in(letter.payload["text"]), now=NOON) == conversation


def test_an_answer_to_an_sms_says_nothing_but_that_it_is_there(arrive, answer):
    conversation = arrive("sms", "Je suis enceinte")
    (sms,) = answer(conversation, "La PMI de Montargis te reçoit sans rendez-vous.")
    assert sms.channel == "sms" and "PMI" not in sms.payload["text"]
    assert sms.payload["text"].startswith("Relais : tu as une réponse.") and septets(sms.payload["text"]) <= 160
    assert links.opened_by(link_in(sms.payload["text"]), now=NOON) == conversation


def test_an_address_of_the_site_too_long_for_an_sms_is_left_out(arrive, answer, settings):
    settings.SITE_URL = "https://" + "x" * 150 + ".invalid"
    (sms,) = answer(arrive("sms", "Bonjour"))
    assert sms.payload["text"] == "Relais : tu as une réponse."


def test_a_minor_gets_no_sms_at_night_and_one_in_the_morning_for_all(arrive, answer):
    night = NOON.replace(hour=23)
    conversation = arrive("sms", "Bonjour", at=night)
    assert not Outbound.objects.exists(), "no « bien arrivé » at night"
    rows = [*answer(conversation, "Salut", night), *answer(conversation, "Et aussi", night)]
    assert [row.not_before.astimezone(NOON.tzinfo).hour for row in rows] == [8]
    Conversation.objects.update(age_band="18-25")
    arrive("sms", "Autre", sender="+33639980002", at=night)
    adult = Conversation.objects.exclude(pk=conversation.pk).get()
    Conversation.objects.filter(pk=adult.pk).update(age_band="18-25")
    (row,) = answer(adult, "Salut", night)
    assert row.not_before == night


def test_discord_gives_a_private_link_at_once_and_the_answer_while_it_may(arrive, answer, now):
    conversation = arrive("discord", "Je peux te parler ?")
    told = Outbound.objects.get(channel="discord")
    assert told.payload["token"] == "jeton" and links.opened_by(link_in(told.payload["text"]), now=now) == conversation
    (row,) = answer(conversation, "x" * 5000, now + timedelta(minutes=14))
    assert len(row.payload["text"]) <= 2000 and "/parler/l/" in row.payload["text"]
    assert answer(conversation, "Encore là ?", now + timedelta(minutes=15)) == [], (
        "after the quarter of an hour nothing leaves"
    )
    assert conversation.messages.count() == 3, "the thread has it all"


def test_an_answer_leaves_by_the_door_last_used(arrive, answer, now):
    conversation = arrive("email", "Bonjour")
    services.write(journey=conversation.journey, body="Je suis sur le site", key=uuid4(), now=now)
    assert answer(Conversation.objects.get()) == []
    arrive("email", "Me revoilà par e-mail", verified=True)
    assert [row.channel for row in answer(Conversation.objects.get())] == ["email"]


@pytest.mark.parametrize(
    "kind, value, channel", [("email", LEA, "email"), ("sms", MOBILE, "sms"), ("phone", MOBILE, None)]
)
def test_who_left_a_way_to_be_reached_is_told_once_that_there_is_an_answer(write, answer, now, kind, value, channel):
    conversation = write().conversation
    services.ask_callback(journey=conversation.journey, kind=kind, value=value, now=now)
    rows = [*answer(conversation, "Secret un"), *answer(conversation, "Secret deux")]
    assert [row.channel for row in rows] == ([channel] if channel else [])
    assert not any("Secret" in row.payload["text"] for row in rows)
    assert Callback.objects.count() == 1, "a human erases it"


def test_a_letter_passed_on_gives_nothing_to_who_answers_it(arrive, answer, now):
    conversation = arrive("email", "Bonjour")
    (letter,) = answer(conversation)
    arrive("email", "Je suis sa mère", sender="mere@exemple.invalid", thread=letter.payload["thread"])
    assert Conversation.objects.count() == 1
    bodies = [one.body for one in conversation.messages.all()]
    assert bodies[-2:] == ["Je suis sa mère", intake.ELSEWHERE]
    rows = answer(Conversation.objects.get(), "Réponse")
    assert [row.payload["to"] for row in rows] == [LEA]


def test_every_automatic_sentence_fits_one_sms(arrive, now):
    arrive("sms", "a" * 20_000)
    text = Outbound.objects.get().payload["text"]
    assert septets(text) <= 160 and text.startswith("Relais : ")


def test_a_provider_down_for_an_hour_gets_each_sms_once_when_it_comes_back(arrive, answer, now):
    conversation = arrive("sms", "Bonjour")
    answer(conversation)
    with serving(Provider((503, {}, {}))) as provider:
        sms_account(url=provider.address)
        at = now
        while at < now + timedelta(minutes=60):
            outbox.send_due(at)
            at += timedelta(minutes=1)
        assert set(Outbound.objects.values_list("state", flat=True)) == {"waiting"}
        provider.answers = [(200, {}, {"ok": True})]
        provider.requests.clear()
        while at < now + timedelta(hours=4):
            outbox.send_due(at)
            at += timedelta(minutes=1)
        assert len(provider.requests) == 2, "« bien arrivé » and the answer"
    assert set(Outbound.objects.values_list("state", flat=True)) == {"sent"}


def test_a_provider_that_says_nothing_leaves_the_decision_to_a_human(arrive, answer, now, client_for, people):
    conversation = arrive("sms", "Bonjour")
    answer(conversation)
    with serving(Provider(Provider.CUT)) as provider:
        sms_account(url=provider.address)
        outbox.send_due(now)
        outbox.send_due(now + timedelta(hours=5))
        assert len(provider.requests) == 2
    page = client_for(people["supervisor"]).get("/pro/envois/").content.decode()
    assert page.count("Peut-être envoyé.") == 2 and "SMS" in page
