"""A visitor who stops in the middle of a request, or whose head has no end, is let go: of a head here, of a body in config/asgi.py."""

from asyncio import TimerHandle

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD = 20.0
"""Seconds from the connection, or from the first byte of a next request, to the last line of its headers."""
LONGEST_HEAD = 32_768
"""Bytes of the address and the headers of a request."""
TOO_LONG = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-type: text/plain; charset=utf-8\r\n"
    b"content-length: %d\r\nconnection: close\r\n\r\n%s"
)
WORDS = "En-têtes trop longs : 32 ko au plus.".encode()


NO_REQUEST = TOO_LONG.replace(b"431 Request Header Fields Too Large", b"400 Bad Request")
UNREAD = "Demande illisible : l’adresse ou les en-têtes contiennent des signes qui n’en sont pas.".encode()


class HeadTooLong(Exception):
    """Raised inside the parser, which then ends this connection."""


class Prompt(HttpToolsProtocol):
    _limit: TimerHandle | None = None
    _arrived = 0
    """Bytes since the head began: of a single header without an end, nothing is told before its end."""
    _told = 0
    """Bytes of what the parser has told of it: a short head and a long body may arrive together."""

    def data_received(self, data: bytes) -> None:
        if self._limit is not None:
            self._arrived += len(data)
        super().data_received(data)
        if self._limit is not None and self._arrived > LONGEST_HEAD and not self.transport.is_closing():
            self.send_400_response("")

    def on_url(self, url: bytes) -> None:
        super().on_url(url)
        self._count(len(url))

    def on_header(self, name: bytes, value: bytes) -> None:
        super().on_header(name, value)
        self._count(len(name) + len(value) + len(": \r\n"))

    def _count(self, length: int) -> None:
        self._told += length
        if self._told > LONGEST_HEAD:
            raise HeadTooLong

    def send_400_response(self, msg: str) -> None:
        self._is_there()
        if max(self._told, self._arrived) <= LONGEST_HEAD:
            self.transport.write(NO_REQUEST % (len(UNREAD), UNREAD))
            return self.transport.close()
        self.transport.write(TOO_LONG % (len(WORDS), WORDS))
        self.transport.close()

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
        self._arrived = self._told = 0
        self._limit = self.loop.call_later(HEAD, self.transport.close)

    def _is_there(self) -> None:
        if self._limit is not None:
            self._limit.cancel()
            self._limit = None
