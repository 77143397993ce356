"""1,000 open conversations, 50 messages a second: how long from commit to the other page, and what an open page weighs.

The clock starts just before COMMIT is sent (so writing to the disk is included) and stops when the open page's socket
receives the message. Messages are written by the real services in another process. Beside them a bare LISTEN, with
nothing of Relais behind it, says what the machine itself took at that moment.
"""

import asyncio
import json
import os
import re
import statistics
import subprocess
import sys
from collections import Counter
from pathlib import Path
from time import time_ns

import psycopg
import uvloop

from bench.house import SOURCES, House, Line
from relais.foundation.live import CHANNEL
from relais.foundation.postgres import ensure_running

PAGES, RATE, SECONDS = int(os.environ.get("BENCH_PAGES", "1000")), 50, 20
"""One message a conversation. BENCH_PAGES=5000 opens as many pages as a busy evening of a whole region."""
DELAY_BOUND, MEMORY_BOUND = 20.0, 45.0
BODY = re.compile(rb"banc (\d+)")


class Page(asyncio.Protocol):
    """An open page. `arrivals` collects (number of the message, instant in nanoseconds)."""

    def __init__(self, request: bytes, arrivals: list, opened: asyncio.Future):
        self.request, self.arrivals, self.opened = request, arrivals, opened
        self.received = b""

    def connection_made(self, transport):
        self.transport = transport
        transport.write(self.request)

    def data_received(self, data):
        now = time_ns()
        self.received += data
        if not self.opened.done() and b"retry:" in self.received:
            self.opened.set_result(self.received.startswith(b"HTTP/1.1 200"))
        complete, _, self.received = self.received.rpartition(b"\n\n")
        self.arrivals.extend((int(number), now) for number in BODY.findall(complete))

    def connection_lost(self, error):
        if not self.opened.done():
            self.opened.set_result(False)


def run(house: House):
    conversations = house.ask("bench.writer", "prepare", PAGES)
    with house.served() as (port, web):
        before, after, arrivals, bare, written = uvloop.run(_measure(house, port, web, conversations))
    sent = {number: instant for number, _, instant, _ in written}
    seen = Counter(number for number, _ in arrivals)
    lost, twice = len(sent.keys() - seen.keys()), sum(count - 1 for count in seen.values())
    p50, p95, p99 = _shares([instant - sent[number] for number, instant in arrivals])
    answered = {number: instant for number, _, _, instant in written}
    later = _shares([instant - answered[number] for number, instant in arrivals])[1]
    rung = dict(bare)
    floor = _shares([rung[conversation] - instant for _, conversation, instant, _ in written])[1]
    rate = (len(sent) - 1) / (max(sent.values()) - min(sent.values())) * 1e9
    detail = (
        f"p50 {p50:.1f}, p99 {p99:.1f} ms from COMMIT sent; p95 {later:.1f} ms from COMMIT answered; a bare LISTEN: p95 {floor:.1f} ms; "
        f"{len(sent)} messages at {rate:.0f}/s, {PAGES} pages; {lost} lost, {twice} twice"
    )
    yield Line(
        "live, p95 from commit to page",
        f"{p95:.1f} ms",
        f"{DELAY_BOUND:.0f} ms",
        p95 <= DELAY_BOUND and not lost and not twice,
        detail,
    )
    weight = (after - before) / PAGES
    yield Line(
        "live, memory per open page",
        f"{weight:.1f} kB",
        f"{MEMORY_BOUND:.0f} kB",
        weight <= MEMORY_BOUND,
        f"{before} to {after} kB resident",
    )


async def _measure(house: House, port: int, web: int, conversations: list):
    # The process has opened its connections and read its templates before it is weighed.
    for transport in await _open(port, conversations[:50], []):
        transport.close()
    await asyncio.sleep(1)
    before, arrivals, bare = _resident(web), [], []
    pages = await _open(port, conversations, arrivals)
    listening = asyncio.create_task(_listen(house, bare))
    await asyncio.sleep(2)
    words = [sys.executable, "-m", "bench.writer", "write", str(RATE), str(SECONDS)]
    writer = await asyncio.create_subprocess_exec(
        *words, env=house.production, cwd=SOURCES, stdout=subprocess.PIPE, limit=10_000_000
    )
    answer, _ = await writer.communicate()
    await asyncio.sleep(2)
    after = _resident(web)
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)
    for transport in pages:
        transport.close()
    return before, after, arrivals, bare, json.loads(answer)


async def _listen(house: House, bare: list) -> None:
    """Collects (conversation, instant in nanoseconds) straight from PostgreSQL."""
    async with await psycopg.AsyncConnection.connect(**ensure_running(house.data), autocommit=True) as listener:
        await listener.execute(f"LISTEN {CHANNEL}")
        async for notice in listener.notifies():
            bare.append((notice.payload.removeprefix("conversation:"), time_ns()))


async def _open(port: int, conversations: list, arrivals: list) -> list:
    loop, transports = asyncio.get_running_loop(), []
    for start in range(0, len(conversations), 50):
        opened = []
        for conversation, cookie in conversations[start : start + 50]:
            request = f"GET /live/conversation/{conversation}?after=0 HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nCookie: __Host-parcours={cookie}\r\n\r\n"
            opened.append(loop.create_future())
            transport, _ = await loop.create_connection(
                lambda request=request, done=opened[-1]: Page(request.encode(), arrivals, done), "127.0.0.1", port
            )
            transports.append(transport)
        if not all(await asyncio.gather(*opened)):
            raise SystemExit("bench: a page could not be opened.")
    return transports


def _resident(pid: int) -> int:
    """kB."""
    return int(re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())[1])


def _shares(nanoseconds: list[int]) -> tuple[float, float, float]:
    """The delays, in milliseconds, that 50, 95 and 99 % of the messages did not pass."""
    cuts = statistics.quantiles([delay / 1e6 for delay in nanoseconds], n=100, method="inclusive")
    return cuts[49], cuts[94], cuts[98]
