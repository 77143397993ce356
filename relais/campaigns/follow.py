"""/r/CODE, on the native side: many follows in one transaction, each written before it is answered.

Not counted: link previews, prefetches, known robots, HEAD. No cookie, no address kept: the row says which code and when.
"""

import asyncio
import logging
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from time import monotonic

import psycopg

from relais.foundation import codes
from relais.foundation.database.patience import AsyncPatient
from relais.foundation.jinja import TOUCH_PARAMETER
from relais.foundation.loops import connection_parameters

from .events import TouchFollowed

log = logging.getLogger(__name__)
REMEMBER = 60.0
"""Seconds for which where a code leads is kept in memory."""
ROBOTS = (
    b"bot",
    b"crawl",
    b"spider",
    b"preview",
    b"facebookexternalhit",
    b"facebookcatalog",
    b"whatsapp/",
    b"skypeuri",
    b"embedly",
    b"slurp",
    b"curl/",
    b"wget/",
    b"python-requests",
    b"go-http-client",
    b"okhttp",
    b"monitor",
    b"uptime",
    b"validator",
)
"""Parts of the User-Agent of programs that open a link by themselves, in lower case."""
LONGEST = 300
"""Characters of an address or bytes of a User-Agent that are looked at, and remembered."""
AHEAD_OF_TIME = {b"sec-purpose", b"purpose", b"x-purpose", b"x-moz"}


def is_a_person(method: str, headers: list[tuple[bytes, bytes]]) -> bool:
    """False for whoever opens links without a person behind: previews, prefetches, robots."""
    agent = b""
    for name, value in headers:
        if name in AHEAD_OF_TIME and (b"prefetch" in value.lower() or b"preview" in value.lower()):
            return False
        if name == b"user-agent":
            agent = value
    return method == "GET" and bool(agent) and not _is_robot(agent[:LONGEST])


@lru_cache(1000)
def _is_robot(agent: bytes) -> bool:
    agent = agent.lower()
    return any(robot in agent for robot in ROBOTS)


@lru_cache(10_000)
def code_of(path: str) -> str:
    """The code in /r/CODE, however it was typed; '' when it cannot be one."""
    code = codes.tidy(path.removeprefix("/r/").strip("/"))
    return code if codes.is_code(code, codes.TOUCH_LENGTH) else ""


@dataclass(slots=True)
class Batch:
    """What one transaction will write: how often each code was followed, and the future that all of them wait for."""

    codes: Counter[str]
    written: asyncio.Future


class Follows:
    """The ASGI application of /r/CODE. `otherwise` answers for codes that do not exist (a Django page)."""

    def __init__(self, otherwise):
        self.otherwise = otherwise
        self._targets: dict[str, tuple[float, str | None]] = {}
        self._next: Batch | None = None
        self._wake = asyncio.Event()
        self._connection: AsyncPatient | None = None
        self._lock = asyncio.Lock()
        self._task: asyncio.Task | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._commit_for_ever())

    async def stop(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        if self._connection:
            await self._connection.close()

    async def __call__(self, scope, receive, send) -> None:
        path, target = scope["path"], None
        code = code_of(path) if len(path) < LONGEST else ""
        if code and scope["method"] in ("GET", "HEAD"):
            try:
                target = await self._target(code)
                if target and is_a_person(scope["method"], scope["headers"]):
                    await self._follow(code)
            except (psycopg.Error, OSError) as error:
                log.warning("A follow could not be written: %s", error)
                target = None  # Django says in words that the database does not answer
        if target is None:
            return await self.otherwise(scope, receive, send)
        await send(
            {"type": "http.response.start", "status": 302, "headers": [(b"location", target.encode()), *_HEADERS]}
        )
        await send({"type": "http.response.body", "body": b""})

    async def _target(self, code: str) -> str | None:
        """Where `code` leads, None when it does not exist."""
        known = self._targets.get(code)
        if known and monotonic() - known[0] < REMEMBER:
            return known[1]
        async with self._lock:
            database = await self._database()
            cursor = await database.execute("SELECT story_id FROM campaigns_touch WHERE code = %s", [code])
            row = await cursor.fetchone()
        target = None if row is None else f"{'/temoignages/' + row[0] if row[0] else '/'}?{TOUCH_PARAMETER}={code}"
        # Codes that do not exist are kept too, else guessing them would be a query each; but never without bound.
        if len(self._targets) > 20_000:
            self._targets.clear()
        if target:
            self._targets[code] = (monotonic(), target)
        else:
            self._targets[code] = (monotonic() - REMEMBER + 5, None)
        return target

    async def _follow(self, code: str) -> None:
        """Returns once the row is committed."""
        batch = self._next
        if batch is None:
            batch = self._next = Batch(Counter(), asyncio.get_running_loop().create_future())
            self._wake.set()
        batch.codes[code] += 1
        await batch.written

    async def _commit_for_ever(self) -> None:
        """Group commit: all that arrived while the last transaction was written goes into the next."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            batch, self._next = self._next, None
            try:
                async with self._lock:
                    await self._write(batch.codes)
            except Exception as error:
                await self._drop()
                if not batch.written.done():
                    batch.written.set_exception(
                        error if isinstance(error, psycopg.Error) else psycopg.OperationalError(str(error))
                    )
            else:
                if not batch.written.done():
                    batch.written.set_result(None)

    async def _write(self, codes: Counter[str]) -> None:
        """One statement, which PostgreSQL commits by itself: each code as many times as it was followed."""
        database = await self._database()
        await database.execute(
            "INSERT INTO foundation_event (at, name, touch, data) "
            "SELECT %s, %s, touch, '{}' FROM unnest(%s::text[], %s::int[]) AS f (touch, times), generate_series(1, times)",
            [datetime.now(UTC), TouchFollowed.name, list(codes), list(codes.values())],
        )

    async def _database(self) -> AsyncPatient:
        if self._connection is None or self._connection.closed:
            self._connection = await AsyncPatient.connect(**connection_parameters(), autocommit=True)
        return self._connection

    async def _drop(self) -> None:
        if self._connection:
            await self._connection.close()
        self._connection = None


_HEADERS = [
    (b"content-length", b"0"),
    (b"cache-control", b"no-store"),
    (b"referrer-policy", b"same-origin"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-robots-tag", b"noindex"),
]
