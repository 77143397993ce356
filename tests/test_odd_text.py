"""Signs that are no text, at every address: in the path, the query and the form. None of them is a fault of ours."""

import asyncio
import json
import re
from functools import cache
from hmac import new as hmac_of
from pathlib import Path
from urllib.parse import quote

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django import forms
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from config.asgi import Native
from relais.accounts.models import Role
from relais.channels import services as channels
from relais.channels.models import Inbound
from relais.coaching.messaging import intake
from relais.coaching.models import Message
from tests.builders import discord_account, sms_account

from .permissions.addresses import ADDRESSES
from .permissions.table import ROWS

pytestmark = pytest.mark.django_db
# NUL, bytes that are no UTF-8, half a character as some programs write it, and more than anybody types.
ODD = ("a%00b", "%FF", "%ED%A0%80", "A" * 5000)
SECRET = "un-secret-de-porte-bien-assez-long"
HERE = Path(__file__).parent.parent


@cache
def field_names() -> tuple[str, ...]:
    """Of every form, and of what views read without one."""
    found, classes = set(), [forms.Form, forms.ModelForm]
    while classes:
        one = classes.pop()
        classes += one.__subclasses__()
        found |= set(getattr(one, "base_fields", {}))
    for file in (HERE / "relais").rglob("*.py"):
        found |= set(re.findall(r"\.(?:GET|POST)(?:\.get|\.getlist)?[(\[]\"([\w-]+)\"", file.read_text()))
    assert {"person", "q", "body", "pseudonym"} <= found
    return tuple(sorted(found))


def questions(address, kwargs, odd):
    """(what is odd, how it is asked)."""
    fields = "&".join(f"{field}={odd[:100]}" for field in field_names())
    yield "query", lambda client: client.get(f"{address}?{fields}")
    yield "form", lambda client: client.post(address, fields, "application/x-www-form-urlencoded")
    yield "end", lambda client: client.get(address + odd)
    for word in map(str, kwargs.values()):
        yield f"path at {word}", lambda client, word=word: client.get(address.replace(quote(word), odd, 1))


def test_no_address_breaks_on_what_is_no_text(people, client_for, world):
    broken, clients = [], {role: client_for(people[role]) for role in Role.values} | {None: Client()}
    for name in sorted(name for name in ADDRESSES if "/" not in name and name != "health_ready"):
        row = ROWS[name]
        role = None if row.is_public else next(iter(row.opens), "administrator")
        with transaction.atomic():
            kwargs = row.thing(world, people[role or "administrator"], "own") if row.thing else row.kwargs
            clients[role].raise_request_exception = False
            for odd in ODD:
                for where, ask in questions(reverse(name, kwargs=kwargs), kwargs, odd):
                    if (status := ask(clients[role]).status_code) >= 500:
                        broken.append((name, where, odd[:20], status))
            # A form that was taken, a session that ended: the next address finds everything as it was.
            transaction.set_rollback(True)
    assert broken == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "path",
    [
        "/r/\0",
        "/r/a\0b",
        "/r/\ufffd",
        "/live/desk/\0",
        "/static/\0",
        "/media/a\0b",
        "/media-interne/\0",
        "/pro/studio/envois/\0",
        "/\0",
    ],
)
def test_the_native_side_leaves_them_to_a_page_in_words(path):
    sent, native = [], Native()

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message):
        sent.append(message)

    scope = {
        "type": "http",
        "method": "GET",
        "path": path,
        "query_string": b"",
        "headers": [(b"host", b"localhost")],
        "scheme": "http",
    }
    scope |= {
        "server": ("localhost", 80),
        "client": ("127.0.0.1", 1),
        "http_version": "1.1",
        "asgi": {"version": "3.0"},
        "root_path": "",
    }
    asyncio.run(native(scope, receive, send))
    assert sent[0]["status"] == 400
    assert "pas compris cette demande." in b"".join(one.get("body", b"") for one in sent).decode()


def test_a_program_is_refused_in_a_sentence(client):
    answer = client.get("/api/v1/a%00b")
    assert answer.status_code == 400 and answer.json()["error"].endswith(".")


def test_a_field_that_no_view_took_care_of_is_a_bad_request(settings, tmp_path):
    settings.DEMO_LOGIN = tmp_path / "door"
    settings.DEMO_LOGIN.touch()
    client = Client(SERVER_NAME="localhost", raise_request_exception=False)
    for field in ("person=a%00b", "person=%00"):
        answer = client.post("/demo", field, "application/x-www-form-urlencoded")
        assert answer.status_code == 400 and "On n’a pas compris cette demande." in answer.content.decode()
    assert client.post("/demo", {"person": "personne"}).status_code == 404


@pytest.fixture
def doors(settings, line):
    sms_account(webhook_secret=SECRET)
    settings.SITE_URL = "https://relais.exemple.invalid"


def signed_sms(told) -> int:
    content, at = json.dumps(told).encode(), str(int(timezone.now().timestamp()))
    signed = hmac_of(SECRET.encode(), at.encode() + b"." + content, "sha256").hexdigest()
    client = Client(raise_request_exception=False)
    return client.post(
        "/entree/sms", content, content_type="application/json", headers={"x-relais-signature": f"t={at},s={signed}"}
    ).status_code


