"""Absences, substitutes and what is offered twice: refused or said beforehand, and told to whoever has to move what became impossible."""

from datetime import timedelta
from threading import Barrier, Thread
from uuid import uuid4

import pytest
from django.db import connection

from relais.accounts.models import ReadingStop
from relais.agenda import away, clashes, feed, taken
from relais.agenda.models import Appointment
from relais.foundation import today

from .conftest import NOW, PARIS, choose

pytestmark = pytest.mark.django_db
SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)
AT = NOW + 72 * HOUR


class Absences(away.Absences):
    def __init__(self):
        self.known = []

    def between(self, users, since, until):
        return [one for one in self.known if one.user in users and one.starts_at < until and one.ends_at > since]

    def clock(self, user):
        return PARIS


@pytest.fixture
def absences(monkeypatch):
    declared = Absences()
    monkeypatch.setattr(away, "_declared", [declared])
    return declared


@pytest.fixture
def leave(absences, people):
    """leave(since, until) → the mediator is away."""
    return lambda since, until: absences.known.append(away.Away(people["mediator"].pk, since, until))


def free(person, *staff):
    return taken.Free(person, staff)


def clashing(user):
    return [(one.appointment.pk, one.by) for one in clashes.chosen(feed.mine(user), user, NOW)]


EDGES = [(-SECOND, False), (timedelta(), False), (SECOND, True)]


@pytest.mark.parametrize(("over", "is_away"), EDGES)
def test_an_absence_holds_from_its_beginning(leave, offer, visit, people, over, is_away):
    """A slot of half an hour that ends just before, when, and just after it begins."""
    begins = AT + timedelta(minutes=30) - over
    leave(begins, begins + 9 * HOUR)
    assert free(None, people["mediator"]).takes(AT, 30) == ("away" if is_away else "")
    if is_away:
        with pytest.raises(taken.HourTaken, match="absence"):
            offer(visit())
    else:
        assert offer(visit())


@pytest.mark.parametrize(("over", "is_away"), EDGES)
def test_an_absence_holds_until_its_end(leave, offer, visit, people, over, is_away):
    leave(AT - 9 * HOUR, AT + over)
    assert free(None, people["mediator"]).takes(AT, 30) == ("away" if is_away else "")
    assert not free(None, people["mediator_2"]).takes(AT, 30), "a colleague is there"


def test_slots_follow_an_absence_declared_afterwards(leave, offer, visit, people):
    """Who had not chosen cannot any more; what was chosen stays, and is told to whoever has to move it."""
    mediator = people["mediator"]
    agreed, proposed = choose(offer(visit())[0]), offer(visit(), hours=(74, 99))
    assert today.tasks(mediator, NOW) == [] and clashing(mediator) == []
    leave(AT, AT + 4 * HOUR)
    assert taken.still_free(proposed) == proposed[1:]
    with pytest.raises(taken.HourTaken, match="plus possible"):
        choose(proposed[0])
    assert clashing(mediator) == [(agreed.pk, "away")]
    (task,) = today.tasks(mediator, NOW)
    assert task.words == "Rendez-vous avec Collège d’Essai à déplacer : vous êtes en absence à cette heure-là"
    assert task.address == f"/pro/essai/{agreed.subject_id}"
    choose(proposed[1])


def test_slots_of_which_none_is_left_are_told_to_who_proposed_them(leave, offer, visit, people, client_for, now):
    mediator = people["mediator"]
    slots = offer(visit(), hours=(72, 73), now=now)
    at = now + 72 * HOUR
    leave(at, at + HOUR)
    assert clashes.spent(feed.mine(mediator), mediator, now) == []
    leave(at + HOUR, at + 2 * HOUR)
    assert clashes.spent(feed.mine(mediator), mediator, now) == slots[:1]
    (task,) = today.tasks(mediator, now)
    assert "Aucun des créneaux proposés à Collège d’Essai n’est encore possible" in task.words
    page = client_for(mediator).get("/pro/agenda/").content.decode()
    assert "plus possibles" in page and f"/pro/essai/{slots[0].subject_id}" in page


