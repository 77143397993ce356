"""`python -m bench.load PORT PATH PAGES SECONDS`: PAGES kept connections, each asking again as soon as it was answered.

Prints {"rate": answers a second, "statuses": {"200": N}}; what was asked before the end is waited for and counted.
"""

import asyncio
import json
import sys
from collections import Counter
from time import monotonic

import uvloop

END = b"\r\n\r\n"


class Page(asyncio.Protocol):
    def __init__(self, request: bytes, until: float, statuses: Counter, done: asyncio.Future):
        self.request, self.until, self.statuses, self.done = request, until, statuses, done
        self.received = b""

    def connection_made(self, transport):
        self.transport = transport
        transport.write(self.request)

    def data_received(self, data):
        self.received += data
        head, end, body = self.received.partition(END)
        if not end:
            return
        length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
        if len(body) < length:
            return
        self.statuses[head[9:12].decode()] += 1
        self.received = b""
        if monotonic() < self.until:
            self.transport.write(self.request)
        else:
            self.transport.close()

    def connection_lost(self, error):
        if self.received:
            self.statuses["cut"] += 1
        if not self.done.done():
            self.done.set_result(None)


async def main(port: int, path: str, pages: int, seconds: float) -> dict:
    head = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUser-Agent: Mozilla/5.0 Firefox/140\r\nAccept-Encoding: gzip\r\n\r\n"
    loop, statuses, start = asyncio.get_running_loop(), Counter(), monotonic()
    ends = [loop.create_future() for _ in range(pages)]
    for done in ends:
        await loop.create_connection(
            lambda done=done: Page(head.encode(), start + seconds, statuses, done), "127.0.0.1", port
        )
    await asyncio.gather(*ends)
    return {"rate": sum(statuses.values()) / (monotonic() - start), "statuses": statuses}


print(json.dumps(uvloop.run(main(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), float(sys.argv[4])))))
