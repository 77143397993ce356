"""Two organisations, each with its own application of Discord and its own mailbox: what is written to one is of that one, and answered by it."""

import json
from contextlib import ExitStack
from email.message import EmailMessage
from itertools import count
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.core import mail
from django.test import Client
from django.utils import timezone

from relais.channels import opt_outs, tasks
from relais.channels import services as channels
from relais.channels.models import AccountReading, ChannelAccount, Inbound
from relais.channels.tests.fakes import Mailbox, Provider, imap, serving
from relais.coaching import services
from relais.coaching.line import rerouting
from relais.coaching.messaging import intake
from relais.coaching.models import ChannelAddress, Conversation, Line
from relais.coaching.thread import outbound
from relais.foundation import outbox
from relais.foundation.models import Outbound
from tests.builders import discord_account, mailbox_account

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("by_day")]
LEA = "53908232506183680"
_numbers = count(1)


class Place:
    """An organisation with its line, its people, its application of Discord and its mailbox."""

    def __init__(self, user, line, box):
        self.user, self.line, self.box = user, line, box
        self.organisation = line.organisation_id
        self.key, self.application = Ed25519PrivateKey.generate(), f"7700{line.pk}"
        self.address = f"/entree/discord/compte/{self.organisation}"
        self.mail = f"bonjour-{line.slug}@exemple.invalid"
        public = self.key.public_key().public_bytes_raw().hex()
        discord_account(public_key=public, application_id=self.application, owner=self.organisation)
        mailbox_account(box, owner=self.organisation, address=self.mail)

    def chat(self, body, *, number=None, **changed):
        """What somebody types in a form of this application; the status of the answer. `changed`: address, key, application."""
        told = {"address": self.address, "key": self.key, "application": self.application} | changed
        field = {"type": 4, "custom_id": "message", "value": body}
        form = {
            "type": 5,
            "id": number or str(next(_numbers)),
            "application_id": told["application"],
            "token": f"jeton-{self.application}",
            "user": {"id": LEA},
            "data": {"custom_id": "talk", "components": [{"type": 18, "component": field}]},
        }
        content, at = json.dumps(form).encode(), str(int(timezone.now().timestamp()))
        signed = told["key"].sign(at.encode() + content).hex()
        headers = {"x-signature-ed25519": signed, "x-signature-timestamp": at}
        answer = Client().post(told["address"], content, content_type="application/json", headers=headers)
        channels.deliver(intake.take, now=timezone.now())
        return answer.status_code

    def post(self, body, number="1", sender="lea@exemple.invalid", **headers):
        """A letter in the mailbox, that the next turn finds."""
        letter = EmailMessage()
        letter["From"], letter["To"], letter["Message-ID"] = sender, self.mail, f"<{number}@exemple.invalid>"
        for name, value in headers.items():
            letter[name.replace("_", "-")] = value
        letter.set_content(body)
        self.box.letters[max(self.box.letters, default=10) + 1] = letter.as_bytes()

    def answer(self, body="Bonjour à toi"):
        conversation = of(self)
        services.claim(conversation=conversation, user=self.user, now=timezone.now())
        services.reply(conversation=conversation, user=self.user, body=body, key=uuid4(), now=timezone.now())
        outbox.send_due(timezone.now())
        return Outbound.objects.filter(key__startswith="reply:").latest("created_at")


@pytest.fixture
def places(line, people, make_user):
    """Two of them: the first has the line that gets the rest."""
    there = make_user("mediator")
    other = Line.objects.create(slug="b", name="B", organisation=there.memberships.get().organisation)
    with ExitStack() as stack:
        one, two = (stack.enter_context(imap(Mailbox(()))) for _ in range(2))
        yield Place(people["mediator"], line, one), Place(there, other, two)


@pytest.fixture
def discord(settings):
    with serving(Provider((200, {}, {"id": "1"}))) as fake:
        settings.DISCORD_API_URL = fake.address
        yield fake


def pass_on(a, b) -> Conversation:
    """The conversation of A goes on with B."""
    conversation, now = of(a), timezone.now()
    services.claim(conversation=conversation, user=a.user, now=now)
    return rerouting.pass_on(conversation=conversation, line=b.line, user=a.user, reason="x", now=now)


def read() -> None:
    tasks.fetch_letters(timezone.now())
    tasks.read_letters(timezone.now())
    channels.deliver(intake.take, now=timezone.now())


def of(place) -> Conversation:
    return Conversation.objects.select_related("line", "journey").get(line=place.line)


