"""SMS in and out: one safe segment, the truth about whether it left, and STOP."""

import hmac
import json
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest
from django.utils import timezone

from relais.channels.models import ChannelAccount, Inbound, OptOut
from relais.channels.sms import ovh
from relais.foundation import contacts, outbox, web
from relais.foundation.models import Outbound
from tests.builders import sms_account

from .conftest import SECRET
from .fakes import FICTION as NUMBER
from .fakes import Ovh, Provider

State = Outbound.State


@pytest.fixture
def leave(db, now):
    """leave(provider) → the outgoing row after one try."""

    def send(provider, dialect="json", path="", text="Tu as un nouveau message.", to=NUMBER):
        key = "ak:as:ck" if dialect == "ovh" else "relais:cle"
        sms_account(url=provider.address + path, dialect=dialect, key=key, sender="Relais")
        outbox.enqueue("sms", key="k", payload={"to": to, "text": text}, now=now, owner=None)
        outbox.send_due(now)
        return Outbound.objects.get()

    return send


def test_a_gateway_of_ones_own(leave, provider):
    fake = provider((202, {}, {}))
    assert leave(fake).state == State.SENT
    (request,) = fake.requests
    assert json.loads(request["body"]) == {"to": NUMBER, "from": "Relais", "text": "Tu as un nouveau message."}
    assert request["headers"]["authorization"] == "Bearer relais:cle"


def test_allmysms(leave, provider):
    fake = provider((201, {}, {"smsId": "de1", "nbSms": 1}))
    assert leave(fake, "allmysms", "/sms/send/").state == State.SENT
    (request,) = fake.requests
    assert request["path"] == "/sms/send/" and json.loads(request["body"])["to"] == NUMBER[1:]


def test_allmysms_answers_200_to_what_it_refuses(leave, provider):
    assert leave(provider((200, {}, {"code": 101})), "allmysms").state == State.FAILED


def test_ovhcloud_signed_by_its_own_clock(leave, provider):
    fake = provider(kind=Ovh)
    assert leave(fake, "ovh", "/1.0/sms/sms-xx1-1").state == State.SENT
    assert json.loads(fake.requests[-1]["body"])["receivers"] == [NUMBER]


def test_ovhcloud_refuses_a_number(leave, provider):
    fake = provider(kind=Ovh)
    fake.answer_to_jobs = (200, {}, {"ids": [], "validReceivers": [], "invalidReceivers": [NUMBER]})
    assert leave(fake, "ovh", "/1.0/sms/sms-xx1-1").state == State.FAILED


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        ((500, {}, {}), State.WAITING),
        ((503, {}, {}), State.WAITING),
        ((429, {"Retry-After": "600"}, {}), State.WAITING),
        ((400, {}, {}), State.FAILED),
        ((401, {}, {}), State.FAILED),
        ((301, {"Location": "https://autre.invalid/"}, {}), State.FAILED),
        ((502, {}, {}), State.AMBIGUOUS),
        ((504, {}, {}), State.AMBIGUOUS),
        (Provider.CUT, State.AMBIGUOUS),
        (Provider.HANG, State.AMBIGUOUS),
    ],
)
def test_what_is_known_of_each_fault(leave, provider, monkeypatch, answer, state):
    monkeypatch.setattr(web, "TIMEOUT", 0.3)
    fake = provider(answer)
    row = leave(fake)
    assert row.state == state and len(fake.requests) == 1
    assert "cle" not in row.error


def test_nobody_there_means_that_nothing_left(leave, provider):
    fake = provider()
    fake.address = "http://127.0.0.1:9"
    assert leave(fake).state == State.WAITING


@pytest.mark.parametrize(
    ("asked", "seconds"),
    [("600", 600), ("0.25", 0.25), ("", 0), ("jamais", 0), ("-5", 0), ("1e99", 0), ("999999", 4 * 3600)],
)
def test_how_long_a_provider_asks_to_wait(provider, asked, seconds):
    with pytest.raises(web.Busy) as busy:
        web.call("POST", provider((429, {"Retry-After": asked}, {})).address, who="X", headers={})
    assert busy.value.after == timedelta(seconds=seconds)


