"""What is no text answers 400 in words, wherever it stands: each case is drawn from a seed, over every address that is open to everybody."""

import asyncio
import json
from random import Random
from urllib.parse import quote_from_bytes
from uuid import uuid4

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from config.asgi import Native
from relais.foundation import signs

from .permissions.addresses import ADDRESSES
from .permissions.table import ROWS

pytestmark = pytest.mark.django_db
WORDS = "On n’a pas compris cette demande."
ODD = [
    b"\0",
    b"\xff",
    b"\xe9",
    b"\xed\xa0\x80",
    b"\xed\xbf\xbf",
    b"\xc0\x80",
    b"\xf5\x80\x80\x80",
    b"\xe2\x82",
    b"\x80",
]
LETTERS = "aéœ€ 😀ж�"
BORDER = "limite"


def some(random: Random, odd: bytes = b"") -> bytes:
    """A few letters, with `odd` somewhere among them."""
    said = ["".join(random.choices(LETTERS, k=random.randint(0, 6))).encode() for _ in range(2)]
    return odd.join(said)


def urlencoded(random: Random, odd: bytes) -> bytes:
    pairs = [(b"q", some(random)), (b"body", some(random))]
    pairs.insert(random.randint(0, 2), random.choice([(some(random, odd), b"1"), (b"message", some(random, odd))]))
    return "&".join(f"{quote_from_bytes(name)}={quote_from_bytes(value)}" for name, value in pairs).encode()


def multipart(random: Random, odd: bytes, at: str) -> bytes:
    value = some(random, odd if at == "value" else b"")
    name = b"m" + some(random, odd if at == "name" else b"").replace(b" ", b"")
    file = b"f" + (odd if at == "file name" else b"") + b".txt"
    held = some(random, odd if at == "file" else b"")
    parts = [
        b'content-disposition: form-data; name="' + name + b'"\r\n\r\n' + value,
        b'content-disposition: form-data; name="file"; filename="' + file + b'"\r\n\r\n' + held,
    ]
    random.shuffle(parts)
    border = f"--{BORDER}".encode()
    return b"".join(border + b"\r\n" + part + b"\r\n" for part in parts) + border + b"--\r\n"


def in_json(random: Random, odd: str) -> bytes:
    told: object = {"a": "é", "b": [1, None, {"c": f"x{odd}"}]} if random.random() < 0.5 else {f"k{odd}": {}}
    return json.dumps(told).encode()


def asked(client: Client, address: str, random: Random):
    """(what was odd, the answer) of one request, odd in one place."""
    odd = random.choice(ODD)
    form = f"multipart/form-data; boundary={BORDER}"
    where = random.choice(
        ["query", "end", "form", "value", "name", "file name", "header", "cookie", "octal", "json", "charset"]
    )
    if where == "query":
        return where, client.get(f"{address}?{urlencoded(random, odd).decode()}")
    if where == "end":
        return where, client.get(address + quote_from_bytes(odd))
    if where == "form":
        return where, client.post(address, urlencoded(random, odd), "application/x-www-form-urlencoded")
    if where in ("value", "name", "file name"):
        return where, client.post(address, multipart(random, odd, where), form)
    if where == "header":
        name = random.choice(["HTTP_USER_AGENT", "HTTP_REFERER", "HTTP_ACCEPT_LANGUAGE", "HTTP_X_ANYTHING"])
        return where, client.get(address, **{name: some(random, odd).decode("latin-1")})
    if where in ("cookie", "octal"):
        value = f'"a{chr(92)}000"' if where == "octal" else f"a{odd.decode('latin-1')}"
        name = random.choice(["session", "csrf", "parcours", "autre"])
        return where, client.get(address, HTTP_COOKIE=f"{name}={value}")
    if where == "json":
        return where, client.post(
            address, in_json(random, random.choice(["\0", "\ud800", "\udfff"])), "application/json"
        )
    return where, client.get(f"{address}?q=+AAA-", CONTENT_TYPE="text/plain; charset=utf-7")


@pytest.mark.parametrize("seed", range(6))
def test_every_open_address_answers_400_in_words(people, world, seed):
    random, wrong = Random(seed), []
    names = [
        name
        for name in sorted(ADDRESSES)
        if ROWS[name].is_public and "/" not in name and not name.startswith("webhook")
    ]
    assert len(names) > 40
    for name in names:
        row = ROWS[name]
        with transaction.atomic():
            kwargs = row.thing(world, people["administrator"], "own") if row.thing else row.kwargs
            address = reverse(name, kwargs=kwargs)
            client = Client(raise_request_exception=False)
            where, answer = asked(client, address, random)
            if answer.status_code != 400 or len(answer.content.decode()) < 20:
                wrong.append((name, where, answer.status_code))
            transaction.set_rollback(True)
    assert wrong == []


