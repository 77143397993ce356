"""By every door into one conversation, and back by the door last used: once, in words that fit the door."""

import re
import threading
from datetime import datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.utils import timezone

from relais.channels import services as channels
from relais.channels.models import Inbound
from relais.channels.sms.segment import septets
from relais.channels.tests.fakes import Provider, serving
from relais.coaching import services
from relais.coaching.messaging import intake
from relais.coaching.models import Callback, ChannelAddress, Conversation, Line, Message
from relais.coaching.rights import requests
from relais.coaching.thread import links, outbound
from relais.foundation import outbox
from relais.foundation.models import EventRecord, Outbound
from relais.foundation.ratelimit import LIMITS
from relais.foundation.refusals import LinkOver
from relais.journeys import services as journeys
from relais.stories.questions.moderation import make_private
from relais.stories.questions.questions import ask
from relais.stories.tests.making import published
from tests.builders import sms_account

pytestmark = pytest.mark.django_db
FLOOD, TRIES = LIMITS["inbound"].count, LIMITS["resume-by-channel"].count
NOON = datetime(2026, 11, 20, 12, tzinfo=ZoneInfo("Europe/Paris"))
LEA, MOBILE, MEMBER = "lea@exemple.invalid", "+33639980001", "80351110224678912"


@pytest.fixture
def now():
    return NOON


@pytest.fixture(autouse=True)
def site(settings, line):
    settings.SITE_URL = "https://relais.exemple.invalid"


@pytest.fixture
def arrive(now):
    """arrive("email", "Bonjour", …) → the conversation it went to, after one turn of the loop."""
    count = iter(range(1000))

    def go(channel, body, *, sender=None, at=None, when=None, **more):
        sender = sender or {"email": LEA, "sms": MOBILE, "discord": MEMBER}[channel]
        if channel == "discord":
            more |= {"reply_token": "jeton", "reply_until": (at or now) + timedelta(minutes=15)}
        channels.receive(channel=channel, provider_id=f"n{next(count)}", sender=sender, body=body, at=at or now, **more)
        channels.deliver(intake.take, now=when or at or now)
        return Conversation.objects.select_related("journey", "line").order_by("-updated_at").first()

    return go


@pytest.fixture
def answer(people, now):
    """answer(conversation, "Bonjour", at) → the outgoing rows that the answer made, by channel."""

    def go(conversation, body="Bonjour, raconte-moi.", at=None):
        before = set(Outbound.objects.values_list("pk", flat=True))
        services.claim(conversation=conversation, user=people["mediator"], now=at or now)
        services.reply(conversation=conversation, user=people["mediator"], body=body, key=uuid4(), now=at or now)
        return list(Outbound.objects.exclude(pk__in=before).order_by("created_at"))

    return go


def link_in(text: str) -> str:
    return re.search(r"/parler/l/(\w+)", text)[1]


def test_an_email_opens_a_conversation_once_and_is_told_until_when(arrive, now):
    conversation = arrive("email", "Je cherche un stage", subject="Stage")
    assert (conversation.channel, conversation.state) == ("email", "waiting")
    assert conversation.due_at == now + timedelta(minutes=30)
    message = conversation.messages.get()
    assert (message.body, message.channel, message.side) == ("Stage\n\nJe cherche un stage", "email", "young")
    told = Outbound.objects.get()
    assert told.payload["to"] == LEA and told.payload["automatic"] and "12\xa0h\xa030" in told.payload["text"]
    assert "stage" not in told.payload["text"].lower(), "nothing of what they wrote is echoed"
    opened = EventRecord.objects.get(name="conversation.opened")
    assert opened.data == {"open_line": True, "line": conversation.line_id, "door": "email"}
    assert Inbound.objects.get().sender == "" and LEA not in str(
        list(ChannelAddress.objects.values("channel", "digest"))
    )


def test_a_person_has_one_conversation_whatever_they_write_next(arrive, answer):
    first = arrive("email", "Bonjour")
    answer(first)
    assert arrive("email", "Merci", subject="Re: autre chose").pk == first.pk
    assert [one.body for one in first.messages.all()] == [
        "Bonjour",
        "Bonjour, raconte-moi.",
        "Re: autre chose\n\nMerci",
    ]
    assert Conversation.objects.get().state == "waiting"


def test_the_wait_is_counted_from_when_they_wrote_not_from_when_it_came_in(arrive, now):
    conversation = arrive("sms", "Bonjour", at=now - timedelta(minutes=20), when=now)
    assert conversation.due_at == now + timedelta(minutes=10)
    assert EventRecord.objects.get(name="wait.started").at == now


def test_a_clock_ahead_of_ours_gives_nobody_a_later_promise(arrive, now):
    conversation = arrive("sms", "Bonjour", at=now + timedelta(hours=2), when=now)
    assert conversation is None, "not due yet: channels keeps it"
    channels.deliver(intake.take, now=now + timedelta(hours=2))
    assert Conversation.objects.get().waiting_since <= now + timedelta(hours=2)


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


