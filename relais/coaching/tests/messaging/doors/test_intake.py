"""By every door into one conversation: once, with the promise of when it came, and nothing lost of what is written."""

import threading
from datetime import timedelta

import pytest
from django.db import connection

from relais.channels import services as channels
from relais.channels.models import Inbound
from relais.coaching.messaging import intake
from relais.coaching.models import ChannelAddress, Conversation, Message
from relais.foundation.models import EventRecord, Outbound
from relais.foundation.ratelimit import LIMITS

from .conftest import LEA, MOBILE

pytestmark = pytest.mark.django_db
FLOOD, TRIES = LIMITS["inbound"].count, LIMITS["resume-by-channel"].count


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
