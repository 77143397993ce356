"""How many bytes a request may have: few everywhere, a table's where tables are sent. And how long it may take."""

import asyncio

import pytest

from config import asgi
from config.asgi import Pages
from relais.campaigns.addresses import BRING
from relais.catalogue.tables.bounds import FILE, PATH

pytestmark = pytest.mark.django_db(transaction=True)


def sent(path: str, size: int, every: float = 0) -> tuple[int, str]:
    """(status, words) of what somebody without an account gets for so many bytes, given at once or one `every` so many seconds."""
    told = []
    scope = {
        "type": "http",
        "method": "POST",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "scheme": "http",
        "root_path": "",
        "headers": [(b"host", b"localhost"), (b"content-type", b"text/plain"), (b"content-length", str(size).encode())],
        "server": ("localhost", 80),
        "client": ("127.0.0.1", 1),
        "http_version": "1.1",
        "asgi": {"version": "3.0"},
    }

    async def receive():
        if every:
            await asyncio.sleep(every)
            return {"type": "http.request", "body": b"x", "more_body": True}
        return {"type": "http.request", "body": b"x" * size, "more_body": False}

    async def send(message):
        told.append(message)

    asyncio.run(Pages(1)(scope, receive, send))
    return told[0]["status"], b"".join(one.get("body", b"") for one in told).decode()


def test_a_table_may_be_heavy_and_nothing_else():
    assert sent(PATH, FILE)[0] != 413 and sent(BRING, FILE)[0] != 413
    assert sent(PATH, FILE + 1_000_000) == (413, "Trop long : 5 Mo au plus.")
    assert sent("/pro/structures/", FILE) == (413, "Trop long : 2 Mo au plus.")
    assert sent(f"{PATH}/essai", FILE)[0] == 413


def test_a_byte_now_and_then_does_not_hold_a_request_open(monkeypatch):
    monkeypatch.setattr(asgi, "WHOLE", 0.5)
    assert sent("/parler", 100, every=0.1) == (408, "Trop lent.")
    monkeypatch.setattr(asgi, "HEAVY", 0.5)
    assert sent(PATH, FILE, every=0.1) == (408, "Trop lent.")


def test_seconds_for_a_whole_request():
    """The real numbers: a minute for a page, five for a table or a letter with its photographs."""
    assert (asgi.SLOWEST, asgi.WHOLE, asgi.HEAVY) == (30, 60, 300)
