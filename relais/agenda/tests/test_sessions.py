"""Sessions with places: who has one, who waits, who is told; at the last place, at the last hour, at the same instant."""

from datetime import timedelta
from threading import Barrier, Thread
from uuid import uuid4

import pytest
from django.db import connection

from relais.agenda import clashes, feed, places, services, sessions, taken, today
from relais.agenda.models import Appointment, GroupSession, MeetingPlace, Registration
from relais.agenda.retention import sessions as given
from relais.foundation import meanwhile, retention
from relais.foundation.models import EventRecord
from relais.foundation.refusals import AlreadyThere, NotAcceptable, WrongState

from .conftest import NOW, choose

pytestmark = pytest.mark.django_db
SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)


def take(one, now=NOW):
    return sessions.register(registration=one, now=now).state


def give_up(one, now=NOW):
    return sessions.give_up(registration=one, seen=state(one), now=now).state


def state(one):
    return Registration.objects.get(pk=one.pk).state


def told():
    return list(EventRecord.objects.filter(name__startswith="session.").order_by("id").values_list("name", flat=True))


def test_the_last_place_is_taken_and_the_next_one_waits(leads, invited):
    session = leads(seats=2)
    first, second, third = (invited(session) for _ in range(3))
    assert [take(one) for one in (first, second, third)] == ["registered", "registered", "waiting"]
    assert take(third) == "waiting", "pressed twice"
    assert told() == ["session.proposed"] * 3 + ["session.joined"] * 2 + ["session.queued"]


def test_a_place_goes_to_who_waits_longest_and_not_to_who_comes_by(leads, invited):
    session = leads(seats=1)
    first, second, third, late = (invited(session) for _ in range(4))
    for minutes, one in enumerate((first, second, third)):
        take(one, NOW + timedelta(minutes=minutes))
    assert give_up(first) == "left"
    assert take(late, NOW + HOUR) == "waiting"
    assert sessions.fill_due(NOW + HOUR) == 1 and sessions.fill_due(NOW + HOUR) == 0
    assert [state(one) for one in (first, second, third, late)] == ["left", "registered", "waiting", "waiting"]
    assert sessions.remove(registration=second, now=NOW + HOUR).state == "removed"
    sessions.follow(NOW + HOUR)
    assert state(third) == "registered"
    assert told()[-1] == "session.seat-given"


def test_more_places_go_to_who_waits_and_never_fewer_than_are_taken(leads, invited, people):
    session = leads(seats=1)
    registered = [invited(session) for _ in range(3)]
    [take(one) for one in registered]
    names = ("title", "about", "register_until", "led_by")
    values = {name: getattr(session, name) for name in names}

    def change(seats):
        seen = meanwhile.fingerprint(sessions.told(GroupSession.objects.get(pk=session.pk)))
        by, new = people["mediator"], values | {"seats": seats}
        sessions.change(session=session, by=by, values=new, seen=seen, now=NOW)

    change(3)
    assert sessions.fill_due(NOW) == 2
    with pytest.raises(WrongState, match="3 places sont déjà prises"):
        change(2)
    change(3)


@pytest.mark.parametrize(("over", "is_open"), [(-SECOND, True), (timedelta(), False), (SECOND, False)])
def test_one_registers_until_the_last_hour(leads, invited, over, is_open):
    session = leads(until=NOW + 24 * HOUR)
    one, at = invited(session), NOW + 24 * HOUR + over
    if is_open:
        assert take(one, at) == "registered"
        assert invited(session, now=at).state == "proposed"
        return
    with pytest.raises(WrongState, match="closes"):
        take(one, at)
    with pytest.raises(WrongState, match="closes"):
        invited(session, now=at)


@pytest.mark.parametrize(("over", "ahead"), [(-SECOND, True), (timedelta(), False), (SECOND, False)])
def test_a_place_is_given_after_the_last_hour_until_the_session_begins(leads, invited, over, ahead):
    session = leads(seats=1, until=NOW + HOUR)
    first, second = invited(session), invited(session)
    take(first), take(second)
    at = session.starts_at + over
    if not ahead:
        with pytest.raises(WrongState, match="commencé"):
            give_up(first, at)
        Registration.objects.filter(pk=first.pk).update(state="left")
        sessions.follow(at)
        assert state(second) == "passed"
        return
    give_up(first, at)
    sessions.follow(at)
    assert state(second) == "registered"


