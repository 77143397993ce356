"""The web as it is asked from here, by one client: what is said once, what may be asked again, and files.

`call` says something to a provider, once; the only question that matters is answered in the type of the error: did anything leave?
`TemporaryError`: nothing left, try later. `PermanentError`: refused for good. `Unsure`: the request left and no answer came; the
outbox shows it to a human, because trying again could send it twice.

`ask` and `insist` are for what changes nothing when it is asked twice: the pace, the « wait », the bad days and the cut answers of a
service are all expected. `fetch` brings a file from an address that somebody typed, goes on where it was cut, and reaches nothing inside.

Everything goes through the proxy of the machine where it names one. Only `fetch` follows where it is sent elsewhere.
"""

import random
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from http.client import HTTPException, HTTPResponse, IncompleteRead
from typing import Any, BinaryIO
from urllib.parse import urljoin, urlsplit

import msgspec
from django.utils import timezone

from . import inner, ways
from .outbox import PermanentError, TemporaryError
from .ways import NotReached

TIMEOUT, WHOLE = 15, 60
"""Seconds for a sign of life, and for a whole call: well below the lease of an outgoing message."""
PATIENCE, LONGEST_FILE = 60, 4 * 3600
"""Seconds for a sign of life of a service that is asked, or of a file that comes, and for the whole of a file, every attempt together."""
SLOWEST = 10_000
"""Bytes a second of a file, over PATIENCE and more: who sends less would hold the night of all that is scheduled after it."""
LARGEST, LARGEST_ASKED = 1_000_000, 200_000_000
"""Bytes of an answer to `call`, which is read no further, and to `ask`."""
CHUNK = 1 << 20
LONGEST_WAIT = timedelta(hours=4)
"""The longest that a provider may ask the outbox to wait."""
ATTEMPTS = 5
BACKOFF, LONGEST_BACKOFF = 1.0, 60.0
"""Seconds before the second attempt, at most; they double each time, up to a bound, and chance chooses between nothing and that, so
that many who failed together do not come back together."""
LONGEST_SLEEP = 300.0
"""Seconds for which a service that is asked may have us wait."""
USUAL_WAIT = 2.0
"""Seconds for « too many », where it does not say how long."""
REDIRECTS = 5
MOVED = (301, 302, 303, 307, 308)
PROXY_REFUSES = 407
# The provider says that it did not take the request. A gateway's 502 and 504 say nothing of the kind.
NOT_TAKEN = (429, 500, 503)
NOBODY_KNOWS = (408, 502, 504)


class Unsure(Exception):
    """The request left; nobody knows whether it was taken."""


class Busy(TemporaryError):
    """Not now; `after` is how long the provider asks to wait."""

    def __init__(self, message: str, after: timedelta):
        super().__init__(message)
        self.after = after


class Away(Exception):
    """What was asked, again and again, cannot be had now."""


class TooLarge(Away):
    """A file of more bytes than are taken."""


class Denied(Away):
    """An answer of a kind that says no, or that there is nothing."""


class NotJson(ValueError):
    """An answer that is not JSON, or not of the shape that was expected."""


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    def json(self, shape: Any = Any):
        """The body. Text that is not UTF-8 is read as Latin (ISO 8859-15). Raises NotJson."""
        data = self.body
        try:
            data.decode("utf-8")
        except UnicodeDecodeError:
            data = data.decode("iso-8859-15").encode()
        try:
            return msgspec.json.decode(data.removeprefix(b"\xef\xbb\xbf"), type=shape)
        except (msgspec.MsgspecError, RecursionError) as error:
            raise NotJson(str(error)) from error

    def told(self):
        """The body as JSON, or None when it is not."""
        try:
            return self.json()
        except NotJson:
            return None


class Rejected(PermanentError):
    """The provider understood, and said no; `answer` says why."""

    def __init__(self, message: str, answer: Answer):
        super().__init__(message)
        self.answer = answer


# --- said once


def call(
    method: str,
    address: str,
    *,
    who: str,
    headers: dict,
    body: bytes = b"",
    not_taken: tuple[int, ...] = NOT_TAKEN,
    guarded: bool = False,
) -> Answer:
    """Say it to `address`, once; `who` names the provider in errors. Any answer that is not 2xx raises, 4xx as `Rejected`.

    `guarded`: somebody typed this address, and nothing inside is reached by it (raises inner.Forbidden).

    `not_taken`: the statuses by which this provider says that it did nothing. A message and its key go to the address that was set, and nowhere else.
    """
    try:
        answer = _exchanged(method, address, headers, body, limit=LARGEST, timeout=TIMEOUT, guarded=guarded)
    except NotReached as error:
        raise NotReached(str(error) or f"{who} ne répond pas.") from error
    except (OSError, HTTPException) as error:
        raise Unsure(f"{who} a reçu la demande et n’a pas répondu : parti ou non, on ne sait pas.") from error
    return _judged(answer, who, not_taken)


