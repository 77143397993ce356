"""A JSON service on the web, asked with patience: its pace, its « wait », its bad days and its cut answers are all expected."""

import time
from collections.abc import Callable
from functools import partial
from typing import Any
from urllib.parse import urlencode

from relais.foundation import web

from ..importing import BadFile


class Failing(BadFile):
    """The service cannot be had now."""


def read(answer: web.Answer, shape: Any = dict):
    """The body of an answer. Raises `Failing` when it is not what it should be."""
    try:
        return answer.json(shape)
    except web.NotJson as error:
        raise Failing(f"The service answered something else than expected, or that is not JSON ({error}).") from None


class Upstream:
    """Calls below `base`, at most `rate` a second. `authorise` gives the Authorization header; True asks for a new one."""

    def __init__(self, base: str, *, rate: float = 0, authorise: Callable[[bool], str] | None = None):
        if not web.is_address(base):
            raise BadFile(f"{base!r} is not an http(s) address.")
        self.base, self.gap, self.authorise = base.rstrip("/"), 1 / rate if rate else 0, authorise
        self.last = 0.0
        self.calls = 0

    def get(self, path: str, **query) -> web.Answer:
        """The answer, whatever its status below 500 except 401 and 429, which are dealt with here. Raises `Failing`."""
        return self._insist("GET", f"{self.base}{path}" + (f"?{urlencode(query)}" if query else ""), b"")

    def post(self, path: str, form: dict) -> web.Answer:
        """For a question that is put as a form: it may be asked twice."""
        return self._insist("POST", f"{self.base}{path}", urlencode(form).encode())

    def _insist(self, method: str, address: str, body: bytes) -> web.Answer:
        once = partial(self._call, method, address, body)
        try:
            answer = web.insist(once)
            if answer.status == 401 and self.authorise:
                self.authorise(True)
                answer = web.insist(once)
        except web.Away as error:
            raise Failing(f"{self.base} does not answer as it should ({error}).") from None
        if answer.status == 401:
            raise Failing(f"{self.base} refuses our credentials (401).")
        return answer

    def _call(self, method: str, address: str, body: bytes) -> web.Answer:
        time.sleep(max(0.0, self.last + self.gap - time.monotonic()))
        headers = {"Authorization": self.authorise(False)} if self.authorise else {}
        if body:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        self.last, self.calls = time.monotonic(), self.calls + 1
        return web.ask(method, address, headers=headers, body=body)
