"""An answer that did not arrive comes back to who gave it: in the conversation, in the inbox, in what awaits them, on the wall."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from relais.accounts import reading
from relais.accounts.models import AccessRecord
from relais.channels import opt_outs
from relais.channels import services as channels
from relais.channels.email import letter, threads
from relais.channels.email.letter import House
from relais.channels.sms import reports
from relais.channels.tests.fakes import FICTION, Provider, mail_server, serving
from relais.coaching import services
from relais.coaching.models import Callback, ChannelAddress
from relais.foundation import outbox
from relais.foundation.models import Outbound
from tests.builders import sms_account

pytestmark = pytest.mark.django_db
LEA = "lea@exemple.invalid"
LOST = "n’est pas arrivée par e-mail"


@pytest.fixture
def server(settings):
    with mail_server(settings) as server:
        server.says = {"RCPT": "550 5.1.1 nobody here"}
        yield server


@pytest.fixture
def answered(write, people, now):
    """A conversation of somebody who wrote by e-mail, answered by a mediator; the letter waits to leave."""
    conversation = write().conversation
    conversation.channel = "email"
    conversation.save()
    ChannelAddress.objects.create(conversation=conversation, channel="email", address=LEA, digest="x", last_at=now)
    services.claim(conversation=conversation, user=people["mediator"], now=now)
    services.reply(conversation=conversation, user=people["mediator"], body="Bonjour à toi", key=uuid4(), now=now)
    return conversation


def see(client, conversation):
    """Press « C’est vu » below what the page shows now."""
    page = client.get(f"/pro/conversations/{conversation.pk}/").content.decode()
    shown = re.findall(r'name="letter" value="([^"]+)"', page)
    return client.post(f"/pro/conversations/{conversation.pk}/pas-arrivees", {"letter": shown})


def read(client, address):
    return " ".join(client.get(address).content.decode().split()).replace("\u00a0", " ").replace("\u202f", " ")


def test_who_answered_hears_of_it_everywhere_until_they_have_seen_it(answered, server, people, client_for, now):
    mediator, supervisor = client_for(people["mediator"]), client_for(people["supervisor"])
    desk = f"/pro/conversations/{answered.pk}/"
    places = {desk: LOST, "/pro/conversations/": "Réponse pas arrivée", "/pro/": "n’est peut-être pas arrivée"}
    assert not any(said in read(mediator, address) for address, said in places.items())
    outbox.send_due(now)
    for address, said in places.items():
        assert said in read(mediator, address), address
    assert "Réponses pas arrivées" in read(supervisor, "/pro/ligne/")
    page = read(mediator, desk)
    assert "n’a laissé aucun autre moyen" in page and LEA not in page
    see(mediator, answered)
    row = Outbound.objects.get(key__startswith="reply:")
    assert (row.state, row.payload) == ("left", {})
    assert not any(said in read(mediator, address) for address, said in places.items())
    assert AccessRecord.objects.filter(action="leave", user=people["mediator"], subject=str(answered.pk)).count() == 1
    assert "Rien n’est bloqué" in read(supervisor, "/pro/envois/") or "Tout est parti" in read(
        supervisor, "/pro/envois/"
    )


def test_what_was_not_shown_is_not_taken_for_seen(answered, server, people, client_for, now):
    outbox.send_due(now)
    mediator = client_for(people["mediator"])
    page = mediator.get(f"/pro/conversations/{answered.pk}/").content.decode()
    shown = re.findall(r'name="letter" value="([^"]+)"', page)
    services.reply(conversation=answered, user=people["mediator"], body="Et aussi", key=uuid4(), now=now)
    outbox.send_due(timezone.now())
    mediator.post(f"/pro/conversations/{answered.pk}/pas-arrivees", {"letter": [*shown, "rien"]})
    assert sorted(Outbound.objects.values_list("state", flat=True)) == ["failed", "left"]
    assert LOST in read(mediator, f"/pro/conversations/{answered.pk}/")


def test_who_answered_hears_of_it_before_somebody_else_puts_it_aside(answered, server, people, client_for, now):
    outbox.send_due(now)
    shown = {"letter": [Outbound.objects.get().pk]}
    other = client_for(people["mediator_2"])
    address = f"/pro/conversations/{answered.pk}/pas-arrivees"
    assert other.post(address, shown).status_code == 404, "not open: nothing of it was read"
    reading.open_file(
        user=people["mediator_2"], kind="conversation", subject=answered.pk, reason="review", now=timezone.now()
    )
    other.post(address, shown)
    assert Outbound.objects.get().state == "failed"
    reading.open_file(
        user=people["supervisor"], kind="conversation", subject=answered.pk, reason="review", now=timezone.now()
    )
    client_for(people["supervisor"]).post(address, shown)
    assert Outbound.objects.get().state == "left"


def test_the_other_ways_to_reach_them_are_named(answered, server, people, client_for, now):
    Callback.objects.create(conversation=answered, kind="phone", value="+33639980001", asked_at=now)
    ChannelAddress.objects.create(
        conversation=answered,
        channel="sms",
        address="+33639980002",
        digest="y",
        last_at=now - timedelta(days=1),
    )
    outbox.send_due(now)
    page = read(client_for(people["mediator"]), f"/pro/conversations/{answered.pk}/")
    assert "cette personne a aussi écrit par SMS, elle a demandé à être recontactée par téléphone" in page


def test_what_may_have_left_is_said_as_it_is(answered, people, client_for, now):
    Outbound.objects.filter(key__startswith="reply:").update(state="sending", claimed_at=now - timedelta(hours=1))
    outbox.send_due(now)
    page = read(client_for(people["mediator"]), f"/pro/conversations/{answered.pk}/")
    assert "On ne sait pas si votre réponse" in page and LOST not in page


def test_an_answer_sent_again_that_arrives_is_told_no_more(answered, server, people, client_for, now):
    outbox.send_due(now)
    server.says = {}
    client_for(people["supervisor"]).post(f"/pro/envois/{Outbound.objects.get(key__startswith='reply:').pk}/renvoyer")
    outbox.send_due(timezone.now() + timedelta(minutes=1))
    assert LOST not in read(client_for(people["mediator"]), f"/pro/conversations/{answered.pk}/")


def test_a_supervisor_leaves_what_needs_no_sending(answered, server, people, client_for, make_user, now):
    outbox.send_due(now)
    address = f"/pro/envois/{Outbound.objects.get(key__startswith='reply:').pk}/laisser"
    assert client_for(make_user("supervisor")).post(address).status_code == 404, "of another organisation"
    client_for(people["supervisor"]).post(address)
    assert Outbound.objects.get(key__startswith="reply:").state == "left"


def test_colleagues_elsewhere_and_who_holds_something_else_are_told_nothing(
    answered, server, people, client_for, make_user, now
):
    outbox.send_due(now)
    assert "n’est peut-être pas arrivée" not in read(client_for(make_user("mediator")), "/pro/")
    assert "n’est peut-être pas arrivée" not in read(client_for(people["mediator_2"]), "/pro/")
    assert client_for(make_user("mediator")).post(f"/pro/conversations/{answered.pk}/pas-arrivees").status_code == 404


def test_what_was_never_for_the_person_is_not_shown_as_an_answer(answered, server, people, client_for, now):
    """A letter to a partner about the same conversation has its own place."""
    Outbound.objects.all().delete()
    outbox.enqueue(
        "email",
        key="handover:1",
        payload={"to": "partenaire@exemple.invalid", "subject": "a", "text": "b"},
        now=now,
        owner=answered.line.organisation_id,
        about=answered.pk,
    )
    outbox.send_due(now)
    assert Outbound.objects.get().state == "failed"
    assert LOST not in read(client_for(people["mediator"]), f"/pro/conversations/{answered.pk}/")


# --- what comes back later


REPORT = """Return-Path: <>
From: MAILER-DAEMON@mx.exemple.invalid (Mail Delivery System)
To: bonjour@relais.exemple.invalid
Message-ID: <{number}@mx.exemple.invalid>
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b0undary"

