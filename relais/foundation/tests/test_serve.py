"""The supervisor with real processes, real signals, a real port."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from relais.foundation.serve import CannotListen, bind

SOURCES = Path(__file__).parents[3]

# A supervisor whose children are given as (name, program) pairs; FD stands for the socket's descriptor.
SUPERVISOR = """
import sys
from relais.foundation import serve
serve.GRACE = 1
serve.FIRST_PAUSE = 0.05
sockets = [serve.bind("127.0.0.1", 0)]
print("port", sockets[0].getsockname()[1], flush=True)
fd = str(sockets[0].fileno())
words = sys.argv[1:]
children = [serve.Child(name, [sys.executable, "-c", code, fd], serves=name != "worker") for name, code in zip(words[::2], words[1::2])]
sys.exit(serve.run_group(children, sockets=sockets))
"""

# One write a line: they share a pipe.
WEB = """
import os, socket, sys
server = socket.socket(fileno=int(sys.argv[1]))
server.listen()
os.write(1, b"web %d\\n" % os.getpid())
while True:
    connection, _ = server.accept()
    connection.sendall(str(os.getpid()).encode())
    connection.close()
"""
WORKER = """
import os, signal, sys, time
def leave(*_):
    os.write(1, b"worker leaves\\n")
    sys.exit(0)
signal.signal(signal.SIGTERM, leave)
os.write(1, b"worker %d\\n" % os.getpid())
while True: time.sleep(60)
"""
SLOW_TO_LEAVE = """
import os, signal, socket, sys, time
server = socket.socket(fileno=int(sys.argv[1]))
def leave(*_):
    server.close()
    os.write(1, b"closed 0\\n")
    time.sleep(0.7)
    sys.exit(0)
signal.signal(signal.SIGTERM, leave)
server.listen()
os.write(1, b"slow %d\\n" % os.getpid())
while True: time.sleep(60)
"""
STUBBORN = """
import os, signal, time
for number in (signal.SIGTERM, signal.SIGINT): signal.signal(number, signal.SIG_IGN)
os.write(1, b"stubborn %d\\n" % os.getpid())
while True: time.sleep(60)
"""
BROKEN = "import os; os.write(1, b'broken 0\\n'); raise SystemExit(3)"


class Group:
    """A supervisor and what its children printed: their name and process number, in order of birth."""

    def __init__(self, *words: str):
        self.process = subprocess.Popen(
            [sys.executable, "-c", SUPERVISOR, *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(SOURCES)},
        )
        self.port = self.read("port")["port"]

    def read(self, *names: str) -> dict[str, int]:
        lines = [self.process.stdout.readline().split() for _ in names]
        found = {name: int(number) for name, number in lines}
        assert set(found) == set(names)
        return found

    def end(self, how: int | None = None) -> tuple[int, str, str]:
        if how is not None:
            self.process.send_signal(how)
        out, err = self.process.communicate(timeout=15)
        return self.process.returncode, out, err


@pytest.fixture
def group():
    with contextlib.ExitStack() as started:

        def start(*words: str) -> Group:
            made = Group(*words)
            started.callback(made.process.communicate)
            started.callback(made.process.kill)
            return made

        yield start


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_for(happens, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not happens():
        assert time.monotonic() < deadline, f"did not happen in {seconds} s"
        time.sleep(0.02)


def answer_of(port: int) -> int:
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        return int(connection.recv(100))


def test_children_inherit_the_socket(group):
    running = group("web", WEB, "worker", WORKER)
    web = running.read("web", "worker")["web"]
    assert answer_of(running.port) == web


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_one_signal_stops_everything_gently(group, how):
    running = group("web", WEB, "worker", WORKER)
    pids = running.read("web", "worker")
    code, out, err = running.end(how)
    assert (code, out, err) == (0, "worker leaves\n", "")
    assert not any(map(is_running, pids.values()))


def test_a_child_that_will_not_stop_is_killed(group):
    running = group("stubborn", STUBBORN)
    pid = running.read("stubborn")["stubborn"]
    code, _, err = running.end(signal.SIGTERM)
    assert code == 0 and "stubborn did not stop" in err
    assert not is_running(pid)


def test_a_child_that_dies_is_started_again_and_the_port_never_closes(group):
    running = group("web", WEB)
    first = running.read("web")["web"]
    os.kill(first, signal.SIGKILL)
    wait_for(lambda: not is_running(first))  # until then it may still take a connection, and die with it
    second = answer_of(running.port)  # the connection waits in the socket, which the supervisor holds
    assert second == running.read("web")["web"] != first
    assert "web died (signal 9, Killed) and is started again" in running.end(signal.SIGTERM)[2]


def test_a_child_that_always_dies_stops_everything(group):
    running = group("worker", WORKER, "broken", BROKEN)
    code, out, err = running.end()
    assert code == 1
    assert out.count("broken 0") == 5 and out.endswith("worker leaves\n")
    assert "broken died 5 times in a row just after its start (exit code 3): everything stops." in err


def test_children_die_with_a_killed_supervisor(group):
    running = group("web", WEB, "stubborn", STUBBORN)
    pids = running.read("web", "stubborn").values()
    running.end(signal.SIGKILL)
    wait_for(lambda: not any(map(is_running, pids)))


def test_nobody_is_let_in_before_somebody_can_answer():
    with bind("127.0.0.1", 0) as bound, pytest.raises(ConnectionRefusedError):
        socket.create_connection(bound.getsockname(), timeout=5)


def test_whoever_comes_while_the_group_leaves_is_refused_and_not_left_waiting(group):
    running = group("worker", STUBBORN, "slow", SLOW_TO_LEAVE)
    running.read("stubborn", "slow")
    running.process.send_signal(signal.SIGTERM)
    running.read("closed")
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", running.port), timeout=5)


def test_port_taken():
    with bind("127.0.0.1", 0) as taken:
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(CannotListen, match=f"already listens on port {port} of 127.0.0.1.*--port {port + 1}"):
            bind("127.0.0.1", port)


@pytest.mark.parametrize(
    ("host", "port", "sentence"),
    [("192.0.2.1", 8000, "192.0.2.1 is not an address"), ("127.0.0.1", 70000, "70000 is not a port")],
)
def test_addresses_that_cannot_be_had(host, port, sentence):
    with pytest.raises(CannotListen, match=sentence):
        bind(host, port)


def test_an_uncaught_refusal_is_a_sentence_and_not_a_traceback():
    done = subprocess.run(
        [sys.executable, "-c", "from relais.foundation.serve import bind; bind('127.0.0.1', 70000)"],
        capture_output=True,
        text=True,
        cwd=SOURCES,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("relais: 70000 is not a port") and "Traceback" not in done.stderr


def test_version_6_of_the_protocol():
    try:
        listening = bind("::1", 0)
    except CannotListen:
        pytest.skip("this machine has no IPv6")
    with listening:
        assert listening.family is socket.AF_INET6
