"""Who waits for a place at a session: who has it when one is free, and who is passed over without losing their turn."""

from datetime import timedelta
from uuid import uuid4

import pytest

from relais.agenda import sessions, today
from relais.agenda.models import Registration
from relais.foundation.refusals import WrongState
from relais.foundation.subjects import KINDS

from .conftest import NOW, choose

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def state(one):
    return Registration.objects.get(pk=one.pk).state


def give_up(one):
    return sessions.give_up(registration=one, seen=state(one), now=NOW)


def take(one, now=NOW):
    return sessions.register(registration=one, now=now).state


@pytest.fixture
def queue(leads, invited):
    """queue(3) → the one place is taken; who has it, then those who wait, the first first."""

    def go(many, *persons):
        session, waiting = leads(seats=1), [*persons, *(uuid4() for _ in range(many - len(persons)))]
        found = [invited(session), *(invited(session, person=who) for who in waiting)]
        for number, one in enumerate(found):
            take(one, NOW + number * MINUTE)
        return found

    return go


def test_of_two_that_become_one_the_one_who_waited_longer_keeps_the_turn(queue):
    _, early, between, late = queue(3)
    sessions.carry("test-visit", old=late.subject_id, new=early.subject_id, person=early.person)
    assert list(Registration.objects.waiting()) == [early, between]


def test_of_two_that_become_one_the_turn_of_the_one_that_goes_is_kept(queue):
    _, early, between, late = queue(3)
    sessions.carry("test-visit", old=early.subject_id, new=late.subject_id, person=late.person)
    assert list(Registration.objects.waiting()) == [late, between]


def test_one_who_cannot_be_told_keeps_nobody_waiting(queue):
    seat, broken, waits = queue(2)
    give_up(seat)
    KINDS["test-visit"].broken.add(broken.subject_id)
    assert sessions.fill_due(NOW) == 1
    assert (state(broken), state(waits)) == ("waiting", "registered")
    KINDS["test-visit"].broken.clear()
    give_up(waits)
    sessions.fill_due(NOW)
    assert state(broken) == "registered", "their turn was kept"


def test_who_comes_by_has_the_place_that_who_waits_cannot_take(queue, invited, offer, visit, people):
    lou = uuid4()
    seat, busy = queue(1, lou)
    late = [invited(seat.session) for _ in range(2)]
    choose(offer(visit(), person=lou, staff=[people["mediator_2"]])[0])
    assert sessions.is_full(seat.session)
    give_up(seat)
    sessions.fill_due(NOW)
    assert not sessions.is_full(seat.session)
    assert [take(one) for one in late] == ["registered", "waiting"] and state(busy) == "waiting"


def test_each_of_those_who_wait_has_a_place_kept_and_the_rest_is_free(queue, invited):
    seat, waits = queue(1)
    seat.session.seats = 3
    seat.session.save()
    late = [invited(seat.session) for _ in range(2)]
    assert [take(one, NOW + 5 * MINUTE) for one in late] == ["registered", "waiting"]
    sessions.fill_due(NOW)
    assert state(waits) == "registered"


def test_two_places_at_one_hour_are_told_to_who_leads(leads, invited, people):
    """Two paths that become one had each agreed to something."""
    lou, mediator, other = uuid4(), people["mediator"], people["mediator_2"]
    first, second = leads(), leads(leader=other)
    one, gone = invited(first, person=lou), invited(second)
    take(one), take(gone)
    assert list(today.expected_twice(mediator, NOW)) == []
    sessions.carry("test-visit", old=gone.subject_id, new=one.subject_id, person=lou)
    for who, session in ((mediator, first), (other, second)):
        (task,) = today.expected_twice(who, NOW)
        assert task.address == f"/pro/seances/{session.pk}/" and task.words.startswith("Collège d’Essai a une place")
        assert list(today.expected_twice(who, session.starts_at)) == []
    assert list(today.expected_twice(people["supervisor"], NOW)) == []
    give_up(one)
    assert list(today.expected_twice(other, NOW)) == []


@pytest.mark.parametrize(("minutes", "meets"), [(59, True), (60, False)])
def test_one_after_the_other_is_no_clash(leads, invited, people, minutes, meets):
    lou = uuid4()
    here, there = leads(), leads(hours=72 + minutes / 60, leader=people["mediator_2"])
    one, other = invited(here, person=lou), invited(there)
    take(one), take(other)
    sessions.carry("test-visit", old=other.subject_id, new=one.subject_id, person=lou)
    assert len(list(today.expected_twice(people["mediator"], NOW))) == meets


@pytest.mark.parametrize(
    ("seen", "then"), [("proposed", "waiting"), ("proposed", "registered"), ("waiting", "registered")]
)
def test_a_page_opened_before_gives_up_nothing_of_what_came_since(leads, invited, seen, then):
    one = invited(leads())
    Registration.objects.filter(pk=one.pk).update(state=then)
    for shown in (seen, ""):
        with pytest.raises(WrongState):
            sessions.give_up(registration=one, seen=shown, now=NOW)
    assert state(one) == then
    assert sessions.give_up(registration=one, seen=then, now=NOW).state == "left"
    assert sessions.give_up(registration=one, seen=then, now=NOW).state == "left", "pressed twice"