def test_a_provider_down_for_an_hour_loses_nothing_and_doubles_nothing(leave, provider, now):
    fake = provider(*[(503, {}, {})] * 4, (202, {}, {}))
    leave(fake)
    for minutes in range(1, 100):
        outbox.send_due(now + timedelta(minutes=minutes))
    assert Outbound.objects.get().state == State.SENT and len(fake.requests) == 5


@pytest.mark.parametrize(
    ("text", "to"),
    [
        ("Rendez-vous à la mission locale", NUMBER),
        ("a" * 161, NUMBER),
        ("Bonjour", "+447911123456"),
        ("Bonjour", "0140000000"),
        ("x", "?"),
    ],
)
def test_what_must_not_leave_does_not_reach_the_provider(leave, provider, text, to):
    fake = provider((202, {}, {}))
    assert leave(fake, text=text, to=to).state == State.FAILED
    assert not fake.requests


# ---- in


@pytest.fixture
def gateway(client, db):
    """gateway(id, from, text) → the answer to an SMS signed as the gateway signs; `ago` and `secret` spoil the signature."""
    sms_account()

    def post(number="1", sender=NUMBER, text="Bonjour", *, ago=0, secret=SECRET, body=None, **headers):
        body = body if body is not None else json.dumps({"id": number, "from": sender, "text": text}).encode()
        second = str(int(timezone.now().timestamp()) - ago)
        sign = hmac.new(secret.encode(), second.encode() + b"." + body, "sha256").hexdigest()
        headers = {"x-relais-signature": f"t={second},s={sign}"} | headers
        return client.post("/entree/sms", body, content_type="application/json", headers=headers)

    return post


def test_a_signed_sms_is_kept_once(gateway):
    assert gateway().json() == gateway().json() == {"kept": 1}
    row = Inbound.objects.get()
    assert (row.channel, row.sender, row.body) == ("sms", NUMBER, "Bonjour")


@pytest.mark.parametrize(
    "spoiled",
    [
        {"secret": "autre"},
        {"ago": 301},
        {"ago": -301},
        {"x-relais-signature": ""},
        {"x-relais-signature": "t=1,s=" + "0" * 64},
        {"x-relais-signature": "t=" + "9" * 12 + ",s=" + "a" * 64},
    ],
)
def test_a_forged_or_stale_signature_finds_no_door(gateway, spoiled):
    assert gateway(**spoiled).status_code == 404
    assert not Inbound.objects.exists()


def test_a_replayed_delivery_has_no_second_effect(gateway, client, taken):
    gateway(ago=200)
    assert len(taken(timezone.now())) == 1
    gateway(ago=200)
    assert len(taken(timezone.now())) == 1


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'{"id":1}',
        b'{"id":"","from":"x","text":"y"}',
        b'{"id":" ","from":"x","text":"y"}',
        b'{"id":[],"from":"x","text":"y"}',
        b"[" * 50_000,
    ],
)
def test_malformed_bodies_are_left_to_the_gateway(gateway, body):
    assert gateway(body=body).status_code == 400
    assert not Inbound.objects.exists()


def test_too_long_a_body(gateway):
    assert gateway(body=b"x" * 100_001).status_code == 413


def test_the_form_of_those_who_sign_nothing(client, db):
    sms_account()
    form = urlencode(
        {"direction": "incoming", "id": "sf84", "from": NUMBER, "to": "+46766860000", "message": "J’ai besoin d’aide"}
    )
    kind = "application/x-www-form-urlencoded"
    assert client.post(f"/entree/sms/{SECRET}", form, content_type=kind).json() == {"kept": 1}
    assert Inbound.objects.get().body == "J’ai besoin d’aide"
    assert client.post(f"/entree/sms/{SECRET}x", form, content_type=kind).status_code == 404
    assert client.post(f"/entree/sms/{SECRET}", "id=1", content_type=kind).status_code == 400
    assert client.get(f"/entree/sms/{SECRET}").status_code == 405


def test_a_door_without_its_secret_is_not_there(gateway, client):
    ChannelAccount.objects.all().delete()
    assert gateway(secret="").status_code == 404
    assert client.post("/entree/sms/" + SECRET).status_code == 404


