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

    def __init__(self, hub: Hub, subject: str, peer: str = "127.0.0.1", forwarded: str = ""):
        self.sent, self.leaving = [], asyncio.Event()
        scope = {
            "type": "http",
            "path": f"/live/essai/{subject}",
            "headers": [(b"x-forwarded-for", forwarded.encode())] if forwarded else [],
            "query_string": b"",
            "client": (peer, 1),
        }
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
        assert {reader.turn for reader in readers} == set(range(live.TURNS)), (
            "a heartbeat tells a few of them at a time"
        )
        for page in pages:
            page.leaving.set()
        await asyncio.gather(*(page.task for page in pages))
        await hub.stop()

    asyncio.run(evening())


def opened(pages: list[Page]) -> list[int]:
    return [page.sent[0]["status"] for page in pages]


async def all_answered(pages: list[Page]) -> None:
    while not all(page.sent for page in pages):
        await asyncio.sleep(0.001)


@pytest.mark.parametrize("is_held", [True, False], ids=["of an account", "of a conversation"])
def test_one_reader_has_a_few_streams_and_those_of_others_go_on(door, monkeypatch, is_held):
    holder = "7" if is_held else ""
    monkeypatch.setattr(door, "authorise", lambda cookies, subject: Pass(f"essai:{subject}", holder), raising=False)
    door.still = lambda rights: rights
    subject = (lambda number: str(number)) if is_held else (lambda number: "une")

    async def evening():
        hub = Hub()
        pages = [Page(hub, subject(number)) for number in range(live.STREAMS)]
        await all_answered(pages)
        assert {page.sent[0]["status"] for page in pages} == {200}
        more = Page(hub, subject(0))
        await more.task
        assert more.sent[0]["status"] == 429
        holder_of_another = Pass("essai:autre", "8" if is_held else "")
        monkeypatch.setattr(door, "authorise", lambda cookies, subject: holder_of_another)
        other = Page(hub, "autre")
        await all_answered([other])
        assert other.sent[0]["status"] == 200
        # Who leaves makes room.
        pages[0].leaving.set()
        await pages[0].task
        monkeypatch.setattr(door, "authorise", lambda cookies, subject: Pass(f"essai:{subject}", holder))
        again = Page(hub, subject(0))
        await all_answered([again])
        assert again.sent[0]["status"] == 200
        for page in (*pages, other, again):
            page.leaving.set()
        await asyncio.gather(*(page.task for page in (*pages, other, again)))
        assert not hub._open
        await hub.stop()

    asyncio.run(evening())


def test_one_network_has_a_bounded_number_of_streams(door, settings, monkeypatch):
    settings.BEHIND_PROXY = True
    assert live.NETWORK_STREAMS >= 300, "a forum of three hundred sits behind one address"
    monkeypatch.setattr(live, "NETWORK_STREAMS", 5)

    async def evening():
        hub = Hub()
        # Before the first is let in: who comes all at once is counted too. One /64 is one network.
        crowd = [Page(hub, f"a{number}", forwarded=f"2001:db8:5:5::{number}") for number in range(6)]
        others = [Page(hub, f"b{number}", forwarded=f"192.0.2.{number}") for number in range(6)]
        local = [Page(hub, f"c{number}") for number in range(9)]
        await asyncio.sleep(0)
        door.open.set()
        await all_answered(crowd + others + local)
        assert opened(crowd) == [200] * 5 + [429]
        assert set(opened(others + local)) == {200}
        for page in crowd + others + local:
            page.leaving.set()
        await asyncio.gather(*(page.task for page in crowd + others + local))
        await hub.stop()

    asyncio.run(evening())


@pytest.mark.parametrize(
    ("given", "heard"), [(b"a@b=1; essai=moi", "moi"), (b'pref={"a":1}; essai=moi', "moi"), (b"\xff\xfe=;;", None)]
)
def test_cookies_of_others_do_not_hide_ours(door, monkeypatch, given, heard):
    """Other programs of the same host name write what they like."""
    seen = []
    monkeypatch.setattr(door, "authorise", lambda cookies, subject: seen.append(cookies.get("essai")))

    async def evening():
        hub, told = Hub(), []
        scope = {"type": "http", "path": "/live/essai/1", "headers": [(b"cookie", given)], "query_string": b""}

        async def send(message):
            told.append(message)

        await hub(scope, None, send)
        await hub.stop()
        assert told[0]["status"] == 404 and seen == [heard]

    asyncio.run(evening())
