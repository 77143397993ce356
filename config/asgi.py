"""The one entry of a web process: what is many or long is native, everything else is Django in threads.

Native: /live (server-sent events), /r/ (follows, group commit), static files, media and what the team previews. A page costs more inside
Django's own ASGI handler than here (see docs/decisions).

Whatever the database does, /health/live and the help numbers are answered, and every other page says within seconds that the site is down
(see foundation/pulse.py).
"""

import asyncio
import os
import signal
import threading
from contextlib import asynccontextmanager

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from a2wsgi import WSGIMiddleware
from django.conf import settings
from django.utils.module_loading import autodiscover_modules
from starlette.responses import PlainTextResponse

from config.wsgi import application as django
from relais.campaigns.addresses import BRING
from relais.campaigns.follow import Follows
from relais.catalogue.tables import bounds
from relais.channels import webhooks
from relais.foundation import pulse, signs, sites
from relais.foundation.files import Files
from relais.foundation.live import Hub, warm_up
from relais.media import previews, storage

autodiscover_modules("live")
PAGE_THREADS = 4
PIECE_THREADS = 2
CALM_THREADS = 2
SLOWEST = 30.0
"""Seconds between two parts of a request: who stops in the middle is let go."""
WHOLE, HEAVY = 60.0, 300.0
"""Seconds for a request to be there, and for one of those that may be heavy: who gives a byte now and then is let go too."""
LONGEST = 2_000_000
"""Bytes of a request. Django's own limit for forms (settings) is below, and answers in words."""
TABLES = {bounds.PATH, BRING}
"""Where a table may be sent, of more bytes than that."""


class Pages:
    """Django in threads. A request is read to its end before a thread takes it: a few slow visitors must not hold them all."""

    def __init__(self, threads: int):
        self.threads = WSGIMiddleware(django, workers=threads)
        self.free = asyncio.Semaphore(threads)

    async def __call__(self, scope, receive, send) -> None:
        longest = _longest(scope)
        try:
            async with asyncio.timeout(WHOLE if longest <= LONGEST else HEAVY):
                body = await _read(receive, longest)
        except TimeoutError:
            return await _refuse("Trop lent.", 408)(scope, receive, send)
        except TooLong:
            return await _refuse(f"Trop long : {longest // 1_000_000} Mo au plus.", 413)(scope, receive, send)
        if body is None:
            return

        async def whole():
            return {"type": "http.request", "body": body, "more_body": False}

        # Waited for here and not in the executor: what was answered by somebody else meanwhile is never begun.
        async with self.free:
            if pulse.LOST not in scope:
                await self.threads(scope, whole, send)


class TooLong(Exception):
    """More bytes than this address takes."""


def _longest(scope) -> int:
    """Bytes that a request to this address may have."""
    given = dict(scope["headers"]).get(b"authorization", b"").decode("latin-1")
    if webhooks.may_be_heavy(scope["path"], given):
        return webhooks.LONGEST_LETTER
    return bounds.REQUEST if scope["path"] in TABLES else LONGEST


async def _read(receive, longest: int) -> bytes | None:
    """The body; None for a visitor who has gone. Raises TooLong, and TimeoutError for one who stops in the middle."""
    body, more = bytearray(), True
    while more:
        async with asyncio.timeout(SLOWEST):
            message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body += message.get("body", b"")
        if len(body) > longest:
            raise TooLong
        more = message.get("more_body", False)
    return bytes(body)


class Calm:
    """Django in threads of its own, for what is answered without the database: no cookie, hence no session, hence no query."""

    def __init__(self, threads: int):
        self.threads = WSGIMiddleware(django, workers=threads)

    async def __call__(self, scope, receive, send) -> None:
        headers = [(name, value) for name, value in scope["headers"] if name != b"cookie"]
        await self.threads(scope | {"headers": headers}, receive, send)


def _refuse(words: str, status: int) -> PlainTextResponse:
    return PlainTextResponse(words, status_code=status, headers={"connection": "close"})


def _published() -> list:
    """Published files, and nothing else (see media.published_files); none where they are read at another host."""
    store = storage.published()
    return [(settings.MEDIA_URL, Files(store.path(""), prefix=settings.MEDIA_URL))] if store.is_local else []


ALIVE = PlainTextResponse("ok", headers={"cache-control": "no-store"})


class Native:
    """Chooses by the path; holds what lives as long as the process."""

    def __init__(self):
        self.pages = Pages(PAGE_THREADS)
        # Files on their way here wait for the disk: they must not hold the threads of those who read.
        self.pieces = Pages(PIECE_THREADS)
        self.files = (
            (settings.STATIC_URL, Files(settings.STATIC_ROOT, prefix=settings.STATIC_URL, hashed=True)),
            *_published(),
            (previews.PREFIX, previews.Previews()),
        )
        self.calm = Calm(CALM_THREADS)
        # What waits for others belongs to one event loop: made when that loop runs.
        self.pulse: pulse.Pulse | None = None
        self.follows: Follows | None = None
        self.hub: Hub | None = None

    async def __call__(self, scope, receive, send) -> None:
        if scope["type"] == "lifespan":
            return await self._lifespan(receive, send)
        if scope["type"] != "http":
            return None
        path = scope["path"]
        if signs.in_head(path, scope["query_string"], scope["headers"]):
            # No address of ours is written like this: Django says so in words.
            return await self.calm(scope | {signs.ODD: True}, pulse.nothing, send)
        if path == "/health/live":
            return await ALIVE(scope, receive, send)
        if path == "/aide" and scope["method"] in ("GET", "HEAD"):
            return await self.calm(scope, receive, send)
        if not sites.answers_to(dict(scope["headers"]).get(b"host", b"").decode("latin-1")):
            # Nothing native has such a name, and Django says so in words.
            return await self.calm(scope, receive, send)
        for prefix, files in self.files:
            if path.startswith(prefix):
                return await files(scope, receive, send)
        await self.pulse.guard(self._behind(path), scope, receive, send, otherwise=self.calm)

    def _behind(self, path: str):
        """Who answers at this path, once the database is there."""
        if path.startswith("/live/"):
            return self.hub
        if path.startswith("/r/"):
            return self.follows
        return self.pieces if path.startswith("/pro/studio/envois/") or path in TABLES else self.pages

    @asynccontextmanager
    async def running(self):
        self.pages.free, self.pieces.free = asyncio.Semaphore(PAGE_THREADS), asyncio.Semaphore(PIECE_THREADS)
        self.pulse, self.follows, self.hub, keeper = pulse.Pulse(), Follows(self.pages), Hub(), sites.Keeper()
        await keeper.start()
        for part in (self.pulse, self.follows, self.hub):
            part.start()
        warm_up()
        _before_stopping(self.hub.end_all)
        try:
            yield self
        finally:
            for part in (self.hub, self.follows, self.pulse, keeper):
                await part.stop()

    async def _lifespan(self, receive, send) -> None:
        await receive()
        async with self.running():
            await send({"type": "lifespan.startup.complete"})
            await receive()
        await send({"type": "lifespan.shutdown.complete"})


def _before_stopping(function) -> None:
    """Call `function` on the event loop when a signal asks to stop: the server tells us only once all answers have ended,
    and a stream of messages would not end by itself."""
    if threading.current_thread() is not threading.main_thread():
        return
    loop = asyncio.get_running_loop()

    def follow(number, before):
        def handle(*received):
            loop.call_soon_threadsafe(function)
            before(*received)

        signal.signal(number, handle)

    for number in (signal.SIGTERM, signal.SIGINT):
        if callable(before := signal.getsignal(number)):
            follow(number, before)


application = Native()
