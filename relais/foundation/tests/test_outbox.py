"""A message leaves once: a durable row first, the effect after, and what cannot be known is never sent again."""

from datetime import timedelta

import pytest

from relais.foundation import loops, outbox
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


@pytest.mark.parametrize(("fault", "state"), [(outbox.PermanentError("non"), State.FAILED), (KeyError("?"), State.AMBIGUOUS)])
def test_what_is_refused_or_unknown_is_not_tried_again(provider, now, fault, state):
    put(now)
    provider.faults = [fault]
    outbox.send_due(now)
    assert Outbound.objects.get().state == state
    assert outbox.send_due(now + timedelta(days=1)) == 0


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
