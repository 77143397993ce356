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
from relais.campaigns.follow import Follows
from relais.catalogue.tables import bounds
from relais.channels import doors
from relais.foundation import pulse, sites
from relais.foundation.files import Files
from relais.foundation.live import Hub, warm_up
from relais.foundation.middleware import BROKEN
from relais.stories import previews

autodiscover_modules("live")
PAGE_THREADS = 4
PIECE_THREADS = 2
CALM_THREADS = 2
SLOWEST = 30.0
"""Seconds between two parts of a request: who stops in the middle is let go."""
LONGEST = 2_000_000
"""Bytes of a request. Django's own limit for forms (settings) is below, and answers in words."""


class Pages:
    """Django in threads. A request is read to its end before a thread takes it: a few slow visitors must not hold them all."""

    def __init__(self, threads: int):
        self.threads = WSGIMiddleware(django, workers=threads)
        self.free = asyncio.Semaphore(threads)

    async def __call__(self, scope, receive, send) -> None:
        body, more = bytearray(), True
        given = dict(scope["headers"]).get(b"authorization", b"").decode("latin-1")
        longest = doors.LONGEST_LETTER if doors.may_be_heavy(scope["path"], given) else bounds.REQUEST if scope["path"] == bounds.PATH else LONGEST
        while more:
            try:
                async with asyncio.timeout(SLOWEST):
                    message = await receive()
            except TimeoutError:
                return await _refuse("Trop lent.", 408)(scope, receive, send)
            if message["type"] == "http.disconnect":
                return
            body += message.get("body", b"")
            if len(body) > longest:
                return await _refuse(f"Trop long : {longest // 1_000_000} Mo au plus.", 413)(scope, receive, send)
            more = message.get("more_body", False)

        async def whole():
            return {"type": "http.request", "body": bytes(body), "more_body": False}

        # Waited for here and not in the executor: what was answered by somebody else meanwhile is never begun.
        async with self.free:
            if pulse.LOST not in scope:
                await self.threads(scope, whole, send)


class Calm:
    """Django in threads of its own, for what is answered without the database: no cookie, hence no session, hence no query."""

    def __init__(self, threads: int):
        self.threads = WSGIMiddleware(django, workers=threads)

    async def __call__(self, scope, receive, send) -> None:
        headers = [(name, value) for name, value in scope["headers"] if name != b"cookie"]
        await self.threads(scope | {"headers": headers}, receive, send)


def _refuse(words: str, status: int) -> PlainTextResponse:
    return PlainTextResponse(words, status_code=status, headers={"connection": "close"})


ALIVE = PlainTextResponse("ok", headers={"cache-control": "no-store"})


class Native:
    """Chooses by the path; holds what lives as long as the process."""

    def __init__(self):
        self.pages = Pages(PAGE_THREADS)
        # Files on their way here wait for the disk: they must not hold the threads of those who read.
        self.pieces = Pages(PIECE_THREADS)
        self.files = (
            (settings.STATIC_URL, Files(settings.STATIC_ROOT, prefix=settings.STATIC_URL, hashed=True)),
            # Files of published stories, and of nothing else (see stories.shelf).
            (settings.MEDIA_URL, Files(settings.MEDIA_ROOT / "public", prefix=settings.MEDIA_URL)),
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
        if path == "/health/live":
            return await ALIVE(scope, receive, send)
        if path == "/aide" and scope["method"] in ("GET", "HEAD"):
            return await self.calm(scope, receive, send)
        if BROKEN.search(path) or not sites.answers_to(dict(scope["headers"]).get(b"host", b"").decode("latin-1")):
            # Nothing native has such an address, or such a name, and Django says so in words.
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
        return self.pieces if path.startswith("/pro/studio/envois/") or path == bounds.PATH else self.pages

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
