"""The process of a run, as the worker looks after it: started, watched, ended when it takes too long. One at a time in each worker."""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from . import schedule
from .jinja import duration
from .loops import stopping
from .models import Run

GRACE = timedelta(seconds=20)
"""Between the request to stop and the order."""
PROGRAM = (sys.executable, "-m", "config.cli", "run-job")


@dataclass
class Started:
    run_id: int
    within: timedelta
    started_at: datetime
    process: subprocess.Popen
    asked: bool = False


class Hand:
    """What one worker has in hand: nothing, or one process."""

    def __init__(self, program: Sequence[str] = PROGRAM):
        self.program = program
        self.held: Started | None = None

    def turn(self, now: datetime) -> None:
        """Look after the process, then after those of workers that are gone, then take what is due. Never waits for a process."""
        schedule.ensure(now)
        self._tend(now)
        schedule.find_broken(now, but=self.held.run_id if self.held else None)
        if self.held is None and not stopping.is_set() and (run := schedule.claim(now)):
            self._start(run, now)

    def _start(self, run: Run, now: datetime) -> None:
        # A group of its own: what it started in its turn ends with it.
        process = subprocess.Popen(
            [*self.program, str(run.pk), str(os.getpid())], stdin=subprocess.DEVNULL, process_group=0
        )
        self.held = Started(run.pk, schedule.job_of(run.schedule).within, now, process)

    def _tend(self, now: datetime) -> None:
        held = self.held
        if held is None:
            return
        if held.process.poll() is not None:
            # Whoever ended well has said so; nothing is changed then.
            words = _too_long(held.within) if held.asked else schedule.GONE
            schedule.finish(held.run_id, Run.State.BROKEN, words, now=now)
            self.held = None
        elif now >= held.started_at + held.within + GRACE:
            os.killpg(held.process.pid, signal.SIGKILL)
        elif now >= held.started_at + held.within:
            held.asked = True
            os.killpg(held.process.pid, signal.SIGTERM)


def _too_long(within: timedelta) -> str:
    return f"Arrêté : cela durait depuis plus de {duration(within.total_seconds())}."
