"""A visitor who stops in the middle of a request is let go: of its head here, of its body in config/asgi.py."""

from asyncio import TimerHandle

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD = 20.0
"""Seconds from the connection, or from the first byte of a next request, to the last line of its headers."""


class Prompt(HttpToolsProtocol):
    _limit: TimerHandle | None = None

    def connection_made(self, transport) -> None:
        super().connection_made(transport)
        self._begins()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._begins()

    def on_headers_complete(self) -> None:
        self._is_there()
        super().on_headers_complete()

    def connection_lost(self, exc) -> None:
        self._is_there()
        super().connection_lost(exc)

    def _begins(self) -> None:
        self._is_there()
        self._limit = self.loop.call_later(HEAD, self.transport.close)

    def _is_there(self) -> None:
        if self._limit is not None:
            self._limit.cancel()
            self._limit = None