def bodies(place) -> list[str]:
    return [one.body for one in of(place).messages.filter(side="young")]


# --- Discord


def test_who_writes_by_the_application_of_one_is_a_stranger_to_the_other(places):
    a, b = places
    for place, words in ((a, "à A"), (b, "à B"), (a, "encore A"), (b, "encore B")):
        assert place.chat(words) == 200
    assert bodies(a) == ["à A", "encore A"] and bodies(b) == ["à B", "encore B"]
    assert of(a).journey_id != of(b).journey_id
    assert set(Inbound.objects.values_list("owner", "account_of")) == {(one.organisation,) * 2 for one in places}


def test_two_applications_that_count_alike_take_no_message_from_each_other(places):
    a, b = places
    for place in places:
        assert place.chat("Bonjour", number="1") == place.chat("Bonjour", number="1") == 200
    assert bodies(a) == bodies(b) == ["Bonjour"]


def test_the_key_of_one_opens_no_address_of_the_other(places):
    a, b = places
    assert b.chat("Bonjour", address=a.address) == 401
    assert b.chat("Bonjour", address=a.address, application=a.application) == 401
    assert a.chat("Bonjour", application=b.application) == 400, "another application, however signed"
    assert a.chat("Bonjour", address="/entree/discord") == 404, "that of the installation, which has no account"
    assert a.chat("Bonjour", address=f"/entree/discord/compte/{uuid4()}") == 404
    assert not Inbound.objects.exists()


def test_an_account_that_waits_or_has_ended_opens_nothing(places, discord):
    a, _ = places
    assert a.chat("Bonjour") == 200
    ChannelAccount.objects.filter(channel="discord", owner=a.organisation).update(confirmed_at=None)
    assert a.chat("Encore") == 404
    discord.requests.clear()
    row = a.answer()
    assert row.state == "failed" and "n’est plus relié" in row.error and not discord.requests
    assert bodies(a) == ["Bonjour"]


def test_each_answer_leaves_by_the_application_that_was_written_to(places, discord):
    for place in places:
        place.chat("Bonjour")
        outbox.send_due(timezone.now())
        discord.requests.clear()
        assert place.answer().state == "sent"
        (request,) = discord.requests
        assert request["path"].startswith(f"/webhooks/{place.application}/jeton-{place.application}")


# --- mailboxes


def test_what_a_mailbox_gives_goes_to_its_organisation_and_nobody_else(places):
    a, b = places
    a.post("à A", "1")
    b.post("à B", "1")
    read()
    assert bodies(a) == ["à A"] and bodies(b) == ["à B"], "one number of a letter in two mailboxes is two letters"
    b.post("encore B", "2")
    read()
    assert bodies(a) == ["à A"] and bodies(b) == ["à B", "encore B"]
    assert set(Inbound.objects.values_list("owner", "account_of")) == {(one.organisation,) * 2 for one in places}


def test_the_same_letter_to_both_is_read_by_both(places):
    for place in places:
        place.box.letters[11] = b"From: lea@exemple.invalid\r\nMessage-ID: <1@exemple.invalid>\r\n\r\nBonjour\r\n"
    read()
    assert [bodies(place) for place in places] == [["Bonjour"]] * 2


def test_an_answer_by_letter_comes_back_to_the_mailbox_of_who_wrote_it(places):
    a, b = places
    for place in places:
        place.post("Bonjour")
        read()
        mail.outbox.clear()
        assert place.answer().state == "sent"
        (letter,) = mail.outbox[-1:]
        assert letter.reply_to == [place.mail]
        place.post("Merci", "2", References=letter.extra_headers["References"])
        read()
    assert bodies(a) == bodies(b) == ["Bonjour", "Merci"]


def test_a_letter_to_one_that_answers_a_letter_of_the_other_is_of_whom_it_was_written_to(places):
    a, b = places
    b.post("à B")
    read()
    mail.outbox.clear()
    b.answer()
    a.post("à A seulement", "9", References=mail.outbox[-1].extra_headers["References"])
    read()
    assert bodies(a) == ["à A seulement"] and bodies(b) == ["à B"]
    assert Inbound.objects.get(account_of=a.organisation).owner == a.organisation


def test_a_letter_to_who_had_the_conversation_before_follows_it(places):
    a, b = places
    a.post("à A")
    read()
    mail.outbox.clear()
    a.answer()
    answers = {"References": mail.outbox[-1].extra_headers["References"]}
    pass_on(a, b)
    a.post("Encore", "9", sender="mere@exemple.invalid", **answers)
    read()
    assert bodies(b) == ["à A", "Encore"] and not Conversation.objects.filter(line=a.line).exists()


