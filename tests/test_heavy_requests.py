"""How many bytes a request may have: few everywhere, a table's where tables are sent."""

import asyncio

import pytest

from config.asgi import Pages
from relais.catalogue.tables.bounds import FILE, PATH

pytestmark = pytest.mark.django_db(transaction=True)


def sent(path: str, size: int) -> tuple[int, str]:
    """(status, words) of what somebody without an account gets for so many bytes."""
    told = []
    scope = {
        "type": "http", "method": "POST", "path": path, "raw_path": path.encode(), "query_string": b"", "scheme": "http", "root_path": "",
        "headers": [(b"host", b"localhost"), (b"content-type", b"text/plain"), (b"content-length", str(size).encode())],
        "server": ("localhost", 80), "client": ("127.0.0.1", 1), "http_version": "1.1", "asgi": {"version": "3.0"},
    }  # fmt: skip

    async def receive():
        return {"type": "http.request", "body": b"x" * size, "more_body": False}

    async def send(message):
        told.append(message)

    asyncio.run(Pages(1)(scope, receive, send))
    return told[0]["status"], b"".join(one.get("body", b"") for one in told).decode()


def test_a_table_may_be_heavy_and_nothing_else():
    assert sent(PATH, FILE)[0] != 413
    assert sent(PATH, FILE + 1_000_000) == (413, "Trop long : 5 Mo au plus.")
    assert sent("/pro/structures/", FILE) == (413, "Trop long : 2 Mo au plus.")
    assert sent(f"{PATH}/essai", FILE)[0] == 413