@pytest.mark.parametrize("thread", ["", "a" * 64, "0" * 32 + "f" * 32, "pas-un-numero-de-fil"])
def test_a_thread_that_we_did_not_write_opens_nothing_of_others(arrive, answer, thread):
    conversation = arrive("email", "Bonjour")
    forged = conversation.pk.hex + "0" * 32 if thread == "" else thread
    arrive("email", "Coucou", sender="autre@exemple.invalid", thread=forged)
    assert Conversation.objects.count() == 2


def test_a_false_sender_is_heard_with_a_doubt_and_nothing_automatic_leaves(arrive):
    conversation = arrive("email", "Bonjour", verified=False)
    assert [(one.body, one.doubt) for one in conversation.messages.all()] == [("Bonjour", "failed")]
    assert not Outbound.objects.exists()


def test_automatic_replies_enter_no_conversation_and_get_no_answer(arrive):
    for number in range(30):
        arrive("email", f"Je suis absent {number}", reason="automatic")
    assert not Conversation.objects.exists() and not Outbound.objects.exists()


def test_two_programs_that_answer_each_other_stop_at_once(arrive, answer):
    """Ours says « bien arrivé »; theirs answers it with a mark; nothing more leaves."""
    arrive("email", "Bonjour")
    for _ in range(5):
        arrive("email", "Merci de votre message", reason="automatic")
    assert Outbound.objects.count() == 1


def test_a_flood_is_kept_whole_and_told_once(arrive, now):
    for number in range(FLOOD + 10):
        arrive("sms", f"message {number}", at=now + timedelta(seconds=number))
    assert Message.objects.filter(side="young").count() == FLOOD + 10
    told = [row.payload["text"] for row in Outbound.objects.all()]
    assert len(told) == 2 and sum("beaucoup de messages" in text for text in told) == 1


def test_what_was_cut_and_what_was_attached_is_said(arrive):
    program = [{"name": "jeu.exe", "type": "application/x-msdownload", "size": 3, "program": True}]
    conversation = arrive("email", "a" * 20_000, attachments=program)
    assert "jeu.exe" in conversation.messages.get().body
    text = Outbound.objects.get().payload["text"]
    assert "son début" in text and "un programme" in text
    Conversation.objects.all().delete()
    conversation = arrive(
        "email",
        "",
        attachments=[{"name": "cv.pdf", "type": "application/pdf", "size": 1, "program": False}],
        sender="z@exemple.invalid",
    )
    assert conversation.messages.get().body == "[Fichiers joints refusés, ni ouverts ni gardés : cv.pdf]"


def test_every_automatic_sentence_fits_one_sms(arrive, now):
    arrive("sms", "a" * 20_000)
    text = Outbound.objects.get().payload["text"]
    assert septets(text) <= 160 and text.startswith("Relais : ")


def test_a_wrong_code_is_a_message_like_another_and_guessing_is_counted(arrive, write):
    write("Depuis le site")
    for number in range(TRIES + 3):
        arrive("email", f"code ACDE FGHJ KMN{'ACDEFGHJKMNPQ'[number]}", verified=True)
    assert Conversation.objects.count() == 2
    texts = " ".join(" ".join(row.payload["text"].split()) for row in Outbound.objects.order_by("created_at"))
    assert (texts.count(intake.WRONG_CODE), texts.count(intake.TOO_MANY)) == (TRIES, 3)


@pytest.mark.parametrize(
    "body", ["mon code postal 45200", "le code de la route", "code", "code: ACDE", "Code ACDEFGHJKMNPQRST"]
)
def test_other_codes_of_life_are_just_words(arrive, body):
    conversation = arrive("email", body)
    assert conversation.messages.get().body == body
    assert " ".join(intake.WRONG_CODE.split()) not in " ".join(Outbound.objects.get().payload["text"].split())


def test_without_a_line_the_message_waits_for_one(arrive, line):
    line.delete()
    assert arrive("email", "Bonjour") is None
    assert Inbound.objects.get().state == "new" and Inbound.objects.get().attempts == 1


def test_what_fails_halfway_leaves_nothing_half_done(arrive, now, monkeypatch):
    monkeypatch.setattr(intake, "_say", lambda *_: 1 / 0)
    assert arrive("email", "Bonjour") is None
    assert not Message.objects.exists() and not Outbound.objects.exists() and not ChannelAddress.objects.exists()
    monkeypatch.undo()
    channels.deliver(intake.take, now=now + timedelta(minutes=3))
    assert Message.objects.get().body == "Bonjour"


