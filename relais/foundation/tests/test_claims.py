"""Rows taken one at a time by several workers: each once, whoever looks, and none in the way of another. Real connections, real locks."""

import threading
from contextlib import contextmanager
from datetime import timedelta
from functools import partial

import pytest
from django.db import OperationalError, connection, transaction

from relais.foundation import claims, loops
from relais.foundation.models import Heartbeat, Outbound

pytestmark = pytest.mark.django_db(transaction=True)
NAMES = [f"{number:02}" for number in range(20)]


@pytest.fixture
def due(now):
    Heartbeat.objects.bulk_create(Heartbeat(name=name, every=1, at=now) for name in NAMES)
    return Heartbeat.objects.filter(at__lte=now).order_by("name")


def later(row, told=None):
    """What makes a row due no longer; `told` hears of it."""
    row.at += timedelta(hours=1)
    row.save(update_fields=["at"])
    if told is not None:
        told.append(row.name)


def at_once(*works):
    """Each in a thread with a connection of its own, begun together."""
    ready = threading.Barrier(len(works))

    def run(work):
        ready.wait(timeout=30)
        try:
            work()
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
        assert not thread.is_alive()


@contextmanager
def held_elsewhere(lock):
    """`lock()` is held by another connection meanwhile."""
    begun, over = threading.Event(), threading.Event()

    def hold():
        with transaction.atomic():
            lock()
            begun.set()
            over.wait(timeout=30)
        connection.close()

    holding = threading.Thread(target=hold)
    holding.start()
    assert begun.wait(timeout=30)
    try:
        yield over
    finally:
        over.set()
        holding.join()


def test_two_workers_at_once_take_each_row_once(due):
    told, turns = [], []
    looks = threading.Barrier(2)

    def work():
        mine = iter(range(len(NAMES)))

        def do(row):
            if next(mine) == 0:
                looks.wait(timeout=30)  # both hold a row at this instant: neither waits for the other
            later(row, told)

        turns.append(claims.each(due, do))

    at_once(work, work)
    assert sorted(told) == NAMES
    assert sum(turn.done for turn in turns) == len(NAMES) and all(turn.failed == 0 for turn in turns)


def test_in_the_order_of_the_question(due):
    told = []
    assert claims.each(due.order_by("-name"), partial(later, told=told)).done == len(NAMES)
    assert told == NAMES[::-1]


def test_a_row_that_raises_is_undone_and_stops_no_other(due, caplog):
    def do(row):
        later(row)
        if row.name == "07":
            raise ValueError("not this one")

    loops._turn.is_spoiled = False
    assert claims.each(due, do) == claims.Turn(done=19, failed=1, left=1)
    assert list(due.values_list("name", flat=True)) == ["07"], "what it had written is undone"
    assert "foundation.Heartbeat 07 could not be treated" in caplog.text
    assert loops._turn.is_spoiled, "the loop must not look as if all went well"


def test_a_database_that_is_away_is_no_fault_of_a_row(due):
    def do(row):
        raise OperationalError("gone")

    with pytest.raises(OperationalError):
        claims.each(due, do)


def test_a_row_that_qualifies_no_longer_once_it_is_locked_is_left_alone(due):
    told = []

    def do(row):
        if row.name == "00":
            Heartbeat.objects.filter(name__in=["01", "02"]).update(every=2)
            Heartbeat.objects.filter(name="03").delete()
        told.append(row.name)

    assert claims.each(due.filter(every=1), do) == claims.Turn(17, 0, 0)
    assert told == ["00", *NAMES[4:]]


def test_what_another_holds_is_left_to_them_or_waited_for(due):
    with held_elsewhere(lambda: Heartbeat.objects.select_for_update().get(name="05")) as over:
        told = []
        assert claims.each(due, partial(later, told=told)) == claims.Turn(19, 0, 1)
        assert "05" not in told
        threading.Timer(0.5, over.set).start()
        assert claims.each(due, later, patient=True) == claims.Turn(1, 0, 0)


def test_what_changes_while_it_is_waited_for_is_asked_again(due):
    def move():
        Heartbeat.objects.filter(name="05").update(every=2)

    with held_elsewhere(move) as over:
        threading.Timer(0.5, over.set).start()
        assert claims.each(due.filter(every=1, name="05"), later, patient=True) == claims.Turn(0, 0, 0)


def test_no_more_than_asked_and_what_is_left_is_said(due):
    assert claims.each(due, later, most=5) == claims.Turn(5, 0, 1)
    assert due.count() == 15


def test_a_worker_that_is_asked_to_end_stops_between_two_rows(due):
    def do(row):
        later(row)
        if row.name == "04":
            loops.stopping.set()

    try:
        assert claims.each(due, do) == claims.Turn(5, 0, 15)
    finally:
        loops.stopping.clear()


def test_a_turn_in_which_a_row_failed_leaves_no_heartbeat(due, monkeypatch):
    """So that /health/ready shows a row that fails each time, as it shows a loop that fails."""
    beats = []

    def turn(now):
        beats.append(Heartbeat.objects.filter(name="a loop").exists())
        claims.each(due, lambda row: later(row) if len(beats) > 1 or row.name != "07" else 1 // 0)
        if len(beats) == 3:
            loops.stopping.set()

    monkeypatch.setitem(loops.registry, "a loop", loops.Loop("a loop", 0.01, "", turn))
    try:
        loops.Worker()._turn(loops.registry["a loop"])
    finally:
        loops.stopping.clear()
    assert beats == [False, False, True] and not due.exclude(name="a loop").exists()


def test_first_marks_one_that_nobody_holds(due):
    with held_elsewhere(lambda: list(Heartbeat.objects.select_for_update().filter(name__in=["00", "01"]))):
        assert claims.first(due, later).name == "02"
    assert claims.first(due, later).name == "00"
    assert claims.first(due.filter(name="none"), later) is None


def test_two_that_want_the_first_get_two(now):
    for number in range(40):
        Outbound.objects.create(channel="email", key=str(number), not_before=now, created_at=now)
    taken = []

    def take(row):
        row.state = "sending"  # what the outbox does, without what leaves
        row.save(update_fields=["state"])

    def work():
        while row := claims.first(Outbound.objects.filter(state="waiting").order_by("not_before", "id"), take):
            taken.append(row.key)

    at_once(work, work)
    assert sorted(taken, key=int) == [str(number) for number in range(40)]


def test_first_passes_over_all_that_raise(due, now):
    def take(row):
        if row.name != "19":
            raise ValueError("not this one")
        later(row)

    assert claims.NEXT <= len(NAMES)
    Heartbeat.objects.bulk_create(Heartbeat(name=f"+{number:02}", every=1, at=now) for number in range(claims.NEXT))
    assert claims.first(due, take).name == "19"
    assert claims.first(due, take) is None
