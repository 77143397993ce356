"""The worker of `relais`, with its own database: what is due is done in a process of its own, and a kill is told."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from relais.foundation.postgres import ensure_running, release

from .test_kill import SOURCES, relais, rows

PATIENCE = 240
"""Seconds: a busy machine starts a process slowly."""
pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    data, copies = tmp_path_factory.mktemp("house"), tmp_path_factory.mktemp("copies")
    environment = os.environ | {
        "RELAIS_DATA": str(data),
        "DEBUG": "1",
        "BACKUP_FOLDER": str(copies),
        "PYTHONPATH": str(SOURCES),
    }
    ensure_running(data)
    relais(environment, "migrate", "--verbosity", "0")
    yield environment
    release(data)


@pytest.fixture
def worker(house):
    process = subprocess.Popen([sys.executable, "-m", "config.cli", "worker"], env=house, cwd=SOURCES)
    yield process
    process.kill()
    process.wait()


def wait_for(look):
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if found := look():
            return found
        time.sleep(0.2)
    raise AssertionError("It never came.")


def ask(house, job: str) -> int:
    """As a person does on the page."""
    wait_for(lambda: rows(house, "SELECT 1 FROM foundation_schedule WHERE job = %s", job))
    made = rows(
        house,
        "INSERT INTO foundation_run (schedule_id, state, started_at, is_retry, words, said) "
        "SELECT id, 'waiting', now(), false, '', '' FROM foundation_schedule WHERE job = %s RETURNING id, pg_notify('relais_worker', 'schedule')",
        job,
    )
    return made[0][0]


def state(house, run: int) -> str:
    return rows(house, "SELECT state FROM foundation_run WHERE id = %s", run)[0][0]


def processes(run: int) -> list[int]:
    """Those that do this run."""
    found = []
    for place in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = place.read_text().split("\0")
        except OSError:
            continue
        if words[3:5] == ["run-job", str(run)]:
            found.append(int(place.parent.name))
    return found


def test_the_backup_is_made_by_a_process_of_its_own_and_can_be_read(house, worker):
    stopped = Path(house["BACKUP_FOLDER"]) / "relais-2026-11-01-032000.unfinished"
    stopped.mkdir()
    run = ask(house, "backup")
    wait_for(lambda: state(house, run) != "waiting" and state(house, run) != "running")
    words = rows(house, "SELECT state, words, said FROM foundation_run WHERE id = %s", run)[0]
    assert words[0] == "done", words
    (copy,) = Path(house["BACKUP_FOLDER"]).iterdir()
    assert {"database.dump", "backup.json"} <= {file.name for file in copy.iterdir()} and copy.name in words[1]
    wait_for(lambda: not processes(run))


def test_a_run_that_is_killed_is_told_and_another_can_be_asked_for(house, worker):
    run = ask(house, "import-communes")
    (process,) = wait_for(lambda: processes(run))
    os.kill(process, signal.SIGKILL)
    wait_for(lambda: state(house, run) == "broken")
    again = ask(house, "import-communes")
    wait_for(lambda: state(house, again) == "done")


def test_a_worker_that_is_killed_takes_its_runs_along(house, worker):
    run = ask(house, "check-figures")
    wait_for(lambda: processes(run))
    worker.kill()
    worker.wait()
    wait_for(lambda: not processes(run))
