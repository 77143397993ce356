"""Live messages: server-sent events, fed by PostgreSQL's LISTEN/NOTIFY, one listening connection per web process.

A service notifies a topic (`notify`) inside its transaction; at commit PostgreSQL tells every web process; the hub of each fetches
what is new for the topics that somebody there watches, once for all that rang meanwhile, and pushes it.

Rows are numbered per topic in the order of their commits (see `coaching.models.Conversation.seq`), so « everything
after number N » is exact: a browser that lost the connection, or whose server was killed, says its Last-Event-ID to
whichever process answers, and misses nothing.

A feed is declared by an app with `@feed("conversation")` on a class with two methods, both run in a thread with Django:

    authorise(cookies: dict[str, str], subject: str) -> Pass | None   # what may be read, or None: this does not exist for you
    fetch(wanted: dict[str, int]) -> list[Item]                       # what is after each number, for many topics at once

A topic that ends (`end_streams_on(topic)`: a conversation erased, or joined to another) ends the streams of all who watch it: each
page comes back at once, and is asked again. A pass that names its holder ends with their right: `end_streams_of(holder)` does the same
for theirs, and before anything is pushed the feed's `still(passes)` gives those that are good, in a few queries for all of them.
"""

import asyncio
import logging
import random
import threading
from collections import Counter
from collections.abc import Callable, Coroutine, Hashable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from ipaddress import ip_network
from itertools import count, cycle
from time import monotonic
from typing import Any, Protocol
from urllib.parse import parse_qs

import psycopg
from django.db import InterfaceError, OperationalError, connection
from django.http import parse_cookie

from .loops import connection_parameters
from .outage import is_away, outage
from .ratelimit import network as network_of

log = logging.getLogger(__name__)
CHANNEL = "relais_live"
HEARTBEAT = 20.0
"""Seconds between two signs of life on a silent stream (proxies close what is silent for 30 to 60 s), and those for
which a page may leave what was sent to it unread before its stream is ended; it comes back with its Last-Event-ID."""
TURNS = 20
"""Into how many turns a heartbeat is cut: thousands of pages told at one instant would hold up what is said meanwhile."""
LIFETIME = 15 * 60.0
"""Seconds after which, at most, a stream is ended and the browser asked to come back: its right to read is checked again."""
ENDED = "ended:"
"""Begins what tells that a topic is over for those who watch it now."""
STREAMS, NETWORK_STREAMS = 20, 500
"""Open at once in one process: of one account or conversation, and of one network (two schools), but for this machine: it may be a proxy."""
HOLDER = "user:"
"""Begins the topic of an account, which carries nothing: it ends the streams of that account."""
SPREAD = 1 / 3
"""Of LIFETIME, over which the pages that came together do not come back together."""


@dataclass(frozen=True, slots=True)
class Item:
    topic: str
    number: int
    html: str
    event: str = "message"

    def encode(self) -> bytes:
        lines = "".join(f"data: {line}\n" for line in self.html.splitlines() or [""])
        return f"id: {self.number}\nevent: {self.event}\n{lines}\n".encode()


@dataclass(frozen=True, slots=True)
class Pass:
    """What one page may read. `holder`: whose account it rests on, '' for none; `proof`: what the feed needs to look again."""

    topic: str
    holder: str = ""
    proof: Hashable = None


class Feed(Protocol):
    def authorise(self, cookies: dict[str, str], subject: str) -> Pass | None: ...

    def fetch(self, wanted: dict[str, int]) -> list[Item]: ...

    def still(self, rights: set[Pass]) -> set[Pass]: ...


feeds: dict[str, Feed] = {}
_at_start: list[Callable[[], object]] = []


def at_start(function: Callable[[], object]) -> None:
    """Have `function` called once, in a thread of its own, when a web process begins to serve."""
    _at_start.append(function)


def warm_up() -> None:
    """Call what asked to be called at the start; nobody waits for it."""
    for function in _at_start:
        threading.Thread(target=function, name=function.__name__, daemon=True).start()


def feed(name: str):
    """Class decorator: serve this feed at /live/<name>/<subject>. Topics of a feed begin with « name: »."""

    def keep(kind):
        feeds[name] = kind()
        return kind

    return keep


def end_streams_of(holder: object) -> None:
    """End every stream of this account when the current transaction commits; its pages come back, and are asked again."""
    notify(f"{HOLDER}{holder}")


def end_streams_on(topic: str) -> None:
    """End every stream on this topic when the current transaction commits; whoever still has the right comes back at once."""
    notify(f"{ENDED}{topic}")


