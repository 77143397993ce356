"""A session as it is proposed in a conversation: the team's pages, the person's, and what they are told."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.urls import reverse

from relais.accounts.models import AccessRecord
from relais.agenda import sessions as agenda
from relais.agenda.models import Appointment, BusyFeed, GroupSession, Registration
from relais.coaching import hooks
from relais.coaching.rights import broom, requests
from relais.foundation.models import EventRecord, Outbound
from relais.foundation.refusals import NotAllowed
from relais.handovers import appointments, sessions

from .seats import decide, invite, last, leave, read, young

pytestmark = pytest.mark.django_db


def typed(at, place, people, **more):
    values = {"key": str(uuid4()), "title": "Visite", "about": "On visite.", "kind": "visit", "meeting_place": place.pk}
    values |= {"starts_at": f"{at:%Y-%m-%dT%H:%M}", "minutes": "60", "seats": "8", "led_by": people["mediator"].pk}
    return values | more


def test_planned_on_a_page_and_changed(people, place, at, client_for, now):
    client = client_for(people["mediator"])
    values = typed(at, place, people)
    assert "Antenne" in read(client, reverse("new_session"))
    answers = [client.post(reverse("new_session"), values) for _ in range(2)]
    (made,) = GroupSession.objects.all()
    assert [one.url for one in answers] == [reverse("session", args=[made.pk])] * 2, "sent twice, one session"
    assert (made.starts_at, made.register_until, made.room.name) == (at, at, "Salle bleue")
    assert AccessRecord.objects.filter(action="plan-session", subject=str(made.pk)).count() == 1
    change = reverse("change_session", args=[made.pk])
    page = read(client, change)
    assert "L’heure et le lieu ne changent plus" in page and 'name="starts_at"' not in page
    (seen,) = re.findall(r'name="seen" value="([0-9a-f]+)"', page)
    until = at - timedelta(hours=2)
    new = {"seen": seen, "title": "Visite du lycée", "about": "Autre", "seats": "9", "led_by": people["mediator_2"].pk}
    assert client.post(change, new | {"register_until": f"{until:%Y-%m-%dT%H:%M}"}).status_code == 302
    made.refresh_from_db()
    assert (made.title, made.seats, made.led_by, made.register_until) == (
        "Visite du lycée",
        9,
        people["mediator_2"],
        until,
    )


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("meeting_place", "", "Choisissez le lieu"),
        ("kind", "video", "n’a pas de lieu"),
        ("link", "https://visio.exemple.fr/a", "videz cette case"),
        ("seats", "0", "Une place au moins"),
        ("seats", "501", "500 places au plus"),
        ("starts_at", "2020-01-01T10:00", "déjà passé"),
        ("led_by", "00000000-0000-4000-8000-000000000000", "Choisissez dans la liste"),
    ],
)
def test_what_is_wrong_is_said_where_it_is(people, place, at, client_for, field, value, words):
    answer = client_for(people["mediator"]).post(reverse("new_session"), typed(at, place, people, **{field: value}))
    assert answer.status_code == 422 and words in answer.text and not GroupSession.objects.exists()


def test_registrations_end_when_it_begins_at_the_latest(people, place, at, client_for):
    client, minute = client_for(people["mediator"]), timedelta(minutes=1)
    late = typed(at, place, people, register_until=f"{at + minute:%Y-%m-%dT%H:%M}")
    assert "au plus tard quand la séance commence" in client.post(reverse("new_session"), late).text
    assert client.post(reverse("new_session"), typed(at, place, people)).status_code == 302


def test_ones_own_agenda_is_said_and_may_be_overruled(people, place, at, client_for, now):
    feed = BusyFeed.objects.create(user=people["mediator"], address="https://agenda.exemple.invalid/x", next_at=now)
    feed.times.create(starts_at=at, ends_at=at + timedelta(hours=1))
    client, values = client_for(people["mediator"]), typed(at, place, people)
    told = client.post(reverse("new_session"), values | {"anyway": "on"})
    assert told.status_code == 422 and "Votre agenda vous dit pris ou prise" in told.text
    (shown,) = re.findall(r'name="shown" value="([0-9a-f]+)"', told.text)
    assert client.post(reverse("new_session"), values | {"anyway": "on", "shown": shown}).status_code == 302


def test_from_the_proposal_to_the_place(held, session, people, client_for, settings, now):
    lou, client = held(), client_for(people["mediator"])
    client.get(reverse("desk", args=[lou.pk]))
    address = reverse("propose_session", args=[lou.pk])
    page = read(client, address)
    assert "« Atelier CV »" in page and "1 place libre" in page
    assert client.post(address, {"session": str(uuid4())}).status_code == 422
    assert client.post(address, {"session": str(session.pk)}).url == reverse("follow", args=[lou.pk])
    assert "Aucune séance à proposer" in read(client, address) and "Atelier CV" in read(
        client, reverse("follow", args=[lou.pk])
    )
    one = Registration.objects.get()
    own = reverse("own_session", args=[one.pk])
    assert own in last(lou) and [step.verb for step in hooks.next_steps(lou, now)] == ["Lire et décider"]
    browser = young(lou, settings)
    page = read(browser, own)
    assert "On fait ton CV." in page and "Je viens" in page and "Sonnez deux fois" not in page
    browser.post(own, {"choice": "peut-être"})
    assert Registration.objects.get().state == "proposed"
    browser.post(own, {"choice": "come"})
    page = read(browser, own)
    assert "Ta place est prise." in page and "Sonnez deux fois" in page and "On te le rappelle" in page
    assert "Ta place est prise : « Atelier CV »" in last(lou)
    file = read(browser, reverse("own_session_calendar", args=[one.pk]))
    assert "SUMMARY:Rendez-vous" in file and "Atelier" not in file
    leave(browser, own)
    assert "Tu changes d’avis" in read(browser, own) and "laissé ta place" in last(lou)
    assert browser.get(reverse("own_session_calendar", args=[one.pk])).status_code == 404


def test_what_speaks_against_it_is_said_when_it_is_proposed(held, session, people, settings, at, now):
    lou, mia = held(), held()
    (slot,) = appointments.propose(
        conversation=lou,
        user=people["mediator"],
        handover=None,
        kind="call",
        minutes=30,
        place="",
        starts=[at + timedelta(minutes=90)],
        key=uuid4(),
        now=now,
    )
    assert sessions.MET not in sessions.choices(lou, now)[0][1]
    appointments.choose(appointment=slot, journey=lou.journey, remind_by="door", address="", now=now)
    assert sessions.MET not in sessions.choices(lou, now)[0][1], "it is after"
    Appointment.objects.update(starts_at=at)
    assert sessions.MET in sessions.choices(lou, now)[0][1] and sessions.MET not in sessions.choices(mia, now)[0][1]
    one = invite(lou, session, people["mediator"], now)
    own = reverse("own_session", args=[one.pk])
    answer = young(lou, settings).post(own, {"choice": "come"}, follow=True)
    assert "déjà quelque chose de prévu" in answer.text and Registration.objects.get().state == "proposed"
    decide(invite(mia, session, people["mediator"], now), mia, now)
    (words,) = [words for _, words in sessions.choices(held(), now)]
    assert "complète, la personne irait sur la liste d’attente" in words


def test_full_one_waits_and_the_first_has_the_place_that_is_free(held, session, people, settings, now):
    lou, mia = held(), held()
    first, second = (invite(one, session, people["mediator"], now) for one in (lou, mia))
    decide(first, lou, now), decide(second, mia, now)
    own = reverse("own_session", args=[second.pk])
    words = "Tu es sur la liste d’attente : on te dit si une place se libère."
    assert words in last(mia) and words in read(young(mia, settings), own)
    decide(first, lou, now, comes=False)
    agenda.follow(now)
    assert "Une place s’est libérée, elle est pour toi" in last(mia) and own in last(mia)
    assert next(step.text for step in hooks.next_steps(mia, now)).startswith("Ta séance : « Atelier CV »")
    decide(second, mia, now, comes=False)
    assert Registration.objects.filter(state="left").count() == 2


def test_the_session_of_somebody_else_is_not_there(held, session, people, settings, now):
    lou, mia = held(), held()
    one = invite(lou, session, people["mediator"], now)
    stranger = young(mia, settings)
    for name in ("own_session", "own_session_calendar"):
        assert stranger.get(reverse(name, args=[one.pk])).status_code == 404
    with pytest.raises(Registration.DoesNotExist):
        decide(one, mia, now)
    with pytest.raises(NotAllowed):
        invite(mia, session, people["mediator_2"], now)


def test_what_the_leader_sees_and_does(held, session, people, client_for, make_user, now):
    lou, mia = held(), held()
    first, second = (invite(one, session, people["mediator"], now) for one in (lou, mia))
    decide(first, lou, now), decide(second, mia, now)
    client, address = client_for(people["mediator"]), reverse("session", args=[session.pk])
    page = read(client, address)
    assert lou.journey.pseudonym in page and reverse("follow", args=[lou.pk]) in page and "1 place prise sur 1" in page
    assert client_for(make_user("mediator")).get(address).status_code == 404
    client.post(address, {"action": f"remove:{first.pk}"})
    agenda.follow(now)
    assert "Tu n’as plus de place" in last(lou) and "elle est pour toi" in last(mia)
    assert AccessRecord.objects.filter(action="session-remove").count() == 1
    assert "Choisissez une personne" in client.post(address, {"action": f"remove:{uuid4()}"}, follow=True).text
    Registration.objects.filter(pk=second.pk).update(state="registered")
    GroupSession.objects.update(starts_at=now - timedelta(minutes=1))
    client.post(address, {"action": f"missed:{second.pk}"})
    assert "On ne s’est pas vus à la séance" in last(mia)
    client.post(address, {"action": f"came:{second.pk}"})
    assert Registration.objects.get(pk=second.pk).state == "present"


def test_called_off_with_the_reason(held, session, people, client_for, settings, now):
    lou, client = held(), client_for(people["mediator"])
    one = invite(lou, session, people["mediator"], now)
    decide(one, lou, now)
    address = reverse("session", args=[session.pk])
    assert client.post(address, {"action": "call-off", "reason": ""}).status_code == 422
    client.post(address, {"action": "call-off", "reason": "La salle est inondée."})
    agenda.follow(now)
    assert "Séance annulée : « Atelier CV »" in last(lou) and last(lou).endswith("La salle est inondée.")
    page = read(young(lou, settings), reverse("own_session", args=[one.pk]))
    assert "Séance annulée." in page and "La salle est inondée." in page and "Je viens" not in page
    file = read(young(lou, settings), reverse("own_session_calendar", args=[one.pk]))
    assert "METHOD:CANCEL" in file and f"UID:{session.pk}@" in file


def test_told_by_the_door_last_used(held, session, people, now):
    """The reminder leaves as an answer does, and says no more than that there is one to who looks over a shoulder."""
    lou = held()
    one = invite(lou, session, people["mediator"], now)
    decide(one, lou, now)
    agenda.remind_due(session.starts_at - timedelta(days=1))
    assert last(lou).startswith("Rappel : « Atelier CV »")


def test_a_line_keeps_who_is_expected(held, session, people, now):
    lou = held()
    one = invite(lou, session, people["mediator"], now)
    assert "séance" in hooks.kept_on_line(lou)
    decide(one, lou, now, comes=False)
    assert hooks.kept_on_line(lou) == ""


def test_given_in_words_and_erased_with_the_person(held, session, people, now):
    lou = held()
    decide(invite(lou, session, people["mediator"], now), lou, now)
    (told,) = requests.export(journey=lou.journey)["séances"]
    assert told["title"] == "Atelier CV"
    requests.erase(journey=lou.journey, now=now)
    assert not Registration.objects.exists() and GroupSession.objects.exists()
    assert not Outbound.objects.filter(payload__icontains="Atelier").exists()


def test_it_goes_a_year_after_its_day(session):
    from relais.foundation.retention import DAY

    end = session.starts_at + 365 * DAY
    broom.sweep(end - timedelta(seconds=1))
    assert GroupSession.objects.exists()
    broom.sweep(end)
    assert not GroupSession.objects.exists()


def test_the_timeline_says_it(held, session, people, client_for, now):
    lou = held()
    decide(invite(lou, session, people["mediator"], now), lou, now)
    names = EventRecord.objects.filter(subject=lou.pk, name__startswith="session.").values_list("name", flat=True)
    assert sorted(names) == ["session.joined", "session.proposed"]
    page = read(client_for(people["mediator"]), reverse("desk", args=[lou.pk]))
    assert "la personne a pris une place à la séance" in page


def test_the_list_says_how_many(held, session, people, client_for, now):
    lou = held()
    decide(invite(lou, session, people["mediator"], now), lou, now)
    client, address = client_for(people["supervisor"]), reverse("sessions")
    assert "Atelier CV" in read(client, f"{address}?etat=a-venir&q=atelier")
    assert "Rien ne correspond" in read(client, f"{address}?etat=passees")
    assert "Atelier CV" in client.get(f"{address}?fichier=csv").content.decode()
