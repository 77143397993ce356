"""One browser without a screen: its address, its cookies, its forms, its open stream; and the account of what it met."""

import asyncio
import contextlib
import gzip
import html
import json
import re
from collections import Counter, defaultdict
from datetime import datetime
from time import perf_counter, time, time_ns
from urllib.parse import urlencode

PATIENCE = 30.0
"""Seconds before an answer counts as none."""
RETRY = 1.5
"""Seconds before a browser comes back to a stream that ended (what the stream itself asks for)."""
AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
EVENT = re.compile(rb"id: (\d+)\nevent: (\w+)\n((?:data: .*\n)+)\n")


class Broken(Exception):
    """No answer, or one that a person can do nothing with; it has been counted."""


class Tally:
    """What a process met: how long each kind of page took, what went wrong, and a journal of its own."""

    def __init__(self, journal):
        self.journal = journal
        self.times: dict[str, list[float]] = defaultdict(list)
        self.faults: Counter = Counter()
        self.examples: dict[str, str] = {}
        self.counts: Counter = Counter()

    def fault(self, kind: str, example: str) -> None:
        self.faults[kind] += 1
        self.examples.setdefault(kind, example[:500])

    def note(self, event: str, **facts) -> None:
        self.journal.write(json.dumps({"at": time(), "event": event} | facts) + "\n")

    def summary(self) -> dict:
        return {"times": self.times, "faults": self.faults, "examples": self.examples, "counts": self.counts}


class Answer:
    def __init__(self, raw: bytes):
        head, _, body = raw.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        self.status = int(first.split(" ")[1])
        self.headers = [tuple(part.strip() for part in line.split(":", 1)) for line in lines]
        named = {name.lower(): value for name, value in self.headers}
        if named.get("transfer-encoding") == "chunked":
            body = _joined(body)
        self.text = (gzip.decompress(body) if named.get("content-encoding") == "gzip" else body).decode()
        self.location = named.get("location", "")

    def form(self, action: str) -> dict[str, str]:
        """The hidden fields of the form whose address ends so. Raises Broken when the page has no such form."""
        found = (
            re.search(rf'<form[^>]*action="[^"]*{action}"[^>]*>(.*?)</form>', self.text, re.S)
            if action
            else re.search(r"<main.*", self.text, re.S)
        )
        if not found:
            raise Broken(f"no form {action}")
        return {
            name: html.unescape(value)
            for name, value in re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', found[0])
        }


def _joined(body: bytes) -> bytes:
    parts = []
    while body:
        size, _, rest = body.partition(b"\r\n")
        length = int(size, 16)
        parts.append(rest[:length])
        body = rest[length + 2 :] if length else b""
    return b"".join(parts)


class Aside:
    """What somebody does beside: left as it is when the site breaks it, and cut short when they leave."""

    def __init__(self):
        self.tasks: set[asyncio.Task] = set()

    def start(self, work, *given) -> None:
        async def quietly():
            with contextlib.suppress(Broken):
                await work(*given)

        task = asyncio.create_task(quietly())
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    def stop(self) -> None:
        for task in list(self.tasks):
            task.cancel()


class Visitor:
    """Asks as a browser does. Each has a loopback address of its own: the site counts what one address may do."""

    def __init__(self, port: int, address: str, tally: Tally, cookies: dict[str, str] | None = None):
        self.port, self.address, self.tally = port, address, tally
        self.cookies = dict(cookies or {})

    def headers(self, **more: str) -> str:
        told = {"Host": f"127.0.0.1:{self.port}", "User-Agent": AGENT, "Accept-Encoding": "gzip", "Connection": "close"}
        told["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        return "".join(f"{name}: {value}\r\n" for name, value in (told | more).items() if value)

    async def ask(self, kind: str, path: str, fields: dict | None = None, expect=(200,), **more) -> Answer:
        """One answer; sent again, as a person would, when the connection breaks. Raises Broken on a status not in `expect`."""
        method, body = "GET", b""
        if fields is not None:
            method, body = "POST", urlencode(fields).encode()
            more |= {
                "Content-Type": "application/x-www-form-urlencoded",
                "Content-Length": str(len(body)),
                "Origin": f"http://127.0.0.1:{self.port}",
            }
        request = f"{method} {path} HTTP/1.1\r\n{self.headers(**more)}\r\n".encode() + body
        for attempt in range(3):
            start = perf_counter()
            try:
                answer = Answer(await asyncio.wait_for(self._exchange(request), PATIENCE))
            except (TimeoutError, OSError, IndexError, ValueError) as error:
                self.tally.fault(f"{kind}: {type(error).__name__}", f"{method} {path} from {self.address}: {error!r}")
                await asyncio.sleep(1 + attempt)
                continue
            self.tally.times[kind].append((perf_counter() - start) * 1000)
            self._keep_cookies(answer)
            if answer.status not in expect:
                words = re.sub(r"<[^>]+>|\s+", " ", answer.text)
                self.tally.fault(
                    f"{kind}: {answer.status}", f"{method} {path} from {self.address}: {' '.join(words.split())}"
                )
                raise Broken(f"{kind}: {answer.status}")
            return answer
        raise Broken(kind)

    async def _exchange(self, request: bytes) -> bytes:
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", self.port, local_addr=(self.address, 0), limit=1 << 20
        )
        try:
            writer.write(request)
            return await reader.read()
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    def _keep_cookies(self, answer: Answer) -> None:
        for name, value in answer.headers:
            if name.lower() == "set-cookie":
                key, _, kept = value.partition(";")[0].partition("=")
                self.cookies[key] = kept


