"""Discord's side: signed, private, answered in time, and nothing kept twice."""

import json
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.utils import timezone

from relais.channels.discord import transport
from relais.channels.discord.interactions import MOST, RECEIVED
from relais.channels.models import Inbound
from relais.foundation import outbox
from relais.foundation.models import Outbound
from tests.builders import discord_account

from .fakes import Provider

pytestmark = pytest.mark.django_db
KEY = Ed25519PrivateKey.generate()
APPLICATION, LEA, MAX = "845027738276462632", "53908232506183680", "99908232506183680"


@pytest.fixture(autouse=True)
def application(db):
    return discord_account(public_key=KEY.public_key().public_bytes_raw().hex(), application_id=APPLICATION)


@pytest.fixture
def discord(client):
    """discord(interaction) → the answer to what Discord signed `ago` seconds ago with `key`."""

    def post(interaction, *, ago=0, key=KEY, body=None, timestamp=None, signature=None):
        body = body if body is not None else json.dumps(interaction).encode()
        timestamp = timestamp or str(int(timezone.now().timestamp()) - ago)
        signature = signature if signature is not None else key.sign(timestamp.encode() + body).hex()
        headers = {"x-signature-ed25519": signature, "x-signature-timestamp": timestamp}
        return client.post("/entree/discord", body, content_type="application/json", headers=headers)

    return post


def interaction(kind, data, number="786008729715212338", user=LEA, guild=True):
    who = {"user": {"id": user, "username": "lea"}}
    return {
        "type": kind,
        "id": number,
        "application_id": APPLICATION,
        "token": "jeton-de-quinze-minutes",
        "version": 1,
        "data": data,
        **({"member": who, "guild_id": "290926798626357999"} if guild else who),
    }


def form(text, **options):
    field = {"type": 4, "id": 2, "custom_id": "message", "value": text}
    return interaction(5, {"custom_id": "talk", "components": [{"type": 18, "id": 1, "component": field}]}, **options)


def test_ping_is_answered_with_pong(discord):
    answer = discord({"type": 1, "id": "1", "application_id": APPLICATION})
    assert answer.json() == {"type": 1} and answer["Content-Type"] == "application/json"


@pytest.mark.parametrize(
    "spoiled",
    [
        {"key": Ed25519PrivateKey.generate()},
        {"ago": 301},
        {"ago": -301},
        {"signature": ""},
        {"signature": "zz"},
        {"signature": "00" * 64},
        {"timestamp": "demain"},
        {"timestamp": "²"},
        {"timestamp": "9" * 400},
    ],
)
def test_a_wrong_or_stale_signature_is_refused_as_discord_checks(discord, spoiled):
    assert discord(form("Bonjour"), **spoiled).status_code == (400 if spoiled.get("timestamp") == "²" else 401)
    assert not Inbound.objects.exists()


def test_a_body_changed_after_signing_is_refused(discord):
    now = str(int(timezone.now().timestamp()))
    signature = KEY.sign(now.encode() + json.dumps(form("Bonjour")).encode()).hex()
    assert discord(form("Autre"), timestamp=now, signature=signature).status_code == 401


def test_the_command_opens_a_form_and_keeps_nothing(discord):
    answer = discord(interaction(2, {"type": 1, "name": "parler"})).json()
    assert answer["type"] == 9
    (label,) = answer["data"]["components"]
    assert len(answer["data"]["title"]) <= 45 and len(label["label"]) <= 45 and len(label["description"]) <= 100
    assert len(label["component"]["placeholder"]) <= 100 and "value" not in label["component"]
    assert not Inbound.objects.exists()


@pytest.mark.parametrize(("author", "value"), [(LEA, "je sais plus quoi faire"), (MAX, None)])
def test_a_message_menu_takes_up_ones_own_words_only(discord, author, value):
    messages = {
        "867793854505943041": {
            "id": "867793854505943041",
            "content": "je sais plus quoi faire",
            "author": {"id": author},
        }
    }
    data = {
        "type": 3,
        "name": "En parler en privé",
        "target_id": "867793854505943041",
        "resolved": {"messages": messages},
    }
    answer = discord(interaction(2, data)).json()
    assert answer["data"]["components"][0]["component"].get("value") == value


@pytest.mark.parametrize("guild", [True, False])
def test_the_form_is_kept_and_answered_to_the_person_alone(discord, guild):
    answer = discord(form("J’ai besoin de parler", guild=guild)).json()
    assert answer == {"type": 4, "data": {"content": RECEIVED, "flags": 64, "allowed_mentions": {"parse": []}}}
    assert len(RECEIVED) <= 2000
    row = Inbound.objects.get()
    assert (row.channel, row.sender, row.body, row.reply_token) == (
        "discord",
        LEA,
        "J’ai besoin de parler",
        "jeton-de-quinze-minutes",
    )
    assert timedelta(minutes=14) < row.reply_until - timezone.now() <= timedelta(minutes=15)


