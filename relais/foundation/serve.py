"""The supervisor of `relais serve`: one listening socket, a few child processes, all started and stopped together."""

import contextlib
import ctypes
import errno
import os
import queue
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

SHORT_LIFE = 10  # seconds: whoever dies younger did not really start
SHORT_LIVES_ALLOWED = 5  # in a row
FIRST_PAUSE = 0.2  # seconds, doubled after each short life
GRACE = 10  # seconds between the request to stop and the order
STOPPING = {signal.SIGTERM, signal.SIGINT, signal.SIGHUP}

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)


class CannotListen(SystemExit):
    """The address cannot be had. Left to itself, Python prints its sentence and ends with code 1."""


@dataclass(frozen=True)
class Child:
    """A process of the group: a name for the operator, and the words that start it. `serves`: it is given the sockets."""

    name: str
    argv: Sequence[str]
    serves: bool = True


def bind(host: str, port: int) -> socket.socket:
    """A TCP socket on a name or address of this machine; port 0 takes any free port. Whoever can answer listens on it.

    Raises CannotListen, whose message says what to do.
    """
    if not 0 <= port <= 65535:  # getaddrinfo would take it modulo 65536
        raise CannotListen(f"relais: {port} is not a port: choose one between 1024 and 65535, for example --port 8000.")
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        bound = socket.socket(family, socket.SOCK_STREAM)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        try:
            bound.bind(address[:2])
        except OSError:
            bound.close()
            raise
        return bound
    except OSError as error:
        raise CannotListen(f"relais: {_why_not(host, port, error)}") from error


def _why_not(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"Another program already listens on port {port} of {host} (Relais itself perhaps): "
            f"stop it, or choose another port, for example --port {port + 1}."
        )
    if error.errno == errno.EACCES:
        return f"Only root may listen on port {port}: choose a port above 1023, for example --port 8000."
    return f"{host} is not an address of this machine: use --host 127.0.0.1 for this machine only, or --host 0.0.0.0."


def run_group(children: Sequence[Child], *, sockets: Sequence[socket.socket] = ()) -> int:
    """Runs the children until a signal asks to stop, starting again those that die.

    Each child that `serves` inherits `sockets` under the same descriptors, and this process's output. Call it from the
    main thread: the children die with the thread that started them, even by kill -9. Returns the exit
    code: 0 after SIGTERM, SIGINT or SIGHUP, 1 when a child died SHORT_LIVES_ALLOWED times in a row
    within SHORT_LIFE seconds of its start.
    """
    group = [_Place(child, [each.fileno() for each in sockets] if child.serves else []) for child in children]
    with _signals() as received:
        try:
            return _watch(group, received)
        finally:
            # Once those who serve have closed theirs too, whoever comes is refused, and may go elsewhere at once.
            for each in sockets:
                each.close()
            _stop(group, received)


@dataclass
class _Place:
    """A child's place in the group: its process of the moment, and how the previous ones fared."""

    child: Child
    descriptors: list[int]
    process: subprocess.Popen | None = None
    born: float = 0
    next_birth: float = 0
    short_lives: int = 0

    @property
    def is_alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    @property
    def is_hopeless(self) -> bool:
        return self.short_lives >= SHORT_LIVES_ALLOWED

    def tend(self, now: float) -> None:
        """Notes a death, and starts the child when it is time."""
        if self.is_alive:
            return
        if self.process:
            self._note_death(self.process.returncode, now)
        if now >= self.next_birth and not self.is_hopeless:
            self.born, self.process = now, self._start()

    def _start(self) -> subprocess.Popen:
        # A group of its own: Ctrl-C reaches the supervisor alone, which asks each child once.
        bind = die_with(os.getpid())
        return subprocess.Popen(self.child.argv, pass_fds=self.descriptors, process_group=0, preexec_fn=bind)

    def _note_death(self, code: int, now: float) -> None:
        self.process = None
        self.short_lives = self.short_lives + 1 if now - self.born < SHORT_LIFE else 0
        self.next_birth = now + (FIRST_PAUSE * 2 ** (self.short_lives - 1) if self.short_lives else 0)
        how = f"exit code {code}" if code >= 0 else f"signal {-code}, {signal.strsignal(-code)}"
        if self.is_hopeless:
            _say(
                f"{self.child.name} died {self.short_lives} times in a row just after its start ({how}): "
                "everything stops. Its own messages are above; mend the cause, then start again."
            )
        else:
            _say(f"{self.child.name} died ({how}) and is started again.")


def _watch(group: list[_Place], received: queue.SimpleQueue) -> int:
    while True:
        now = time.monotonic()
        for place in group:
            place.tend(now)
        if any(place.is_hopeless for place in group):
            return 1
        pauses = [max(place.next_birth - now, 0.01) for place in group if not place.is_alive]
        if _next(received, min(pauses, default=None)) in STOPPING:
            return 0


def _stop(group: list[_Place], received: queue.SimpleQueue) -> None:
    """Asks every child to stop, then orders those that have not after GRACE seconds."""
    for place in group:
        if place.process and place.is_alive:
            place.process.terminate()
    deadline = time.monotonic() + GRACE
    while any(place.is_alive for place in group) and (left := deadline - time.monotonic()) > 0:
        _next(received, left)
    for place in group:
        if place.process and place.is_alive:
            _say(f"{place.child.name} did not stop in {GRACE} seconds and is killed.")
            os.killpg(place.process.pid, signal.SIGKILL)
            place.process.wait()


@contextlib.contextmanager
def _signals() -> Iterator[queue.SimpleQueue]:
    """The signals received meanwhile, deaths of children included, in a queue that handlers may fill."""
    received: queue.SimpleQueue = queue.SimpleQueue()
    before = {number: signal.signal(number, lambda got, _: received.put(got)) for number in {*STOPPING, signal.SIGCHLD}}
    try:
        yield received
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _next(received: queue.SimpleQueue, seconds: float | None) -> int | None:
    try:
        return received.get(timeout=seconds)
    except queue.Empty:
        return None


def die_with(parent: int):
    """For the child, before its program starts: the kernel kills it when its parent dies, however that happens."""

    def bind() -> None:
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it died before we asked
            os._exit(1)

    return bind


def _say(sentence: str) -> None:
    print(f"relais: {sentence}", file=sys.stderr, flush=True)
