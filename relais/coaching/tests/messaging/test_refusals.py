"""Somebody wants nothing more: the team reads it where it answers, and notes what it is told, for its own letters."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from relais.accounts.models import AccessRecord
from relais.channels import opt_outs
from relais.channels import services as channels
from relais.channels.models import OptOut
from relais.coaching import services
from relais.coaching.messaging import intake
from relais.coaching.models import Callback, Conversation
from relais.coaching.rights import requests
from relais.foundation import outbox
from relais.foundation.models import Outbound

pytestmark = pytest.mark.django_db
LEA, NUMBER = "lea@exemple.invalid", "+33639980001"
SAID = "ne veut plus recevoir d’e-mails"


def came(number, text, channel="email", sender=LEA):
    channels.receive(
        channel=channel, provider_id=number, sender=sender, body=text, at=timezone.now(), verified=channel == "email"
    )
    channels.deliver(intake.take, now=timezone.now())


@pytest.fixture
def held(line, people):
    """A conversation by e-mail, held by a mediator."""
    came("1", "Bonjour")
    outbox.send_due(timezone.now())
    conversation = Conversation.objects.get()
    services.claim(conversation=conversation, user=people["mediator"], now=timezone.now())
    return conversation


def answer(conversation, user, now):
    services.reply(conversation=conversation, user=user, body="Bonjour à toi", key=uuid4(), now=now)
    outbox.send_due(timezone.now())
    return Outbound.objects.filter(key__startswith="reply:").latest("created_at")


def test_the_team_reads_it_before_it_answers_and_in_the_letters(held, people, client_for, now, mailoutbox):
    page = client_for(people["mediator"]).get(f"/pro/conversations/{held.pk}/")
    assert SAID not in page.content.decode()
    came("2", "STOP")
    page = client_for(people["mediator"]).get(f"/pro/conversations/{held.pk}/").content.decode()
    assert SAID in page and "Votre réponse attend sur le site" in page
    row = answer(held, people["mediator"], now)
    assert row.state == "stopped" and "Bonjour à toi" not in str(row.payload)
    supervisor = client_for(people["supervisor"])
    letters = supervisor.get("/pro/envois/").content.decode()
    assert "Non envoyé\u00a0: refus de recevoir" in letters and "Rien à décider" in letters and LEA not in letters
    assert "Renvoyer</button>" not in letters
    assert supervisor.get("/pro/envois/?etat=stopped").content.decode().count("<tr") == 2
    assert "Plus rien ne part vers cette personne" in supervisor.get("/pro/entrees/").content.decode()
    assert held.messages.filter(side="staff").count() == 1, "it is in the thread, on the site"


def test_who_writes_again_is_answered(held, people, now):
    came("2", "STOP")
    came("3", "J’ai besoin d’aide")
    assert answer(held, people["mediator"], now).state == "sent"


def test_a_stop_that_nothing_proves_is_shown_to_a_human_who_decides(held, people, client_for):
    channels.receive(channel="email", provider_id="2", sender=LEA, body="STOP", at=timezone.now(), verified=None)
    page = client_for(people["supervisor"]).get("/pro/entrees/").content.decode()
    assert (
        f"Rien ne prouve qui l’a écrit. Il est signé {LEA}" in page
        and "/pro/refus/" in page
        and not OptOut.objects.exists()
    )


@pytest.mark.parametrize(
    ("typed", "channel", "to"),
    [("Lea@Exemple.INVALID", "email", LEA), ("06.39.98.00.01", "sms", NUMBER), ("tel:+33639980001", "sms", NUMBER)],
)
def test_a_team_notes_what_it_is_told_for_its_own_letters(people, make_user, client_for, typed, channel, to):
    own = people["mediator"].memberships.get().organisation_id
    other = make_user("mediator").memberships.get().organisation_id
    client = client_for(people["mediator"])
    for _ in range(2):
        answer = client.post("/pro/refus/", {"contact": typed}, follow=True).content.decode()
        assert "C’est noté" in answer, "the same whether it was noted before or not"
    assert OptOut.objects.get().how == "staff"
    assert opt_outs.holds(channel, to, owner=own)
    assert not opt_outs.holds(channel, to, owner=other) and not opt_outs.holds(channel, to)
    assert AccessRecord.objects.filter(action="opt-out").exists()


def test_a_supervisor_takes_back_what_the_team_noted_for_a_wrong_address(people, make_user, client_for):
    client_for(people["mediator"]).post("/pro/refus/", {"contact": LEA})
    own = people["mediator"].memberships.get().organisation_id
    taken_back = {"contact": LEA, "withdraw": "1"}
    assert client_for(people["mediator"]).post("/pro/refus/", taken_back).status_code == 404
    assert "Retirer un refus" not in client_for(people["mediator"]).get("/pro/refus/").text
    elsewhere = client_for(make_user("supervisor")).post("/pro/refus/", taken_back, follow=True).text
    assert "aucun refus" in elsewhere and opt_outs.holds("email", LEA, owner=own), "not that of another team"
    client = client_for(people["supervisor"])
    assert "C’est retiré" in client.post("/pro/refus/", taken_back, follow=True).text
    assert not OptOut.objects.exists() and AccessRecord.objects.filter(action="opt-out-withdrawn").exists()
    opt_outs.add(channel="email", address=LEA, how="link", now=timezone.now())
    assert "aucun refus" in client.post("/pro/refus/", taken_back, follow=True).text, "and nothing of others is told"
    assert opt_outs.holds("email", LEA)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "Écrivez l’e-mail ou le numéro."),
        ("01 40 00 00 00", "Aucun SMS ne part vers ce numéro"),
        ("3018", "Ce numéro n’a pas la bonne forme"),
    ],
)
def test_what_is_refused_there(people, client_for, typed, said):
    answer = client_for(people["mediator"]).post("/pro/refus/", {"contact": typed})
    assert answer.status_code == 422 and said in answer.content.decode() and not OptOut.objects.exists()


def test_a_number_left_is_kept_in_one_form_and_shown_as_people_read_it(write, people, client_for, now):
    held = write().conversation
    for kind, typed in (("phone", "06.39.98.00.01"), ("sms", "+33 (0)6 39 98 00 01")):
        services.ask_callback(journey=held.journey, kind=kind, value=typed, now=now)
        assert Callback.objects.get().value == NUMBER
    services.claim(conversation=held, user=people["mediator"], now=now)
    page = client_for(people["mediator"]).get(f"/pro/conversations/{held.pk}/").content.decode()
    assert f'<a href="tel:{NUMBER}">06\u00a039\u00a098\u00a000\u00a001</a>' in page and page.count(NUMBER) == 1


def test_what_is_refused_at_the_address_that_was_left_is_given_to_who_asks(write, now):
    """Since they left it: whoever types the address of another does not learn what that one said before."""
    held = write().conversation
    before = now - timedelta(days=1)
    opt_outs.add(channel="email", address=LEA, how="link", now=before, owner=None)
    services.ask_callback(journey=held.journey, kind="email", value=LEA, now=now)
    title = "refus de recevoir nos messages"
    assert requests.export(journey=held.journey)[title] == []
    opt_outs.add(channel="email", address=LEA, how="link", now=now + timedelta(minutes=1))
    assert [one["how"] for one in requests.export(journey=held.journey)[title]] == ["link"]
    opt_outs.add(channel="sms", address=NUMBER, how="word", now=now + timedelta(minutes=1))
    services.ask_callback(journey=held.journey, kind="sms", value=NUMBER, now=now)
    assert [one["channel"] for one in requests.export(journey=held.journey)[title]] == ["sms"]
