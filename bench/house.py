"""What all benchmarks stand on: a demonstration in a data folder of its own, the processes of Relais, and a figure's line."""

import contextlib
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError

import psycopg

SOURCES = Path(__file__).parents[1]


@dataclass(frozen=True)
class Line:
    """One figure beside its bound."""

    name: str
    figure: str
    bound: str
    ok: bool
    detail: str = ""

    def __str__(self):
        return (
            f"{'ok  ' if self.ok else 'OVER'}  {self.name:<34} {self.figure:>16}   bound {self.bound:<14} {self.detail}"
        )


class House:
    """The demonstration, made with the same commands as `make run`, then run with production settings.

    `made_in`: seconds that `relais demo --door` took on an empty folder. PostgreSQL writes as carefully as in production.
    """

    def __enter__(self):
        base = Path(os.environ.get("RELAIS_DATA", "").strip() or SOURCES / "var" / "bench").absolute()
        base.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.data = Path(tempfile.mkdtemp(prefix="bench-", dir=base))
        kept = {
            name: value
            for name, value in os.environ.items()
            if name not in ("DATABASE_URL", "EMAIL_URL", "SITE_URL", "BEHIND_PROXY")
        }
        self.local = kept | {
            "RELAIS_DATA": str(self.data),
            "RELAIS_PG_FAST": "0",
            "DEBUG": "1",
            "SECRET_KEY": secrets.token_urlsafe(50),
            "PYTHONPATH": str(SOURCES),
            "DJANGO_SETTINGS_MODULE": "config.settings",
        }
        self.production = self.local | {
            "DEBUG": "0",
            "ALLOWED_HOSTS": "127.0.0.1",
            "SECURE_SSL_REDIRECT": "0",
            # Nobody listens there: letters wait.
            "EMAIL_URL": "smtp://127.0.0.1:9",
            "SITE_URL": "http://127.0.0.1",
        }
        start = time.monotonic()
        self.relais("demo", "--door")
        self.made_in = time.monotonic() - start
        # Production settings refuse to start while the door is open.
        (self.data / "demonstration-door").unlink()
        return self

    def __exit__(self, *_):
        from relais.foundation.postgres import release

        release(self.data)
        # The database stops by itself once its last user has gone: its folder goes after it.
        deadline = time.monotonic() + 15
        while (self.data / "postgres" / "cluster" / "postmaster.pid").exists() and time.monotonic() < deadline:
            time.sleep(0.1)
        shutil.rmtree(self.data, ignore_errors=True)

    def relais(self, *words: str) -> None:
        subprocess.run(
            [sys.executable, "-m", "config.cli", *words],
            env=self.local,
            cwd=SOURCES,
            stdout=subprocess.DEVNULL,
            check=True,
        )

    def ask(self, module: str, *words, given=None):
        """The JSON answer of one of our own modules, run in a process of its own inside the house."""
        done = subprocess.run(
            [sys.executable, "-m", module, *map(str, words)],
            env=self.production,
            cwd=SOURCES,
            input=json.dumps(given),
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        return json.loads(done.stdout)

    def rows(self, query: str, *values) -> list[tuple]:
        from relais.foundation.postgres import ensure_running

        with psycopg.connect(**ensure_running(self.data, fast=False)) as database:
            return database.execute(query, values).fetchall()

    @contextlib.contextmanager
    def served(self, environment: dict | None = None, *, web: int = 1) -> Iterator[tuple[int, int]]:
        """`relais serve`, ready, with so many web processes. Gives its port and the process number of the first of them."""
        port = free_port()
        words = [sys.executable, "-m", "config.cli", "serve", "--port", str(port), "--web", str(web)]
        with running(words, environment or self.production) as process:
            wait_for_answer(port, "/health/ready", process)
            yield port, child(process.pid, "web")


@contextlib.contextmanager
def running(words: list[str], environment: dict, **options) -> Iterator[subprocess.Popen]:
    """A process for as long as the block; what it said is shown only when something failed."""
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(words, env=environment, cwd=SOURCES, stdout=said, stderr=said, **options)
        try:
            yield process
        except BaseException:
            said.seek(0)
            sys.stderr.write(said.read().decode(errors="replace"))
            raise
        finally:
            process.terminate()
            process.wait(timeout=30)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as one:
        return one.getsockname()[1]


def wait_for_answer(port: int, path: str, process: subprocess.Popen, seconds: float = 60) -> None:
    """Returns once `path` answers 200."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and process.poll() is None:
        with (
            contextlib.suppress(URLError, OSError),
            urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer,
        ):
            if answer.status == 200:
                return
        time.sleep(0.05)
    raise SystemExit(f"bench: {path} did not answer on port {port}.")


def child(parent: int, role: str) -> int:
    """The process number of the first child of `relais serve` that was started with the word `role`."""
    if found := children(parent, role):
        return found[0]
    raise SystemExit(f"bench: no {role} process.")


def children(parent: int, role: str) -> list[int]:
    """Of all of them."""
    pids = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    return [int(pid) for pid in pids if role in Path(f"/proc/{pid}/cmdline").read_text().split("\0")]


def load(port: int, path: str, *, pages: int, seconds: float) -> dict:
    """`pages` connections ask for `path` again and again, from another process. See load.py for the answer."""
    words = [sys.executable, "-m", "bench.load", str(port), path, str(pages), str(seconds)]
    done = subprocess.run(words, cwd=SOURCES, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout)