@pytest.fixture
def question(people, now):
    """A question under a story, and the secret of who asked it."""
    story = published(people, now)
    return ask(story=story, key=uuid4(), pseudonym="Lynx 4", body="Et si ?", touch="K7QM3", now=now)


def test_a_question_made_private_goes_on_behind_its_secret_address(question, people, now, client):
    asked, secret = question
    assert client.get(f"/parler/question/{secret}").status_code == 404, "not while it waits to be read"
    make_private(question=asked, user=people["mediator"], now=now)
    conversation = Conversation.objects.select_related("journey").get()
    assert (conversation.channel, conversation.journey.pseudonym, conversation.journey.touch) == (
        "question",
        "Lynx 4",
        "K7QM3",
    )
    assert conversation.due_at == now + timedelta(minutes=30)
    assert client.get(f"/parler/question/{secret}").status_code == 200
    client.post(f"/parler/question/{secret}")
    assert "Et si\xa0?" in client.get("/parler").content.decode()
    assert client.get("/parler/question/autre").status_code == 404


@pytest.mark.parametrize("keeps", ["the question", "the other"])
def test_a_question_whose_conversation_was_joined_leads_to_the_one_that_stays_and_is_erased_with_it(
    keeps, question, people, write, join, now, client
):
    asked, secret = question
    make_private(question=asked, user=people["mediator"], now=now)
    pair = [Conversation.objects.get(), write(key=uuid4()).conversation]
    kept = join(*(pair if keeps == "the question" else reversed(pair)))
    assert client.post(f"/parler/question/{secret}").status_code == 302
    assert Conversation.objects.get().pk == kept.pk, "no second one is opened with the same words"
    assert "Et si\xa0?" in client.get("/parler").content.decode()
    requests.erase(journey=kept.journey, now=now)
    asked.refresh_from_db()
    assert (asked.body, asked.pseudonym) == ("", "") and not Message.objects.exists()


def test_a_question_made_private_before_there_is_a_line_waits_for_one(question, people, line, now, client):
    asked, secret = question
    organisation = line.organisation
    line.delete()
    make_private(question=asked, user=people["mediator"], now=now)
    assert client.get(f"/parler/question/{secret}").status_code == 404
    Line.objects.create(slug="neuve", name="Neuve", organisation=organisation)
    assert client.get(f"/parler/question/{secret}").status_code == 200 and not Conversation.objects.exists(), (
        "a program that opens links opens no conversation"
    )
    assert [client.post(f"/parler/question/{secret}").status_code for _ in range(2)] == [
        302,
        302,
    ] and Conversation.objects.count() == 1


def test_a_private_link_shows_a_button_and_lets_in_who_presses_it(client, write, now, settings):
    conversation = write("Mon secret").conversation
    address = links.make(conversation, now=timezone.now()).removeprefix(settings.SITE_URL)
    page = client.get(address)
    assert (
        page.status_code == 200
        and "Mon secret" not in page.content.decode()
        and settings.JOURNEY_COOKIE_NAME not in page.cookies
    )
    assert client.post(address).status_code == 302
    assert "Mon secret" in client.get("/parler").content.decode()
    assert client.get(address).status_code == 302, "already in"


def test_a_link_of_another_conversation_warns_before_it_takes_its_place(client, write, settings):
    mine = write("À moi")
    client.cookies[settings.JOURNEY_COOKIE_NAME] = mine.cookie
    address = links.make(write("Autre").conversation, now=timezone.now()).removeprefix(settings.SITE_URL)
    code = journeys.resume_code(mine.conversation.journey_id)
    assert f"{code[:4]}-{code[4:8]}-{code[8:]}" in client.get(address).content.decode()


def test_a_link_ends_after_a_week_and_wrong_ones_are_counted(client, write, now):
    conversation = write().conversation
    secret = links.make(conversation, now=now).rpartition("/")[2]
    assert links.opened_by(secret.lower(), now=now) == conversation
    with pytest.raises(LinkOver):
        links.opened_by(secret, now=now + links.LIFE)
    statuses = [client.get(f"/parler/l/ACDEFGHJKM{one}").status_code for one in range(10, 45)]
    assert statuses[0] == 404 and statuses[-1] == 429


@pytest.mark.django_db(transaction=True)
def test_ten_messages_of_one_stranger_in_many_hands_make_one_conversation(line, now):
    for number in range(10):
        channels.receive(channel="sms", provider_id=str(number), sender=MOBILE, body=f"m{number}", at=now)

    def hands():
        channels.deliver(intake.take, now=now)
        connection.close()

    threads = [threading.Thread(target=hands) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    conversation = Conversation.objects.get()
    assert sorted(one.body for one in conversation.messages.all()) == [f"m{number}" for number in range(10)]
    assert [one.seq for one in conversation.messages.all()] == list(range(1, 11))
    assert not Inbound.objects.filter(attempts__gt=0).exists()


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