class Stream(asyncio.Protocol):
    """An EventSource: `take(number, kind, data, nanoseconds)` for each event; comes back with Last-Event-ID when it ends.

    `down_since`: the instant at which it was cut, in seconds, or None while it is open.
    """

    def __init__(self, visitor: Visitor, path: str, last: int, take):
        self.visitor, self.path, self.last, self.take = visitor, path, last, take
        self.came_back, self.stopped, self.down_since = 0, False, time()
        self.opened: asyncio.Future = asyncio.get_running_loop().create_future()
        self.transport = None

    async def open(self) -> "Stream":
        """Returns once the server has answered. Raises Broken when it does not let this page read."""
        await self._connect()
        if not await asyncio.wait_for(self.opened, PATIENCE):
            raise Broken("stream")
        return self

    async def _connect(self) -> None:
        self.received, self.is_open = b"", False
        try:
            await asyncio.get_running_loop().create_connection(
                lambda: self, "127.0.0.1", self.visitor.port, local_addr=(self.visitor.address, 0)
            )
        except OSError as error:
            self.visitor.tally.fault(
                f"stream: {type(error).__name__}", f"{self.path} from {self.visitor.address}: {error!r}"
            )
            self._again()

    def connection_made(self, transport):
        self.transport = transport
        known = f"Last-Event-ID: {self.last}\r\n" if self.came_back else ""
        path = self.path if self.came_back else f"{self.path}?after={self.last}"
        transport.write(
            f"GET {path} HTTP/1.1\r\n{self.visitor.headers(Accept='text/event-stream')}{known}\r\n".encode()
        )

    def data_received(self, data):
        now = time_ns()
        self.received += data
        if not self.is_open:
            if b"\r\n\r\n" not in self.received:
                return
            head, _, self.received = self.received.partition(b"\r\n\r\n")
            self.is_open = head.startswith(b"HTTP/1.1 200")
            if self.is_open:
                self.down_since = None
            else:
                self.stopped = True
                if not self.visitor.cookies.get("gone"):
                    self.visitor.tally.fault(
                        f"stream: {head[9:12].decode()}", f"{self.path} from {self.visitor.address}"
                    )
            if not self.opened.done():
                self.opened.set_result(self.is_open)
        complete, _, rest = self.received.rpartition(b"\n\n")
        if complete:
            self.received = rest
            for number, kind, lines in EVENT.findall(complete + b"\n\n"):
                self.last = int(number)
                self.take(int(number), kind.decode(), lines, now)

    def connection_lost(self, error):
        if not self.stopped:
            self.down_since = self.down_since or time()
            self._again()

    def _again(self) -> None:
        loop = asyncio.get_running_loop()
        self.came_back += 1
        loop.call_later(RETRY, lambda: self.stopped or loop.create_task(self._connect()))

    def close(self) -> None:
        self.stopped = True
        if self.transport:
            self.transport.close()


class Thread:
    """A conversation under somebody's eyes: what was there with the page, then what its stream brought, each once."""

    WRITTEN = re.compile(rb'<time datetime="([^"]+)"')
    pages = 0

    def __init__(self, visitor: Visitor, side: str, conversation: str, last: int, heard=None):
        Thread.pages += 1
        self.page, self.side, self.conversation, self.heard = Thread.pages, side, conversation, heard
        self.tally, self.seen = visitor.tally, last
        feed = "conversation" if side == "young" else "desk"
        self.stream = Stream(visitor, f"/live/{feed}/{conversation}", last, self._take)
        self.tally.note("page", page=self.page, conversation=conversation, side=side, last=last)

    async def open(self) -> "Thread":
        await self.stream.open()
        return self

    def _take(self, number: int, kind: str, lines: bytes, now: int) -> None:
        own = b'class="message mine' in lines
        program = b"from-program" in lines
        written = datetime.fromisoformat(self.WRITTEN.search(lines)[1].decode()).timestamp()
        whose = "program" if program else self.side if own else ("staff" if self.side == "young" else "young")
        self.tally.note(
            "arrived",
            page=self.page,
            conversation=self.conversation,
            seq=number,
            side=whose,
            instant=now,
            written=written,
        )
        if self.heard:
            self.heard(number, whose, lines)

    def close(self) -> None:
        if not self.stream.stopped:
            self.tally.note("left", page=self.page, until=self.stream.down_since or time())
        self.stream.close()
