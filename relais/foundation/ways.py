"""The way to an address of the web: straight or through the proxy of the machine, and to nothing inside where that is guarded."""

import io
import ssl
import time
from base64 import b64encode
from functools import partial
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from ipaddress import ip_address
from urllib.parse import SplitResult, unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

from . import inner
from .database.patience import let_go
from .outbox import TemporaryError

CONNECT = 10
"""Seconds until a connection stands."""
USUAL_PROXY = 3128


class NotReached(TemporaryError):
    """Nobody there: nothing was asked."""


def opened(
    address: str, timeout: float, *, until: float, guarded: bool = False, let_in: bool = True
) -> tuple[HTTPConnection, str, dict[str, str]]:
    """A connection that stands, what to ask it for, and with which headers more. `guarded`: to nothing inside but what is `let_in`.

    `timeout`: seconds for a sign of life. `until`: the instant (`time.monotonic`) at which whatever is still being answered is over: what is
    read then raises TimeoutError, be it a header, the length of a piece or the file itself. Raises NotReached, inner.Forbidden.
    """
    connection, path, more = _way_to(urlsplit(address), guarded, let_in)
    # Not known to the checker of types: whatever makes a response from a socket will do, also for what a proxy answers first.
    vars(connection)["response_class"] = partial(_Response, until=until)
    let_go()
    try:
        connection.connect()
    except (OSError, HTTPException) as error:
        # Nothing was asked yet: a proxy that answers nonsense is away like one that answers nothing.
        connection.close()
        raise NotReached from error
    connection.sock.settimeout(timeout)
    return connection, path, more


def is_direct(connection: HTTPConnection) -> bool:
    """Whether a `guarded` connection goes straight to the address, so that its far end is what was looked at."""
    return isinstance(connection, _Guarded | _GuardedSecure)


def _way_to(parts: SplitResult, guarded: bool, let_in: bool) -> tuple[HTTPConnection, str, dict[str, str]]:
    """As `opened`, not connected yet.

    Through the proxy that the machine names (HTTPS_PROXY, HTTP_PROXY, not for NO_PROXY, never for this machine itself), which sees no
    more of an https call than the name of the host.
    """
    secure = parts.scheme == "https"
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    proxy = getproxies().get(parts.scheme, "")
    host = parts.hostname or ""
    where = f"{host}:{parts.port}" if parts.port else host
    if not proxy or _is_here(host) or proxy_bypass(where):
        return _straight(host, parts.port, secure, guarded, let_in), path, {}
    if guarded:
        _look_beyond(host, let_in)
    through = _proxy_at(proxy)
    named = f"{unquote(through.username or '')}:{unquote(through.password or '')}".encode()
    known = {"Proxy-Authorization": f"Basic {b64encode(named).decode()}"} if through.username else {}
    kind = HTTPSConnection if secure else HTTPConnection
    connection = kind(through.hostname or "", through.port or USUAL_PROXY, timeout=CONNECT)
    if not secure:
        return connection, f"{parts.scheme}://{parts.netloc}{path}", known
    connection.set_tunnel(host, parts.port or 443, headers=known)
    return connection, path, {}


def _look_beyond(host: str, let_in: bool) -> None:
    """It is the proxy that resolves the name, and its rules that hold; what is inside by our own lights is not even asked of it."""
    try:
        inner.look(host, 443, allowed=let_in)
    except OSError:
        return


def _straight(host: str, port: int | None, secure: bool, guarded: bool, let_in: bool) -> HTTPConnection:
    if not guarded:
        return (HTTPSConnection if secure else HTTPConnection)(host, port, timeout=CONNECT)
    connection = (_GuardedSecure if secure else _Guarded)(host, port)
    connection.let_in = let_in
    return connection


def _proxy_at(proxy: str) -> SplitResult:
    """Raises NotReached when what the machine names is no address."""
    through = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
    try:
        named = through.hostname and (through.port or USUAL_PROXY)
    except ValueError:
        named = None
    if not named:
        raise NotReached(
            "L’adresse du proxy de cette machine est mal écrite (HTTP_PROXY, HTTPS_PROXY) : http://proxy:3128."
        )
    return through


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class _Response(HTTPResponse):
    """An answer that is over at an instant, however it comes: a server may send headers, or their signs, one by one for ever."""

    def __init__(self, sock, *args, until: float, **options):
        super().__init__(sock, *args, **options)
        self.fp = io.BufferedReader(_Until(self.fp.detach(), sock, until))


class _Until(io.RawIOBase):
    """What comes in by a socket, until an instant."""

    def __init__(self, source: io.RawIOBase, sock, until: float):
        self._source, self._sock, self._until = source, sock, until
        self._patience = sock.gettimeout()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer):
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError("still answering when its time was over")
        self._sock.settimeout(left if self._patience is None else min(self._patience, left))
        return self._source.readinto(buffer)

    def close(self) -> None:
        self._source.close()
        super().close()


class _Guarded(HTTPConnection):
    let_in = True

    def connect(self):
        self.sock = inner.reach(self.host, self.port, CONNECT, allowed=self.let_in)


class _GuardedSecure(HTTPSConnection):
    let_in = True

    def connect(self):
        plain = inner.reach(self.host, self.port, CONNECT, allowed=self.let_in)
        self.sock = ssl.create_default_context().wrap_socket(plain, server_hostname=self.host)