def test_the_older_shape_of_forms_is_read_too(discord):
    row = {"type": 1, "components": [{"type": 4, "custom_id": "message", "value": "Bonjour"}]}
    discord(interaction(5, {"custom_id": "talk", "components": [row]}))
    assert Inbound.objects.get().body == "Bonjour"


def test_a_replayed_interaction_gets_the_same_answer_and_has_no_second_effect(discord, taken):
    first = discord(form("Bonjour"))
    assert len(taken(timezone.now())) == 1
    assert discord(form("Bonjour")).json() == first.json()
    assert len(taken(timezone.now())) == 1 and Inbound.objects.count() == 1


def test_nothing_written_or_nothing_known(discord):
    assert "vide" in discord(form("  ")).json()["data"]["content"]
    assert "/parler" in discord(interaction(2, {"type": 1, "name": "ancienne"})).json()["data"]["content"]
    assert not Inbound.objects.exists()


@pytest.mark.parametrize("body", [b"{", b"null", b"[]", b'{"type":5}', b'{"type":"x"}', b"[" * 60_000])
def test_malformed_but_signed(discord, body):
    assert discord(None, body=body).status_code == 400


def test_another_application_is_not_ours(discord):
    assert discord(form("Bonjour") | {"application_id": "1"}).status_code == 400


def test_without_an_account_there_is_no_door(discord, application):
    application.delete()
    assert discord({"type": 1}).status_code == 404


# ---- out


@pytest.fixture
def leave(settings, now):
    def send(provider, text="Bonjour, je suis Nadia.", until=None):
        settings.DISCORD_API_URL = provider.address + "/api/v10"
        payload = {
            "to": LEA,
            "token": "jeton-de-quinze-minutes",
            "until": (until or now + timedelta(minutes=15)).isoformat(),
            "text": text,
        }
        outbox.enqueue("discord", key="k", payload=payload, now=now, owner=None)
        outbox.send_due(now)
        return Outbound.objects.get()

    return send


def test_an_answer_goes_to_the_person_alone(leave, provider):
    fake = provider((200, {}, {"id": "1"}))
    assert leave(fake, "@everyone bonjour").state == "sent"
    (request,) = fake.requests
    assert request["path"] == f"/api/v10/webhooks/{APPLICATION}/jeton-de-quinze-minutes?wait=true"
    assert json.loads(request["body"]) == {
        "content": "@everyone bonjour",
        "flags": 64,
        "allowed_mentions": {"parse": []},
    }
    assert Outbound.objects.get().payload == {}


@pytest.mark.parametrize(
    "answer",
    [
        (404, {}, {"code": 10015, "message": "Unknown Webhook"}),
        (401, {}, {"code": 50027, "message": "Invalid Webhook Token"}),
    ],
)
def test_after_the_quarter_of_an_hour_no_message_follows_the_person(leave, provider, answer):
    row = leave(provider(answer))
    assert (row.state, row.error) == ("failed", transport.TOO_LATE)


def test_too_late_is_known_without_asking(leave, provider, now):
    fake = provider((200, {}, {}))
    assert leave(fake, until=now - timedelta(seconds=1)).error == transport.TOO_LATE
    assert not fake.requests


def test_discord_busy_or_silent(leave, provider):
    row = leave(provider((429, {"Retry-After": "0.65"}, {"retry_after": 0.65, "global": False})))
    assert row.state == "waiting"
    assert "jeton" not in row.error


def test_a_long_answer_says_where_its_end_is():
    text = transport.fitting("é" * (MOST + 1), "https://relais.exemple.invalid/parler")
    assert len(text) <= transport.LONGEST and text.endswith("https://relais.exemple.invalid/parler")
    assert transport.fitting("court", "x") == "court"


@pytest.fixture
def tell(settings, now, application):
    """The commands of the account told to a provider: its row of the outbox."""

    def send(provider):
        settings.DISCORD_API_URL = provider.address
        payload = {"account": str(application.pk), "do": "try"}
        outbox.enqueue("discord", key="account-test:1", payload=payload, now=now, owner=None)
        outbox.send_due(now)
        return Outbound.objects.get()

    return send


def test_commands_are_told_to_discord(provider, tell):
    fake = provider((200, {}, [{"name": "parler"}, {"name": "En parler en privé"}]))
    assert tell(fake).state == "sent"
    (request,) = fake.requests
    assert (request["method"], request["path"]) == ("PUT", f"/applications/{APPLICATION}/commands")
    assert request["headers"]["authorization"] == "Bot jeton-du-robot"
    assert [(command["type"], command["name"]) for command in json.loads(request["body"])] == [
        (1, "parler"),
        (3, "En parler en privé"),
    ]


@pytest.mark.parametrize(
    ("answer", "state"), [((401, {}, {"message": "401: Unauthorized"}), "failed"), (Provider.CUT, "waiting")]
)
def test_commands_say_what_discord_said(provider, tell, answer, state):
    row = tell(provider(answer))
    assert row.state == state and row.error and "jeton" not in row.error