def _judged(answer: Answer, who: str, not_taken: tuple[int, ...]) -> Answer:
    if 200 <= answer.status < 300:
        return answer
    if answer.status in not_taken:
        asked = timedelta(seconds=min(retry_after(answer.headers) or 0.0, LONGEST_WAIT.total_seconds()))
        raise Busy(f"{who} ne prend pas de message en ce moment ({answer.status}).", asked)
    if answer.status in NOBODY_KNOWS or answer.status >= 500:
        raise Unsure(f"{who} a répondu {answer.status} : parti ou non, on ne sait pas.")
    raise Rejected(f"{who} a refusé ({answer.status}).", answer)


# --- asked again


def ask(method: str, address: str, *, headers: dict, body: bytes = b"") -> Answer:
    """One try, whatever the answer says. Raises OSError, HTTPException, NotReached."""
    answer = _exchanged(method, address, headers, body, limit=LARGEST_ASKED + 1, timeout=PATIENCE)
    if len(answer.body) > LARGEST_ASKED:
        raise Away(f"an answer of more than {LARGEST_ASKED // 1_000_000} MB")
    return answer


def insist(once: Callable[[], Answer]) -> Answer:
    """The first answer of `once` that is neither 429 nor 5xx: for what may be asked twice. Raises Away.

    A wait that is asked for is kept to; without one, the waits double, and chance has its part in them.
    """
    failures, waits, told = 0, 0, ""
    while failures < ATTEMPTS and waits < 2 * ATTEMPTS:
        status, asked = 0, None
        try:
            answer = once()
        except (OSError, HTTPException, NotReached) as error:
            # An answer cut short is as good as none.
            told = str(error.__cause__ or error)
        else:
            status, asked = answer.status, retry_after(answer.headers)
            if status < 500 and status != 429:
                return answer
            told = str(status)
        if status == 429:
            waits += 1
            _sleep(USUAL_WAIT if asked is None else asked)
        elif (failures := failures + 1) < ATTEMPTS:
            _sleep(backoff(failures) if asked is None else asked)
    raise Away(told)


def retry_after(headers: dict[str, str]) -> float | None:
    """Seconds, from now; both forms of the header are in use, and Discord sends fractions. None when it says nothing that can be kept to."""
    value = headers.get("retry-after", "").strip()
    try:
        wait = timedelta(seconds=float(value))
    except (ValueError, OverflowError):
        try:
            date: datetime = parsedate_to_datetime(value)
            wait = date - timezone.now()
        except (ValueError, TypeError):
            return None
    return max(0.0, wait.total_seconds())


def backoff(failures: int) -> float:
    return random.uniform(0, min(BACKOFF * 2 ** (failures - 1), LONGEST_BACKOFF))


def _sleep(seconds: float) -> None:
    if seconds > LONGEST_SLEEP:
        raise Away(f"it asks us to come back in {seconds:.0f} seconds")
    time.sleep(seconds)


# --- files


def fetch(address: str, file: BinaryIO, *, limit: int) -> int:
    """Bring what is at `address` into `file`, `limit` bytes at most; returns how many. Raises Away, inner.Forbidden.

    Followed where it is sent elsewhere on the web, never from outside to inside; where it is cut, it goes on from there when the server
    can say that it is still the same file, and begins again otherwise.
    """
    coming = _Coming(address, file, limit)
    answer = insist(coming.go_on)
    if answer.status not in (200, 206):
        raise Away(f"it answers {answer.status}")
    return coming.size


def fetch_once(address: str, file: BinaryIO, *, limit: int, within: float) -> int:
    """As `fetch`, in one try and `within` seconds: for what is asked for again soon. Sent from https to http, it does not follow.

    Raises Denied, TooLarge, Away, inner.Forbidden.
    """
    coming = _Coming(address, file, limit, within, keeps_secret=True)
    try:
        answer = coming.go_on()
    except (OSError, HTTPException, NotReached) as error:
        raise Away(str(error.__cause__ or error)) from error
    if answer.status != 200:
        raise (Denied if 400 <= answer.status < 500 and answer.status != 429 else Away)(f"it answers {answer.status}")
    return coming.size


