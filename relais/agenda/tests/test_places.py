"""Places: their days, their rooms, who writes about them, and what the person reads."""

from datetime import datetime, timedelta
from threading import Barrier, Thread
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from icalendar import Calendar

from relais.accounts.models import Organisation
from relais.agenda import calendars, clashes, feed, places, services, taken
from relais.agenda.forms import SlotsForm
from relais.agenda.models import Appointment, MeetingPlace
from relais.foundation.refusals import AlreadyThere, NotAcceptable, WrongState

from .conftest import NOW, PARIS, choose

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
THURSDAY = NOW + 72 * HOUR
LIST = "/pro/lieux/"


@pytest.fixture
def organisation(people):
    return people["mediator"].memberships.get().organisation


@pytest.fixture
def make_place(organisation):
    """make_place(rooms…) → open on Thursdays and Fridays."""

    def go(*rooms, name="Antenne de Montargis", days=(3, 4), where=None):
        values = {
            "address": "3 rue des Lilas",
            "commune": "Montargis",
            "access": "Sonnez deux fois",
            "days": list(days),
        }
        place = MeetingPlace.objects.create(organisation=where or organisation, name=name, **values)
        for room in rooms:
            place.rooms.create(name=room)
        return place

    return go


def at(place, visit, offer, people, *, staff=None, hours=(72,), **values):
    return offer(visit(), hours=hours, staff=[people[staff]] if staff else [], meeting_place=place, place="", **values)


def test_the_words_of_the_place_stand_everywhere(make_place, visit, offer, people):
    place = make_place("Salle bleue")
    slot = choose(at(place, visit, offer, people, staff="mediator")[0])
    words = "Antenne de Montargis, 3 rue des Lilas, Montargis (Salle bleue)"
    assert slot.where == words and words in services.words(slot)
    (event,) = Calendar.from_ical(calendars.of(slot, title="Rendez-vous", now=NOW)).walk("VEVENT")
    assert str(event["location"]) == words
    (event,) = Calendar.from_ical(feed.calendar(people["mediator"], NOW)).walk("VEVENT")
    assert str(event["location"]) == words
    MeetingPlace.objects.update(address="Déménagée")
    assert Appointment.objects.get().where == words, "what was agreed stays as it was read"


@pytest.mark.parametrize(("days", "is_open"), [(-1, False), (0, True), (1, True), (2, False)])
def test_days_on_which_it_is_closed_are_refused(make_place, visit, offer, people, days, is_open):
    """Wednesday to Saturday: it opens on Thursday and on Friday."""
    place = make_place()
    if is_open:
        assert at(place, visit, offer, people, hours=(72 + 24 * days,))
    else:
        with pytest.raises(NotAcceptable, match="on y est reçu le jeudi et le vendredi"):
            at(place, visit, offer, people, hours=(72 + 24 * days,))


def test_the_day_is_that_of_the_place(make_place, visit, offer, people):
    """Late on Wednesday in Paris it is Thursday already in La Réunion."""
    place, late = make_place(), THURSDAY.replace(hour=23) - timedelta(days=1)
    assert places.closed_then(place, late, PARIS)
    assert at(place, visit, offer, people, hours=((late - NOW) / HOUR,), zone="Indian/Reunion")


def test_a_place_of_others_or_that_is_over_is_refused(make_place, visit, offer, people):
    with pytest.raises(NotAcceptable, match="pas de votre organisation"):
        at(make_place(where=Organisation.objects.create(name="Ailleurs", kind="operator")), visit, offer, people)
    over = make_place()
    over.is_closed = True
    with pytest.raises(NotAcceptable, match="plus proposé"):
        at(over, visit, offer, people)
    assert not MeetingPlace.objects.proposed_by(over.organisation).filter(is_closed=True).exists()


def test_rooms_are_given_one_after_the_other_and_then_no_more(make_place, visit, offer, people):
    place = make_place("B", "A")
    slots = [at(place, visit, offer, people)[0] for _ in range(3)]
    assert [choose(slot).room.name for slot in slots[:2]] == ["A", "B"]
    assert taken.still_free(slots[2:]) == []
    with pytest.raises(taken.HourTaken, match="plus de place"):
        choose(slots[2])
    services.cancel(appointment=slots[0], said="young", now=NOW)
    assert choose(slots[2]).room.name == "A"


@pytest.mark.parametrize(
    ("minutes", "is_free"), [(-31, True), (-30, True), (-29, False), (0, False), (29, False), (30, True), (31, True)]
)
def test_a_room_is_free_again_at_the_end(make_place, visit, offer, people, minutes, is_free):
    place = make_place("A")
    choose(at(place, visit, offer, people)[0])
    (slot,) = at(place, visit, offer, people, hours=(72 + minutes / 60,))
    assert (taken.still_free([slot]) == [slot]) is is_free
    assert places.is_full(place, slot.starts_at, slot.ends_at) is not is_free


