"""The one entry of a web process: what is many or long is native, everything else is Django in threads.

Native: /live (server-sent events), /r/ (follows, group commit), static files, media and what the team previews. A page costs more inside
Django's own ASGI handler than here (see docs/decisions).
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
from relais.channels import doors
from relais.foundation.files import Files
from relais.foundation.live import Hub, warm_up
from relais.foundation.middleware import BROKEN
from relais.stories import previews

autodiscover_modules("live")
PAGE_THREADS = 4
PIECE_THREADS = 2
LONGEST = 2_000_000
"""Bytes of a request. Django's own limit for forms (settings) is below, and answers in words."""


class Pages:
    """Django in threads. A request is read to its end before a thread takes it: a few slow visitors must not hold them all."""

    def __init__(self, threads: int):
        self.threads = WSGIMiddleware(django, workers=threads)

    async def __call__(self, scope, receive, send) -> None:
        body, more = bytearray(), True
        given = dict(scope["headers"]).get(b"authorization", b"").decode("latin-1")
        longest = doors.LONGEST_LETTER if doors.may_be_heavy(scope["path"], given) else LONGEST
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body += message.get("body", b"")
            if len(body) > longest:
                return await PlainTextResponse("Trop long.", status_code=413, headers={"connection": "close"})(scope, receive, send)
            more = message.get("more_body", False)

        async def whole():
            return {"type": "http.request", "body": bytes(body), "more_body": False}

        await self.threads(scope, whole, send)


class Native:
    """Chooses by the path; holds what lives as long as the process."""

    def __init__(self):
        self.pages = Pages(PAGE_THREADS)
        # Files on their way here wait for the disk: they must not hold the threads of those who read.
        self.pieces = Pages(PIECE_THREADS)
        self.static = Files(settings.STATIC_ROOT, prefix=settings.STATIC_URL, hashed=True)
        # Files of published stories, and of nothing else (see stories.shelf).
        self.media = Files(settings.MEDIA_ROOT / "public", prefix=settings.MEDIA_URL)
        self.previews = previews.Previews()
        self.follows: Follows | None = None
        self.hub: Hub | None = None

    async def __call__(self, scope, receive, send) -> None:
        if scope["type"] == "lifespan":
            return await self._lifespan(receive, send)
        if scope["type"] != "http":
            return None
        path = scope["path"]
        if BROKEN.search(path):
            # Nothing native has such an address, and Django says so in words.
            application = self.pages
        elif path.startswith("/live/"):
            application = self.hub
        elif path.startswith("/r/"):
            application = self.follows
        elif path.startswith(settings.STATIC_URL):
            application = self.static
        elif path.startswith(settings.MEDIA_URL):
            application = self.media
        elif path.startswith(previews.PREFIX):
            application = self.previews
        elif path.startswith("/pro/studio/envois/"):
            application = self.pieces
        else:
            application = self.pages
        return await application(scope, receive, send)

    @asynccontextmanager
    async def running(self):
        self.follows, self.hub = Follows(self.pages), Hub()
        self.follows.start()
        self.hub.start()
        warm_up()
        _before_stopping(self.hub.end_all)
        try:
            yield self
        finally:
            await self.hub.stop()
            await self.follows.stop()

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