@pytest.mark.parametrize("odd", ["a\0b", "\0", "\ud800", "\ud83d", "\u202e"])
@pytest.mark.parametrize("field", ["id", "from", "text"])
def test_a_gateway_that_hands_over_rubbish_is_answered_and_the_words_are_kept(doors, field, odd):
    told = {"id": "1", "from": "+33639980001", "text": "Aide-moi"}
    # What is no text is told to the gateway; it tries again, and that is one message.
    for _ in range(2):
        assert signed_sms(told | {field: told[field] + odd}) == (200 if odd == "\u202e" else 400)
    assert "Aide-moi" in Inbound.objects.get().body
    channels.deliver(intake.take, now=timezone.now())
    # Who cannot be recognised opens nothing, and is not taken for who bears almost the same number: a human looks.
    state, reason = Inbound.objects.values_list("state", "reason").get()
    assert (state, reason) == (("refused", "no-sender") if field == "from" else ("taken", ""))
    if field != "from":
        assert Message.objects.get(side="young").body.startswith("Aide-moi")


@pytest.mark.parametrize("odd", ODD[:3])
@pytest.mark.parametrize("field", ["id", "from", "message"])
def test_a_form_of_a_gateway_too(doors, field, odd):
    told = {"id": "1", "from": "%2B33639980001", "message": "Aide-moi"}
    body = "&".join(f"{name}={value}{odd if name == field else ''}" for name, value in told.items())
    client = Client(raise_request_exception=False)
    for _ in range(2):
        answer = client.post(f"/entree/sms/{SECRET}", body, content_type="application/x-www-form-urlencoded")
        assert answer.status_code == 400 and "signes" in answer.json()["error"]
    assert "Aide-moi" in Inbound.objects.get().body
    assert client.post(f"/entree/sms/{odd}", body, content_type="application/x-www-form-urlencoded").status_code in (
        400,
        404,
    )


@pytest.mark.parametrize("odd", ["a\0b", "\ud800"])
@pytest.mark.parametrize("field", ["id", "token", "user", "text", "custom_id", "target"])
def test_discord_too(doors, field, odd):
    key = Ed25519PrivateKey.generate()
    discord_account(public_key=key.public_key().public_bytes_raw().hex(), application_id="77")
    value = {name: odd if name == field else "" for name in ("id", "token", "user", "text", "custom_id", "target")}
    form = {
        "type": 5,
        "application_id": "77",
        "id": "1" + value["id"],
        "token": "jeton" + value["token"],
        "user": {"id": "80351110224678912" + value["user"]},
        "data": {
            "custom_id": "talk" + value["custom_id"],
            "components": [{"component": {"custom_id": "message", "value": "Aide-moi" + value["text"]}}],
        },
    }
    if field == "target":
        message = {"author": form["user"], "content": "Mes mots" + odd}
        form |= {
            "type": 2,
            "data": {"name": "En parler en privé", "target_id": odd, "resolved": {"messages": {odd: message}}},
        }
    content, at = json.dumps(form).encode(), str(int(timezone.now().timestamp()))
    headers = {"x-signature-ed25519": key.sign(at.encode() + content).hex(), "x-signature-timestamp": at}
    answer = Client(raise_request_exception=False).post(
        "/entree/discord", content, content_type="application/json", headers=headers
    )
    assert answer.status_code == 400 and "signes" in answer.json()["error"]
    if field not in ("custom_id", "target"):
        assert "Aide-moi" in Inbound.objects.get().body


FORWARDED = [
    "1.2.3.4:5678",
    "unknown",
    "[2001:db8::1]:443",
    "[2001:db8::1]",
    "2001:db8::1",
    "_hidden",
    "fe80::1%eth0",
    '"[2001:db8::1]:80"',
    "",
    "\u00e9",
    ":",
    "[",
    "1.2.3.4, ",
]


@pytest.mark.parametrize("forwarded", FORWARDED)
@pytest.mark.parametrize("remote", ["127.0.0.1", ""])
def test_whatever_a_proxy_writes_one_can_sign_in(settings, forwarded, remote):
    settings.BEHIND_PROXY = True
    client = Client(raise_request_exception=False, HTTP_X_FORWARDED_FOR=forwarded, REMOTE_ADDR=remote)
    assert client.get("/compte/login/").status_code == 200
    assert client.post("/compte/login/", {"login": "nobody@exemple.invalid", "password": "x"}).status_code == 200


@pytest.mark.parametrize(
    ("forwarded", "address"),
    [
        ("1.2.3.4:5678", "1.2.3.4"),
        ("unknown", "127.0.0.9"),
        ("[2001:db8::1]:443", "2001:db8::/64"),
        ("9.9.9.9, 2001:db8::1", "2001:db8::/64"),
        ("fe80::1%eth0", "fe80::/64"),
    ],
)
def test_the_visitor_is_found_in_it(settings, rf, forwarded, address):
    from relais.foundation.ratelimit import origin_of

    settings.BEHIND_PROXY = True
    assert origin_of(rf.get("/", headers={"x-forwarded-for": forwarded}, REMOTE_ADDR="127.0.0.9")) == address
