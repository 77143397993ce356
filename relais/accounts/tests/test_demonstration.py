"""The people of the demonstration, and the door that lets them in on this machine only."""

import pytest
from django.core.mail import EmailMessage, get_connection
from django.test import Client

from relais.accounts.models import User
from relais.accounts.services import ensure_demo_people


@pytest.fixture
def open_door(settings, tmp_path):
    settings.DOOR = tmp_path / "demonstration-door"
    settings.DOOR.touch()
    return settings


def test_demo_people_are_made_once(people, now):
    assert ensure_demo_people(now=now) == people
    assert User.objects.count() == len(people) == 9
    assert all(user.is_demo and user.is_approved and not user.has_usable_password() for user in people.values())


@pytest.mark.parametrize("address", ["/demo", "/demo/courrier"])
def test_the_door_is_shut_unless_all_is_local(db, client, open_door, address):
    assert client.get(address).status_code == 200
    assert client.get(address, REMOTE_ADDR="::1").status_code == 200
    proxies = ({"HTTP_X_FORWARDED_FOR": "127.0.0.1"}, {"HTTP_FORWARDED": "for=127.0.0.1"})
    for elsewhere in ({"REMOTE_ADDR": "192.0.2.1"}, {"REMOTE_ADDR": ""}, *proxies):
        assert client.get(address, **elsewhere).status_code == 404, elsewhere
    open_door.LOCAL = False
    assert client.get(address).status_code == 404
    open_door.LOCAL = True
    open_door.DOOR.unlink()
    assert client.get(address).status_code == 404


def test_one_button_per_person(people, open_door):
    for user in people.values():
        client = Client()
        assert user.email in client.get("/demo").content.decode()
        assert client.post("/demo", {"person": user.email}).headers["Location"] == "/pro/"
        assert client.get("/pro/").status_code == 200


def test_each_button_says_who_this_is_not_both_forms(people, open_door):
    page = Client().get("/demo").content.decode()
    assert "Sarah, médiatrice" in page and "Karim, médiateur" in page and " ou " not in page.split("<ul", 1)[1].split("</ul>")[0]


def test_the_door_lets_in_nobody_else(people, make_user, open_door):
    real, client = make_user("administrator"), Client()
    for email in (real.email, "inconnu@exemple.fr", ""):
        assert client.post("/demo", {"person": email}).status_code == 404
    assert client.get("/pro/").headers["Location"].startswith("/compte/login/")
    assert Client(enforce_csrf_checks=True).post("/demo", {"person": people["mediator"].email}).status_code == 403


def test_letters_can_be_read_and_followed(db, client, open_door):
    files = get_connection("django.core.mail.backends.filebased.EmailBackend", file_path=open_door.EMAIL_FILE_PATH)
    text = f"Bonjour <à tous>,\n\nVoir {open_door.SITE_URL}/orientation/abc_-d et\nrépondre."
    for number in (1, 2):
        EmailMessage(f"Une orientation n° {number}", text, "relais@localhost", ["ml@exemple.fr"], connection=files).send()
    page = client.get("/demo/courrier").content.decode()
    assert '<a href="/orientation/abc_-d">' in page
    assert "&lt;à tous&gt;" in page and "ml@exemple.fr" in page
    assert page.index("n° 2") < page.index("n° 1")