def notify(topic: str) -> None:
    """Tell every web process, when the current transaction commits, that `topic` has something new."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, topic])


@dataclass(slots=True, eq=False)
class Reader:
    """One open page. `last` is the number of the last item handed to it, `until` when it has to come back."""

    right: Pass
    last: int
    send: Callable[[dict], Coroutine[Any, Any, None]]
    until: float
    turn: int
    waiting: list[Item] = field(default_factory=list)
    sending_since: float | None = None


class Hub:
    """All open pages of this process. Everything here runs on the event loop; only `_in_thread` leaves it."""

    def __init__(self):
        self.readers: dict[str, set[Reader]] = {}
        self._rang: set[str] = set()
        self._wake = asyncio.Event()
        # Apart: when everybody comes in at once, what is said does not wait behind them.
        self._doors = ThreadPoolExecutor(2, thread_name_prefix="live-door")
        self._fetching = ThreadPoolExecutor(1, thread_name_prefix="live-fetch")
        self._arrivals = count()
        self._open: Counter[str] = Counter()
        self._tasks: set[asyncio.Task] = set()

    def start(self) -> None:
        for work in (self._listen(), self._deliver(), self._beat()):
            self._keep(asyncio.create_task(work))

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for threads in (self._doors, self._fetching):
            threads.shutdown(wait=False, cancel_futures=True)

    def _keep(self, task: asyncio.Task) -> None:
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def in_thread(self, threads: ThreadPoolExecutor, function, *arguments):
        """Run Django code off the loop. A connection that broke is dropped and the call made once more."""

        def call():
            try:
                return function(*arguments)
            except (OperationalError, InterfaceError):
                connection.close()
                return function(*arguments)
            finally:
                connection.close()

        return await asyncio.get_running_loop().run_in_executor(threads, call)

    # --- from the database to the readers

    async def _listen(self) -> None:
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(
                    **connection_parameters(), autocommit=True
                ) as listener:
                    await listener.execute(f"LISTEN {CHANNEL}")
                    # Whatever was rung while nobody listened is looked for now.
                    self._look_at(*self.readers)
                    async for notice in listener.notifies():
                        if notice.payload.startswith(HOLDER):
                            self._end_those_of(notice.payload.removeprefix(HOLDER))
                        elif notice.payload.startswith(ENDED):
                            self._end_those_on(notice.payload.removeprefix(ENDED))
                        elif notice.payload in self.readers:
                            self._look_at(notice.payload)
            except (psycopg.Error, OSError) as error:
                outage.begin(error)
                await asyncio.sleep(1)

    def _look_at(self, *topics: str) -> None:
        self._rang.update(topics)
        self._wake.set()

    async def _deliver(self) -> None:
        """Fetch for all topics that rang while the last fetch ran: under load, many rings cost one query."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            rang, self._rang = self._rang, set()
            wanted = {
                topic: min(reader.last for reader in self.readers[topic]) for topic in rang if self.readers.get(topic)
            }
            try:
                items = await self._fetch(wanted)
                # After the fetch: whoever lost their right before these words were kept is gone before they are handed over.
                await self._look_again({item.topic for item in items})
                self._push(items)
            except Exception as error:
                if is_away(error):
                    outage.begin(error)
                else:
                    log.exception("Live messages could not be read; trying again")
                await asyncio.sleep(0.5)
                self._look_at(*wanted)

    async def _fetch(self, wanted: dict[str, int]) -> list[Item]:
        items: list[Item] = []
        for name, source in feeds.items():
            mine = {topic: after for topic, after in wanted.items() if topic.startswith(f"{name}:")}
            if mine:
                items += await self.in_thread(self._fetching, source.fetch, mine)
        return items

    async def _look_again(self, topics: set[str]) -> None:
        """End the streams of those topics whose holder has no right to them any more: a notification may have been lost."""
        for name, source in feeds.items():
            rights = {
                reader.right
                for topic in topics
                for reader in self.readers.get(topic, ())
                if topic.startswith(f"{name}:") and reader.right.holder
            }
            if rights:
                self._end_those_with(rights - await self.in_thread(self._fetching, source.still, rights))

    def _push(self, items: list[Item]) -> None:
        for item in items:
            for reader in self.readers.get(item.topic, ()):
                self.hand(reader, item)

    def hand(self, reader: Reader, item: Item) -> None:
        if item.number <= reader.last:
            return
        reader.last = item.number
        reader.waiting.append(item)
        if reader.sending_since is None:
            reader.sending_since = monotonic()
            self._keep(asyncio.create_task(self._drain(reader)))

    async def _drain(self, reader: Reader) -> None:
        try:
            while reader.waiting:
                items, reader.waiting, reader.sending_since = reader.waiting, [], monotonic()
                await reader.send(
                    {"type": "http.response.body", "body": b"".join(item.encode() for item in items), "more_body": True}
                )
        finally:
            reader.sending_since = None

    async def _beat(self) -> None:
        for turn in cycle(range(TURNS)):
            await asyncio.sleep(HEARTBEAT / TURNS)
            now = monotonic()
            for reader in self._everybody():
                if reader.turn != turn:
                    continue
                if now > reader.until or now - (reader.sending_since or now) > HEARTBEAT:
                    self._keep(asyncio.create_task(self._end(reader)))
                elif reader.sending_since is None:
                    self._keep(
                        asyncio.create_task(
                            reader.send({"type": "http.response.body", "body": b":\n\n", "more_body": True})
                        )
                    )

    def end_all(self) -> None:
        """The process stops: every page is told to come back, and finds the next one."""
        self._end_those(lambda reader: True)

    def _end_those_of(self, holder: str) -> None:
        self._end_those(lambda reader: reader.right.holder == holder)

    def _end_those_on(self, topic: str) -> None:
        self._end_those(lambda reader: reader.right.topic == topic)

    def _end_those_with(self, rights: set[Pass]) -> None:
        self._end_those(lambda reader: reader.right in rights)

    def _end_those(self, wanted: Callable[[Reader], bool]) -> None:
        for reader in filter(wanted, self._everybody()):
            # Out at once: what is pushed before the task runs is not for them.
            self.leave(reader)
            self._keep(asyncio.create_task(self._end(reader)))

    async def _end(self, reader: Reader) -> None:
        self.leave(reader)
        reader.waiting.clear()
        await reader.send({"type": "http.response.body", "body": b"", "more_body": False})

    # --- readers come and go

    def _everybody(self) -> list[Reader]:
        return [reader for readers in self.readers.values() for reader in readers]

    def enter(self, reader: Reader) -> None:
        self.readers.setdefault(reader.right.topic, set()).add(reader)

    def leave(self, reader: Reader) -> None:
        readers = self.readers.get(reader.right.topic)
        if readers is not None:
            readers.discard(reader)
            if not readers:
                del self.readers[reader.right.topic]

    async def __call__(self, scope, receive, send) -> None:
        """The ASGI application of /live/<feed>/<subject>. `?after=N` or Last-Event-ID: what the page already shows."""
        name, _, subject = scope["path"].removeprefix("/live/").partition("/")
        headers = {key: value for key, value in scope["headers"] if key in (b"cookie", b"last-event-id")}
        cookies = parse_cookie(headers.get(b"cookie", b"").decode("latin-1"))
        with self._counted(_network(scope), NETWORK_STREAMS) as is_free:
            if not is_free:
                return await _answer(send, 429)
            source = feeds.get(name)
            right = await self.in_thread(self._doors, source.authorise, cookies, subject) if source else None
            after = headers.get(b"last-event-id") or parse_qs(scope["query_string"]).get(b"after", [b"0"])[0]
            if right is None or not after.isdigit() or len(after) > 15:
                return await _answer(send, 404)
            with self._counted(right.holder or right.topic, STREAMS) as is_free:
                if not is_free:
                    return await _answer(send, 429)
                await self._stream(right, int(after), receive, send)

    @contextmanager
    def _counted(self, whose: str, most: int) -> Iterator[bool]:
        """One more stream of theirs, from now to the end of the block; whether there is room for it. Of nobody: always."""
        if whose and self._open[whose] >= most:
            return (yield False)
        self._open[whose] += 1
        try:
            yield True
        finally:
            self._open.subtract([whose])
            if not self._open[whose]:
                del self._open[whose]

    async def _stream(self, right: Pass, after: int, receive, send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
        until = monotonic() + LIFETIME * (1 - SPREAD * random.random())
        reader = Reader(right, after, send, until, next(self._arrivals) % TURNS)
        # Enter first, look second: what is committed in between is handed over by the one or the other, never twice (see `hand`).
        await send({"type": "http.response.body", "body": b"retry: 1500\n\n", "more_body": True})
        self.enter(reader)
        self._look_at(right.topic)
        try:
            while (await receive())["type"] != "http.disconnect":
                pass
        finally:
            self.leave(reader)


def _network(scope) -> str:
    """Whose streams are counted together; '', of nobody, for this machine."""
    forwarded = dict(scope["headers"]).get(b"x-forwarded-for", b"").decode("latin-1")
    found = network_of((scope.get("client") or ("",))[0], forwarded)
    return "" if not found or ip_network(found).is_loopback else found


async def _answer(send, status: int) -> None:
    await send({"type": "http.response.start", "status": status, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})


_HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
    (b"x-content-type-options", b"nosniff"),
]
