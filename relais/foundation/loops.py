"""The worker: loops that claim rows. No deadline lives in memory or in a queue.

An app declares a loop in its `tasks.py`:

    @loop(every=5, wakes_on="outbound")
    def send_due(now): ...

Each loop runs in a thread of its own, so that one that waits for a provider delays no other, every `every` seconds, and at
once when somebody rings its bell (`wake`, a PostgreSQL NOTIFY). The bell may be lost; the clock looks anyway. All threads share
a few connections: a turn gives its own back at its end, and before it waits for somebody else (`patience.let_go`).
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import psycopg
from django.db import connection
from django.utils import timezone

from .database.patience import Patient
from .outage import is_away, outage

log = logging.getLogger(__name__)
BELL = "relais_worker"


@dataclass(frozen=True)
class Loop:
    name: str
    every: float
    wakes_on: str
    run: Callable[[datetime], object]


registry: dict[str, Loop] = {}
stopping = threading.Event()
"""Set when this process is asked to end: a long turn looks at it between two pieces of work."""
_turn = threading.local()


def loop(*, every: float, wakes_on: str = "", name: str = ""):
    """Register a function of `now` to be run every `every` seconds. It must be safe to run twice at once."""

    def keep(function):
        called = name or f"{function.__module__}.{function.__name__}"
        registry[called] = Loop(called, every, wakes_on, function)
        return function

    return keep


def spoil() -> None:
    """A part of the turn that runs in this thread failed and was told: it goes on, and leaves no heartbeat."""
    _turn.is_spoiled = True


def beat() -> None:
    """A part of the turn that runs in this thread is done, well or not, and the next begins: many of them may last longer than the turn itself may."""
    current = getattr(_turn, "loop", None)
    if current and not _turn.is_spoiled:
        _beat(current)


def wake(bell: str) -> None:
    """Wake the loops that listen to `bell`, when the current transaction commits."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [BELL, bell])


class Worker:
    """Runs all registered loops until `stopping` is set; each good turn leaves a heartbeat for the health page."""

    def __init__(self):
        self._wake = {loop.name: threading.Event() for loop in registry.values()}

    def run(self) -> None:
        threads = [
            threading.Thread(target=self._turn, args=(loop,), name=loop.name, daemon=True) for loop in registry.values()
        ]
        threads.append(threading.Thread(target=self._listen, name="bell", daemon=True))
        for thread in threads:
            thread.start()
        stopping.wait()
        for wake in self._wake.values():
            wake.set()
        for thread in threads[:-1]:
            thread.join(timeout=8)

    def _turn(self, loop: Loop) -> None:
        wake = self._wake[loop.name]
        while not stopping.is_set():
            wake.clear()
            try:
                _turn.is_spoiled, _turn.loop = False, loop
                loop.run(timezone.now())
                if not _turn.is_spoiled:
                    _beat(loop)
                outage.end()
            except Exception as error:
                # A loop never dies of one bad row or of a database that went away: it tells, waits, and looks again.
                if is_away(error):
                    outage.begin(error)
                else:
                    log.exception("The loop %s failed; it will look again in %s s", loop.name, loop.every)
            connection.close()
            wake.wait(timeout=loop.every)

    def _listen(self) -> None:
        while not stopping.is_set():
            try:
                with Patient.connect(**connection_parameters(), autocommit=True) as listener:
                    listener.execute(f"LISTEN {BELL}")
                    while not stopping.is_set():
                        for notice in listener.notifies(timeout=5):
                            for loop in registry.values():
                                if loop.wakes_on and loop.wakes_on == notice.payload:
                                    self._wake[loop.name].set()
            except psycopg.OperationalError as error:
                # Meanwhile loops go on by the clock.
                outage.begin(error)
                stopping.wait(2)


def _beat(loop: Loop) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO foundation_heartbeat (name, every, at) VALUES (%s, %s, now()) "
            "ON CONFLICT (name) DO UPDATE SET at = EXCLUDED.at, every = EXCLUDED.every",
            [loop.name, loop.every],
        )


def connection_parameters() -> dict:
    """What psycopg needs to reach the same database as Django, in the same way and with the same limits."""
    parameters = connection.get_connection_params()
    return {
        key: value for key, value in parameters.items() if key not in ("cursor_factory", "context", "prepare_threshold")
    }
