"""A JSON service on the web, asked with patience: its pace, its « wait », its bad days and its cut answers are all expected."""

import http.client
import time
from collections.abc import Callable
from dataclasses import dataclass
from email.message import Message
from email.utils import parsedate_to_datetime
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import Request, build_opener

import msgspec

from ..importing import BadFile
from .fetching import TIMEOUT, _WebOnly, is_address

ATTEMPTS = 5
"""How often a call that fails (no answer, 5xx, an answer cut short) is made before giving up."""
BACKOFF = 1.0
"""Seconds before the second attempt; they double each time."""
LONGEST_WAIT = 300
"""Seconds: a service that asks for more is told as failing."""


class Failing(BadFile):
    """The service cannot be had now."""


@dataclass
class Answer:
    status: int
    headers: Message
    body: bytes

    def json(self, type=dict):
        """Raises `Failing` when the body is not what it should be. Text that is not UTF-8 is read as Latin (ISO 8859-15)."""
        data = self.body
        try:
            data.decode("utf-8")
        except UnicodeDecodeError:
            data = data.decode("iso-8859-15").encode()
        try:
            return msgspec.json.decode(data.removeprefix(b"\xef\xbb\xbf"), type=type)
        except msgspec.ValidationError as error:
            raise Failing(f"The service answered something else than expected ({error}).") from None
        except msgspec.DecodeError:
            raise Failing("The service answered something that is not JSON.") from None


class Upstream:
    """Calls below `base`, at most `rate` a second. `authorise` gives the Authorization header; True asks for a new one."""

    def __init__(self, base: str, *, rate: float = 0, authorise: Callable[[bool], str] | None = None):
        if not is_address(base):
            raise BadFile(f"{base!r} is not an http(s) address.")
        self.base, self.gap, self.authorise = base.rstrip("/"), 1 / rate if rate else 0, authorise
        self.last = 0.0
        self.calls = 0

    def get(self, path: str, **query) -> Answer:
        """The answer, whatever its status below 500 except 401 and 429, which are dealt with here. Raises `Failing`."""
        address = f"{self.base}{path}" + (f"?{urlencode(query)}" if query else "")
        return self._insist(address, None)

    def post(self, path: str, form: dict) -> Answer:
        return self._insist(f"{self.base}{path}", urlencode(form).encode())

    def _insist(self, address: str, data: bytes | None) -> Answer:
        told, renewed, failures, waits = "", False, 0, 0
        while failures < ATTEMPTS and waits < 2 * ATTEMPTS:
            answer, told = self._call(address, data)
            if answer and answer.status == 401 and self.authorise and not renewed:
                renewed = True
                self.authorise(True)
            elif answer and answer.status == 429:
                waits += 1
                self._wait(_retry_after(answer.headers))
            elif answer is None or answer.status >= 500:
                failures += 1
                self._wait(BACKOFF * 2 ** (failures - 1) if failures < ATTEMPTS else 0)
            elif answer.status == 401:
                raise Failing(f"{self.base} refuses our credentials (401).")
            else:
                return answer
        raise Failing(f"{self.base} does not answer as it should ({told}).")

    def _wait(self, seconds: float) -> None:
        if seconds > LONGEST_WAIT:
            raise Failing(f"{self.base} asks us to come back in {seconds:.0f} seconds.")
        time.sleep(seconds)

    def _call(self, address: str, data: bytes | None) -> tuple[Answer | None, str]:
        pause = self.last + self.gap - time.monotonic()
        if pause > 0:
            time.sleep(pause)
        headers = {"User-Agent": "Relais", "Accept": "application/json"}
        if self.authorise:
            headers["Authorization"] = self.authorise(False)
        self.last, self.calls = time.monotonic(), self.calls + 1
        request = Request(address, data=data, headers=headers)  # noqa: S310, the scheme was checked
        try:
            with build_opener(_WebOnly).open(request, timeout=TIMEOUT) as answer:
                return Answer(answer.status, answer.headers, answer.read()), str(answer.status)
        except HTTPError as error:
            with error:
                return Answer(error.code, error.headers, error.read()), str(error.code)
        except (URLError, OSError, http.client.HTTPException, ValueError) as error:
            # An answer cut short is an IncompleteRead: as good as none.
            return None, str(getattr(error, "reason", "") or error)


def _retry_after(headers: Message) -> float:
    """Seconds; both forms of the header are in use. Without it, two."""
    value = (headers.get("Retry-After") or "").strip()
    if value.isdigit():
        return float(value)
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except (ValueError, TypeError):
        return 2.0