@pytest.mark.parametrize("seed", range(20))
def test_the_native_side_does_too(seed):
    random = Random(seed)
    path = random.choice(
        ["/", "/r/ABCDEF", "/live/desk/1", "/static/x.css", "/media/x", "/media-interne/x", "/health/live"]
    )
    odd, headers, query = (
        random.choice(ODD),
        [(b"host", b"localhost")],
        b"q=" + quote_from_bytes("é�".encode()).encode(),
    )
    assert not signs.in_head(path, query, headers)
    where = random.choice(["query", "header", "cookie"])
    if where == "query":
        query += quote_from_bytes(odd).encode()
    else:
        headers.append((b"cookie", b"session=" + odd) if where == "cookie" else (b"user-agent", odd))
    status, words = native(path, query, headers)
    assert (status, WORDS in words) == (400, True), (path, where)


def native(path: str, query: bytes, headers: list) -> tuple[int, str]:
    sent = []

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": path, "query_string": query, "headers": headers, "scheme": "http"}
    scope |= {"server": ("localhost", 80), "client": ("127.0.0.1", 1), "http_version": "1.1", "root_path": ""}
    asyncio.run(Native()(scope | {"asgi": {"version": "3.0"}}, receive, send))
    return sent[0]["status"], b"".join(one.get("body", b"") for one in sent).decode()


def test_what_is_text_is_let_through():
    """A sign that stands for another is a sign, a file holds what it holds, and nobody answers for what a proxy wrote."""
    for seed in range(50):
        random = Random(seed)
        assert not signs.in_body("application/x-www-form-urlencoded", urlencoded(random, b""))
        assert not signs.in_body(
            f"multipart/form-data; boundary={BORDER}", multipart(random, random.choice(ODD), "file")
        )
        assert not signs.in_body("application/json", in_json(random, random.choice(["", "😀", "�", "\\u0000"])))
    assert not signs.in_head("/é", b"", [(b"x-forwarded-for", b"\xe9"), (b"via", b"\xff"), (b"cookie", b'a="\\303"')])
    assert not signs.in_head("/", b"", [(b"content-type", b"text/plain; charset=UTF-8")])


def test_a_form_that_is_text_arrives_as_it_was(client, line):
    from relais.coaching.models import Message

    said = {"body": "Aide-moi � s’il te plaît 😀", "pseudonym": "Léo", "key": str(uuid4())}
    parts = "".join(f'--{BORDER}\r\ncontent-disposition: form-data; name="{k}"\r\n\r\n{v}\r\n' for k, v in said.items())
    client.post("/parler", f"{parts}--{BORDER}--\r\n".encode(), f"multipart/form-data; boundary={BORDER}")
    assert Message.objects.get(side="young").body == said["body"]


def test_what_was_typed_beside_it_is_given_back(client):
    answer = client.post("/parler", b"body=Aide-moi+vraiment%00", "application/x-www-form-urlencoded")
    assert answer.status_code == 400 and "Aide-moi vraiment" in answer.content.decode()


NUL = b"a\0b"
CODED = b'name="q"\r\nContent-Transfer-Encoding: '


@pytest.mark.parametrize(
    ("kind", "head", "content", "is_odd"),
    [
        ("boundary=limite", b'name="q"; filename="a.txt"', NUL, False),
        ("boundary=limite", b'name="q"; x="; filename="', NUL, True),
        ("boundary=limite", b'name="q"; filename=""', NUL, True),
        ("boundary=limite", b'name="q"; filename="a"\r\nContent-Disposition: form-data; name="q"', NUL, True),
        ("boundary=limite", CODED + b"base64", b"AAAA", True),
        ("boundary=limite", CODED + b"base64", b"A" + NUL, True),
        ("boundary=limite", CODED + b"8bit; base64", b"AAAA", False),
        ("boundary=limite", b"name=\"q\"; filename*=utf-7''+AAA-", b"a", True),
        ('x="; boundary=autre"; boundary=limite', b'name="q"', NUL, True),
        ("boundary=autre; boundary=limite", b'name="q"', NUL, True),
    ],
)
def test_a_form_is_judged_as_django_reads_it(client, kind, head, content, is_odd):
    body = b"--limite\r\nContent-Disposition: form-data; " + head + b"\r\n\r\n" + content + b"\r\n--limite--\r\n"
    for name in ("multipart/form-data", "multipart/form-data=x"):
        assert signs.in_body(f"{name}; {kind}", body) is is_odd
        answer = client.generic("POST", reverse("choose_preferences"), body, f"{name}; {kind}")
        assert (answer.status_code == 400) is is_odd


@pytest.mark.parametrize("said", ["charset=utf-8; charset=utf-7", 'x="; charset=utf-8"; charset=utf-7'])
def test_a_set_of_signs_is_read_as_django_reads_it(client, said):
    assert client.get("/?q=+AAA-", CONTENT_TYPE=f"text/plain; {said}").status_code == 400
