"""A process of its own for the bytes of strangers: small rights, bounds on memory, processor, files and network, and nothing
of our environment. Both sides are here: the parent starts it (`start`, `ask`), the child confines itself first of all (`confine`).

Nothing here knows Django: the child must not.
"""

import contextlib
import ctypes
import mimetypes
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from . import landlock

ROOT = Path(__file__).parents[2]
_NEW_USER, _NEW_NETWORK = 0x10000000, 0x40000000


class Died(Exception):
    """The process ended without an answer, or gave none in time. `outside`: whoever killed it says nothing of what it read."""

    def __init__(self, code: int):
        super().__init__(f"The confined process ended with {code}.")
        self.code = code
        self.outside = code in (-signal.SIGKILL, -signal.SIGTERM)


@dataclass(frozen=True)
class Limits:
    """`memory`: address space in bytes. `file`: bytes of the largest file that may be written. `open_files`: at once."""

    memory: int
    processor_seconds: int
    file: int
    open_files: int = 256


_PYTHON = dict.fromkeys(each(path) for path in (sys.prefix, sys.base_prefix) for each in (str, os.path.realpath))
_SYSTEM = ("/usr", "/lib", "/lib64", "/etc/ld.so.cache", "/etc/localtime", "/dev/urandom", "/sys/devices/system/cpu")
# Spreadsheets are opened with the help of `mimetypes`, which reads what the machine knows of kinds of files.
CODE = [Path(path) for path in (*_PYTHON, ROOT / "relais", *_SYSTEM, *mimetypes.knownfiles)]
"""What a program must open to run: itself, its libraries, and nothing of ours beside."""


def confine(parent: int, limits: Limits, *, reads: Iterable[Path] = (), writes: Iterable[Path] = ()) -> None:
    """Die with the parent, yield to the web, stay within `limits`, without network, and open nothing but the program's own files, what is
    below `reads` and what is below `writes`. Called before anything reads what came in."""
    if sys.platform == "linux":
        pr_set_pdeathsig, pr_set_no_new_privs = 1, 38
        libc = ctypes.CDLL(None, use_errno=True)
        libc.prctl(pr_set_pdeathsig, signal.SIGKILL, 0, 0, 0)
        libc.prctl(pr_set_no_new_privs, 1, 0, 0, 0)
        if os.getppid() != parent:
            sys.exit(1)
        # As root, or where the kernel lets users have spaces of their own; elsewhere the network is the business of the unit.
        if libc.unshare(_NEW_NETWORK) != 0:
            libc.unshare(_NEW_USER | _NEW_NETWORK)
        # Where the kernel knows no Landlock, the limits below and an environment without secrets remain (docs/operating.md).
        landlock.restrict([*CODE, *reads], [Path(os.devnull), *writes])
    os.nice(19)
    resource.setrlimit(resource.RLIMIT_AS, (limits.memory, limits.memory))
    resource.setrlimit(resource.RLIMIT_CPU, (limits.processor_seconds, limits.processor_seconds + 5))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (limits.file, limits.file))
    resource.setrlimit(resource.RLIMIT_NOFILE, (limits.open_files, limits.open_files))


def start(module: str, *words: str, **options) -> subprocess.Popen:
    """The process of `module`, whose first word is the number of this one, to be given to `confine`. `options` of Popen."""
    # Nothing of our own environment: no database, no secret.
    environment = {
        "PATH": os.defpath,
        "LANG": "C.UTF-8",
        "PYTHONPATH": str(ROOT),
        "PYTHONDONTWRITEBYTECODE": "1",
        "MALLOC_ARENA_MAX": "2",
        "OPENBLAS_NUM_THREADS": "1",
    }
    return subprocess.Popen([sys.executable, "-P", "-m", module, str(os.getpid()), *words], env=environment, **options)


def ask(module: str, *words: str, given: bytes, seconds: float) -> bytes:
    """What the process writes when it is given these bytes. Raises Died; no process outlives the call."""
    # Its errors may hold words of what it read: they go nowhere.
    process = start(module, *words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        told, _ = process.communicate(given, timeout=seconds)
    except subprocess.TimeoutExpired:
        raise Died(-signal.SIGXCPU) from None
    finally:
        process.kill()
        process.wait()
        for pipe in filter(None, (process.stdin, process.stdout)):
            with contextlib.suppress(OSError):
                pipe.close()
    if process.returncode:
        raise Died(process.returncode)
    return told
