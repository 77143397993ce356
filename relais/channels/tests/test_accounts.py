"""Accounts at providers: what the environment named is kept, an address that was typed reaches nothing inside, keys turn unnoticed."""

from uuid import uuid4

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from relais.channels import accounts, tasks
from relais.channels.models import AccountReading, ChannelAccount, Inbound
from relais.channels.sms import ovh
from relais.foundation import keys, loops, outbox
from relais.foundation.models import Outbound
from tests.builders import sms_account

from .test_sms import NUMBER, Ovh

pytestmark = pytest.mark.django_db
VALUES = {"dialect": "json", "url": "https://sms.invalid", "key": "clef", "sender": ""}


def upgrade(*names: str) -> None:
    """From the tables as they were."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    for name in names:
        MigrationExecutor(connection).migrate([("channels", name)])


@pytest.mark.parametrize(
    ("said", "values", "door"),
    [
        ({"DIALECT": "json", "URL": "https://sms.invalid", "KEY": "clef", "SENDER": "Relais", "INBOUND_SECRET": "s" * 32},
         VALUES | {"sender": "Relais"}, "s" * 32),
        ({"DIALECT": "json", "URL": "https://sms.invalid", "KEY": "clef"}, VALUES, ""),
        ({"INBOUND_SECRET": "s" * 32}, {}, "s" * 32),
        ({"DIALECT": "json"}, None, None),
        ({}, None, None),
    ],
)  # fmt: skip
def test_what_the_environment_named_serves_on(monkeypatch, said, values, door):
    for name in ("DIALECT", "URL", "KEY", "SENDER", "INBOUND_SECRET"):
        monkeypatch.setenv(f"SMS_{name}", said.get(name, ""))
    keys.house.cache_clear()
    upgrade("0006_opt_out", "0007_channel_accounts")
    upgrade("0009_accounts_of_networks")
    account = accounts.of("sms", None)
    if values is None:
        assert account is None
        return
    assert (account.values, account.webhook_secret) == (values, door)
    assert accounts.is_offered("sms", uuid4()) is bool(values)
    assert (accounts.behind("sms", door) == account) is bool(door)


SAID = {
    "discord": {"DISCORD_PUBLIC_KEY": "ab" * 32, "DISCORD_APPLICATION_ID": "77", "DISCORD_TOKEN": "jeton"},
    "instagram": {"INSTAGRAM_ACCOUNT": "178", "INSTAGRAM_TOKEN": "jeton"},
    "tiktok": {"TIKTOK_ACCOUNT": "open-id", "TIKTOK_TOKEN": "jeton"},
    "youtube": {
        "YOUTUBE_CHANNEL": "UCus",
        "YOUTUBE_CLIENT_ID": "client",
        "YOUTUBE_CLIENT_SECRET": "secret",
        "YOUTUBE_REFRESH_TOKEN": "jeton",
    },
    "email": {"IMAP_URL": "imaps://relais%40exemple.invalid:mot%2Fde passe@imap.exemple.invalid:1993/Jeunes%20gens"},
}
SERVES = {
    "discord": {"public_key": "ab" * 32, "application_id": "77", "token": "jeton"},
    "instagram": {"account": "178", "token": "jeton"},
    "tiktok": {"account": "open-id", "token": "jeton"},
    "youtube": {"account": "UCus", "client_id": "client", "client_secret": "secret", "refresh_token": "jeton"},
    "email": {
        "security": "imaps",
        "host": "imap.exemple.invalid",
        "port": 1993,
        "user": "relais@exemple.invalid",
        "password": "mot/de passe",
        "folder": "Jeunes gens",
        "address": "",
        "checked_by": "mx.exemple.invalid",
    },
}


@pytest.mark.parametrize("way", SAID)
@pytest.mark.parametrize("whole", [True, False])
def test_what_the_environment_named_of_discord_a_mailbox_and_networks_serves_on(monkeypatch, settings, way, whole):
    settings.EMAIL_CHECKED_BY = "mx.exemple.invalid"
    for number, (name, value) in enumerate(SAID[way].items()):
        monkeypatch.setenv(name, value if whole or number else "")
    upgrade("0007_channel_accounts", "0009_accounts_of_networks")
    assert {one.channel: one.values for one in ChannelAccount.objects.all()} == ({way: SERVES[way]} if whole else {})
    assert accounts.is_offered(way, uuid4()) is whole


def test_until_when_comments_were_read_stays(now):
    upgrade("0007_channel_accounts")
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO channels_networkaccount (network, account, next_at, read_until, error) VALUES (%s, %s, %s, %s, %s)",
            ["instagram", "178", now, now, ""],
        )
    upgrade("0009_accounts_of_networks")
    row = AccountReading.objects.get()
    assert (row.channel, row.owner, row.account, row.read_until) == ("instagram", None, "178", now)


def test_no_secret_opens_a_door_that_has_none():
    sms_account(url="https://sms.invalid", webhook_secret="x")
    ChannelAccount.objects.update(webhook_secret="", webhook_digest="")
    assert accounts.behind("sms", "") is None


def test_one_serves_and_one_waits_at_a_time():
    one, other, now = uuid4(), uuid4(), timezone.now()
    for owner in (None, one, other):
        for confirmed in (None, now):
            row = {"channel": "sms", "owner": owner, "asked_at": now, "confirmed_at": confirmed}
            ChannelAccount.objects.create(**row)
            with pytest.raises(IntegrityError), transaction.atomic():
                ChannelAccount.objects.create(**row)


def test_the_database_wants_two_people_too():
    me, now = uuid4(), timezone.now()
    for by in (me, None):
        with pytest.raises(IntegrityError), transaction.atomic():
            ChannelAccount.objects.create(
                channel="sms", asked_by=me, asked_at=now, confirmed_by=by, confirmed_at=now, values=VALUES
            )


def test_an_address_that_was_typed_reaches_nothing_inside(provider, settings, now):
    settings.INNER_ADDRESSES = []
    fake = provider((200, {}, {}))
    for dialect, key in (("json", "clef"), ("allmysms", "a:b"), ("ovh", "a:b:c")):
        sms_account(url=f"{fake.address}/1.0/sms/x", dialect=dialect, key=key)
        outbox.enqueue("sms", key=f"k:{dialect}", payload={"to": NUMBER, "text": "Bonjour"}, now=now, owner=None)
        outbox.send_due(now)
        row = Outbound.objects.get(key=f"k:{dialect}")
        assert row.state == "failed" and "INNER_ADDRESSES" in row.error
    tasks.fetch_sms(now)
    assert not fake.requests


def test_each_account_is_asked_and_one_that_is_away_holds_back_no_other(provider, now):
    one, other = uuid4(), uuid4()
    fake = provider(kind=Ovh)
    fake.incoming = {7: {"id": 7, "sender": NUMBER, "message": "Oui", "creationDatetime": now.isoformat()}}
    sms_account(
        owner=one, url="http://127.0.0.1:9/1.0/sms/sms-xx1-1", dialect="ovh", key="ak:as:ck", webhook_secret="one"
    )
    sms_account(
        owner=other, url=fake.address + "/1.0/sms/sms-xx1-1", dialect="ovh", key="ak:as:ck", webhook_secret="other"
    )
    sms_account(url="https://sms.invalid")
    tasks.fetch_sms(now)
    assert list(Inbound.objects.values_list("account_of", "provider_id")) == [(other, f"{other.hex}:ovh:7")]


class Odd(Ovh):
    """It answers what it should not."""

    listed: object = []
    clock = b"1795305600"

    def answer(self, request):
        if request["path"] == "/1.0/auth/time":
            return 200, {}, self.clock
        return (200, {}, self.listed) if "/incoming?" in request["path"] else super().answer(request)


def ovh_account(fake, owner=None):
    return sms_account(
        owner=owner, url=fake.address + "/1.0/sms/sms-xx1-1", dialect="ovh", key="ak:as:ck", webhook_secret=f"s{owner}"
    )


def answer(number, now) -> dict:
    return {"id": number, "sender": NUMBER, "message": "Oui", "creationDatetime": now.isoformat()}


@pytest.mark.parametrize(
    "odd",
    [
        {"listed": 5},
        {"listed": {"a": 1}},
        {"listed": [{}]},
        {"listed": ["x" * 200]},
        {"listed": ["a\0b"]},
        {"listed": ["../../me"]},
        {"listed": b"\xff"},
        {"clock": b"\xff\xfe"},
        {"clock": b"1\n2"},
        {"clock": b""},
    ],
)
def test_what_one_service_answers_holds_back_no_other(provider, now, odd):
    one, other = provider(kind=Odd), provider(kind=Ovh)
    vars(one).update(odd)
    other.incoming = {7: answer(7, now)}
    owner = uuid4()
    ovh_account(one, uuid4())
    ovh_account(other, owner)
    tasks.fetch_sms(now)
    assert list(Inbound.objects.values_list("account_of", "provider_id")) == [(owner, f"{owner.hex}:ovh:7")]


def test_a_number_that_is_none_holds_back_no_other_of_its_list(provider, now):
    fake = provider(kind=Odd)
    fake.listed, fake.incoming = ["x" * 200, 7, "8", 7], {7: answer(7, now), 8: answer(8, now)}
    assert ovh.fetch(ovh_account(fake), now) == 2
    assert set(Inbound.objects.values_list("provider_id", flat=True)) == {"ovh:7", "ovh:8"}


def test_a_clock_that_cannot_be_read_lets_nothing_leave_and_it_is_tried_again(provider, now):
    fake = provider(kind=Odd)
    fake.clock = b"1\n2"
    ovh_account(fake)
    outbox.enqueue("sms", key="k:1", payload={"to": NUMBER, "text": "Bonjour"}, now=now, owner=None)
    outbox.send_due(now)
    assert Outbound.objects.get().state == "waiting"


def test_a_turn_asks_for_so_many_of_one_account_and_the_next_one_goes_on(provider, now, monkeypatch):
    monkeypatch.setattr(ovh, "MOST", 2)
    fake = provider(kind=Ovh)
    fake.incoming = {number: answer(number, now) for number in range(5)}
    account = ovh_account(fake)
    assert [ovh.fetch(account, now) for _ in range(4)] == [2, 2, 1, 0]


def test_a_service_that_is_slow_is_left_for_the_next_turn(provider, now, monkeypatch):
    monkeypatch.setattr(ovh, "LONGEST", -1)
    fake = provider(kind=Ovh)
    fake.incoming = {7: answer(7, now)}
    assert ovh.fetch(ovh_account(fake), now) == 0 and not Inbound.objects.exists()


def test_an_answer_comes_neither_from_before_the_calendar_nor_from_tomorrow(provider, now):
    fake = provider(kind=Ovh)
    days = ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00")
    fake.incoming = {number: answer(number, now) | {"creationDatetime": day} for number, day in enumerate(days)}
    assert ovh.fetch(ovh_account(fake), now) == 2
    assert [row.received_at for row in Inbound.objects.all()] == [now - ovh.LOOK_BACK, now]


def test_a_fault_of_ours_in_one_account_is_told_by_its_kind_and_holds_back_no_other(provider, now, caplog):
    fake = provider(kind=Ovh)
    fake.incoming = {7: answer(7, now)}
    ovh_account(fake, uuid4())
    ChannelAccount.objects.update(values={"dialect": "ovh", "url": fake.address, "key": "une-clef-seule"})
    ovh_account(fake)
    loops._turn.is_spoiled = False
    tasks.fetch_sms(now)
    assert Inbound.objects.get().account_of is None
    assert "ValueError" in caplog.text and "une-clef-seule" not in caplog.text
    assert "su lire" in AccountReading.objects.exclude(owner=None).get().error
    assert not loops._turn.is_spoiled, "what one account does says nothing of the loop"


def test_what_serves_serves_on_when_the_keys_turn(settings):
    sms_account(url="https://sms.invalid", key="une clef bien à nous")
    with connection.cursor() as cursor:
        cursor.execute("SELECT values || webhook_secret FROM channels_channelaccount")
        ((lies,),) = cursor.fetchall()
    assert "clef" not in lies and "porte" not in lies
    settings.SEALING_KEYS = ["une-clef-toute-neuve-" * 3, *settings.SEALING_KEYS]
    call_command("reseal", verbosity=0)
    settings.SEALING_KEYS = settings.SEALING_KEYS[:1]
    keys.house.cache_clear()
    account = accounts.serving("sms", None)
    assert account.values["key"] == "une clef bien à nous" and accounts.behind("sms", account.webhook_secret) == account