def test_somebody_who_is_elsewhere_keeps_waiting_and_the_next_one_has_the_place(leads, invited, offer, visit, people):
    session, lou = leads(seats=1), uuid4()
    first, busy, next_one = invited(session), invited(session, person=lou), invited(session)
    for minutes, one in enumerate((first, busy, next_one)):
        take(one, NOW + timedelta(minutes=minutes))
    choose(offer(visit(), person=lou, staff=[people["mediator_2"]])[0])
    give_up(first)
    assert sessions.fill_due(NOW) == 1
    assert (state(busy), state(next_one)) == ("waiting", "registered")


def test_nobody_is_at_two_things_at_one_hour(leads, invited, offer, visit, people):
    session, lou, mia = leads(), uuid4(), uuid4()
    choose(offer(visit(), person=lou, staff=[people["mediator_2"]])[0])
    one = invited(session, person=lou)
    assert taken.elsewhere(session, [lou, mia]) == {lou}
    with pytest.raises(taken.HourTaken, match="prévu à cette heure"):
        take(one)
    other = invited(session, person=mia)
    (slot,) = offer(visit(), person=mia, staff=[people["mediator_2"]], hours=(72.5,))
    assert taken.Free(mia, ()).takes(session.starts_at, 60) == taken.OFFERED, "what is proposed holds nobody"
    take(other)
    with pytest.raises(taken.HourTaken, match="déjà un rendez-vous"):
        choose(slot)
    give_up(other)
    assert choose(slot).state == "chosen"


@pytest.mark.parametrize(("minutes", "is_free"), [(-31, True), (-30, True), (-29, False), (59, False), (60, True)])
def test_who_leads_is_nowhere_else(leads, offer, visit, minutes, is_free):
    """An appointment of half an hour beside a session of an hour."""
    leads()
    (slot,) = offer(visit(), hours=(72 + minutes / 60,))
    if is_free:
        choose(slot)
    else:
        with pytest.raises(taken.HourTaken):
            choose(slot)


def test_a_session_is_planned_where_who_leads_and_the_room_are_free(leads, offer, visit, people):
    choose(offer(visit())[0])
    with pytest.raises(taken.HourTaken, match="déjà un rendez-vous ou une séance"):
        leads()
    organisation = people["mediator"].memberships.get().organisation
    values = {"organisation": organisation, "address": "1 rue", "commune": "Gien", "days": list(range(7))}
    place = MeetingPlace.objects.create(name="Antenne", **values)
    room = place.rooms.create(name="Bleue")
    there = {"kind": "visit", "meeting_place": place, "place": ""}
    session = leads(hours=96, **there)
    assert (session.room, session.place) == (room, "Antenne, 1 rue, Gien")
    with pytest.raises(AlreadyThere, match="Toutes les salles"):
        leads(hours=96, leader=people["mediator_2"], **there)
    assert not places.free_rooms(place, session.starts_at, session.ends_at).exists()
    with pytest.raises(WrongState, match="Une séance est prévue"):
        places.keep(place=place, rooms=[], values={}, user=people["supervisor"], now=NOW)
    MeetingPlace.objects.update(days=[0])
    with pytest.raises(NotAcceptable, match="fermé"):
        leads(hours=120, **there)
    MeetingPlace.objects.update(organisation=people["partner"].memberships.get().organisation)
    with pytest.raises(NotAcceptable, match="pas de votre organisation"):
        leads(hours=120, **there)


def test_planned_twice_with_one_page_it_is_one(leads, people):
    session = leads()
    again = GroupSession.objects.get(pk=session.pk)
    assert sessions.plan(session=again, by=people["mediator"], now=NOW) == session
    assert GroupSession.objects.count() == 1


def test_the_page_of_somebody_else_plans_nothing(leads, people):
    session = leads()
    again = GroupSession.objects.get(pk=session.pk)
    with pytest.raises(AlreadyThere, match="déjà servi"):
        sessions.plan(session=again, by=people["mediator_2"], now=NOW)


@pytest.mark.django_db(transaction=True)
def test_planned_twice_at_the_same_instant_it_is_one(leads, people):
    """With another to lead it, the second time: both wait for the number of the page."""
    key, other = uuid4(), {"led_by": people["mediator_2"]}
    found, _ = together([{}, other, {}, other], lambda more: leads(pk=key, **more))
    assert found == list(GroupSession.objects.all()) * 4


