"""`kill -9` of web and worker while messages come in and go out by each door: nothing kept is lost, nothing leaves twice.

Providers on loopback speak the wire format, slowly, and insist as real ones do. What nobody can know is shown to a human.
"""

import hmac
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from base64 import b64encode
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from aiosmtpd.controller import Controller
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from relais.foundation.postgres import ensure_running, release

from .kill.crowd import Person
from .test_kill import SOURCES, Killer, Letters, free_port, order, relais, rows, wait_for

SEED = 20261122
EACH = 20
"""People a door; each writes twice and is answered twice."""
SECRET = "porte-d-essai-assez-longue-pour-compter-vraiment"
LOAD = 18.0


class Providers(ThreadingHTTPServer):
    """SMS and Discord: slow, so that a kill finds the worker before, while and after a message is taken. `taken` by number and text."""

    daemon_threads = True

    def __init__(self):
        self.taken: Counter[tuple[str, str]] = Counter()
        self.dice = random.Random(SEED)
        super().__init__(("127.0.0.1", 0), Provider)
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()


class Provider(BaseHTTPRequestHandler):
    def do_POST(self):
        told = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        time.sleep(self.server.dice.uniform(0, 0.15))
        self.server.taken[told.get("to") or self.path.split("/")[-1].partition("?")[0], told.get("text") or told.get("content")] += 1
        time.sleep(self.server.dice.uniform(0, 0.15))
        body = b"{}"
        try:
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        except OSError:
            return  # who asked was killed

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def providers():
    server = Providers()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def letters():
    handler = Letters(random.Random(SEED))
    controller = Controller(handler, hostname="127.0.0.1", port=free_port())
    controller.start()
    handler.port = controller.port
    yield handler
    controller.stop()


@pytest.fixture(scope="module")
def discord():
    return Ed25519PrivateKey.generate()


@pytest.fixture(scope="module")
def house(tmp_path_factory, letters, providers, discord):
    data = tmp_path_factory.mktemp("doors")
    public = discord.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw).hex()
    address = f"http://127.0.0.1:{providers.server_address[1]}"
    environment = os.environ | {
        "RELAIS_DATA": str(data), "RELAIS_PG_FAST": "0", "DEBUG": "1", "PYTHONPATH": str(SOURCES),
        "EMAIL_URL": f"smtp://127.0.0.1:{letters.port}", "INBOUND_EMAIL_SECRET": SECRET,
        "SMS_DIALECT": "json", "SMS_URL": f"{address}/sms", "SMS_KEY": "clef", "SMS_INBOUND_SECRET": SECRET,
        "DISCORD_PUBLIC_KEY": public, "DISCORD_APPLICATION_ID": "77", "DISCORD_API_URL": address,
    }  # fmt: skip
    ensure_running(data, fast=False)
    relais(environment, "migrate", "--verbosity", "0")
    order(environment, "doors")
    yield environment
    release(data)


class Writer(Person):
    """A provider that brings the messages of one person, again and again until it is told that they are kept."""

    def __init__(self, number: int, port: int, discord):
        super().__init__(number, port, "")
        self.discord = discord
        self.who = f"p{number}"

    def bring(self, path: str, body: bytes, headers: dict) -> None:
        deadline = time.monotonic() + 60
        while True:
            connection = self.connect()
            try:
                connection.request("POST", path, body, headers(body) if callable(headers) else headers)
                answer = connection.getresponse()
                answer.read()
                if answer.status == 200:
                    return
                # A house that starts again answers 502 or 503; anything else is a fault of this test.
                assert answer.status in (500, 502, 503), answer.status
            except OSError:
                self.breaks += 1
            finally:
                connection.close()
            assert time.monotonic() < deadline, f"{path} never answered"
            time.sleep(0.1)

    def email(self, serial: int) -> tuple[str, str]:
        address, text = f"{self.who}@exemple.invalid", f"lettre {serial} de {self.who}"
        letter = EmailMessage()
        letter["From"], letter["To"], letter["Message-ID"] = address, "relais@exemple.invalid", f"<{self.who}.{serial}@exemple.invalid>"
        letter.set_content(text)
        basic = b64encode(f"x:{SECRET}".encode()).decode()
        self.bring("/entree/email/mime", letter.as_bytes(), {"Authorization": f"Basic {basic}"})
        return address, text

    def sms(self, serial: int) -> tuple[str, str]:
        number, text = f"+336399{int(self.who[1:]):05d}", f"sms {serial} de {self.who}"
        body = json.dumps({"id": f"{self.who}-{serial}", "from": number, "text": text}).encode()

        def signed(body):
            stamp = str(int(time.time()))
            return {"X-Relais-Signature": f"t={stamp},s={hmac.new(SECRET.encode(), stamp.encode() + b'.' + body, 'sha256').hexdigest()}"}

        self.bring("/entree/sms", body, signed)
        return number, text

    def chat(self, serial: int) -> tuple[str, str]:
        member, text = f"9000{self.who[1:]}", f"discord {serial} de {self.who}"
        field = {"type": 18, "component": {"type": 4, "custom_id": "message", "value": text}}
        told = {
            "type": 5, "id": f"{self.who}{serial}", "application_id": "77", "token": f"jeton-{self.who}-{serial}",
            "member": {"user": {"id": member}}, "data": {"custom_id": "talk", "components": [field]},
        }  # fmt: skip

        def signed(body):
            stamp = str(int(time.time()))
            return {"X-Signature-Timestamp": stamp, "X-Signature-Ed25519": self.discord.sign(stamp.encode() + body).hex()}

        self.bring("/entree/discord", json.dumps(told).encode(), signed)
        return member, text


