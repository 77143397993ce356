"""One call to a provider, with the only question that matters answered in the type of the error: did anything leave?

`TemporaryError`: nothing left, try later. `PermanentError`: refused for good. `Unsure`: the request left and no answer
came; the outbox shows it to a human, because trying again could send it twice.
"""

import json
from base64 import b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from ipaddress import ip_address
from urllib.parse import SplitResult, unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

from django.utils import timezone

from relais.foundation.outbox import PermanentError, TemporaryError

TIMEOUT = 15
"""Seconds, well below the lease of an outgoing message."""
USUAL_PROXY = 3128
PROXY_REFUSES = 407
LARGEST = 1_000_000
LONGEST_WAIT = timedelta(hours=4)
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


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    def json(self):
        """The body as JSON, or None when it is not."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return None


def call(method: str, address: str, *, who: str, headers: dict, body: bytes = b"", not_taken: tuple[int, ...] = NOT_TAKEN) -> Answer:
    """Ask `address`; `who` names the provider in errors. Any answer that is not 2xx raises, 4xx as `Rejected`.

    `not_taken`: the statuses by which this provider says that it did nothing. Redirections are not followed: a message and its key go to the address that was set, and nowhere else.
    """
    connection, path, more = _way_to(urlsplit(address))
    try:
        connection.connect()
    except (OSError, HTTPException) as error:
        # Nothing was asked yet: a proxy that answers nonsense is away like one that answers nothing.
        connection.close()
        raise TemporaryError(f"{who} ne répond pas.") from error
    try:
        connection.request(method, path, body=body or None, headers={"User-Agent": "Relais", "Accept": "application/json", **headers, **more})
        received = connection.getresponse()
        answer = Answer(received.status, {name.lower(): value for name, value in received.getheaders()}, received.read(LARGEST))
    except (OSError, HTTPException) as error:
        raise Unsure(f"{who} a reçu la demande et n’a pas répondu : parti ou non, on ne sait pas.") from error
    finally:
        connection.close()
    if answer.status == PROXY_REFUSES:
        raise TemporaryError("Le proxy de cette machine ne laisse pas passer : son nom et son mot de passe sont à vérifier (HTTP_PROXY, HTTPS_PROXY).")
    return _judged(answer, who, not_taken)


def _way_to(parts: SplitResult) -> tuple[HTTPConnection, str, dict[str, str]]:
    """A connection still to be opened, what to ask it for, and with which headers more.

    Through the proxy that the machine names (HTTPS_PROXY, HTTP_PROXY, not for NO_PROXY, never for this machine itself), which sees no
    more of an https call than the name of the host.
    """
    secure = parts.scheme == "https"
    kind = HTTPSConnection if secure else HTTPConnection
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    proxy = getproxies().get(parts.scheme, "")
    where = f"{parts.hostname}:{parts.port}" if parts.port else parts.hostname
    if not proxy or _is_here(parts.hostname) or proxy_bypass(where):
        return kind(parts.hostname, parts.port, timeout=TIMEOUT), path, {}
    through = _proxy_at(proxy)
    named = f"{unquote(through.username or '')}:{unquote(through.password or '')}".encode()
    known = {"Proxy-Authorization": f"Basic {b64encode(named).decode()}"} if through.username else {}
    connection = kind(through.hostname, through.port or USUAL_PROXY, timeout=TIMEOUT)
    if not secure:
        return connection, f"{parts.scheme}://{parts.netloc}{path}", known
    connection.set_tunnel(parts.hostname, parts.port or 443, headers=known)
    return connection, path, {}


def _proxy_at(proxy: str) -> SplitResult:
    """Raises TemporaryError when what the machine names is no address."""
    through = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
    try:
        named = through.hostname and (through.port or USUAL_PROXY)
    except ValueError:
        named = None
    if not named:
        raise TemporaryError("L’adresse du proxy de cette machine est mal écrite (HTTP_PROXY, HTTPS_PROXY) : http://proxy:3128.")
    return through


def _is_here(host: str | None) -> bool:
    try:
        return ip_address(host or "").is_loopback
    except ValueError:
        return host == "localhost"


class Rejected(PermanentError):
    """The provider understood, and said no; `answer` says why."""

    def __init__(self, message: str, answer: Answer):
        super().__init__(message)
        self.answer = answer


def _judged(answer: Answer, who: str, not_taken: tuple[int, ...]) -> Answer:
    if 200 <= answer.status < 300:
        return answer
    if answer.status in not_taken:
        raise Busy(f"{who} ne prend pas de message en ce moment ({answer.status}).", _wait(answer.headers.get("retry-after", "")))
    if answer.status in NOBODY_KNOWS or answer.status >= 500:
        raise Unsure(f"{who} a répondu {answer.status} : parti ou non, on ne sait pas.")
    raise Rejected(f"{who} a refusé ({answer.status}).", answer)


def _wait(asked: str) -> timedelta:
    """Retry-After, in seconds (Discord sends fractions) or as a date."""
    try:
        wait = timedelta(seconds=float(asked))
    except (ValueError, OverflowError):
        try:
            date: datetime = parsedate_to_datetime(asked)
            wait = date - timezone.now()
        except (ValueError, TypeError):
            return timedelta()
    return min(max(wait, timedelta()), LONGEST_WAIT)