def test_called_off_everybody_whom_it_concerns_is_told_once(leads, invited, people):
    session = leads(seats=1)
    seat, waits, asked, no = (invited(session) for _ in range(4))
    take(seat), take(waits), give_up(no)
    call_off = {"session": session, "reason": "La salle est inondée.", "by": people["mediator"], "now": NOW}
    sessions.call_off(**call_off), sessions.call_off(**call_off)
    sessions.follow(NOW), sessions.follow(NOW)
    assert [state(one) for one in (seat, waits, asked, no)] == ["cancelled"] * 3 + ["declined"]
    assert told().count("session.called-off") == 3 and "session.seat-given" not in told()
    with pytest.raises(WrongState, match="annulée"):
        take(no)
    with pytest.raises(WrongState, match="annulée"):
        invited(session)
    assert leads(), "who leads it is free again"


def test_reminded_once_the_day_before(leads, invited, visits):
    session = leads()
    one, other = invited(session), invited(session)
    take(one), take(other), give_up(other)
    at = session.starts_at - services.BEFORE
    sessions.remind_due(at - SECOND)
    assert visits.reminded == []
    sessions.remind_due(at), sessions.remind_due(at + HOUR)
    assert visits.reminded == [(one.subject_id, session.words)]


def test_who_came_is_said_once_it_has_begun_and_put_right_afterwards(leads, invited, people):
    session = leads()
    one = invited(session)
    take(one)
    with pytest.raises(WrongState, match="pas encore commencé"):
        sessions.attend(registration=one, came=True, now=session.starts_at - SECOND)
    (task,) = today.who_came(people["mediator"], session.starts_at)
    assert task.words == "Séance « Atelier CV » : qui est venu ?" and task.address == f"/pro/seances/{session.pk}/"
    assert list(today.who_came(people["mediator_2"], session.starts_at)) == []
    assert list(today.who_came(people["mediator"], session.starts_at - SECOND)) == []
    assert sessions.attend(registration=one, came=False, now=session.starts_at).state == "absent"
    assert sessions.attend(registration=one, came=True, now=session.starts_at).state == "present"
    assert list(today.who_came(people["mediator"], session.starts_at)) == []
    with pytest.raises(WrongState, match="déjà commencé"):
        sessions.remove(registration=one, now=session.starts_at)


def test_nobody_was_absent_from_what_was_called_off(leads, invited, people):
    session = leads()
    one = invited(session)
    take(one)
    sessions.call_off(session=session, reason="Grève.", by=people["mediator"], now=session.starts_at - SECOND)
    with pytest.raises(WrongState, match="annulée"):
        sessions.attend(registration=one, came=False, now=session.starts_at)
    sessions.follow(session.starts_at)
    assert state(one) == "cancelled"


def test_what_can_no_longer_be_held_is_told_to_who_leads(leads, offer, visit, people):
    session, mediator = leads(), people["mediator"]
    assert clashes.led(feed.led(mediator), NOW) == []
    slot = offer(visit(), staff=[people["mediator_2"]])[0]
    choose(slot).staff.set([mediator])
    ((found, why),) = clashes.led(feed.led(mediator), NOW)
    assert found == session and "un autre rendez-vous" in why
    assert any("à revoir" in task.words for task in today.sessions_to_move(mediator, NOW))
    assert clashes.led(feed.led(mediator), session.starts_at) == []


def test_looking_costs_the_same_for_one_and_for_many(leads, people, django_assert_num_queries):
    mediator = people["mediator"]
    mediator.roles()  # read once by the page
    leads()
    with django_assert_num_queries(5):
        clashes.led(feed.led(mediator), NOW)
    [leads(hours=hours) for hours in range(80, 90, 2)]
    with django_assert_num_queries(5):
        clashes.led(feed.led(mediator), NOW)


def test_the_session_of_somebody_who_left_awaits_who_supervises(leads, people):
    session, supervisor = leads(), people["supervisor"]
    assert list(today.led_by_nobody(supervisor, NOW)) == []
    people["mediator"].memberships.all().delete()
    (task,) = today.led_by_nobody(supervisor, NOW)
    assert "ne travaille plus ici" in task.words and task.due_at == session.starts_at
    assert list(today.led_by_nobody(people["mediator_2"], NOW)) == []
    assert list(today.led_by_nobody(supervisor, session.starts_at)) == []
    GroupSession.objects.update(led_by=people["mediator_2"])
    assert list(today.led_by_nobody(supervisor, NOW)) == []
    people["mediator_2"].is_active = False
    people["mediator_2"].save()
    assert len(list(today.led_by_nobody(supervisor, NOW))) == 1