def test_who_is_proven_is_said_by_the_server_of_that_mailbox(places, settings):
    a, b = places
    settings.EMAIL_CHECKED_BY = "mx.installation.invalid"
    mailbox_account(a.box, owner=a.organisation, address=a.mail, checked_by="mx.a.invalid")
    mailbox_account(b.box, owner=b.organisation, address=b.mail, checked_by="")
    said = "; dmarc=pass header.from=exemple.invalid"
    for place in places:
        for number, server in enumerate(("mx.a.invalid", "mx.installation.invalid")):
            place.post(f"Par {server}", str(number), Authentication_Results=server + said)
    tasks.fetch_letters(timezone.now())
    tasks.read_letters(timezone.now())
    proven = {(row.owner, row.body): row.verified for row in Inbound.objects.all()}
    assert [key for key, verified in proven.items() if verified] == [(a.organisation, "Par mx.a.invalid")]


def test_an_own_letter_in_a_mailbox_is_not_answered(places):
    a, _ = places
    a.post("Je suis absente", sender=a.mail)
    read()
    assert Inbound.objects.get().reason == "own" and not Conversation.objects.exists()


@pytest.mark.parametrize("wrong", [{"password": "autre"}, {"port": 9}, {"folder": "Été"}])
def test_a_mailbox_that_fails_holds_back_no_other_and_is_told(places, wrong, caplog):
    a, b = places
    account = ChannelAccount.objects.get(channel="email", owner=a.organisation)
    account.values |= wrong
    account.save()
    b.post("à B")
    read()
    assert bodies(b) == ["à B"]
    row = AccountReading.objects.get(owner=a.organisation)
    assert row.error and row.read_at is None and AccountReading.objects.get(owner=b.organisation).error == ""
    assert "phrase" not in caplog.text + row.error and "autre" not in caplog.text + row.error


def test_a_mailbox_that_was_ended_is_read_no_more(places):
    a, b = places
    ChannelAccount.objects.filter(owner=a.organisation).delete()
    a.post("à A")
    b.post("à B")
    read()
    assert bodies(b) == ["à B"] and not a.box.seen and not Conversation.objects.filter(line=a.line).exists()
    assert ChannelAddress.objects.get().account_of == b.organisation


def test_a_mailbox_inside_the_network_is_not_reached(places, settings):
    settings.INNER_ADDRESSES = []
    a, _ = places
    a.post("à A")
    read()
    assert not a.box.seen and "INNER_ADDRESSES" in AccountReading.objects.get(owner=a.organisation).error


# --- STOP, once a conversation was passed on


def test_stop_to_the_application_of_one_stops_who_answers_by_it(places, discord):
    a, b = places
    a.chat("Bonjour")
    conversation = pass_on(a, b)
    assert a.chat("STOP") == 200
    outbox.send_due(timezone.now())
    discord.requests.clear()
    assert b.answer().state == "stopped" and not discord.requests
    assert outbound.refused(conversation), "the team sees it before it writes"
    a.chat("Bonjour")
    outbox.send_due(timezone.now())
    assert b.answer().state == "sent", "taken back where it was said"


def test_stop_said_before_it_was_passed_on_stops_who_answers_by_that_application(places, discord):
    a, b = places
    a.chat("Bonjour")
    a.chat("STOP")
    conversation = pass_on(a, b)
    outbox.send_due(timezone.now())
    discord.requests.clear()
    assert outbound.refused(conversation) and not opt_outs.holds("discord", LEA, owner=b.organisation)
    assert b.answer().state == "stopped" and not discord.requests


@pytest.mark.parametrize("passed_on_first", [True, False])
def test_stop_to_the_mailbox_of_one_stops_the_letters_of_who_answers(places, passed_on_first):
    a, b = places
    a.post("Bonjour")
    read()
    mail.outbox.clear()
    a.answer()
    stop = {"number": "2", "References": mail.outbox[-1].extra_headers["References"]}
    if passed_on_first:
        pass_on(a, b)
    a.post("STOP", **stop)
    read()
    conversation = of(b) if passed_on_first else pass_on(a, b)
    outbox.send_due(timezone.now())
    mail.outbox.clear()
    assert b.answer().state == "stopped" and not mail.outbox and outbound.refused(conversation)
