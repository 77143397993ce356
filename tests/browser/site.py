"""A real Relais for the browser tests: `relais serve` on a free port and a data folder of its own, with the demonstration."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import psycopg

ROOT = Path(__file__).parents[2]
STRUCTURES = Path(__file__).with_name("missions_locales.json")
START = 600  # seconds: a guard, on a machine that does other work
WHEEL = os.environ.get("WHEEL_PYTHON", "")
"""The interpreter of an environment in which the wheel was installed (scripts/wheel.sh): then that one is walked, and not the tree."""

# A network that is on and does not answer: what is written to it waits.
NETWORK = """
from django.utils import timezone
from relais.channels.models import ChannelAccount
at, values = timezone.now(), {"account": "178", "token": "essai"}
ChannelAccount.objects.create(channel="instagram", values=values, asked_at=at, confirmed_at=at)
"""


class Site:
    """The running site: `base` is its address, `sql` asks its database, `command` runs `relais …` on its data."""

    def __init__(self, data: Path):
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = probe.getsockname()[1]
        self.data, self.base = data, f"http://127.0.0.1:{port}"
        # In a folder without the tree, Python finds the wheel.
        self._program, self._folder = [WHEEL or sys.executable, "-m", "config.cli"], data if WHEEL else ROOT
        self.environment = {
            name: value
            for name, value in os.environ.items()
            if name not in ("DATABASE_URL", "ALLOWED_HOSTS", "EMAIL_URL")
        } | {
            "RELAIS_DATA": str(data),
            "RELAIS_PG_FAST": "1",
            "DEBUG": "1",
            "SITE_URL": self.base,
            "INSTAGRAM_API_URL": "http://127.0.0.1:9",
        }
        self._log = open(data / "serve.log", "w+")  # noqa: SIM115 (closed by `stop`)
        self._process: subprocess.Popen | None = None
        self._database: psycopg.Connection | None = None

    def start(self) -> None:
        # One process holds the database up from here on: without it each command would start and stop it.
        from relais.foundation.postgres import ensure_running

        self._database = psycopg.connect(**ensure_running(self.data, fast=True), autocommit=True)
        self.command("migrate", "--verbosity", "0")
        self.command("shell", "--no-imports", "-c", NETWORK)
        self.command("import", "communes")
        # Before `demo`, which then leaves the structures as they are.
        self.command("import", "missions-locales", str(STRUCTURES))
        self.command("demo", "--door")
        self._serve()

    def restart(self, **environment: str) -> None:
        """Stopped as an operator stops it, and begun again with these variables, which stay."""
        self._end()
        self.environment |= environment
        self._serve()

    def _serve(self) -> None:
        port = self.base.rpartition(":")[2]
        self._process = subprocess.Popen(
            [*self._program, "serve", "--port", port],
            cwd=self._folder,
            env=self.environment,
            stdout=self._log,
            stderr=subprocess.STDOUT,
        )
        deadline = time.monotonic() + START
        while not self._ready():
            assert self._process.poll() is None and time.monotonic() < deadline, (
                f"The site did not start:\n{self.log()}"
            )
            time.sleep(0.1)

    def stop(self) -> None:
        from relais.foundation.postgres import release

        self._end()
        if self._database:
            self._database.close()
        release(self.data)
        self._log.close()

    def _end(self) -> None:
        if self._process:
            self._process.send_signal(signal.SIGTERM)
            self._process.wait(20)

    def command(self, *words: str, check: bool = True) -> subprocess.CompletedProcess:
        done = subprocess.run(
            [*self._program, *words],
            cwd=self._folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=600,
        )
        assert not check or done.returncode == 0, f"relais {' '.join(words)}:\n{done.stdout}{done.stderr}"
        return done

    def states(self) -> dict:
        """One conversation in each state, made by the services (see states.py)."""
        done = self.command("shell", "--no-imports", "-c", "from tests.browser import states; states.make()")
        return json.loads(done.stdout.splitlines()[-1])

    def sql(self, statement: str, *values) -> list[tuple]:
        cursor = self._database.execute(statement, values)
        return cursor.fetchall() if cursor.description else []

    def forget_rates(self) -> None:
        """All tests come from one address: without this the last ones would be asked to slow down."""
        self.sql("DELETE FROM foundation_ratebucket")

    def log(self) -> str:
        self._log.flush()
        return (self.data / "serve.log").read_text()

    def _ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.base}/health/ready", timeout=2) as answer:
                return answer.status == 200
        except (OSError, urllib.error.URLError):
            return False
