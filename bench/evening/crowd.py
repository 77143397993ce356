"""The generators of an evening, each a process of its own, told on standard input what `service` decided.

`python -m bench.evening.crowd pages` holds the streams of those who only read; `python -m bench.evening.crowd people` plays everybody else.
Each second a line on standard output: {"written": messages so far, "open": streams open}; a summary at the end.
"""

import asyncio
import json
import sys
from time import monotonic, time

import uvloop

from bench.evening.team import Mediator, Supervisor
from bench.evening.visitor import Stream, Tally, Visitor
from bench.evening.young import Crowd

SOURCES = 200
"""Addresses in each third of 127.x.y.z that the readers share: 5,000 people behind as many boxes as a town has."""


async def read_pages(given: dict, tally: Tally) -> None:
    """Each page: its conversation's stream, until standard input ends, and each event in the journal as [conversation, seq, nanoseconds]."""
    streams = []

    def page(conversation: str, cookie: str, number: int) -> Stream:
        visitor = Visitor(
            given["port"], f"127.100.{number // SOURCES}.{2 + number % SOURCES}", tally, {"__Host-parcours": cookie}
        )

        def take(seq, kind, lines, now):
            tally.journal.write(f'["{conversation}",{seq},{now}]\n')

        return Stream(visitor, f"/live/conversation/{conversation}", 0, take)

    async def sit():
        for start in range(0, len(given["pages"]), 50):
            opened = [
                page(conversation, cookie, start + n)
                for n, (conversation, cookie) in enumerate(given["pages"][start : start + 50])
            ]
            streams.extend(await asyncio.gather(*(stream.open() for stream in opened)))

    def told() -> dict:
        return {
            "written": 0,
            "open": sum(stream.down_since is None for stream in streams),
            "seated": len(streams) == len(given["pages"]),
        }

    sitting, over = asyncio.create_task(sit()), asyncio.Event()
    asyncio.get_running_loop().add_reader(sys.stdin, over.set)
    await _tell(tally, told, over.is_set)
    await sitting
    tally.counts["came back"] = sum(stream.came_back for stream in streams)
    for stream in streams:
        stream.close()


async def play(given: dict, tally: Tally) -> None:
    cast, until, closed = given["cast"], given["until"], asyncio.Event()
    port, crowd = given["port"], Crowd(given["port"], tally, given["until"] - 10, given["thinking"])
    tasks = [asyncio.create_task(crowd.seat(number)) for number in range(given["young"])]
    plan, cards = given["plan"], cast["mediators"]
    for number, card in enumerate(cards):
        away_at = plan["away"] if number == len(cards) - 1 else None
        mediator = Mediator(
            card, port, number, cast, tally, until=until, pace=given["answering"], away_at=away_at, closed=closed
        )
        tasks.append(asyncio.create_task(mediator.work()))
    supervisor = Supervisor(cast["supervisor"], port, len(cards), cast, tally)
    steps = {name: plan[name] for name in ("close", "open", "give")}
    tasks.append(asyncio.create_task(supervisor.work(until, steps, cards[-1], closed)))
    await _tell(tally, lambda: {"written": tally.counts["young"] + tally.counts["staff"]}, lambda: time() >= until)
    await asyncio.wait(tasks, timeout=60)
    for task in tasks:
        if not task.done():
            task.cancel()
        elif error := task.exception():
            tally.fault(f"actor: {type(error).__name__}", repr(error))


async def _tell(tally: Tally, told, over) -> None:
    """A line a second until the end; how late it comes says how busy this process was."""
    late = 0.0
    while not over():
        start = monotonic()
        await asyncio.sleep(1)
        late = max(late, monotonic() - start - 1)
        print(json.dumps(told()), flush=True)
        tally.journal.flush()
    tally.counts["latest second, ms"] = round(late * 1000)


def main(kind: str) -> None:
    given = json.loads(sys.stdin.readline())
    with open(given["journal"], "w") as journal:
        tally = Tally(journal)
        uvloop.run({"pages": read_pages, "people": play}[kind](given, tally))
    print(json.dumps(tally.summary()), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
