"""An appointment about anything: the agenda asks its subject, tells what happened, and lets nobody be in two places at once."""

from datetime import timedelta
from threading import Barrier, Thread
from uuid import uuid4

import pytest
from django.db import connection

from relais.agenda import services, taken
from relais.agenda.forms import Met, SlotsForm
from relais.agenda.models import Appointment
from relais.agenda.retention import appointments
from relais.foundation import retention
from relais.foundation.models import EventRecord
from relais.foundation.refusals import WrongState

from .conftest import NOW, PARIS, choose

pytestmark = pytest.mark.django_db


def states():
    return list(Appointment.objects.order_by("starts_at", "id").values_list("state", flat=True))


def test_from_the_offer_to_the_meeting_about_what_is_no_conversation(visit, offer, visits):
    """The answer line subscribes too, and leaves alone what is not its own."""
    about = visit()
    _, second = offer(about, hours=(72, 96))
    choose(second)
    assert states() == ["dropped", "chosen"]
    assert services.remind_due(second.starts_at - services.BEFORE) == 1
    assert visits.reminded == [(about.pk, services.words(second))]
    with pytest.raises(WrongState, match="pas encore"):
        services.settle(appointment=second, held_it=True, said="staff", now=NOW)
    services.settle(appointment=second, held_it=True, said="staff", now=second.starts_at)
    told = EventRecord.objects.filter(subject=about.pk).order_by("id")
    assert [one.name for one in told] == ["appointment.proposed", "appointment.chosen", "appointment.held"]
    assert told[1].data == {"appointment": str(second.pk), "kind": "visit"}


def test_declined_and_called_off(visit, offer):
    about = visit()
    slots = offer(about, hours=(72, 96))
    services.decline(kind="test-visit", number=about.pk, proposal=slots[0].proposal, now=NOW)
    assert states() == ["dropped", "dropped"]
    other = choose(offer(about)[0])
    services.cancel(appointment=other, said="staff", now=NOW)
    services.cancel(appointment=other, said="staff", now=NOW)
    assert EventRecord.objects.get(name="appointment.cancelled").data["was"] == "chosen", "pressed twice, told once"
    with pytest.raises(Appointment.DoesNotExist):
        services.decline(kind="test-visit", number=visit().pk, proposal=slots[0].proposal, now=NOW)


@pytest.mark.parametrize(
    ("minutes", "is_free"),
    [(-31, True), (-30, True), (-29, False), (0, False), (29, False), (30, True), (31, True)],
)
def test_who_works_here_is_not_in_two_places_at_once(visit, offer, minutes, is_free):
    choose(offer(visit())[0])
    (slot,) = offer(visit(), hours=(72 + minutes / 60,))
    assert (taken.still_free([slot]) == [slot]) is is_free
    if is_free:
        choose(slot)
    else:
        with pytest.raises(taken.HourTaken, match="vient d’être pris"):
            choose(slot)


def test_a_long_one_takes_its_whole_time(visit, offer):
    choose(offer(visit(), minutes=24 * 60)[0])
    inside, after = offer(visit(), hours=(72 + 23.75, 96))
    assert taken.still_free([inside, after]) == [after]


def test_a_young_person_is_not_in_two_places_at_once(visit, offer, people):
    lou = uuid4()
    choose(offer(visit(), person=lou)[0])
    (slot,) = offer(visit(), person=lou, staff=[people["mediator_2"]])
    with pytest.raises(taken.HourTaken, match="déjà un rendez-vous"):
        choose(slot)
    (elsewhere,) = offer(visit(), staff=[people["mediator_2"]])
    choose(elsewhere)


def test_an_hour_is_free_again_when_it_is_called_off(visit, offer):
    first, second = choose(offer(visit())[0]), offer(visit())[0]
    services.cancel(appointment=first, said="young", now=NOW)
    assert choose(second).state == "chosen"


def test_nobody_of_the_team_has_to_be_there(visit, offer):
    for _ in range(2):
        choose(offer(visit(), staff=[])[0])
    assert states() == ["chosen", "chosen"]


@pytest.mark.django_db(transaction=True)
def test_twenty_at_once_for_one_hour_of_one_person(visit, offer):
    slots, told, ready = [offer(visit())[0] for _ in range(20)], [], Barrier(20)

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
    assert sorted(told) == ["chosen"] + ["taken"] * 19
    assert sorted(states()) == ["chosen"] + ["proposed"] * 19


def insisting(**more):
    """The form of who is met by somebody at two, and whose own agenda says that they are taken at three; both on the clock of Paris."""
    met = {13: "Occupé", 14: "Pris"}
    values = {"key": "5f0f4b0e-4f37-4f39-8f3f-8ba06dbb7f5a", "kind": "call", "minutes": "45"}
    form = SlotsForm(
        values | {"slot_1": "2026-12-01T14:30"} | more,
        kinds=list(Appointment.Kind),
        zone=PARIS,
        now=NOW,
        takes=lambda at, minutes, kind: Met(met.get(at.hour, ""), is_busy=at.hour == 14),
    )
    form.is_valid()
    return form


def test_an_hour_that_is_taken_is_said_when_it_is_proposed_and_may_be_proposed_all_the_same():
    told = insisting()
    assert told.errors == {"slot_1": ["Occupé"]} and told.met
    again = insisting(shown=told["shown"].value(), anyway="on")
    assert len(again.cleaned_data["starts"]) == 1 and again.cleaned_data["regardless"] == []
    free = insisting(slot_1="2026-12-01T16:30")
    assert free.is_valid() and not free.met and not {"anyway", "shown"} & set(free.cleaned_data)


def test_against_ones_own_agenda_only_the_slot_that_it_speaks_of_is_proposed():
    slots = {"slot_1": "2026-12-01T14:30", "slot_2": "2026-12-01T15:30", "slot_3": "2026-12-01T17:30"}
    told = insisting(**slots)
    assert set(told.errors) == {"slot_1", "slot_2"}
    again = insisting(**slots, shown=told["shown"].value(), anyway="on")
    assert again.is_valid() and [at.hour for at in again.cleaned_data["regardless"]] == [14]


@pytest.mark.parametrize(
    ("first", "changed"),
    [
        ({"slot_1": "2026-12-01T16:30"}, {}),
        ({}, {"slot_1": "2026-12-01T15:30"}),
        ({}, {"slot_1": "2026-12-02T14:30"}),
        ({}, {"minutes": "60"}),
        ({}, {"slot_2": "2026-12-01T15:30"}),
    ],
    ids=["nothing was said", "something else", "another day", "longer", "one more"],
)
def test_what_was_not_said_is_not_approved(first, changed):
    told = insisting(**first)
    form = insisting(shown=told["shown"].value(), anyway="on", **changed)
    assert not form.is_valid() and not form["anyway"].value(), "it is to be ticked for what is said now"
    data = form.data | {"anyway": "on"}
    assert insisting(**data).is_valid(), "and then it counts"


def test_what_is_given_and_erased_of_a_person(visit, offer):
    lou, other = uuid4(), uuid4()
    offer(visit(), person=lou, place="Chez Lou")
    offer(visit(), person=other)
    given = appointments(retention.Person(lou))["rendez-vous"]
    assert [one["place"] for one in given] == ["Chez Lou"] and given[0]["zone"] == "Europe/Paris"
    retention.erase(retention.Person(lou), NOW + timedelta(days=1))
    assert [one.person for one in Appointment.objects.all()] == [other]
