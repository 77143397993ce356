"""Letters to people on duty: the first at once, then one a minute at most, which says how many; nothing is left untold."""

import threading
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection, transaction

from relais.foundation import notices, outbox
from relais.foundation.models import Outbound

pytestmark = pytest.mark.django_db
MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)


@pytest.fixture
def tell():
    here = uuid4()

    def go(at, *, to="garde@exemple.invalid", kind="aside", organisation=here, **more):
        notices.tell(
            kind,
            "coaching/aside",
            many="coaching/aside",
            to=to,
            context={"count": 1, "nobody_at": ""},
            now=at,
            organisation=organisation,
            **more,
        )

    return go


@pytest.fixture
def at(now):
    return now.replace(microsecond=0)


def letters() -> list[tuple]:
    return [(row.not_before, row.payload["told"]) for row in Outbound.objects.order_by("not_before")]


@pytest.mark.parametrize(("after", "leaves"), [(59, 60), (60, 60), (61, 61)])
def test_the_second_one_leaves_a_minute_after_the_first_and_not_before(tell, at, after, leaves):
    tell(at)
    tell(at + after * SECOND)
    assert letters() == [(at, 1), (at + leaves * SECOND, 1)]


def test_what_comes_meanwhile_is_counted_in_the_one_that_waits(tell, at):
    for number in range(150):
        tell(at + number * SECOND / 15)
    assert letters() == [(at, 1), (at + MINUTE, 149)]


@pytest.mark.parametrize("after", [0, 1, 59])
def test_what_presses_does_not_wait_for_what_does_not(tell, at, after):
    tell(at)
    tell(at + after * SECOND)
    tell(at + after * SECOND, pressing=True)
    [one] = [row for row in Outbound.objects.all() if row.payload["pressing"]]
    assert (one.not_before, one.payload["told"]) == (at + after * SECOND, 1)


def test_of_a_flood_in_which_one_in_two_presses_two_letters_a_minute_leave(tell, at):
    for number in range(150):
        tell(at + number * SECOND / 10, pressing=number % 2 == 1)
    told = [(row.payload["told"], row.payload["pressing"]) for row in Outbound.objects.order_by("not_before", "id")]
    assert told == [(1, 0), (1, 1), (74, 0), (74, 74)]
    first, pressing, *rest = Outbound.objects.order_by("not_before")
    assert (first.not_before, pressing.not_before) == (at, at + SECOND / 10)
    assert [row.not_before - MINUTE for row in rest] == [first.not_before, pressing.not_before]


def test_a_flood_of_five_minutes_makes_a_letter_a_minute_and_each_is_told_once(tell, at):
    for second in range(300):
        tell(at + second * SECOND)
    assert [leaves - at for leaves, _ in letters()] == [number * MINUTE for number in range(6)]
    assert sum(told for _, told in letters()) == 300


def test_other_people_other_kinds_and_other_organisations_have_their_own_pace(tell, at):
    tell(at)
    tell(at, to="autre@exemple.invalid")
    tell(at, kind="escalation")
    tell(at, organisation=uuid4())
    assert {leaves for leaves, _ in letters()} == {at} and len(letters()) == 4


def test_one_that_is_on_its_way_takes_nothing_more(tell, at, monkeypatch):
    monkeypatch.setitem(outbox._transports, "email", lambda payload: None)
    tell(at)
    tell(at + SECOND)
    Outbound.objects.filter(not_before__gt=at).update(attempts=1)
    tell(at + 2 * SECOND)
    assert letters() == [(at, 1), (at + MINUTE, 1), (at + 2 * MINUTE, 1)]


def test_whoever_erases_one_takes_nothing_from_the_others(tell, at):
    gone, stays = uuid4(), uuid4()
    tell(at, about=stays)
    tell(at + SECOND, about=gone)
    tell(at + SECOND, about=stays)
    assert outbox.forget(gone) == 0
    assert letters() == [(at, 1), (at + MINUTE, 2)]


@pytest.mark.django_db(transaction=True)
def test_those_who_tell_at_once_are_all_told(tell, at):
    ready = threading.Barrier(6)

    def one():
        ready.wait(30)
        with transaction.atomic():
            tell(at)
        connection.close()

    threads = [threading.Thread(target=one) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sum(told for _, told in letters()) == 6 and len(letters()) == 2
