"""`kill -9` of web and worker at random moments: nothing acknowledged is lost, nothing happens twice.

Real processes, real HTTP, a real SMTP conversation, in a data folder of their own.
"""

import asyncio
import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest
from aiosmtpd.controller import Controller

from relais.foundation.postgres import ensure_running, release
from relais.foundation.sealed import _box

from .kill.crowd import GaveUp, Person, Reader

SOURCES = Path(__file__).parents[1]
SEED = 20261121
WRITERS, MESSAGES_EACH = 10, 20
HANDOVERS = 50
LOAD = 20.0
"""Seconds over which the load is spread, kills included."""
SHORT_LIVES = 3
"""In a row, under one child: the supervisor gives up after five, and rightly so."""


class Letters:
    """A slow mail server: a kill finds the worker before, while and after a letter is taken."""

    def __init__(self, dice: random.Random):
        self.taken: Counter[str] = Counter()
        self.dice = dice

    async def handle_DATA(self, server, session, envelope):
        await asyncio.sleep(self.dice.uniform(0, 0.3))
        self.taken.update(envelope.rcpt_tos)
        await asyncio.sleep(self.dice.uniform(0, 0.3))
        return "250 taken"


@pytest.fixture(scope="module")
def letters():
    handler = Letters(random.Random(SEED))
    controller = Controller(handler, hostname="127.0.0.1", port=free_port())
    controller.start()
    handler.port = controller.port
    yield handler
    controller.stop()


@pytest.fixture(scope="module")
def house(tmp_path_factory, letters):
    """A data folder with its tables; gives the environment of its processes. PostgreSQL is as careful as in production."""
    data = tmp_path_factory.mktemp("house")
    environment = os.environ | {
        "RELAIS_DATA": str(data),
        "RELAIS_PG_FAST": "0",
        "DEBUG": "1",
        "EMAIL_URL": f"smtp://127.0.0.1:{letters.port}",
        "PYTHONPATH": str(SOURCES),
    }
    ensure_running(data, fast=False)
    relais(environment, "migrate", "--verbosity", "0")
    yield environment
    release(data)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as one:
        return one.getsockname()[1]


def relais(environment, *words) -> None:
    subprocess.run([sys.executable, "-m", "config.cli", *words], env=environment, cwd=SOURCES, check=True, timeout=600)


def order(environment, *words):
    """One order to tests/kill/house.py, and its answer."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.kill.house", *map(str, words)],
        env=environment,
        cwd=SOURCES,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=600,
    )
    return json.loads(done.stdout)


def rows(environment, query: str, *values) -> list[tuple]:
    with psycopg.connect(**ensure_running(Path(environment["RELAIS_DATA"]))) as database:
        return database.execute(query, values).fetchall()


def said(environment, conversation) -> list[tuple]:
    """(number, words) of a conversation, opened with the key of that house."""
    box = _box((f"sealing:{(Path(environment['RELAIS_DATA']) / 'secret-key').read_text()}",))
    kept = rows(
        environment, "SELECT seq, body FROM coaching_message WHERE conversation_id = %s ORDER BY seq", conversation
    )
    return [(number, box.decrypt(body).decode()) for number, body in kept]


def children(parent: int) -> dict[str, int]:
    """Role ("web", "worker") → process number of the children of `relais serve`."""
    found = {}
    for pid in Path(f"/proc/{parent}/task/{parent}/children").read_text().split():
        try:
            words = Path(f"/proc/{pid}/cmdline").read_text().split("\0")
        except OSError:
            continue
        if "config.cli" in words:
            found[words[words.index("config.cli") + 1]] = int(pid)
    return found


class Killer(threading.Thread):
    """As a context, kills a child of `supervisor` at random moments, `rest` seconds apart at most. `kills` counts them by role.

    Only while the site answers on `port`, and `most` times in all: on a machine so busy that a start takes longer than a life,
    nothing would ever be done.
    """

    def __init__(self, supervisor: int, port: int, dice: random.Random, rest: float = 2.5, most: int = 20):
        super().__init__(daemon=True)
        self.supervisor, self.dice, self.rest, self.most = supervisor, dice, rest, most
        self.probe = Person(198, port, "")
        self.kills: Counter[str] = Counter()
        self.stop = threading.Event()
        self._last: dict[str, float] = {}
        self._short: Counter[str] = Counter()

    def run(self) -> None:
        while not self.stop.wait(self.dice.uniform(0.2, self.rest)):
            role = self.dice.choice(["web", "worker"])
            pid = children(self.supervisor).get(role)
            if pid and self.kills.total() < self.most and self._answers() and self._may(role):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                    self.kills[role] += 1

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        self.join()

    def _answers(self) -> bool:
        try:
            return self.probe.ask("GET", "/health/live")[0] == 200
        except GaveUp:
            return False

    def _may(self, role: str) -> bool:
        long_life = time.monotonic() - self._last.get(role, 0) > 12
        if not long_life and self._short[role] >= SHORT_LIVES:
            return False
        self._short[role] = 0 if long_life else self._short[role] + 1
        self._last[role] = time.monotonic()
        return True


@pytest.fixture
def serve(house):
    """`relais serve`, ready: (process, port)."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "config.cli", "serve", "--port", str(port)], env=house, cwd=SOURCES
    )
    deadline = time.monotonic() + 200
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if Person(0, port, "").ask("GET", "/health/ready")[0] == 200:
                break
        except OSError:
            pass
        time.sleep(0.2)
    else:
        raise AssertionError("relais serve did not become ready")
    yield process, port
    process.terminate()
    process.wait(timeout=120)