def test_without_a_room_named_it_takes_as_many_as_come(make_place, visit, offer, people):
    place = make_place()
    assert [choose(at(place, visit, offer, people)[0]).room for _ in range(3)] == [None] * 3


@pytest.mark.django_db(transaction=True)
def test_ten_at_once_for_two_rooms(make_place, visit, offer, people):
    """They share nobody, and no lock but that of the place."""
    place = make_place("A", "B")
    slots, told, ready = [at(place, visit, offer, people)[0] for _ in range(10)], [], Barrier(10)

    def take(slot):
        ready.wait(timeout=30)
        try:
            told.append(choose(slot).room.name)
        except taken.HourTaken:
            told.append("full")
        finally:
            connection.close()

    threads = [Thread(target=take, args=(slot,)) for slot in slots]
    [thread.start() for thread in threads]
    [thread.join(timeout=60) for thread in threads]
    assert sorted(told) == ["A", "B"] + ["full"] * 8


def test_a_place_that_closes_is_told_to_who_is_expected_there(make_place, visit, offer, people):
    place, mediator = make_place(), people["mediator"]
    agreed = choose(at(place, visit, offer, people, staff="mediator")[0])
    proposed = at(place, visit, offer, people, hours=(75,), staff="mediator")
    assert clashes.chosen(feed.mine(mediator), mediator, NOW) == []
    MeetingPlace.objects.update(days=[4])
    assert [(one.appointment.pk, one.by) for one in clashes.chosen(feed.mine(mediator), mediator, NOW)] == [
        (agreed.pk, "closed")
    ]
    assert [one.pk for one in clashes.spent(feed.mine(mediator), mediator, NOW)] == [proposed[0].pk]
    with pytest.raises(taken.HourTaken):
        choose(Appointment.objects.get(pk=proposed[0].pk))


# --- the form


def typed(organisation, **values):
    """On Thursday 26 November at two."""
    values = {"key": str(uuid4()), "kind": "visit", "minutes": "30", "slot_1": "2026-11-26T14:00", "place": ""} | values
    form = SlotsForm(
        values, kinds=list(Appointment.Kind), zone=PARIS, now=NOW, places=MeetingPlace.objects.proposed_by(organisation)
    )
    form.is_valid()
    return form


def test_one_chooses_a_place_or_writes_one(make_place, organisation):
    place = make_place()
    form = typed(organisation, meeting_place=place.pk)
    assert form.is_valid() and form.cleaned_data["meeting_place"] == place
    assert typed(organisation, place="Au CDI").cleaned_data["meeting_place"] is None
    assert "où se retrouver" in typed(organisation).errors["place"][0]
    assert "pas les deux" in typed(organisation, meeting_place=place.pk, place="Au CDI").errors["place"][0]
    assert "sur place" in typed(organisation, meeting_place=place.pk, kind="call").errors["meeting_place"][0]
    assert "le lien" in typed(organisation, kind="video").errors["place"][0]
    assert typed(organisation, kind="video", place="https://visio.exemple.fr/x").is_valid()
    closed = typed(organisation, meeting_place=place.pk, slot_1="2026-11-25T14:00", anyway="on").errors["slot_1"][0]
    assert closed == "« Antenne de Montargis » est fermé le mercredi : on y est reçu le jeudi et le vendredi."


def test_a_full_place_is_said_and_may_be_proposed_all_the_same(make_place, organisation, visit, offer, people):
    place = make_place("A")
    hours = (datetime(2026, 11, 26, 14, tzinfo=PARIS) - NOW) / HOUR
    choose(at(place, visit, offer, people, hours=(hours,))[0])
    form = typed(organisation, meeting_place=place.pk)
    assert "Toutes les salles" in form.errors["slot_1"][0] and form.met
    again = typed(organisation, meeting_place=place.pk, anyway="on", shown=form["shown"].value())
    assert again.is_valid() and again.cleaned_data["regardless"] == [], "it says nothing of anybody's agenda"


def test_only_the_places_of_ones_organisation_are_proposed(make_place, organisation):
    elsewhere = make_place(where=Organisation.objects.create(name="Ailleurs", kind="operator"))
    assert "meeting_place" not in typed(organisation).fields
    make_place(name="Chez nous")
    assert typed(organisation, meeting_place=elsewhere.pk).errors["meeting_place"]


# --- who looks after them

