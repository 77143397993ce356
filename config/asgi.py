"""The one entry of a web process: what is many or long is native, everything else is Django in threads.

Native: /live (server-sent events), /r/ (follows, group commit), static files and media. A page costs more inside
Django's own ASGI handler than here (see docs/decisions).
"""

import os
from contextlib import asynccontextmanager

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from a2wsgi import WSGIMiddleware
from django.conf import settings
from django.utils.module_loading import autodiscover_modules

from config.wsgi import application as django
from relais.campaigns.follow import Follows
from relais.foundation.files import Files
from relais.foundation.live import Hub

autodiscover_modules("live")
PAGE_THREADS = 4


class Native:
    """Chooses by the path; holds what lives as long as the process."""

    def __init__(self):
        self.pages = WSGIMiddleware(django, workers=PAGE_THREADS)
        self.static = Files(settings.STATIC_ROOT, prefix=settings.STATIC_URL, hashed=True)
        self.follows: Follows | None = None
        self.hub: Hub | None = None

    async def __call__(self, scope, receive, send) -> None:
        if scope["type"] == "lifespan":
            return await self._lifespan(receive, send)
        if scope["type"] != "http":
            return None
        path = scope["path"]
        if path.startswith("/live/"):
            application = self.hub
        elif path.startswith("/r/"):
            application = self.follows
        elif path.startswith(settings.STATIC_URL):
            application = self.static
        else:
            application = self.pages
        return await application(scope, receive, send)

    @asynccontextmanager
    async def running(self):
        self.follows, self.hub = Follows(self.pages), Hub()
        self.follows.start()
        self.hub.start()
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


application = Native()