def test_whoever_gets_a_second_appointment_at_an_hour_is_told_to_move_one(offer, visit, people, client_for, now):
    """As a substitute does: nobody asked them."""
    mine = choose(offer(visit(), staff=[people["mediator_2"]], now=now)[0], now=now)
    theirs = choose(offer(visit(), now=now)[0], now=now)
    assert clashes.chosen(feed.mine(people["mediator_2"]), people["mediator_2"], now) == []
    theirs.staff.set([people["mediator_2"]])
    found = clashes.chosen(feed.mine(people["mediator_2"]), people["mediator_2"], now)
    assert {(one.appointment.pk, one.by) for one in found} == {(mine.pk, "staff"), (theirs.pk, "staff")}
    page = client_for(people["mediator_2"]).get("/pro/agenda/").content.decode()
    assert page.count("Vous avez un autre rendez-vous à cette heure-là") == 2


def test_a_young_person_who_has_two_at_one_hour_is_told_to_both_who_wait_for_them(offer, visit, people):
    lou = uuid4()
    first = choose(offer(visit(), person=lou)[0])
    second = choose(offer(visit(), staff=[people["mediator_2"]])[0])
    Appointment.objects.filter(pk=second.pk).update(person=lou)
    assert clashing(people["mediator"]) == [(first.pk, "person")]
    assert clashing(people["mediator_2"]) == [(second.pk, "person")]


def test_what_is_offered_is_said_and_not_refused(offer, visit, people):
    """Two persons may be offered one hour: the first who chooses has it."""
    first, second = offer(visit())[0], offer(visit())[0]
    assert free(None, people["mediator"]).takes(AT, 30) == "offered"
    assert free(first.person).takes(AT, 30) == "offered" and not free(uuid4()).takes(AT, 30)
    assert not free(None, people["mediator"]).takes(AT + timedelta(minutes=30), 30)
    choose(second)
    assert free(None, people["mediator"]).takes(AT, 30) == "staff", "what is agreed is said first"


@pytest.mark.parametrize(("over", "ahead"), [(-SECOND, False), (timedelta(), False), (SECOND, True)])
def test_only_what_is_still_to_come_is_to_be_moved(leave, offer, visit, people, over, ahead):
    taken_one, now = choose(offer(visit())[0]), AT - over
    leave(AT, AT + HOUR)
    assert bool(clashes.chosen(feed.mine(people["mediator"]), people["mediator"], now)) is ahead
    assert taken_one.starts_at == AT


def test_looking_costs_the_same_for_one_and_for_many(offer, visit, people, django_assert_num_queries):
    mediator = people["mediator"]
    mediator.roles()  # read once by the page
    choose(offer(visit())[0])
    with django_assert_num_queries(7):
        clashes.chosen(feed.mine(mediator), mediator, NOW)
    for hour in range(80, 90):
        choose(offer(visit(), hours=(hour,))[0])
    with django_assert_num_queries(7):
        clashes.chosen(feed.mine(mediator), mediator, NOW)


@pytest.mark.django_db(transaction=True)
def test_twenty_at_once_for_the_hour_of_one_young_person(visit, offer, people):
    """The other side of the rule: two of the team, two subjects, one person."""
    lou, told, ready = uuid4(), [], Barrier(8)
    staff = [people["mediator"], people["mediator_2"], people["supervisor"], people["volunteer"]] * 2
    slots = [offer(visit(), person=lou, staff=[who])[0] for who in staff]

    def take(slot):
        ready.wait(timeout=30)
        try:
            told.append(choose(slot).state)
        except taken.HourTaken:
            told.append("taken")
        finally:
            connection.close()

    threads = [Thread(target=take, args=(slot,)) for slot in slots]
    [thread.start() for thread in threads]
    [thread.join(timeout=60) for thread in threads]
    assert sorted(told) == ["chosen"] + ["taken"] * 7
    assert Appointment.objects.filter(state="chosen").count() == 1


def test_the_calendar_of_a_stopped_account_opens_nothing(people, client, now):
    feed.renew(user=people["mediator"], now=now)
    address = "/agenda/" + feed.address_of(people["mediator"], now).rpartition("/")[2]
    assert client.get(address).status_code == 200
    stop = ReadingStop.objects.create(user=people["mediator"], at=now, files=201)
    assert client.get(address).status_code == 404
    stop.lifted_at = now
    stop.save()
    assert client.get(address).status_code == 200
