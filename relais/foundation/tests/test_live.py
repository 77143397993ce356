"""The hub of open pages, with a feed that needs no database."""

import asyncio
import threading

import pytest

from relais.foundation import live
from relais.foundation.live import Hub, Item, Pass


class Door:
    """A feed whose door opens when it is told to; it always has one thing more to say."""

    def __init__(self):
        self.open = threading.Event()

    def authorise(self, cookies, subject):
        assert self.open.wait(30)
        return Pass(f"essai:{subject}")

    def fetch(self, wanted):
        return [Item(topic, after + 1, "oui") for topic, after in wanted.items()]


@pytest.fixture
def door(monkeypatch):
    door = Door()
    monkeypatch.setitem(live.feeds, "essai", door)
    yield door
    door.open.set()


class Page:
    """A page that opens its stream and stays until it is told to leave."""

    def __init__(self, hub: Hub, subject: str):
        self.sent, self.leaving = [], asyncio.Event()
        scope = {"type": "http", "path": f"/live/essai/{subject}", "headers": [], "query_string": b""}
        self.task = asyncio.create_task(hub(scope, self.receive, self.send))

    async def receive(self):
        await self.leaving.wait()
        return {"type": "http.disconnect"}

    async def send(self, message):
        self.sent.append(message)


def test_what_is_said_does_not_wait_behind_those_who_come_in(door):
    async def evening():
        hub = Hub()
        pages = [Page(hub, str(number)) for number in range(20)]
        await asyncio.sleep(0)
        items = await asyncio.wait_for(hub._fetch({"essai:ici": 4}), 30)
        assert [(item.topic, item.number) for item in items] == [("essai:ici", 5)]
        assert not any(page.sent for page in pages), "they are still at the door"
        door.open.set()
        for page in pages:
            page.leaving.set()
        await asyncio.gather(*(page.task for page in pages))
        assert all(page.sent for page in pages)
        await hub.stop()

    asyncio.run(evening())


def test_pages_that_came_together_do_not_come_back_together(door):
    door.open.set()

    async def evening():
        hub = Hub()
        pages = [Page(hub, str(number)) for number in range(60)]
        while len(hub._everybody()) < len(pages):
            await asyncio.sleep(0.001)
        readers = hub._everybody()
        ends = [reader.until for reader in readers]
        assert max(ends) - min(ends) > live.LIFETIME * live.SPREAD / 2
        assert {reader.turn for reader in readers} == set(range(live.TURNS)), "a heartbeat tells a few of them at a time"
        for page in pages:
            page.leaving.set()
        await asyncio.gather(*(page.task for page in pages))
        await hub.stop()

    asyncio.run(evening())