WRITTEN = {
    "name": "Antenne de Montargis",
    "address": "3 rue des Lilas",
    "commune": "Montargis",
    "access": "",
    "days": ["0", "3"],
    "rooms": "Salle bleue\r\n  Salle   verte \r\n\r\nSalle bleue",
}


def test_written_changed_and_closed_on_its_page(people, client_for, organisation):
    client = client_for(people["supervisor"])
    assert "Aucun lieu" in client.get(LIST).content.decode()
    assert client.post(LIST + "nouveau", WRITTEN).status_code == 302
    place = MeetingPlace.objects.get()
    assert (place.organisation, place.days, [room.name for room in place.rooms.all()]) == (
        organisation,
        [0, 3],
        ["Salle bleue", "Salle verte"],
    )
    again = client.post(LIST + "nouveau", WRITTEN)
    assert again.status_code == 422 and "porte déjà ce nom" in again.content.decode()
    page = client.get(f"{LIST}{place.pk}/").content.decode()
    assert "Salle verte" in page and "3 rue des Lilas" in page
    changed = WRITTEN | {"rooms": "Salle verte\nSalle rouge", "days": ["1"], "is_closed": "on"}
    assert client.post(f"{LIST}{place.pk}/", changed).status_code == 302
    place.refresh_from_db()
    assert place.is_closed and place.days == [1]
    assert [room.name for room in place.rooms.all()] == ["Salle rouge", "Salle verte"]
    table = client.get(LIST).content.decode()
    assert "n’est plus proposé" in table and "le mardi" in table
    assert "Aucun lieu" not in client.get(LIST + "?etat=ferme").content.decode()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "x" * 61),
        ("address", "x" * 91),
        ("commune", "x" * 46),
        ("access", "x" * 301),
        ("days", []),
        ("days", ["7"]),
        ("rooms", "x" * 41),
        ("rooms", "\n".join(str(number) for number in range(31))),
    ],
)
def test_what_is_no_place_is_said(people, client_for, field, value):
    answer = client_for(people["supervisor"]).post(LIST + "nouveau", WRITTEN | {field: value})
    assert answer.status_code == 422 and not MeetingPlace.objects.exists()


def test_the_longest_words_fit_in_an_appointment(people, client_for):
    longest = {"name": "n" * 60, "address": "a" * 90, "commune": "c" * 45, "access": "x" * 300, "rooms": "r" * 40}
    assert client_for(people["supervisor"]).post(LIST + "nouveau", WRITTEN | longest).status_code == 302
    place = MeetingPlace.objects.get()
    assert len(place.words) == 199 <= Appointment._meta.get_field("place").max_length


def keep(place, user, *rooms, **values):
    places.keep(place=place, rooms=rooms, values=values, user=user, now=NOW)


def test_a_room_in_which_somebody_is_expected_stays(make_place, visit, offer, people):
    place = make_place("A")
    slot = choose(at(place, visit, offer, people)[0])
    with pytest.raises(WrongState, match="« A »"):
        keep(place, people["supervisor"], "B", name="Autre nom")
    assert MeetingPlace.objects.get().name == "Antenne de Montargis", "all of it, or nothing"
    for during in (slot.starts_at, slot.ends_at - timedelta(seconds=1)):
        with pytest.raises(WrongState, match="« A »"):
            places.keep(place=place, rooms=["B"], values={}, user=people["supervisor"], now=during)
    places.keep(place=place, rooms=["B"], values={}, user=people["supervisor"], now=slot.ends_at)
    assert [room.name for room in place.rooms.all()] == ["B"]
    assert Appointment.objects.get().where == "Antenne de Montargis, 3 rue des Lilas, Montargis"


def test_two_places_of_one_name_in_one_organisation(make_place, people):
    make_place(name="A")
    with pytest.raises(AlreadyThere):
        keep(make_place(name="B"), people["supervisor"], name="A")
    make_place(name="A", where=Organisation.objects.create(name="Ailleurs", kind="operator"))


def test_the_list_costs_the_same_for_many(make_place, people, client_for):
    client = client_for(people["supervisor"])
    make_place("A", name="Lieu 0")

    def cost():
        with CaptureQueriesContext(connection) as made:
            client.get(LIST)
        return len(made)

    cost()
    one = cost()
    for number in range(1, 9):
        make_place("A", "B", name=f"Lieu {number}")
    assert cost() == one


@pytest.mark.parametrize(
    ("days", "words"),
    [
        ([0], "le lundi"),
        ([3, 0], "le lundi et le jeudi"),
        ([0, 1, 4], "le lundi, le mardi et le vendredi"),
        (list(range(7)), "tous les jours"),
    ],
)
def test_days_in_words(days, words):
    assert MeetingPlace(days=days).open_days == words
