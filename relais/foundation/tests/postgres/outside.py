"""Users of a server in processes of their own, and what is seen of them from outside."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from relais.foundation import postgres
from relais.foundation.postgres import PostgresUnavailable, server
from relais.foundation.postgres.folder import Folder

SOURCES = Path(__file__).parents[4]


IS_ROOT = os.geteuid() == 0


only_root = pytest.mark.skipif(not IS_ROOT, reason="needs root: a second user, or a mount")


USER = """
import sys
from relais.foundation import postgres
try:
    postgres.ensure_running(sys.argv[1])
    print("ready", flush=True)
except postgres.PostgresUnavailable as error:
    print(str(error).replace("\\n", " "), flush=True)
sys.stdin.read()
"""


class User:
    """A process that uses the server of `data` until it is killed or dismissed."""

    def __init__(self, data: Path, prefix: tuple[str, ...] = (), **environment: str):
        self.process = subprocess.Popen(
            [*prefix, sys.executable, "-c", USER, str(data)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd="/",
            env={**os.environ, "PYTHONPATH": str(SOURCES), **environment},
        )

    def says(self) -> str:
        return self.process.stdout.readline().strip()

    def leave(self) -> None:
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()


def wait_for(happens, seconds: float = 60):
    deadline = time.monotonic() + seconds
    while not (result := happens()) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert result, f"did not happen in {seconds} s"
    return result


def processes(*words: str) -> list[int]:
    lines = {int(pid): server.command_line(int(pid)) for pid in os.listdir("/proc") if pid.isdigit()}
    return [pid for pid, line in lines.items() if all(word in line for word in words)]


def postmasters(data: Path) -> list[int]:
    return processes(Folder.of(data).tag, "config_file=")


def everything(data: Path) -> list[int]:
    """The keeper, the postmaster and its children."""
    return keepers(data) + processes(Folder.of(data).tag)


def keepers(data: Path) -> list[int]:
    return processes("postgres.keeper", str(Folder.of(data).root))


def query(data: Path, statement: str):
    with psycopg.connect(**postgres.connection_settings(data), autocommit=True) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchone()[0] if cursor.description else None


def started_at(data: Path):
    return query(data, "SELECT pg_postmaster_start_time()")


def close_down(data: Path) -> None:
    postgres.release(data)
    for pid in keepers(data):  # does not linger when asked to end
        os.kill(pid, signal.SIGTERM)
    wait_for(lambda: not everything(data))


PID_FILE = "{pid}\n{cluster}\n1790000000\n5432\n{root}\n\n 1234 5\nready   \n"


# The sentences


def refusal(data: Path, **options) -> str:
    with pytest.raises(PostgresUnavailable) as caught:
        postgres.ensure_running(data, **options)
    return str(caught.value)


def fill(place: Path) -> None:
    with pytest.raises(OSError), open(place / "ballast", "wb", buffering=0) as ballast:
        while True:
            ballast.write(bytes(100_000))
