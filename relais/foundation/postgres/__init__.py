"""An embedded PostgreSQL: one server per data folder, shared by every process, gone after the last.

Lifetimes are kernel locks, so that `kill -9` of anything leaves nothing to clean by hand: a user of
the database holds users.lock shared; a keeper (keeper.py) runs the server and stops it once it can
take that lock alone; the server itself carries server.lock.
"""

import fcntl
import hmac
import os
import subprocess
import sys
import time
from pathlib import Path

from .folder import READY, Folder, PostgresUnavailable, open_lock, plain_errors, try_lock

__all__ = ["PostgresUnavailable", "connection_settings", "ensure_running", "release"]

_held: dict[Folder, int] = {}  # descriptors on users.lock, one a folder


SERVING = "relais_web"
"""The role of what serves; database/rights.py makes it."""


def connection_settings(data: Path, *, serving: bool = False) -> dict:
    """How to connect to the server of `data` (RELAIS_DATA), for psycopg and Django. Starts nothing.

    `serving`: as SERVING, whose password follows from that of the folder; else as the owner of all.
    Returns {"host", "port", "user", "password", "dbname"}; `host` is the folder of a Unix socket, and is
    good in this process and those it starts. The first call creates the folder and the password.
    Raises PostgresUnavailable.
    """
    folder = Folder.of(data)
    with plain_errors(folder):
        folder.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        secret, host = folder.password(), folder.host
    user = SERVING if serving else "relais"
    if serving:
        secret = hmac.new(secret.encode(), SERVING.encode(), "sha256").hexdigest()
    return {"host": host, "port": 5432, "user": user, "password": secret, "dbname": "relais"}


def ensure_running(data: Path, *, fast: bool | None = None, timeout: float = 90) -> dict:
    """Makes sure that the server of `data` runs for as long as this process lives.

    Call it as often as you like (10 ms); it mends what died since. `fast` (default: RELAIS_PG_FAST=1), for
    tests, lets a crash lose the last rows; it counts for whoever starts the server. `timeout` is in seconds.
    Returns `connection_settings(data)`. Raises PostgresUnavailable, whose message says what to do.
    """
    folder, deadline = Folder.of(data), time.monotonic() + timeout
    settings = connection_settings(data)
    with plain_errors(folder):
        _become_user(folder, deadline)
        while True:
            _start_keeper_if_none(folder, fast, deadline)
            if _answers(settings):
                return settings
            _pause(folder, deadline)


def release(data: Path) -> None:
    """Lets go of the server of `data` (for tests: the end of the process does it)."""
    if (users := _held.pop(Folder.of(data), None)) is not None:
        os.close(users)  # closed, not unlocked: a forked child shares the lock and may still need it


def _become_user(folder: Folder, deadline: float) -> None:
    if folder in _held:
        return
    users = open_lock(folder.users_lock)
    try:
        while not try_lock(users, fcntl.LOCK_SH):  # a keeper is stopping the server: let it finish
            _pause(folder, deadline)
    except BaseException:
        os.close(users)
        raise
    _held[folder] = users


def _start_keeper_if_none(folder: Folder, fast: bool | None, deadline: float) -> None:
    lock = open_lock(folder.keeper_lock)
    try:
        if try_lock(lock, fcntl.LOCK_EX):
            # The keeper inherits the lock, taken: there is no moment when two could start.
            report = _start_keeper(folder, lock, fast, deadline)
            # Without a word it was killed, and the caller tries again.
            if report and not report.endswith(READY):
                raise PostgresUnavailable(report)
    finally:
        os.close(lock)


def _start_keeper(folder: Folder, lock: int, fast: bool | None, deadline: float) -> str:
    """Starts a keeper and returns its report, once its server is ready or it gave up."""
    sources = str(Path(__file__).parents[3])
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, [sources, os.environ.get("PYTHONPATH")]))}
    if fast is not None:
        environment["RELAIS_PG_FAST"] = str(int(fast))
    try:
        return subprocess.run(
            [sys.executable, "-m", f"{__package__}.keeper", str(folder.root), str(lock)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            cwd="/",
            env=environment,
            pass_fds=[lock],
            start_new_session=True,
            timeout=max(deadline - time.monotonic(), 1),
        ).stdout.strip()
    except subprocess.TimeoutExpired:
        raise _too_long(folder) from None


def _answers(settings: dict) -> bool:
    # Imported here: the keeper imports this package too, and has no use for a client.
    from psycopg import conninfo, pq

    where = conninfo.make_conninfo(**settings, connect_timeout=5)
    return pq.PGconn.ping(where.encode()) == pq.Ping.OK


def _pause(folder: Folder, deadline: float) -> None:
    if time.monotonic() > deadline:
        raise _too_long(folder)
    time.sleep(0.03)


def _too_long(folder: Folder) -> PostgresUnavailable:
    last_words = "\n".join(folder.log_since().splitlines()[-5:])
    return PostgresUnavailable(
        f"PostgreSQL on {folder.root} does not answer: wait a little and try again, or look in {folder.log}, "
        f"whose last lines are:\n{last_words}"
    )
