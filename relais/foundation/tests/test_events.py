"""The log only grows, holds no free text, and belongs to the transaction of what it tells."""

import msgspec
import pytest
from django.db import DatabaseError, connection, transaction
from django.utils.module_loading import autodiscover_modules

from relais.foundation import events
from relais.foundation.events import Code, Event, forbidden_fields, record, subscribe
from relais.foundation.models import EventRecord

pytestmark = pytest.mark.django_db


class Sample(Event):
    name = "test.sample"
    kind: Code
    count: int = 0


@pytest.mark.parametrize(
    "statement",
    ["UPDATE foundation_event SET touch = 'AAAAA'", "DELETE FROM foundation_event", "TRUNCATE foundation_event"],
)
def test_the_database_refuses_to_change_the_log(statement, now):
    with transaction.atomic():
        record(Sample(kind="one"), now=now)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert EventRecord.objects.filter(name="test.sample").count() == 1


@pytest.mark.parametrize("free_text", ["Léa Martin", "06 12 34 56 78", "lea@exemple.fr", "", "a" * 61, "Majuscule"])
def test_free_text_is_refused(free_text, now):
    with pytest.raises(msgspec.ValidationError), transaction.atomic():
        record(Sample(kind=free_text), now=now)
    assert not EventRecord.objects.exists()


def test_no_declared_event_can_hold_personal_data():
    autodiscover_modules("events")
    ours = [
        kind
        for kind in Event.registry.values()
        if kind.__module__.startswith("relais.") and ".tests." not in kind.__module__
    ]
    assert len(ours) > 15
    assert {kind.__name__: forbidden_fields(kind) for kind in ours if forbidden_fields(kind)} == {}


def test_an_event_with_free_text_would_be_seen():
    class Leak(Event):
        name = "test.leak"
        remark: str

    assert forbidden_fields(Leak) == ["remark"]
    del Event.registry["test.leak"]


def test_subscribers_run_in_the_transaction_of_the_publisher(now, monkeypatch):
    monkeypatch.setattr(events, "_subscribers", {})

    @subscribe(Sample)
    def refuse(event, when):
        raise ValueError(event.kind)

    with pytest.raises(ValueError, match="one"), transaction.atomic():
        record(Sample(kind="one"), now=now)
    assert not EventRecord.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_an_event_outside_a_transaction_is_a_fault(now):
    with pytest.raises(RuntimeError):
        record(Sample(kind="one"), now=now)
