"""Grammalecte, kept warm in a process of its own: it is slow to start, it is GPL, and it may hang on a text nobody foresaw."""

import atexit
import json
import os
import selectors
import shlex
import shutil
import subprocess
import threading
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from time import monotonic

from .dictionary import entries

DRIVER = Path(__file__).with_name("driver.py")
LIMIT = 30
"""Seconds for one request, also for the start. 8,000 characters take half a second; a busy machine may be twenty times slower."""
REQUEST = 8000
"""Characters in one request."""

OFF = ("apos", "esp", "nbsp", "typo", "unit", "num", "eepi", "virg", "bs", "pleo", "neg", "redon1", "redon2", "poncfin")
"""Typography is not asked of a caption, nor is style: a caption writes down what was said."""


class Unavailable(Exception):
    """There is no Grammalecte, or it does not answer. Its text is a French sentence for the screen."""


class _Died(Exception):
    pass


class Grammalecte:
    """One child process per object, started at the first question, started again after its death. Safe between threads."""

    def __init__(self, program: str = "", *, limit: float = LIMIT):
        self.program, self.limit, self.version = program, limit, ""
        self._lock, self._child, self._owner, self._rest = threading.Lock(), None, 0, b""
        atexit.register(self.close)

    def remarks(self, sentences: Sequence[str]) -> list[list[dict]]:
        """For each sentence, the remarks of Grammalecte as `driver.py` tells them."""
        return [remarks for slice in _slices(sentences) for remarks in self._ask({"sentences": slice})["remarks"]]

    def readings(self, words: Sequence[str]) -> dict[str, dict]:
        """For each word, its `tags` (« >soutenir/:V3_itnq__a:Ip:1s:2s/* ») and its `third` persons."""
        return {
            word: reading
            for slice in _slices(words)
            for word, reading in self._ask({"readings": slice})["readings"].items()
        }

    def start(self) -> str:
        """The version of the engine, started if need be. Raises Unavailable."""
        with self._lock:
            self._running()
        return self.version

    def close(self) -> None:
        child, self._child = self._child, None
        if child and self._owner == os.getpid():
            child.kill()
            child.wait()
            child.stdin.close()
            child.stdout.close()

    def _ask(self, request: dict) -> dict:
        with self._lock:
            for _ in range(2):
                try:
                    self._running()
                    return self._exchange(request)
                except _Died:
                    self.close()
        raise Unavailable("Grammalecte s’est arrêté deux fois de suite sur ce texte.")

    def _running(self) -> None:
        # After a fork both processes would read from one pipe.
        if self._child and self._owner == os.getpid() and self._child.poll() is None:
            return
        self.close()
        program = shutil.which(self.program or "grammalecte-cli")
        if not program:
            raise Unavailable("Grammalecte n’est pas installé sur ce serveur.")
        self._owner, self._rest = os.getpid(), b""
        try:
            self._child = subprocess.Popen(
                [*_interpreter(program), "-I", DRIVER, Path(program).resolve().parent],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                bufsize=0,
            )
        except OSError as problem:
            raise Unavailable("Grammalecte est installé mais ne démarre pas.") from problem
        # A process that reads nothing must not hold up the one that writes to it.
        os.set_blocking(self._child.stdin.fileno(), False)
        settings = {
            "words": [(entry.word, entry.tags) for entry in entries()],
            "options": dict.fromkeys(OFF, False),
            "limit": int(self.limit) + 5,
        }
        try:
            hello = self._exchange(settings)
        except _Died as problem:
            self.close()
            raise Unavailable("Grammalecte est installé mais ne démarre pas.") from problem
        if "version" not in hello:
            self.close()
            raise Unavailable("Grammalecte est installé mais ne démarre pas.")
        self.version = hello["version"]

    def _exchange(self, request: dict) -> dict:
        """Raises _Died when the child ends, Unavailable when it takes longer than the limit: the same text would hang it again."""
        deadline, child = monotonic() + self.limit, self._child
        waiting = json.dumps(request, ensure_ascii=False).encode() + b"\n"
        with selectors.DefaultSelector() as pipes:
            pipes.register(child.stdin, selectors.EVENT_WRITE)
            pipes.register(child.stdout, selectors.EVENT_READ)
            while b"\n" not in self._rest:
                ready = [key.fileobj for key, _ in pipes.select(max(0, deadline - monotonic()))]
                if not ready:
                    self.close()
                    raise Unavailable("Grammalecte n’a pas répondu à temps.")
                try:
                    if child.stdin in ready:
                        waiting = waiting[child.stdin.write(waiting) or 0 :]
                    received = child.stdout.read(65536) if child.stdout in ready else None
                except OSError as problem:
                    raise _Died from problem
                if not waiting and child.stdin in pipes.get_map():
                    pipes.unregister(child.stdin)
                if received == b"":
                    raise _Died
                self._rest += received or b""
        line, _, self._rest = self._rest.partition(b"\n")
        try:
            return json.loads(line)
        except ValueError as problem:
            raise _Died from problem


@lru_cache(maxsize=4)
def engine(program: str = "") -> Grammalecte:
    """The engine that this process keeps for `program`."""
    return Grammalecte(program)


def _interpreter(program: str) -> list[str]:
    """The interpreter named by the first line of `program`: the one that has the library."""
    with open(program, "rb") as file:
        first = file.readline(200)
    if not first.startswith(b"#!"):
        raise Unavailable("Le programme indiqué pour Grammalecte n’en est pas un.")
    words = shlex.split(first[2:].decode(errors="replace"))
    return words[1:] if words and Path(words[0]).name == "env" else words


def _slices(texts: Sequence[str]) -> Iterator[list[str]]:
    slice, size = [], 0
    for text in texts:
        if slice and size + len(text) > REQUEST:
            yield slice
            slice, size = [], 0
        slice.append(text)
        size += len(text)
    if slice:
        yield slice
