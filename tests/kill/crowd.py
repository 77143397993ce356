"""Young people with a phone on a bad network: they write, they agree, they read live, and they insist when it breaks.

Each has a loopback address of their own, since the site slows down who writes too fast from one address.
"""

import http.client
import json
import re
import threading
import time
from urllib.parse import urlencode

PATIENCE = 180
"""Seconds during which a person tries again: on a busy machine a process may be killed several times before it has started."""


class GaveUp(Exception):
    """Nothing answered for PATIENCE seconds, or the answer was a refusal."""


class Person:
    """One browser: its address, its cookies. `breaks` counts the connections that died under it."""

    def __init__(self, number: int, port: int, cookie: str):
        self.source = (f"127.0.{1 + number // 200}.{2 + number % 200}", 0)
        self.port = port
        self.cookies = {"parcours": cookie}
        self.breaks = 0

    def connect(self, timeout: float = 15) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout, source_address=self.source)

    def headers(self, **more: str) -> dict[str, str]:
        return {
            "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
            "User-Agent": "Firefox",
            **more,
        }

    def ask(self, method: str, path: str, fields: dict | None = None, **headers) -> tuple[int, str]:
        """One answer, however many times the connection breaks before it comes. Sent again, a form is the same form."""
        deadline = time.monotonic() + PATIENCE
        body = urlencode(fields) if fields else None
        more = {"Content-Type": "application/x-www-form-urlencoded"} if fields else {}
        while True:
            connection = self.connect()
            try:
                connection.request(method, path, body, self.headers(**more, **headers))
                answer = connection.getresponse()
                text = answer.read().decode()
                if answer.status != 503:
                    self._keep_cookies(answer)
                    return answer.status, text
            except (OSError, http.client.HTTPException):
                self.breaks += 1
            finally:
                connection.close()
            if time.monotonic() > deadline:
                raise GaveUp(path)
            time.sleep(0.05)

    def _keep_cookies(self, answer) -> None:
        for header in answer.headers.get_all("Set-Cookie") or []:
            name, _, value = header.partition(";")[0].partition("=")
            self.cookies[name] = value

    def form(self, path: str) -> dict[str, str]:
        """The hidden fields of a page."""
        status, page = self.ask("GET", path)
        if status != 200:
            raise GaveUp(f"{path}: {status}")
        return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]+)"', page))

    def _expect(self, expected: int, path: str, fields: dict, **headers) -> str:
        """What the answer to a form says. Raises GaveUp on any other status."""
        status, text = self.ask("POST", path, fields, **headers)
        if status != expected:
            raise GaveUp(f"{path}: {status} {text[:300]}")
        return text

    def write(self, bodies: list[str], pause) -> list[tuple[int, str]]:
        """Each message in turn, the next once the last is acknowledged. Returns what was acknowledged: (seq, body)."""
        hidden, acknowledged = self.form("/parler"), []
        for body in bodies:
            answer = json.loads(self._expect(200, "/parler/ecrire", hidden | {"body": body}, Accept="application/json"))
            acknowledged.append((answer["seq"], body))
            hidden["key"] = answer["key"]
            pause()
        return acknowledged

    def agree(self, handover: str) -> None:
        path = f"/parler/accord/{handover}"
        self._expect(302, path, self.form(path) | {"choice": "yes", "name": "", "contact": ""})


class Reader(threading.Thread):
    """An open page: reads /live, and comes back with its Last-Event-ID whenever the stream ends. `seen`: ids in order."""

    def __init__(self, person: Person, conversation: str):
        super().__init__(daemon=True)
        self.person, self.conversation = person, conversation
        self.seen: list[int] = []
        self.reconnections = 0
        self.stop = threading.Event()

    def run(self) -> None:
        while not self.stop.is_set():
            connection = self.person.connect(timeout=5)
            try:
                last = {"Last-Event-ID": str(self.seen[-1])} if self.seen else {}
                connection.request(
                    "GET", f"/live/conversation/{self.conversation}", headers=self.person.headers(**last)
                )
                answer = connection.getresponse()
                if answer.status == 200:
                    self._read(answer)
            except (OSError, http.client.HTTPException):
                pass
            finally:
                connection.close()
            self.reconnections += 1
            self.stop.wait(0.1)

    def _read(self, answer) -> None:
        number = None
        while not self.stop.is_set():
            line = answer.readline()
            if not line:
                return
            # An event counts once its empty line has come: what was cut in the middle comes again.
            if line.startswith(b"id: "):
                number = int(line[4:])
            elif line == b"\n" and number is not None:
                self.seen.append(number)
                number = None
