"""The keeper: a small detached process that owns the server and stops it after its last user.

`python -m relais.foundation.postgres.keeper ROOT LOCK`: ROOT is the folder, LOCK the descriptor
of keeper.lock, already locked by the process that starts us, so that there is never a second keeper.
It reports once on standard output, then closes it: READY, or the sentence that says why not.
"""

import contextlib
import fcntl
import os
import shutil
import signal
import sys
import threading
import time
from pathlib import Path

from .folder import READY, Folder, PostgresUnavailable, open_lock, plain_errors, try_lock
from .server import start_or_adopt

LOOK_EVERY = 0.25  # seconds
LINGER_LOOKS = 3  # `relais migrate && relais serve` finds the server still there
LOG_LIMIT = 5_000_000  # bytes


def keep(folder: Folder, stopping: threading.Event, fast: bool) -> None:
    """Runs the server until its last user is gone or `stopping` is set; restarts it when it dies."""
    users = open_lock(folder.users_lock)
    server = start_or_adopt(folder, fast=fast)
    try:
        say_ready(folder)
        idle_looks = 0
        while idle_looks < LINGER_LOOKS and not stopping.is_set():
            time.sleep(LOOK_EVERY)
            idle_looks = idle_looks + 1 if try_lock(users, fcntl.LOCK_EX) else 0
            if 0 < idle_looks < LINGER_LOOKS:
                fcntl.flock(users, fcntl.LOCK_UN)
            if not server.is_alive():
                server = start_or_adopt(folder, fast=fast)
            trim_log(folder)
    finally:
        # At the last look we hold the users' lock: whoever comes now waits until we are gone.
        server.stop()


def say_ready(folder: Folder) -> None:
    """Reports, then leaves the output of the process that started us, which reads until its end."""
    with contextlib.suppress(BrokenPipeError):  # it may be gone already
        os.write(1, READY.encode())
    log = os.open(folder.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    for stream in (1, 2):
        os.dup2(log, stream)
    os.close(log)


def trim_log(folder: Folder) -> None:
    # PostgreSQL appends to this very file: copying then emptying it needs no word with the server.
    # On a full disk there is no copy, and no reason to stop the server.
    with contextlib.suppress(OSError):
        if folder.log.stat().st_size > LOG_LIMIT:
            with contextlib.suppress(OSError):
                shutil.copyfile(folder.log, folder.log.with_suffix(".log.1"))
            os.truncate(folder.log, 0)


def main(root: str, lock: str) -> None:
    if os.fork():
        os._exit(0)  # the keeper outlives the process that started it, and is not its child
    os.umask(0o077)
    stopping = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())
    folder = Folder(Path(root))
    try:
        with plain_errors(folder):
            keep(folder, stopping, fast=os.environ.get("RELAIS_PG_FAST") == "1")
    except PostgresUnavailable as error:
        print(error, flush=True)
    # The keeper's lock goes first: whoever gets the users' lock next must find it free.
    os.close(int(lock))


if __name__ == "__main__":
    main(*sys.argv[1:])
