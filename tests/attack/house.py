"""The house under attack: web and worker on production settings, on loopback, with a database of their own and doors that are open."""

import json
import os
import socket
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

import psycopg
from aiosmtpd.controller import Controller
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from .wire import HOST, SECRET, Browser, Doors

SOURCES = Path(__file__).parents[2]
STARTS = 300
"""Seconds a busy machine may take to start it."""
GONE = ("DEBUG", "PORT", "DJANGO_ALLOW_ASYNC_UNSAFE", "RELAIS_PG_FAST", "DATABASE_URL", "DATABASE_OWNER_URL")


class Inside:
    """A process that knows the house from inside, as its owner does: asked to prepare, and to judge. `memory`: its bound, in bytes."""

    def __init__(self, environment: dict, memory: int = 0):
        words = [sys.executable, "-m", "tests.attack.inside", str(memory)]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(words, env=environment, cwd=SOURCES, stdin=pipe, stdout=pipe)

    def __call__(self, order: str, **words):
        self.process.stdin.write(json.dumps([order, words]).encode() + b"\n")
        self.process.stdin.flush()
        told = self.process.stdout.readline()
        if not told:
            raise ChildProcessError(f"« {order} » ended the process ({self.process.wait()}).")
        return json.loads(told)

    def close(self) -> None:
        self.process.stdin.close()
        self.process.wait(timeout=60)
        self.process.stdout.close()


class Post:
    """A mail server that takes everything, and keeps it."""

    def __init__(self):
        self.letters: list[tuple[list[str], bytes]] = []

    async def handle_DATA(self, server, session, envelope):
        self.letters.append((envelope.rcpt_tos, envelope.content))
        return "250 taken"


class House:
    """What an attack is given: the port, the doors, browsers, the process inside, the log, and the letters that left."""

    def __init__(self, port: int, environment: dict, log: Path, post: Post, signer, process):
        self.port, self.environment, self.log_file, self.post, self.process = port, environment, log, post, process
        self.doors = Doors(port, signer)
        self.inside = Inside(environment)
        self.cast = self.inside("prepare", key=_public(signer))
        self._browsers = 0

    def browser(self, role: str = "", **words) -> Browser:
        """Of somebody of the team, signed in with both factors; of a visitor from a network of their own."""
        self._browsers += 1
        address = words.pop("address", f"10.{self._browsers // 250}.{self._browsers % 250}.1")
        cookies = {"__Host-session": self.inside("session", role=role)} if role else {}
        return Browser(self.port, address, cookies)

    def log(self) -> str:
        return self.log_file.read_text(errors="replace")

    def until(self, order: str, seconds: float = 400, **words):
        """The answer of `order`, asked until it is true or the time is over: the worker has taken what came."""
        ends = time.monotonic() + seconds
        while not (told := self.inside(order, **words)) and time.monotonic() < ends:
            time.sleep(0.2)
        return told

    def settled(self) -> bool:
        """Once all that came in has been read and put where it belongs."""
        return bool(self.until("settled"))

    def processor(self) -> float:
        """Seconds that the web process has worked."""
        ticks = Path(f"/proc/{self._child('web')}/stat").read_text().rpartition(")")[2].split()[11:13]
        return sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")

    def _child(self, role: str) -> int:
        for pid in Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split():
            words = Path(f"/proc/{pid}/cmdline").read_text().split("\0")
            if "config.cli" in words and words[words.index("config.cli") + 1] == role:
                return int(pid)
        raise ChildProcessError(f"There is no {role} process.")


def _public(signer) -> str:
    return signer.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw).hex()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as one:
        return one.getsockname()[1]


@contextmanager
def database():
    """(address for who serves, for the owner) of a new database on the server of the tests, made out of the one where all migrations ran."""
    from django.conf import settings

    from conftest import migrated
    from relais.foundation.postgres import connection_settings, ensure_running

    owner, name = ensure_running(settings.DATA), f"attack_{os.getpid()}"
    # A session of tests has already said which.
    template = settings.DATABASES["default"].get("TEST", {}).get("TEMPLATE") or migrated()
    with psycopg.connect(**owner | {"dbname": "postgres"}, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        with psycopg.connect(**owner | {"dbname": name}) as made:
            # Sealed with the key of the tests; a house draws its own where there is none.
            made.execute("DELETE FROM foundation_housesecret")
        try:
            yield (_address(connection_settings(settings.DATA, serving=True), name), _address(owner, name))
        finally:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")


def _address(parts: dict, name: str) -> str:
    who = f"{parts['user']}:{quote(parts['password'], safe='')}"
    return f"postgresql://{who}@/{name}?host={quote(str(parts['host']), safe='')}"


@contextmanager
def serving(data: Path):
    """The house, ready. `data`: the folder it may write in."""
    post, signer, port = Post(), Ed25519PrivateKey.generate(), free_port()
    mail = Controller(post, hostname="127.0.0.1", port=free_port())
    mail.start()
    with database() as (serves, owns), (data / "log").open("wb") as log:
        environment = _environment(data, mail.port, serves, owns)
        words = [sys.executable, "-m", "config.cli", "serve", "--port", str(port)]
        process = subprocess.Popen(words, env=environment, cwd=SOURCES, stdout=log, stderr=log)
        house = None
        try:
            _wait(process, port, data / "log")
            house = House(port, environment, data / "log", post, signer, process)
            yield house
        finally:
            if house:
                house.inside.close()
            process.terminate()
            process.wait(timeout=120)
            mail.stop()


def _environment(data: Path, mail: int, serves: str, owns: str) -> dict:
    kept = {name: value for name, value in os.environ.items() if name not in GONE}
    return kept | {
        "RELAIS_DATA": str(data / "var"),
        "SECRET_KEY": "xK2#vQ9mLw7!pTz4Rb8sYd3Nc6Hf5Gj1Ue0Ao-Ii_Bn+Mk=Pl@Wq",
        "RELAIS_KEYS": "n3wK3y-of-the-attack-Zx8Cv7Bn6Mq5Ws4Ed3Rf2Tg1Yh0Uj9Ik,0ldK3y-of-the-attack-Pl0Ok9Ij8Uh7Yg6Tf5Rd4Es3Wa2Qz1Xs",
        "ALLOWED_HOSTS": HOST,
        "BEHIND_PROXY": "1",
        "EMAIL_URL": f"smtp://127.0.0.1:{mail}",
        "EMAIL_FROM": f"Relais <relais@{HOST}>",
        "EMAIL_CHECKED_BY": f"mx.{HOST}",
        "INBOUND_EMAIL_SECRET": SECRET,
        "INNER_ADDRESSES": "127.0.0.0/8",
        "DATABASE_URL": serves,
        "DATABASE_OWNER_URL": owns,
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "PYTHONPATH": str(SOURCES),
    }


def _wait(process, port: int, log: Path) -> None:
    ends = time.monotonic() + STARTS
    while process.poll() is None and time.monotonic() < ends:
        with suppress(OSError):
            if Browser(port).get("/health/ready").status == 200:
                return
        time.sleep(0.3)
    raise ChildProcessError(f"It did not start: {log.read_text()[-2000:]}")