@pytest.mark.timeout(600)
def test_nothing_is_lost_and_nothing_happens_twice(house, serve, letters):
    cast = order(house, "prepare", WRITERS, HANDOVERS)
    supervisor, port = serve
    dice = random.Random(SEED)
    writers = [Person(number, port, one["cookie"]) for number, one in enumerate(cast["writers"])]
    leavers = [Person(WRITERS + number, port, one["cookie"]) for number, one in enumerate(cast["leavers"])]
    readers = [Reader(person, one["conversation"]) for person, one in zip(writers, cast["writers"], strict=True)]
    sent = [[f"message {number} de {person}" for number in range(MESSAGES_EACH)] for person in range(WRITERS)]
    for reader in readers:
        reader.start()
    with Killer(supervisor.pid, port, dice) as killer, ThreadPoolExecutor(WRITERS + 5) as crowd:
        writing = [
            crowd.submit(person.write, bodies, pause(dice, LOAD / MESSAGES_EACH))
            for person, bodies in zip(writers, sent, strict=True)
        ]
        agreeing = [
            crowd.submit(agree_all, leavers[part::5], cast["leavers"][part::5], pause(dice, LOAD / 10))
            for part in range(5)
        ]
        acknowledged = [one.result() for one in writing]
        for one in agreeing:
            one.result()
    wait_for(lambda: all(reader.seen and reader.seen[-1] == MESSAGES_EACH + 1 for reader in readers), seconds=30)
    for reader in readers:
        reader.stop.set()
    wait_for(lambda: not rows(house, "SELECT 1 FROM foundation_outbound WHERE state = 'waiting'"), seconds=30)
    supervisor.terminate()
    supervisor.wait(timeout=120)
    order(house, "settle")

    assert min(killer.kills["web"], killer.kills["worker"]) >= 3, killer.kills
    for one, bodies, told, reader in zip(cast["writers"], sent, acknowledged, readers, strict=True):
        kept = said(house, one["conversation"])
        assert kept == [(1, "bonjour"), *enumerate(bodies, 2)]
        assert told == kept[1:]
        assert reader.seen == [seq for seq, _ in kept]
    assert_handovers(house, cast["leavers"], letters)
    breaks = sum(person.breaks for person in writers + leavers)
    states = dict(
        rows(house, "SELECT state, count(*) FROM foundation_outbound WHERE key LIKE 'handover:%%' GROUP BY state")
    )
    print(
        f"\nkills: {dict(killer.kills)}; connections broken: {breaks}; streams opened again: {sum(reader.reconnections for reader in readers)}; "
        f"{WRITERS * MESSAGES_EACH} messages, {HANDOVERS} handovers, letters: {states}"
    )


def agree_all(people, cast, rest) -> None:
    for person, one in zip(people, cast, strict=True):
        person.agree(one["handover"])
        rest()


def pause(dice, mean: float):
    return lambda: time.sleep(dice.uniform(0, 2 * mean))


def wait_for(condition, *, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.1)


def assert_handovers(house, leavers, letters) -> None:
    """Each agreed once, told once in the thread; its letter left once, or a human is asked to look."""
    for one in leavers:
        [(state,)] = rows(house, "SELECT state FROM handovers_handover WHERE id = %s", one["handover"])
        [(outbound,)] = rows(
            house, "SELECT state FROM foundation_outbound WHERE key = %s", f"handover:{one['handover']}"
        )
        counts = rows(
            house,
            "SELECT (SELECT count(*) FROM foundation_event WHERE subject = %s AND name = 'handover.sent'), "
            "(SELECT count(*) FROM coaching_message WHERE topic = %s AND side = 'notice')",
            one["conversation"],
            one["handover"],
        )
        assert (state, counts) == ("sent", [(1, 1)])
        received = letters.taken[one["partner"]]
        assert received == 1 if outbound == "sent" else (outbound == "ambiguous" and received <= 1), (
            outbound,
            received,
        )


def test_two_clocks_alert_once(house):
    waiting = order(house, "overdue", 50)
    workers = [
        subprocess.Popen([sys.executable, "-m", "config.cli", "worker"], env=house, cwd=SOURCES) for _ in range(2)
    ]
    count = (
        "SELECT name, count(*), count(DISTINCT subject) FROM foundation_event "
        "WHERE subject = ANY(%s::uuid[]) AND name LIKE 'promise.%%' GROUP BY name"
    )
    try:
        wait_for(lambda: sum(total for _, total, _ in rows(house, count, waiting)) >= 150, seconds=30)
        time.sleep(6)  # one more turn of both clocks
    finally:
        for worker in workers:
            worker.terminate()
        for worker in workers:
            worker.wait(timeout=120)
    assert sorted(rows(house, count, waiting)) == [
        (f"promise.{step}", 50, 50) for step in ("alerted", "broken", "escalated")
    ]


def test_of_fifty_who_claim_at_once_exactly_one_wins(house):
    rounds = order(house, "race", 20, 50)
    assert len(rounds) == 20
    for one in rounds:
        assert one["winners"] == [one["holder"]]
    told = rows(
        house,
        "SELECT count(*) FROM foundation_event WHERE name = 'conversation.claimed' AND subject = ANY(%s::uuid[])",
        [one["conversation"] for one in rounds],
    )
    assert told == [(20,)]