def test_who_came_is_asked_of_who_supervises_once_nobody_leads_it(leads, invited, people):
    session, supervisor = leads(), people["supervisor"]
    take(invited(session))
    assert list(today.who_came(supervisor, session.starts_at)) == []
    people["mediator"].memberships.all().delete()
    (task,) = today.who_came(supervisor, session.starts_at)
    assert "qui est venu" in task.words
    assert list(today.who_came(supervisor, session.starts_at - SECOND)) == []
    for name in ("mediator", "mediator_2"):
        assert list(today.who_came(people[name], session.starts_at)) == []


def test_who_leads_subscribes_to_it(leads, people):
    session = leads(zone="Indian/Reunion")
    text = feed.calendar(people["mediator"], NOW).decode()
    assert "SUMMARY:Séance : Atelier CV" in text and "TZID=Indian/Reunion" in text
    assert "visio.exemple.fr" not in text, "the address of the call stays on our page"
    assert "(heure de La Réunion)" in session.words
    sessions.call_off(session=session, reason="Non.", by=people["mediator"], now=NOW)
    assert "Atelier CV" not in feed.calendar(people["mediator"], NOW).decode()


def test_proposed_once_and_again_to_who_had_said_no(leads, invited, people, visit):
    session = leads()
    one = invited(session)
    again = subject_of(one, session)
    with pytest.raises(AlreadyThere):
        sessions.invite(session=session, about=again, by=people["mediator"], now=NOW)
    give_up(one)
    assert sessions.invite(session=session, about=again, by=people["mediator"], now=NOW).state == "proposed"
    other = GroupSession(pk=session.pk, organisation=people["partner"].memberships.get().organisation)
    with pytest.raises(NotAcceptable):
        sessions.invite(session=other, about=again, by=people["mediator"], now=NOW)


def subject_of(one, session):
    from relais.agenda.subjects import About

    return About(one.subject_kind, one.subject_id, session.organisation_id, session.zone, one.person)


def test_two_that_become_one_have_one_place(leads, invited):
    session, lou = leads(seats=1), uuid4()
    old, new, waits = invited(session), invited(session, person=lou), invited(session)
    take(old), take(new), take(waits)
    sessions.carry("test-visit", old=old.subject_id, new=new.subject_id, person=lou)
    (left,) = Registration.objects.filter(person=lou)
    assert (left.subject_id, left.state) == (new.subject_id, "registered")
    give_up(left), sessions.fill_due(NOW)
    assert state(waits) == "registered"


def test_what_is_given_and_erased_of_a_person(leads, invited):
    session, lou = leads(seats=1), uuid4()
    one, other = invited(session, person=lou), invited(session)
    take(one), take(other)
    (kept,) = given(retention.Person(lou))["séances"]
    assert (kept["title"], kept["state"], kept["place"]) == ("Atelier CV", "registered", "en vidéo")
    retention.erase(retention.Person(lou), NOW)
    assert list(Registration.objects.values_list("pk", flat=True)) == [other.pk]
    sessions.follow(NOW)
    assert state(other) == "registered", "their place serves somebody"


@pytest.mark.django_db(transaction=True)
def test_twenty_at_the_same_instant_for_the_last_place(leads, invited):
    session = leads(seats=1)
    many = [invited(session) for _ in range(20)]
    found, ready = together(many, take)
    assert sorted(found) == ["registered"] + ["waiting"] * 19 and ready


@pytest.mark.django_db(transaction=True)
def test_places_given_while_others_give_up_and_come(leads, invited):
    """Two loops at once, with people who leave and people who come: nobody is forgotten, and no place is given twice."""
    session = leads(seats=3)
    many = [invited(session) for _ in range(10)]
    [take(one, NOW + timedelta(minutes=number)) for number, one in enumerate(many)]
    doing = [lambda one=one: give_up(one) for one in many[:3]] + [lambda: sessions.fill_due(NOW)] * 3
    together(doing, lambda do: do())
    sessions.fill_due(NOW)
    assert [state(one) for one in many] == ["left"] * 3 + ["registered"] * 3 + ["waiting"] * 4


def together(things, do):
    found, ready = [], Barrier(len(things))

    def go(one):
        ready.wait(timeout=30)
        try:
            found.append(do(one))
        finally:
            connection.close()

    threads = [Thread(target=go, args=(one,)) for one in things]
    [thread.start() for thread in threads]
    [thread.join(timeout=60) for thread in threads]
    return found, ready


def test_no_appointment_is_made_of_it(leads, invited):
    take(invited(leads()))
    assert not Appointment.objects.exists()
