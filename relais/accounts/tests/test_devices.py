"""A telephone is lost: its session is closed from another device, or by a colleague of the administration."""

import pytest
from django.conf import settings
from django.urls import reverse

from relais.accounts import devices, lock
from relais.accounts.models import AccessRecord, OpenSession
from relais.accounts.sessions import at_work, still_at_work
from relais.foundation.models import EventRecord, Outbound
from tests import builders

ANDROID = (
    "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0 Mobile Safari/537.36"
)


def opened(user, agent=ANDROID):
    browser = builders.client(user, headers={"User-Agent": agent})
    assert browser.get("/pro/appareils/").status_code == 200
    return browser


def key_of(browser):
    return browser.cookies[settings.SESSION_COOKIE_NAME].value


def row_of(browser):
    return OpenSession.objects.get(session=key_of(browser))


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (ANDROID, "Téléphone Android, Chrome"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) Version/18.1 Mobile/15E148 Safari/604.1",
            "iPhone, Safari",
        ),
        ("Mozilla/5.0 (iPad; CPU OS 17_0 like Mac OS X) FxiOS/140.0 Mobile Safari/605", "iPad, Firefox"),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/142.0 Safari/537.36 Edg/142.0", "Ordinateur Windows, Edge"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/18.1 Safari/605.1.15", "Mac, Safari"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Ordinateur Linux, Firefox"),
        (
            "Mozilla/5.0 (Linux; Android 14; SM-X910) SamsungBrowser/28.0 Chrome/130 Safari",
            "Tablette Android, Samsung Internet",
        ),
        ("", "Appareil inconnu"),
        ("curl/8 <b>", "Appareil inconnu"),
    ],
)
def test_a_device_in_plain_words(agent, words):
    assert devices.in_words(agent) == words


def test_the_list_marks_this_one_and_says_no_secret(people):
    phone, desk = opened(people["mediator"]), opened(people["mediator"], "Mozilla/5.0 (X11; Linux) Firefox/140.0")
    opened(people["mediator_2"])
    page = desk.get("/pro/appareils/").text
    assert "Téléphone Android, Chrome" in page and "Ordinateur Linux, Firefox</b> (celui-ci)" in page
    assert page.count("Téléphone Android") == 2, "in the row and on its button, and nobody else's"
    assert key_of(phone) not in page and key_of(desk) not in page


def test_closed_from_another_device_at_once(people):
    user = people["mediator"]
    phone, desk = opened(user), opened(user)
    cookies = {settings.SESSION_COOKIE_NAME: key_of(phone)}
    badge = at_work(cookies)[1]
    desk.post(reverse("close_device", args=[row_of(phone).pk]))
    assert at_work(cookies) == (None, None) and still_at_work({badge}) == set()
    assert phone.get("/pro/conversations/")["Location"].startswith("/compte/login/")
    kept = phone.post("/pro/conversations/presence", {"c": ""}, headers={"Accept": "application/json"})
    assert kept.status_code == 302
    assert desk.get("/pro/").status_code == 200
    assert AccessRecord.objects.filter(user=user, action="close-session").exists()


def test_everywhere_but_here(people):
    user = people["mediator"]
    others, desk = [opened(user), opened(user)], opened(user)
    stranger = opened(people["mediator_2"])
    desk.post("/pro/appareils/autres/fermer")
    assert [one.get("/pro/").status_code for one in (*others, desk, stranger)] == [302, 302, 200, 200]


def test_closing_this_one_leads_to_the_entrance(people):
    desk = opened(people["mediator"])
    assert desk.post(reverse("close_device", args=[row_of(desk).pk]))["Location"] == "/compte/login/"


def test_nobody_closes_a_session_of_somebody_else(people):
    phone, karim = opened(people["mediator"]), opened(people["mediator_2"])
    assert karim.post(reverse("close_device", args=[row_of(phone).pk])).status_code == 404
    assert phone.get("/pro/").status_code == 200


def test_a_locked_session_closes_nothing(people):
    """Whoever found the telephone signs nobody out."""
    desk = opened(people["mediator"])
    found = builders.unseen_client(people["mediator"], since=2 * lock.LIMIT)
    assert found.post(reverse("close_device", args=[row_of(desk).pk])).status_code == 401
    assert desk.get("/pro/").status_code == 200


def test_the_administration_signs_a_colleague_out_everywhere_alone(people):
    sarah, nadia = people["mediator"], people["administrator"]
    phone, desk, chief = opened(sarah), opened(sarah), opened(nadia)
    answer = chief.post(reverse("close_sessions", args=[sarah.pk]))
    assert answer.status_code == 302
    assert [one.get("/pro/").status_code for one in (phone, desk, chief)] == [302, 302, 200]
    event = EventRecord.objects.get(name="account.sessions-closed")
    assert event.data == {"user": str(sarah.pk), "by": str(nadia.pk)}
    assert sarah.email in {letter.payload["to"] for letter in Outbound.objects.all()}
    assert AccessRecord.objects.filter(user=nadia, action="close-sessions", subject=str(sarah.pk)).exists()
    assert opened(sarah).get("/pro/").status_code == 200, "the account itself stays open"


def test_the_administration_of_another_organisation_does_not(people, make_user):
    stranger = opened(make_user("administrator"))
    phone = opened(people["mediator"])
    assert stranger.post(reverse("close_sessions", args=[people["mediator"].pk])).status_code == 404
    assert phone.get("/pro/").status_code == 200
