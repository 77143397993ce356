"""The people of the demonstration, and the door that lets them in on this machine only."""

import pytest
from django.core.mail import EmailMessage, get_connection
from django.test import Client
from django.utils import timezone

from relais.accounts import lock
from relais.accounts.models import OpenSession, User
from relais.accounts.services import ensure_demo_people


def here(**more) -> Client:
    """A browser of this machine."""
    return Client(SERVER_NAME="localhost", **more)


@pytest.fixture
def client():
    return here()


@pytest.fixture
def open_door(settings, tmp_path):
    settings.DEMO_LOGIN = tmp_path / "demonstration-door"
    settings.DEMO_LOGIN.touch()
    return settings


def test_demo_people_are_made_once(people, now):
    assert ensure_demo_people(now=now) == people
    assert User.objects.count() == len(people) == 9
    assert all(user.is_demo and user.is_approved and not user.has_usable_password() for user in people.values())


@pytest.mark.parametrize("address", ["/demo", "/demo/courrier"])
def test_the_door_is_shut_unless_all_is_local(db, client, open_door, address):
    assert client.get(address).status_code == 200
    assert client.get(address, REMOTE_ADDR="::1").status_code == 200
    strangers = [{"REMOTE_ADDR": one} for one in ("192.0.2.1", "10.0.0.1", "2001:db8::1", "::ffff:192.0.2.1", "", "x")]
    for elsewhere in strangers:
        assert client.get(address, **elsewhere).status_code == 404, elsewhere
    open_door.LOCAL = False
    assert client.get(address).status_code == 404
    open_door.LOCAL = True
    open_door.DEMO_LOGIN.unlink()
    assert client.get(address).status_code == 404


PROXIES = [
    "Forwarded",
    "X-Forwarded-For",
    "X-Forwarded-Host",
    "X-Forwarded-Proto",
    "X-Forwarded-Port",
    "X-Forwarded-Server",
    "X-Forwarded",
    "X-Forwarded-Prefix",
    "X-Forwarded-Ssl",
    "Via",
    "X-Real-IP",
    "True-Client-IP",
    "X-Client-IP",
    "X-Cluster-Client-IP",
    "Client-IP",
    "CF-Connecting-IP",
    "CF-Ray",
    "CF-IPCountry",
    "CF-Visitor",
    "CDN-Loop",
    "Fastly-Client-IP",
    "Fly-Client-IP",
    "X-Original-Forwarded-For",
    "X-Original-Host",
    "X-Envoy-External-Address",
    "X-Amzn-Trace-Id",
    "X-Amz-Cf-Id",
    "X-Azure-ClientIP",
    "X-Appengine-User-IP",
    "X-Arr-Log-Id",
    "X-ProxyUser-Ip",
    "Proxy-Client-IP",
    "WL-Proxy-Client-IP",
    "X-Scheme",
    "X-Vercel-Id",
    "X-Cloud-Trace-Context",
    "Tailscale-User-Login",
    "X-Request-Start",
    "X-Varnish",
    "X-True-Client-IP",
    "X-Originating-IP",
    "DO-Connecting-IP",
    "CloudFront-Viewer-Address",
    "X-Anything-IP",
]


@pytest.mark.parametrize("header", PROXIES)
@pytest.mark.parametrize("value", ["127.0.0.1", ""])
def test_the_door_is_shut_to_whatever_came_through_somebody(people, open_door, header, value):
    client = here(headers={header: value})
    assert client.get("/demo").status_code == client.get("/demo/courrier").status_code == 404
    assert client.post("/demo", {"person": people["mediator"].email}).status_code == 404
    assert client.get("/pro/").headers["Location"].startswith("/compte/login/")


@pytest.mark.parametrize(
    ("host", "status"),
    [
        *((one, 200) for one in ("localhost", "LOCALHOST:8000", "127.0.0.1:8000", "[::1]:8000", "ville.localhost")),
        *((one, 404) for one in ("relais.exemple.invalid", "localhost.exemple.invalid", "192.0.2.1", "[2001:db8::1]")),
    ],
)
def test_the_door_is_shut_under_any_other_name(db, client, open_door, host, status):
    open_door.ALLOWED_HOSTS = ["*"]
    assert client.get("/demo", HTTP_HOST=host).status_code == status


def test_a_proxy_that_says_nothing_speaks_an_old_tongue(db, client, open_door):
    assert client.get("/demo", SERVER_PROTOCOL="HTTP/1.0").status_code == 404
    browser = {"Accept": "text/html", "Sec-Fetch-Site": "none", "DNT": "1", "X-Requested-With": "x", "Priority": "u=0"}
    assert client.get("/demo", headers=browser).status_code == 200


def test_one_button_per_person(people, open_door):
    for user in people.values():
        client = here()
        assert user.email in client.get("/demo").content.decode()
        assert client.post("/demo", {"person": user.email}).headers["Location"] == "/pro/"
        assert client.get("/pro/").status_code == 200


def test_each_button_says_who_this_is_not_both_forms(people, open_door):
    page = here().get("/demo").content.decode()
    assert (
        "Sarah, médiatrice" in page
        and "Karim, médiateur" in page
        and " ou " not in page.split("<ul", 1)[1].split("</ul>")[0]
    )


def test_the_door_lets_in_nobody_else(people, make_user, open_door):
    real, client = make_user("administrator"), here()
    for email in (real.email, "inconnu@exemple.fr", ""):
        assert client.post("/demo", {"person": email}).status_code == 404
    assert client.get("/pro/").headers["Location"].startswith("/compte/login/")
    assert here(enforce_csrf_checks=True).post("/demo", {"person": people["mediator"].email}).status_code == 403


def test_the_same_person_again_keeps_their_forms_and_goes_back(people, open_door):
    client, person = here(), people["mediator"]
    assert client.post("/demo", {"person": person.email}).headers["Location"] == "/pro/"
    client.get("/pro/")
    session, token = client.session.session_key, client.cookies["csrf"].value
    OpenSession.objects.update(seen_at=timezone.now() - 2 * lock.LIMIT)
    store = client.session
    store["account_authentication_methods"] = [{"method": "mfa", "at": 0}]
    store.save()
    assert client.get("/pro/").status_code == 302
    again = client.post("/demo?next=/pro/ici", {"person": person.email})
    assert again.headers["Location"] == "/pro/ici" and client.get("/pro/").status_code == 200
    assert (client.session.session_key, client.cookies["csrf"].value) == (session, token)
    away = client.post("/demo?next=https://ailleurs.invalid/", {"person": person.email})
    assert away.headers["Location"] == "/pro/"
    client.post("/demo", {"person": people["supervisor"].email})
    assert client.session.session_key != session


def test_letters_can_be_read_and_followed(db, client, open_door):
    files = get_connection("django.core.mail.backends.filebased.EmailBackend", file_path=open_door.EMAIL_FILE_PATH)
    text = f"Bonjour <à tous>,\n\nVoir {open_door.SITE_URL}/orientation/abc_-d et\nrépondre."
    for number in (1, 2):
        EmailMessage(
            f"Une orientation n° {number}", text, "relais@localhost", ["ml@exemple.fr"], connection=files
        ).send()
    page = client.get("/demo/courrier").content.decode()
    assert '<a href="/orientation/abc_-d">' in page
    assert "&lt;à tous&gt;" in page and "ml@exemple.fr" in page
    assert page.index("n° 2") < page.index("n° 1")
