"""`kill -9` of web and worker while messages come in and go out by each door: nothing kept is lost, nothing leaves twice.

The clock is a loop of the worker and dies with it. Providers on loopback speak the wire format, slowly, and insist as real
ones do. What nobody can know is shown to a human.

`KILL_SENDS` is the number of messages that come in by each door, and of answers that leave by it; `KILL_SEED` draws other moments.
"""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from aiosmtpd.controller import Controller
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from relais.foundation.postgres import ensure_running, release

from .kill.crowd import PATIENCE, Person
from .kill.doors import SECRET, Mediator, Writer
from .kill.providers import Gateway, Post, words_of
from .test_kill import SOURCES, Killer, free_port, order, relais, rows, wait_for

SENDS = int(os.environ.get("KILL_SENDS", 40))
SEED = int(os.environ.get("KILL_SEED", 20261122))
EACH = min(20, max(2, SENDS // 100 * 2))
"""Messages of one person: a door takes twenty an hour from the same sender before it slows down."""
PEOPLE = -(-SENDS // EACH)
"""A door; up to two hundred, the files that its mediator may open in an hour."""
OVERDUE = max(20, SENDS // 10)
"""Conversations left without an answer for three hours: the clock has letters to send too."""
LOAD = max(18.0, SENDS * 0.12)
"""Seconds that people spend between their messages."""
CROWD = max(12, SENDS // 25)
"""People who write at the same time."""
SLOWNESS = min(0.15, 15 / SENDS)
"""Seconds at most before a provider takes a message, and again after."""
REST = LOAD / 7
"""Seconds at most between two kills: a process that starts again takes more of the machine than all it sends."""
DOORS = {"site": Writer.site, "email": Writer.email, "sms": Writer.sms, "discord": Writer.chat}
_TO_ANSWER = """
SELECT c.id FROM coaching_conversation c JOIN coaching_message m ON m.conversation_id = c.id
WHERE c.channel = %s AND c.age_band = '18-25' AND c.opened_at > now() - interval '1 hour'
AND NOT EXISTS (SELECT 1 FROM foundation_outbound o WHERE o.about = c.id AND o.state = 'waiting')
GROUP BY c.id HAVING count(*) FILTER (WHERE m.side = 'young') > count(*) FILTER (WHERE m.side = 'staff')
"""
_TOLD = """
SELECT name, count(*), count(DISTINCT subject) FROM foundation_event WHERE name LIKE 'promise.%%' AND subject = ANY(%s::uuid[]) GROUP BY name
"""
_OF_AGE = "UPDATE coaching_conversation SET age_band = '18-25' WHERE age_band = '' RETURNING 1"


@pytest.fixture(scope="module")
def gateway():
    server = Gateway(random.Random(SEED), SLOWNESS)
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def post():
    handler = Post(random.Random(SEED), 2 * SLOWNESS)
    controller = Controller(handler, hostname="127.0.0.1", port=free_port())
    controller.start()
    handler.port = controller.port
    yield handler
    controller.stop()


@pytest.fixture(scope="module")
def discord():
    return Ed25519PrivateKey.generate()


@pytest.fixture(scope="module")
def house(tmp_path_factory, post, gateway, discord):
    data = tmp_path_factory.mktemp("doors")
    public = discord.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw).hex()
    address = f"http://127.0.0.1:{gateway.server_address[1]}"
    environment = os.environ | {
        "RELAIS_DATA": str(data),
        "RELAIS_PG_FAST": "0",
        "DEBUG": "1",
        "PYTHONPATH": str(SOURCES),
        "EMAIL_URL": f"smtp://127.0.0.1:{post.port}",
        "INBOUND_EMAIL_SECRET": SECRET,
        "SMS_DIALECT": "json",
        "SMS_URL": f"{address}/sms",
        "SMS_KEY": "clef",
        "SMS_INBOUND_SECRET": SECRET,
        "DISCORD_API_URL": address,
    }
    ensure_running(data, fast=False)
    relais(environment, "migrate", "--verbosity", "0")
    application = f"from tests import builders; builders.discord_account(public_key='{public}', application_id='77')"
    relais(environment, "shell", "--no-imports", "-c", application)
    yield environment
    release(data)


@pytest.fixture
def serve(house):
    port = free_port()
    words = [sys.executable, "-m", "config.cli", "serve", "--port", str(port)]
    process = subprocess.Popen(words, env=house, cwd=SOURCES)
    probe = Person(199, port, "")
    deadline = time.monotonic() + 200
    while time.monotonic() < deadline:
        try:
            if probe.ask("GET", "/health/live")[0] == 200:
                break
        except OSError:
            time.sleep(0.2)
    yield process, port
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    process.wait(timeout=120)


@pytest.mark.timeout(600 + 10 * LOAD)
def test_every_door_keeps_all_and_sends_once(house, serve, post, gateway, discord):
    supervisor, port = serve
    cookies = order(house, "doors")
    dice = random.Random(SEED)

    def write(door: str, number: int) -> list[tuple[str, str]]:
        writer, written = Writer(number, port, discord), []
        for serial in range(EACH):
            written.append((door, DOORS[door](writer, serial)))
            time.sleep(dice.uniform(0, 2 * LOAD * CROWD / (SENDS * len(DOORS))))
        return written

    with Killer(supervisor.pid, port, dice, REST, most=int(LOAD)) as killer:
        with ThreadPoolExecutor(CROWD) as crowd, ThreadPoolExecutor(len(DOORS) + 1) as staff:
            writing = [
                crowd.submit(write, door, 40 + len(DOORS) * number + place)
                for number in range(PEOPLE)
                for place, door in enumerate(DOORS)
            ]
            answering = [
                staff.submit(answer_all, house, door, Mediator(place, port, cookies[door]))
                for place, door in enumerate(DOORS)
            ]
            waiting = staff.submit(order, house, "overdue", OVERDUE)
            written = [message for job in writing for message in job.result()]
            answered = [answer for job in answering for answer in job.result()]
        wait_for(lambda: not rows(house, "SELECT 1 FROM foundation_outbound WHERE state = 'waiting'"), seconds=40)
    supervisor.terminate()
    supervisor.wait(timeout=120)
    order(house, "settle")

    assert killer.kills["web"] >= 2 and killer.kills["worker"] >= 2, killer.kills
    kept = order(house, "said")
    assert Counter(written) == Counter(map(tuple, kept["young"])), "every message kept is in one thread, once"
    assert Counter(answered) == Counter(map(tuple, kept["staff"])), "every answer kept is in its thread, once"
    assert rows(house, "SELECT count(*) FROM channels_inbound WHERE state <> 'taken'") == [(0,)]
    assert rows(house, "SELECT count(*) FROM coaching_conversation") == [(len(DOORS) * PEOPLE + OVERDUE,)], (
        "one conversation a person"
    )
    assert sorted(rows(house, _TOLD, waiting.result())) == [
        (f"promise.{step}", OVERDUE, OVERDUE) for step in ("alerted", "broken", "escalated")
    ]
    unknown = rows(house, "SELECT id::text FROM foundation_outbound WHERE state = 'ambiguous'")
    assert order(house, "to_decide") == sorted(number for (number,) in unknown), "what nobody knows is shown to a human"
    found = compare(order(house, "promised"), post.taken + gateway.taken)
    print(
        f"\nkills: {dict(killer.kills)}; written: {Counter(door for door, _ in written)}; answered: {Counter(door for door, _ in answered)}"
    )
    for door, counts in found.items():
        print(f"{door}: {dict(counts)}")
    for counts in found.values():
        assert counts["lost"] == counts["twice"] == counts["unpromised"] == 0, found
    for door in set(DOORS) - {"site"}:
        assert found[door]["promised"] >= SENDS, found


def answer_all(house, door: str, mediator: Mediator) -> list[tuple[str, str]]:
    """Answer as they come those who wrote by `door`, as often as they wrote. Returns (door, text) of each answer."""
    answered, last = [], time.monotonic()
    while len(answered) < PEOPLE * EACH:
        assert time.monotonic() < last + PATIENCE, f"{door}: only {len(answered)} answers"
        # Of age, their SMS leave at night too, whenever this is run: nobody is answered before. While one waits to leave it would speak for the next ones.
        rows(house, _OF_AGE)
        for (conversation,) in rows(house, _TO_ANSWER, door):
            text = f"réponse {len(answered)} à {conversation}"
            mediator.answer(conversation, text)
            answered.append((door, text))
            last = time.monotonic()
        time.sleep(0.2)
    return answered


def compare(promised: list, taken: Counter) -> dict[str, Counter]:
    """By channel: what was promised to leave, what of it is sent, ambiguous, lost, and what its provider took twice.

    Lost: said to be sent and never taken, or neither sent nor shown to a human. `unpromised`: taken, and never written anywhere.
    """
    found: dict[str, Counter] = {}
    states: dict[tuple, Counter] = {}
    for channel, state, who, text in promised:
        states.setdefault((channel, who, words_of(text)), Counter())[state] += 1
    for (channel, *which), by_state in states.items():
        counts, seen = found.setdefault(channel, Counter()), taken[tuple(which)]
        counts["promised"] += by_state.total()
        counts["sent"] += by_state["sent"]
        counts["ambiguous"] += by_state["ambiguous"]
        counts["lost"] += max(0, by_state["sent"] - seen) + by_state.total() - by_state["sent"] - by_state["ambiguous"]
        counts["twice"] += max(0, seen - by_state["sent"] - by_state["ambiguous"])
        counts["ambiguous, had left"] += max(0, seen - by_state["sent"])
    unpromised = taken.keys() - {tuple(which) for _, *which in states}
    for counts in found.values():
        counts["unpromised"] = len(unpromised)
    return found