@pytest.mark.parametrize("word", ["STOP", " stop ", "Arrêt", "« STOP ! »", "Stop SMS."])
def test_stop_stops_until_the_person_writes_again(gateway, leave, provider, word, taken):
    gateway("1", text=word)
    assert Inbound.objects.get().reason == "stop" and taken(timezone.now()) == []
    assert OptOut.objects.get().digest == contacts.digest("sms", NUMBER)[:40]
    fake = provider((202, {}, {}))
    assert leave(fake).state == State.STOPPED and not fake.requests
    gateway("2", text="J’ai besoin d’aide")
    gateway("1", text=word)
    assert not OptOut.objects.exists(), "a late second delivery of STOP does not stop again"


def test_stop_inside_a_sentence_is_a_sentence(gateway):
    gateway(text="Stop, je n’en peux plus")
    assert Inbound.objects.get().state == "new" and not OptOut.objects.exists()


@pytest.mark.parametrize(
    ("sender", "kept"),
    [
        ("687751234", "+687751234"),
        ("681821234", "+681821234"),
        ("33639980001", NUMBER),
        ("0639980001", NUMBER),
        ("639980001", NUMBER),
        ("262692123456", "+262692123456"),
        ("447911123456", "+447911123456"),
    ],
)
def test_a_provider_that_leaves_the_plus_out_gives_no_stranger_the_answer(gateway, sender, kept):
    gateway(sender=sender)
    assert Inbound.objects.get().sender == kept


def test_who_cannot_be_answered_is_kept_aside(gateway):
    gateway(sender="Publicité")
    row = Inbound.objects.get()
    assert (row.state, row.reason, row.body) == ("refused", "no-sender", "Bonjour")


def test_answers_are_fetched_from_ovhcloud_once(provider, db):
    fake = provider(kind=Ovh)
    fake.incoming = {
        7: {
            "id": 7,
            "sender": NUMBER,
            "message": "Oui",
            "creationDatetime": "2026-11-22T10:00:00+01:00",
            "credits": 0,
            "tag": "",
        },
        8: {
            "id": 8,
            "sender": NUMBER,
            "message": "STOP",
            "creationDatetime": "2026-11-22T10:01:00+01:00",
            "credits": 0,
            "tag": "",
        },
    }
    account = sms_account(url=fake.address + "/1.0/sms/sms-xx1-1", dialect="ovh", key="ak:as:ck")
    now = datetime(2026, 11, 22, 10, tzinfo=UTC)
    assert ovh.fetch(account, now) == 2 and ovh.fetch(account, now) == 0
    assert sorted(Inbound.objects.values_list("provider_id", "state")) == [("ovh:7", "new"), ("ovh:8", "ignored")]
    assert OptOut.objects.exists()
    assert {row.received_at for row in Inbound.objects.all()} == {
        datetime(2026, 11, 22, 9, minute, tzinfo=UTC) for minute in (0, 1)
    }


def test_an_answer_that_cannot_be_had_holds_back_no_other(provider, db):
    """404 for one of the list: the others are kept, it is shown to a human, and asked for again later."""
    fake = provider(kind=Ovh)
    whole = {"id": 8, "sender": NUMBER, "message": "Oui", "creationDatetime": "2026-11-22T10:00:00+01:00"}
    fake.incoming = {7: None, 8: whole, 9: {"id": 9, "message": "sans expéditeur"}}
    account = sms_account(url=fake.address + "/1.0/sms/sms-xx1-1", dialect="ovh", key="ak:as:ck")
    now = datetime(2026, 11, 22, 10, tzinfo=UTC)
    assert ovh.fetch(account, now) == 1 and ovh.fetch(account, now) == 0
    assert Inbound.objects.new().get().body == "Oui"
    assert set(Inbound.objects.set_aside().values_list("provider_id", "reason")) == {
        ("ovh:7", "not-given"),
        ("ovh:9", "not-given"),
    }
    fake.incoming[7] = whole | {"id": 7, "message": "Et moi"}
    assert ovh.fetch(account, now + timedelta(minutes=3)) == 1
    assert set(Inbound.objects.new().values_list("provider_id", flat=True)) == {"ovh:7", "ovh:8"}