class _Coming:
    """A file on its way: what has come, and what proves that the rest is of the same file."""

    def __init__(
        self, address: str, file: BinaryIO, limit: int, within: float | None = None, *, keeps_secret: bool = False
    ):
        self.address, self.file, self.limit, self.keeps_secret = address, file, limit, keeps_secret
        self.size, self.mark, self.until = 0, "", time.monotonic() + (LONGEST_FILE if within is None else within)

    def go_on(self) -> Answer:
        address, let_in = self.address, True
        for _ in range(REDIRECTS + 1):
            connection, path, more = ways.opened(address, PATIENCE, until=self.until, guarded=True, let_in=let_in)
            # Through a proxy nobody here can say where that was: as if it had been outside.
            let_in = let_in and ways.is_direct(connection) and inner.is_inner(connection.sock.getpeername()[0])
            try:
                connection.request("GET", path, headers={"User-Agent": "Relais", **self._range(), **more})
                received = connection.getresponse()
                if received.status not in MOVED:
                    return self._take(received)
            finally:
                connection.close()
            before, address = address, _elsewhere(address, received)
            if self.keeps_secret and urlsplit(before).scheme == "https" != urlsplit(address).scheme:
                raise Away("it leads from https to http")
        raise Away("it leads from one address to another without end")

    def _range(self) -> dict[str, str]:
        return {"Range": f"bytes={self.size}-", "If-Range": self.mark} if self.size and self.mark else {}

    def _take(self, received: HTTPResponse) -> Answer:
        headers = _named(received)
        if received.status not in (200, 206):
            return Answer(received.status, headers, b"")
        if received.status == 200 or not headers.get("content-range", "").startswith(f"bytes {self.size}-"):
            self.size = 0
            self.file.seek(0)
            self.file.truncate()
        strong = headers.get("etag", "")
        self.mark = strong if strong and not strong.startswith("W/") else headers.get("last-modified", "")
        begun, before = time.monotonic(), self.size
        while chunk := received.read1(CHUNK):
            if self.size + len(chunk) > self.limit:
                raise TooLarge(f"it is larger than {self.limit // 1_000_000} MB")
            self.file.write(chunk)
            self.size += len(chunk)
            taken = time.monotonic() - begun
            if taken > PATIENCE and self.size - before < SLOWEST * taken:
                raise TimeoutError("it comes too slowly")
        if received.length or self._is_part(received.status, headers):
            raise IncompleteRead(b"", received.length)
        return Answer(received.status, headers, b"")

    def _is_part(self, status: int, headers: dict[str, str]) -> bool:
        """Whether what has come is not yet the file, though all that this answer had to say did come."""
        whole = headers.get("content-range", "").rpartition("/")[2].strip()
        return status == 206 and bool(re.fullmatch(r"[0-9]{1,18}", whole)) and int(whole) != self.size


def _elsewhere(address: str, received: HTTPResponse) -> str:
    there = received.getheader("Location") or ""
    try:
        there = urljoin(address, there)
        is_on_the_web = is_address(there)
    except ValueError:
        is_on_the_web = False
    if not is_on_the_web:
        raise Away(f"it leads to an address that is not on the web: {there}")
    return there


def is_address(text: str) -> bool:
    """Whether it is an http(s) address, written as one is."""
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        return False
    written = text.isascii() and not re.search(r"[\s\x00-\x1f\x7f]", text)
    return parts.scheme in ("http", "https") and bool(parts.hostname) and written


# --- one question


def _exchanged(
    method: str, address: str, headers: dict, body: bytes, *, limit: int, timeout: float, guarded: bool = False
) -> Answer:
    until = time.monotonic() + max(WHOLE, timeout)
    connection, path, more = ways.opened(address, timeout, until=until, guarded=guarded)
    try:
        usual = {"User-Agent": "Relais", "Accept": "application/json"}
        connection.request(method, path, body=body or None, headers={**usual, **headers, **more})
        received = connection.getresponse()
        if received.status == PROXY_REFUSES:
            raise NotReached(
                "Le proxy de cette machine ne laisse pas passer : son nom et son mot de passe sont à vérifier (HTTP_PROXY, HTTPS_PROXY)."
            )
        return Answer(received.status, _named(received), _body(received, limit))
    finally:
        connection.close()


def _named(received: HTTPResponse) -> dict[str, str]:
    return {name.lower(): value for name, value in received.getheaders()}


def _body(received: HTTPResponse, limit: int) -> bytes:
    """As much as `limit` of it. Raises IncompleteRead of an answer cut short."""
    found = bytearray()
    while len(found) < limit and (chunk := received.read1(min(CHUNK, limit - len(found)))):
        found += chunk
    if received.length and len(found) < limit:
        raise IncompleteRead(bytes(found), received.length)
    return bytes(found)
