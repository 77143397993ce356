"""A session after something else has happened to the conversation in which it was proposed."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse

from relais.accounts.models import Role
from relais.agenda import sessions as agenda
from relais.agenda import subjects, today
from relais.agenda.models import GroupSession, Registration
from relais.coaching import hooks, services
from relais.coaching.line import rerouting
from relais.coaching.models import ChannelAddress, Conversation
from relais.coaching.rights import requests
from relais.foundation.models import Outbound
from relais.foundation.refusals import WrongState
from relais.journeys.models import Journey
from tests import builders

from .seats import decide, invite, last, leave, read, young

pytestmark = pytest.mark.django_db


@pytest.fixture
def passed_on(make_user, people, now):
    """passed_on(conversation) → it is on the line of another organisation now."""
    line = builders.line(make_user(Role.MEDIATOR).memberships.get().organisation, slug="ailleurs")

    def go(conversation):
        rerouting.pass_on(conversation=conversation, line=line, user=people["supervisor"], reason="Loin.", now=now)
        return Conversation.objects.get(pk=conversation.pk)

    return go


@pytest.mark.parametrize("role", ["mediator", "supervisor"])
def test_who_went_to_another_organisation_is_neither_named_nor_told_anything(
    held, session, people, passed_on, client_for, role, now
):
    lou, mia = held(), held()
    Journey.objects.filter(pk=lou.journey_id).update(pseudonym="Martre Dorée")
    session.seats = 2
    session.save()
    one, other = (invite(each, session, people["mediator"], now) for each in (lou, mia))
    decide(one, lou, now), decide(other, mia, now)
    begun = session.starts_at + timedelta(hours=2)
    [agenda.attend(registration=each, came=True, now=begun) for each in (one, other)]
    before = passed_on(lou).seq
    GroupSession.objects.update(starts_at=now - timedelta(hours=2))
    client, address = client_for(people[role]), reverse("session", args=[session.pk])
    page = read(client, address)
    assert "Martre Dorée" not in page and mia.journey.pseudonym in page
    assert f":{one.pk}" not in page and f"missed:{other.pk}" in page
    answer = client.post(address, {"action": f"missed:{one.pk}"}, follow=True)
    assert "suivie par une autre organisation" in answer.text
    one.refresh_from_db()
    assert (one.state, Conversation.objects.get(pk=lou.pk).seq) == ("present", before)
    with pytest.raises(WrongState, match="autre organisation"):
        agenda.remove(registration=one, now=now)


def test_what_was_agreed_before_it_went_to_another_organisation_names_nobody(held, session, people, passed_on, now):
    lou = held()
    one = invite(lou, session, people["mediator"], now)
    decide(one, lou, now, comes=False)
    assert subjects.names([one]) == {one.pk: lou.journey.pseudonym}
    passed_on(lou)
    assert subjects.names([one]) == {}


def test_an_old_proposal_seats_nobody_who_went_to_another_organisation(held, session, people, passed_on, settings, now):
    lou = held()
    one = invite(lou, session, people["mediator"], now)
    decide(one, lou, now, comes=False)
    browser, own = young(lou, settings), reverse("own_session", args=[one.pk])
    assert "Tu changes d’avis" in read(browser, own)
    passed_on(lou)
    page = read(browser, own)
    assert "Cette séance ne t’est plus proposée." in page and "Tu changes d’avis" not in page
    assert "ne te répond plus" in browser.post(own, {"choice": "come"}, follow=True).text
    one.refresh_from_db()
    assert one.state == "declined"


@pytest.mark.parametrize(("comes", "holds"), [(None, True), (True, False), (False, False)])
def test_a_line_keeps_who_has_not_answered_yet(held, session, people, now, comes, holds):
    lou = held()
    one = invite(lou, session, people["mediator"], now)
    if comes is not None:
        decide(one, lou, now, comes=comes)
    assert bool(hooks.kept_on_line(lou)) is holds


@pytest.mark.parametrize("state", ["proposed", "registered", "waiting"])
def test_the_session_of_another_organisation_keeps_nobody_on_the_line(held, session, people, passed_on, state, now):
    lou = held()
    one = invite(lou, session, people["mediator"], now)
    decide(one, lou, now, comes=False)
    there = passed_on(lou)
    Registration.objects.filter(pk=one.pk).update(state=state)
    assert hooks.kept_on_line(there) == ""


def test_a_place_stays_theirs_when_another_organisation_answers(
    held, session, people, passed_on, client_for, make_user, settings, now
):
    """They are reminded where they write, find their page and leave the place. Those who hold the session read for whom it is, and open nothing."""
    lou = held()
    Journey.objects.filter(pk=lou.journey_id).update(pseudonym="Martre Dorée")
    one = invite(lou, session, people["mediator"], now)
    decide(one, lou, now)
    there, browser, own = passed_on(lou), young(lou, settings), reverse("own_session", args=[one.pk])
    assert "Ta place est prise." in read(browser, own)
    here = client_for(people["mediator"])
    page = read(here, reverse("session", args=[session.pk]))
    assert "Martre Dorée" in page and "Suivie par une autre organisation" in page
    assert f"remove:{one.pk}" not in page and str(lou.pk) not in page
    assert here.get(reverse("desk", args=[lou.pk])).status_code == 404
    agenda.follow(session.starts_at - timedelta(hours=2))
    assert last(there).startswith("Rappel : « Atelier CV »")
    assert leave(browser, own).status_code == 302
    one.refresh_from_db()
    assert one.state == "left" and "Martre Dorée" not in read(here, reverse("session", args=[session.pk]))


def test_reminded_by_the_door_of_who_answers_now(held, session, people, passed_on, now):
    lou = held()
    Conversation.objects.filter(pk=lou.pk).update(channel="email")
    ChannelAddress.objects.create(
        conversation=lou, channel="email", address="lou@exemple.invalid", digest="x", last_at=now
    )
    decide(invite(lou, session, people["mediator"], now), lou, now)
    there = passed_on(lou)
    Outbound.objects.all().delete()
    agenda.follow(session.starts_at - timedelta(hours=2))
    (letter,) = Outbound.objects.filter(about=lou.pk)
    assert (letter.payload["to"], letter.owner) == ("lou@exemple.invalid", there.line.organisation_id)


def test_who_came_is_said_once_of_who_is_answered_elsewhere_since(held, session, people, passed_on, client_for, now):
    """Otherwise nobody could ever say it, and the question would stay."""
    lou = held()
    one = invite(lou, session, people["mediator"], now)
    decide(one, lou, now)
    passed_on(lou)
    GroupSession.objects.update(starts_at=now - timedelta(days=30))
    assert len(list(today.who_came(people["mediator"], now))) == 1
    client, address = client_for(people["mediator"]), reverse("session", args=[session.pk])
    assert f"came:{one.pk}" in read(client, address)
    agenda.attend(registration=one, came=True, now=now)
    one.refresh_from_db()
    assert one.state == "present" and list(today.who_came(people["mediator"], now)) == []


def test_a_week_after_it_nobody_there_reads_who_they_were(held, session, people, passed_on, client_for, now):
    lou = held()
    Journey.objects.filter(pk=lou.journey_id).update(pseudonym="Martre Dorée")
    decide(invite(lou, session, people["mediator"], now), lou, now)
    passed_on(lou)
    week = timedelta(days=7) + timedelta(minutes=session.minutes)
    for ago, is_named in ((timedelta(minutes=30), True), (week - timedelta(minutes=1), True), (week, False)):
        GroupSession.objects.update(starts_at=now - ago)
        page = read(client_for(people["mediator"]), reverse("session", args=[session.pk]))
        assert ("Martre Dorée" in page) is is_named


def test_who_waits_there_has_the_place_that_is_free_too(held, session, people, passed_on, now):
    mia, lou = held(), held()
    first, waits = (invite(one, session, people["mediator"], now) for one in (mia, lou))
    decide(first, mia, now), decide(waits, lou, now)
    there = passed_on(lou)
    decide(first, mia, now, comes=False)
    agenda.follow(now)
    waits.refresh_from_db()
    assert waits.state == "registered" and "Une place s’est libérée" in last(there)


def test_who_answers_now_reads_of_the_place_and_has_no_page_of_it(held, session, people, passed_on, client_for, now):
    lou = held()
    decide(invite(lou, session, people["mediator"], now), lou, now)
    there = passed_on(lou)
    mediator = there.line.organisation.memberships.get(role=Role.MEDIATOR).user
    services.claim(conversation=there, user=mediator, now=now)
    client, address = client_for(mediator), reverse("session", args=[session.pk])
    assert client.get(reverse("desk", args=[lou.pk])).status_code == 200
    page = read(client, reverse("follow", args=[lou.pk]))
    assert "Atelier CV" in page and address not in page and client.get(address).status_code == 404


@pytest.mark.parametrize("goes_first", [True, False])
def test_a_conversation_that_is_erased_frees_its_place(held, session, people, passed_on, now, goes_first):
    lou, mia = held(), held()
    one, waits = (invite(each, session, people["mediator"], now) for each in (lou, mia))
    decide(one, lou, now), decide(waits, mia, now)
    if goes_first:
        passed_on(lou)
    requests.erase(journey=lou.journey, now=now)
    agenda.follow(now)
    waits.refresh_from_db()
    assert waits.state == "registered" and not Registration.objects.filter(pk=one.pk).exists()
    assert session.registrations.seated().count() == 1


def test_called_off_the_link_of_the_call_goes_to_nobody(held, session, people, settings, now):
    """Struck out of the agenda of who had a place, and the file says no more where it was; who had none has nothing to strike out."""
    GroupSession.objects.update(kind="video", place="https://visio.exemple.fr/salle", meeting_place=None, room=None)
    seat, waits, asked = held(), held(), held()
    those = [invite(one, session, people["mediator"], now) for one in (seat, waits, asked)]
    decide(those[0], seat, now), decide(those[1], waits, now)
    browsers = [young(one, settings) for one in (seat, waits, asked)]
    addresses = [reverse("own_session_calendar", args=[one.pk]) for one in those]
    assert "visio.exemple.fr" in read(browsers[0], addresses[0])
    agenda.call_off(session=session, reason="Grève.", by=people["mediator"], now=now)
    agenda.follow(now)
    file = read(browsers[0], addresses[0])
    assert "METHOD:CANCEL" in file and "LOCATION" not in file and "visio" not in file
    for browser, address in zip(browsers[1:], addresses[1:], strict=True):
        assert browser.get(address).status_code == 404


def test_what_a_colleague_kept_meanwhile_is_shown_before_it_is_undone(session, people, client_for, at):
    sarah, helene = client_for(people["mediator"]), client_for(people["supervisor"])
    change, until = reverse("change_session", args=[session.pk]), f"{at - timedelta(days=1):%Y-%m-%dT%H:%M}"
    typed = {"title": "Atelier CV", "about": "On fait ton CV.", "seats": "1", "led_by": people["mediator"].pk}
    typed |= {"register_until": until, "seen": _seen(read(sarah, change))}
    assert helene.post(change, typed | {"seats": "12"}).status_code == 302
    told = sarah.post(change, typed | {"title": "Atelier de CV"})
    assert told.status_code == 409 and "nombre de places, maintenant «\u00a012\u00a0»" in told.text
    session.refresh_from_db()
    assert (session.seats, session.title) == (12, "Atelier CV")
    again = typed | {"title": "Atelier de CV", "seats": "13", "seen": _seen(told.text)}
    assert 'value="Atelier de CV"' in told.text and sarah.post(change, again).status_code == 302
    session.refresh_from_db()
    assert (session.seats, session.title) == (13, "Atelier de CV")
    assert sarah.post(change, typed | {"seen": ""}).status_code == 409


def test_a_no_on_a_page_opened_before_gives_up_no_place(held, session, people, settings, now):
    lou = held()
    one = invite(lou, session, people["mediator"], now)
    browser, own = young(lou, settings), reverse("own_session", args=[one.pk])
    assert "Ce n’est pas pour moi" in read(browser, own)
    browser.post(own, {"choice": "come", "seen": "proposed"})
    answer = browser.post(own, {"choice": "leave", "seen": "proposed"}, follow=True)
    assert "relis où tu en es" in answer.text and "Ta place est prise." in answer.text
    one.refresh_from_db()
    assert one.state == "registered"
    leave(browser, own)
    one.refresh_from_db()
    assert one.state == "left"


def _seen(page):
    return re.search(r'name="seen" value="([0-9a-f]+)"', page)[1]
