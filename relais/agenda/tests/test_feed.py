"""The calendar that somebody who works here subscribes to: theirs alone, discreet, taken back at once, asked for again at no cost."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from icalendar import Calendar

from relais.accounts.models import Membership
from relais.agenda import feed, services
from relais.foundation.models import Link

from .conftest import choose

pytestmark = pytest.mark.django_db
PAGE = "/pro/agenda/"


@pytest.fixture
def mediator(people):
    return people["mediator"]


@pytest.fixture
def address(mediator, now):
    feed.renew(user=mediator, now=now)
    return "/agenda/" + feed.address_of(mediator, now).rpartition("/")[2]


def events(address, client=None):
    answer = (client or Client()).get(address)
    assert answer.status_code == 200 and answer["Content-Type"].startswith("text/calendar")
    return Calendar.from_ical(answer.content).walk("VEVENT")


@pytest.fixture
def booked(visit, offer, now):
    """booked(kind) → an appointment with the mediator in three days."""

    def go(kind="visit", *, hours=72, **values):
        return choose(offer(visit(), hours=(hours,), kind=kind, now=now, **values)[0], now=now)

    return go


def test_what_is_booked_here_arrives_and_goes(address, booked, visit, offer, people, now):
    taken = booked()
    offer(visit(), now=now)
    booked(staff=[people["mediator_2"]])
    (event,) = events(address)
    assert event.decoded("dtstart") == taken.starts_at.replace(microsecond=0) and str(event["uid"]).startswith(
        str(taken.pk)
    )
    assert str(event["summary"]) == "Rendez-vous (Collège d’Essai)" and str(event["location"]) == "Ici"
    assert str(event["url"]).endswith(f"/pro/essai/{taken.subject_id}") and not event.walk("VALARM")
    services.cancel(appointment=taken, said="young", now=now)
    assert events(address) == []


@pytest.mark.parametrize("kind", ["call", "call-3", "video"])
def test_the_number_of_a_call_stays_here(address, booked, kind):
    booked(kind, place="06 12 34 56 78")
    body = Client().get(address).content
    assert b"06 12" not in body and b"LOCATION" not in body and b"BEGIN:VEVENT" in body


def test_whoever_leaves_the_team_reads_no_more(address, booked, mediator, now):
    booked()
    Membership.objects.filter(user=mediator).update(role="funder")
    mediator.forget_roles()
    assert Client().get(address).status_code == 404 and feed.address_of(mediator, now) == ""
    Membership.objects.filter(user=mediator).update(role="mediator")
    assert len(events(address)) == 1
    mediator.is_active = False
    mediator.save()
    assert Client().get(address).status_code == 404


def test_renewed_the_old_address_opens_nothing_and_taken_back_neither(mediator, client_for, now):
    client = client_for(mediator)
    assert "Créer mon adresse" in client.get(PAGE).content.decode()
    client.post(PAGE, {"action": "renew"})
    first = feed.address_of(mediator, now + timedelta(days=1))
    assert first in client.get(PAGE).content.decode(), "shown again whenever they look"
    client.post(PAGE, {"action": "renew"})
    second = feed.address_of(mediator, now + timedelta(days=1))
    assert first != second and Link.objects.live(now + timedelta(days=1)).count() == 1
    paths = ["/agenda/" + one.rpartition("/")[2] for one in (first, second)]
    assert [Client().get(path).status_code for path in paths] == [404, 200]
    client.post(PAGE, {"action": "stop"})
    assert [Client().get(path).status_code for path in paths] == [404, 404]
    assert client.post(PAGE, {"action": "burn"}).status_code == 302


def test_asked_again_it_is_not_sent_again_until_something_changed(address, booked, now):
    booked()
    client = Client()
    first = client.get(address)
    tag = first["ETag"]
    again = client.get(address, headers={"If-None-Match": tag})
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", tag)
    assert first["Cache-Control"] == "private, no-cache" and first["X-Robots-Tag"] == "noindex"
    booked(hours=96)
    assert client.get(address, headers={"If-None-Match": tag}).status_code == 200
    assert client.head(address).content == b"" and client.post(address).status_code == 405


def test_a_file_costs_the_same_for_one_and_for_many(address, booked):
    booked()
    client = Client()
    client.get(address)

    def cost():
        with CaptureQueriesContext(
            connection,
        ) as asked:
            client.get(address)
        return len(asked)

    one = cost()
    for hours in range(80, 90):
        booked(hours=hours)
    assert cost() == one


@pytest.mark.parametrize(("ago", "shown"), [(-1, True), (0, False), (1, False)])
def test_a_month_back_and_no_further(address, booked, ago, shown, now):
    taken = booked(hours=1)
    taken.starts_at = now - feed.PAST - timedelta(seconds=ago)
    taken.save()
    body = feed.calendar(feed.owner(address.rpartition("/")[2], now), now)
    assert (b"VEVENT" in body) is shown


def test_the_page_says_what_comes_and_what_is_still_to_be_said(mediator, client_for, booked, now):
    booked(place="Au CDI")
    over = booked(hours=80)
    over.starts_at = now - timedelta(hours=1)
    over.save()
    page = client_for(mediator).get(PAGE).content.decode()
    assert "ont-ils eu lieu" in page and page.count(f"/pro/essai/{over.subject_id}") == 1 and "Au CDI" in page
    assert (
        page.index("ont-ils eu lieu") < page.index(str(over.subject_id)) < page.index("À venir") < page.index("Au CDI")
    )
