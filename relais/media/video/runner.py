"""The side of the worker: it starts the process that decodes, listens to it, and ends it."""

import json
import queue
import subprocess
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from time import monotonic

from relais.foundation import confined

from .limits import WALL_SECONDS, Failed, Refused, Stopped

UNREADABLE = (
    "La lecture de ce fichier a échoué : il est abîmé, ou trop lourd pour être lu. Exportez-le de nouveau en MP4 1080p."
)
TOO_SLOW = "La préparation de cette vidéo a pris trop de temps. Exportez-la en 1080p, puis envoyez-la de nouveau."


def ask(
    work: str,
    *paths: Path,
    on_progress: Callable[[float], object] | None = None,
    should_stop: Callable[[], bool] | None = None,
    seconds: float = WALL_SECONDS,
) -> dict:
    """The result of one run of `work.py`. Raises Refused, Failed, Stopped; no process outlives the call."""
    module, where = f"{__package__}.work", [str(path.absolute()) for path in paths]
    with tempfile.TemporaryFile() as errors:
        process = confined.start(
            module,
            work,
            *where,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            encoding="utf-8",
        )
        try:
            return _listen(
                process, on_progress or (lambda part: None), should_stop or (lambda: False), monotonic() + seconds
            )
        finally:
            process.kill()
            process.wait()
            process.stdout.close()


def _listen(process: subprocess.Popen, on_progress, should_stop, deadline: float) -> dict:
    lines: queue.SimpleQueue = queue.SimpleQueue()

    def read():
        for line in process.stdout:
            lines.put(line)
        lines.put(None)

    reader = threading.Thread(target=read, name="clip", daemon=True)
    reader.start()
    try:
        while True:
            if should_stop():
                raise Stopped
            if monotonic() > deadline:
                raise Refused(TOO_SLOW)
            try:
                line = lines.get(timeout=0.2)
            except queue.Empty:
                continue
            if line is None:
                raise _died(process.wait())
            told = json.loads(line)
            if "result" in told:
                return told["result"]
            if "refused" in told:
                raise Refused(told["refused"])
            if "failed" in told:
                raise Failed(told["failed"])
            on_progress(told["done"])
    finally:
        process.kill()
        reader.join()


def _died(code: int) -> Exception:
    """A death from outside says nothing of the file; any other sudden death is the file's doing."""
    if confined.Died(code).outside:
        return Failed("La préparation de cette vidéo a été interrompue. Elle va recommencer.")
    return Refused(UNREADABLE)