@pytest.fixture
def serve(house):
    port = free_port()
    words = [sys.executable, "-m", "config.cli", "serve", "--port", str(port)]
    process = subprocess.Popen(words, env=house, cwd=SOURCES)
    probe = Person(199, port, "")
    deadline = time.monotonic() + 40
    while time.monotonic() < deadline:
        try:
            if probe.ask("GET", "/health/live")[0] == 200:
                break
        except OSError:
            time.sleep(0.2)
    yield process, port
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    process.wait(timeout=30)


@pytest.mark.timeout(240)
def test_every_door_keeps_all_and_sends_once(house, serve, letters, providers, discord):
    supervisor, port = serve
    dice = random.Random(SEED)
    doors = {"email": Writer.email, "sms": Writer.sms, "discord": Writer.chat}
    killer = Killer(supervisor.pid, dice)
    killer.start()
    brought: dict[str, list[tuple[str, str]]] = {door: [] for door in doors}

    def person(door: str, number: int) -> None:
        writer = Writer(number, port, discord)
        for serial in (1, 2):
            brought[door].append(doors[door](writer, serial))
            time.sleep(dice.uniform(0, LOAD / 4))

    with ThreadPoolExecutor(12) as crowd:
        jobs = [crowd.submit(person, door, 40 + 3 * number + place) for number in range(EACH) for place, door in enumerate(doors)]
        answers = crowd.submit(order, house, "answer_all", 3 * EACH, 2)
        for job in jobs:
            job.result()
        told = answers.result()
    wait_for(
        lambda: not rows(house, "SELECT 1 FROM foundation_outbound WHERE state = 'waiting' AND not_before < now() + interval '1 hour'"), seconds=40
    )
    killer.stop.set()
    killer.join()
    supervisor.terminate()
    supervisor.wait(timeout=30)
    order(house, "settle")

    assert killer.kills["web"] >= 2 and killer.kills["worker"] >= 2, killer.kills
    assert told == {"answered": 6 * EACH}
    kept = order(house, "said")
    for door, messages in brought.items():
        assert Counter(text for _, text in messages) == Counter(kept[door]), f"{door}: every message kept is in one thread, once"
    assert rows(house, "SELECT count(*) FROM channels_inbound WHERE state <> 'taken'") == [(0,)]
    assert rows(house, "SELECT count(*) FROM coaching_conversation") == [(3 * EACH,)], "one conversation a person"
    states = _left_once(house, letters, providers)
    print(f"\nkills: {dict(killer.kills)}; {sum(map(len, brought.values()))} messages in, outgoing: {states}")


def _left_once(house, letters, providers) -> dict:
    """What the outbox says of each channel is what the providers saw, and nothing was taken twice."""
    states = {}
    found = rows(house, "SELECT channel, state, count(*) FROM foundation_outbound GROUP BY 1, 2")
    for channel, state, count in found:
        states.setdefault(channel, {})[state] = count
    assert set(states) == {"email", "sms", "discord"}
    for channel, by_state in states.items():
        assert set(by_state) <= {"sent", "ambiguous"}, (channel, by_state)
        seen = (
            letters.taken
            if channel == "email"
            else Counter({key: n for key, n in providers.taken.items() if (key[0][:1] == "+") == (channel == "sms")})
        )
        assert by_state["sent"] <= seen.total() <= by_state["sent"] + by_state.get("ambiguous", 0), (channel, by_state, seen.total())
    return states