--b0undary
Content-Type: text/plain; charset=us-ascii

<lea@exemple.invalid>: host mx said: 550 5.1.1 user unknown
--b0undary
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.exemple.invalid

Final-Recipient: rfc822; lea@exemple.invalid
Action: {action}
Status: {status}
--b0undary
Content-Type: {kind}

{headers}
--b0undary--
"""


@pytest.fixture
def left(answered, mailoutbox, now):
    """The headers of the answer that a mail server took."""
    outbox.send_due(now)
    return mailoutbox[-1].message()


def report(headers, *, action="failed", status="5.1.1", kind="text/rfc822-headers", number="1") -> str:
    return REPORT.format(headers=headers, action=action, status=status, kind=kind, number=number).replace("\n", "\r\n")


def came(text: str) -> None:
    house = House(("bonjour@relais.exemple.invalid",), threads.host(), "")
    received = letter.read_mime(text.encode(), house).fields()
    channels.receive(channel="email", at=timezone.now(), **received)


def headers_of(message, *names) -> str:
    return "\n".join(f"{name}: {message[name]}" for name in names)


@pytest.mark.parametrize("names", [("Message-ID", "References"), ("References",), ("Message-ID",)])
@pytest.mark.parametrize("kind", ["text/rfc822-headers", "message/rfc822"])
def test_a_letter_that_comes_back_is_told_like_one_that_did_not_leave(left, answered, people, client_for, names, kind):
    """Some providers change the Message-ID of what they send; some servers give the whole letter back."""
    came(report(headers_of(left, *names) + "\n\nBonjour", kind=kind))
    assert Outbound.objects.get(key__startswith="reply:").state == "returned"
    page = read(client_for(people["mediator"]), f"/pro/conversations/{answered.pk}/")
    assert LOST in page and "l’a rendue (5.1.1)" in page and LEA not in page
    supervisor = client_for(people["supervisor"])
    letters = read(supervisor, "/pro/envois/")
    assert "Revenu : pas remis" in letters and "Laisser</button>" in letters and "Renvoyer</button>" not in letters
    see(client_for(people["mediator"]), answered)
    assert Outbound.objects.get(key__startswith="reply:").state == "left"


@pytest.mark.parametrize("action", ["delayed", "delivered", "relayed"])
def test_a_delay_or_a_receipt_says_nothing(left, answered, action):
    came(report(headers_of(left, "Message-ID"), action=action, status="4.4.1"))
    assert Outbound.objects.get(key__startswith="reply:").state == "sent"


def test_the_letter_that_came_back_is_the_one_that_is_meant(left, answered, people, mailoutbox, now):
    """A later answer went to another address, and arrived."""
    ChannelAddress.objects.create(
        conversation=answered, channel="email", address="neuve@exemple.invalid", digest="z", last_at=timezone.now()
    )
    services.reply(conversation=answered, user=people["mediator"], body="Et aussi", key=uuid4(), now=timezone.now())
    outbox.send_due(timezone.now())
    assert mailoutbox[-1].to == ["neuve@exemple.invalid"]
    came(report(headers_of(left, "References"), number="sans-nom"))
    states = dict(Outbound.objects.values_list("key", "state"))
    assert set(states.values()) == {"sent"}, "nobody knows which: nothing is said of an answer that arrived"
    came(report(headers_of(left, "Message-ID", "References"), number="nom"))
    first, second = Outbound.objects.order_by("created_at")
    assert (first.state, second.state) == ("returned", "sent")


def test_nobody_makes_an_answer_come_back_who_does_not_hold_our_letter(left, answered):
    """The token of a conversation is known to all who were written to about it; the proof, to that address only."""
    token = left["Message-ID"].strip("<>").partition(".")[0]
    other = opt_outs.proof_of("partenaire@exemple.invalid")
    for number, forged in enumerate(
        (f"<{token}@{threads.host()}>", f"<{token}.{other}@{threads.host()}>", "<rien@ailleurs.invalid>")
    ):
        came(report(f"Message-ID: {forged}", number=f"f{number}"))
    assert Outbound.objects.get(key__startswith="reply:").state == "sent"


# --- an SMS that its operator gave up on


def test_an_sms_that_did_not_arrive_is_told_and_no_more_once_it_did(write, people, client_for, by_day):
    """The person was told of an answer by SMS; the gateway says later what became of it, then that it arrived after all."""
    now, conversation = timezone.now(), write().conversation
    conversation.channel = "sms"
    conversation.save()
    ChannelAddress.objects.create(conversation=conversation, channel="sms", address=FICTION, digest="x", last_at=now)
    mediator, desk = client_for(people["mediator"]), f"/pro/conversations/{conversation.pk}/"
    services.claim(conversation=conversation, user=people["mediator"], now=now)
    with serving(Provider((202, {}, {"id": "a7"}))) as gateway:
        account = sms_account(url=gateway.address)
        services.reply(conversation=conversation, user=people["mediator"], body="Oui", key=uuid4(), now=now)
        outbox.send_due(timezone.now())
    lost = "n’est pas arrivée par SMS"
    assert lost not in read(mediator, desk)
    reports.heed(account, "a7", reports.WORDS["failed"], now)
    page = read(mediator, desk)
    assert lost in page and "L’opérateur n’a pas remis le SMS" in page and FICTION not in page
    assert "Réponse pas arrivée" in read(mediator, "/pro/conversations/")
    reports.heed(account, "a7", reports.WORDS["delivered"], now)
    assert lost not in read(mediator, desk)
