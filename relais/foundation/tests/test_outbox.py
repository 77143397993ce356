"""A message leaves once: a durable row first, the effect after, and what cannot be known is never sent again."""

from datetime import timedelta

import pytest
from django.db import connection

from relais.foundation import claims, loops, outbox
from relais.foundation.models import Outbound

pytestmark = pytest.mark.django_db
State = Outbound.State


@pytest.fixture
def provider(monkeypatch):
    """A channel of the tests: what it received, and the faults it should raise next."""

    class Provider:
        received: list = []
        faults: list = []

    Provider.received, Provider.faults = [], []

    def send(payload):
        if Provider.faults:
            raise Provider.faults.pop(0)
        Provider.received.append(payload)

    monkeypatch.setitem(outbox._transports, "test", send)
    return Provider


def put(now, key="one"):
    outbox.enqueue("test", key=key, payload={"to": "x@exemple.invalid", "text": "secret"}, now=now, owner=None)
    return Outbound.objects.get(key=key)


def test_the_same_key_leaves_once_and_its_text_is_not_kept(provider, now):
    put(now)
    put(now)
    assert outbox.send_due(now) == 1
    assert outbox.send_due(now) == 0
    row = Outbound.objects.get()
    assert (row.state, row.payload) == (State.SENT, {})
    assert len(provider.received) == 1


def test_each_channel_has_a_loop_that_sends_nothing_else(provider, now):
    put(now)
    assert outbox.send_due(now, channel="email") == 0 and outbox.send_due(now, channel="test") == 1
    assert {f"relais.foundation.outbox.{channel}" for channel in ("email", "sms", "discord")} <= set(loops.registry)


def test_a_provider_that_is_down_is_tried_again_later_then_shown(provider, now):
    put(now)
    provider.faults = [outbox.TemporaryError("occupé")] * (len(outbox.RETRIES) + 1)
    for minutes in outbox.RETRIES:
        outbox.send_due(now)
        assert Outbound.objects.get().state == State.WAITING
        assert outbox.send_due(now) == 0, "not before its time"
        now += timedelta(minutes=minutes, seconds=1)
    outbox.send_due(now)
    assert Outbound.objects.get().state == State.FAILED
    assert provider.received == []


def test_a_provider_that_comes_back_gets_the_message(provider, now):
    put(now)
    provider.faults = [outbox.TemporaryError("occupé")]
    outbox.send_due(now)
    outbox.send_due(now + timedelta(minutes=1, seconds=1))
    assert Outbound.objects.get().state == State.SENT
    assert len(provider.received) == 1


@pytest.mark.parametrize(
    ("fault", "state"), [(outbox.PermanentError("non"), State.FAILED), (KeyError("?"), State.AMBIGUOUS)]
)
def test_what_is_refused_or_unknown_is_not_tried_again(provider, now, fault, state):
    put(now)
    provider.faults = [fault]
    outbox.send_due(now)
    assert Outbound.objects.get().state == state
    assert outbox.send_due(now + timedelta(days=1)) == 0


def test_a_guard_that_cannot_say_lets_nothing_leave_and_leaves_no_doubt(provider, now, monkeypatch):
    faults = [OSError("the list cannot be read")]

    def ask(row):
        if faults:
            raise faults.pop()

    monkeypatch.setattr(outbox, "_guards", [ask])
    put(now)
    outbox.send_due(now)
    row = Outbound.objects.get()
    assert (row.state, bool(row.error), provider.received) == (State.WAITING, True, [])
    outbox.send_due(now + timedelta(minutes=2))
    assert Outbound.objects.get().state == State.SENT


def test_what_a_dead_process_was_sending_is_ambiguous_and_stays_so(provider, now):
    put(now)
    Outbound.objects.update(state=State.SENDING, claimed_at=now - outbox.LEASE - timedelta(seconds=1))
    outbox.send_due(now)
    row = Outbound.objects.get()
    assert row.state == State.AMBIGUOUS and row.error
    assert provider.received == []


def test_what_is_being_sent_elsewhere_is_left_alone(provider, now):
    put(now)
    Outbound.objects.update(state=State.SENDING, claimed_at=now)
    assert outbox.send_due(now) == 0
    assert Outbound.objects.get().state == State.SENDING


def test_messages_that_cannot_be_opened_stop_no_other(provider, now):
    """More of them than `claims.first` looks at together; once their key is back they leave."""
    count = claims.NEXT + 5
    for number in range(count):
        put(now - timedelta(hours=1), f"sealed-{number}")
    put(now, "good")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE foundation_outbound SET payload = 'x' || payload WHERE key LIKE 'sealed-%%'")
    assert outbox.send_due(now) == 1 and Outbound.objects.values("state").get(key="good")["state"] == State.SENT
    waiting = Outbound.objects.filter(state=State.WAITING)
    assert waiting.count() == count and not waiting.filter(not_before__lte=now).exists(), (
        "the next turn does not meet them"
    )
    with connection.cursor() as cursor:
        cursor.execute("UPDATE foundation_outbound SET payload = substr(payload, 2) WHERE key LIKE 'sealed-%%'")
    # A turn counts from when it looks at each, which takes a while on a busy machine.
    assert outbox.send_due(now + outbox.UNREADABLE + timedelta(minutes=10)) == count
