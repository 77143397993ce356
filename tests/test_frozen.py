"""A database that neither answers nor refuses: the site says so in words, and the help numbers stay.

A real `relais serve`; its own PostgreSQL is stopped as by a machine that hangs (SIGSTOP), then let go on.
"""

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from relais.foundation.help import help_groups
from relais.foundation.postgres import ensure_running, release
from relais.foundation.postgres.folder import Folder
from relais.foundation.postgres.server import command_line

from .test_kill import SOURCES, free_port

AT_ONCE, SOON, PATIENCE = 8, 60, 600
"""Seconds. On a quiet machine: 0.01, 6 and 10. What these tests look for is an answer that never comes."""


class Site:
    """The processes, their port, what they said; `stop` and `go_on` are for the processes of PostgreSQL alone."""

    def __init__(self, data: Path):
        self.data, self.port, self.said = data, free_port(), data / "said"
        environment = os.environ | {"RELAIS_DATA": str(data), "DEBUG": "1", "PYTHONPATH": str(SOURCES)}
        words = [sys.executable, "-m", "config.cli", "serve", "--port", str(self.port)]
        with self.said.open("wb") as said:
            self.process = subprocess.Popen(words, env=environment, cwd=SOURCES, stdout=said, stderr=said)

    def ask(self, path: str, within: float, form: str | None = None, **headers) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=within)
        try:
            if form:
                headers["Content-Type"] = "application/x-www-form-urlencoded"
            connection.request("POST" if form else "GET", path, form, headers)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def write(self, within: float, words: str = "Bonjour") -> tuple[int, str]:
        """A first message, by the form of the page."""
        secret = "a" * 32
        return self.ask(
            "/parler", within, f"csrfmiddlewaretoken={secret}&body={words}&pseudonym=Luna", Cookie=f"csrf={secret}"
        )

    def wait(self, path: str = "/") -> None:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            try:
                if self.ask(path, SOON)[0] == 200:
                    return
            except OSError:
                assert self.process.poll() is None, self.said.read_text()
            time.sleep(0.2)
        raise AssertionError(f"{path} never answered 200: {self.said.read_text()[-3000:]}")

    def signal(self, order: int) -> None:
        """The postmaster and its children: known by the name of their cluster."""
        tag = Folder.of(self.data).tag
        for pid in map(int, filter(str.isdigit, os.listdir("/proc"))):
            words = command_line(pid)
            if tag in words and "keeper" not in words:
                os.kill(pid, order)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    data = tmp_path_factory.mktemp("frozen")
    ensure_running(data)
    site = Site(data)
    try:
        site.wait()
        yield site
    finally:
        site.signal(signal.SIGCONT)
        site.process.terminate()
        site.process.wait(timeout=60)
        release(data)


@pytest.mark.timeout(900)
def test_a_frozen_database_leaves_help_and_says_the_rest_in_words(site):
    assert site.write(SOON)[0] == 409, "no line is open in this installation: the words are given back"
    before = len(site.said.read_text())
    site.signal(signal.SIGSTOP)
    try:
        with ThreadPoolExecutor(20) as crowd:
            # More than there are threads, before anything can have noticed.
            pages = [crowd.submit(site.ask, path, SOON) for path in 4 * ["/", "/temoignages/"]] + [
                crowd.submit(site.write, SOON) for _ in range(4)
            ]
            data = [crowd.submit(site.ask, path, SOON) for path in ("/api/v1/figures", "/r/K7QM3", "/health/ready")]
            for headers in ({}, {"Cookie": "session=somebodys"}):
                assert site.ask("/health/live", AT_ONCE) == (200, "ok")
                status, page = site.ask("/aide?par=K7QM3", AT_ONCE, **headers)
                assert status == 200 and 'href="/parler?par=K7QM3"' in page
                assert all(f'href="{line.address}"' in page for group in help_groups() for line in group.numbers)
            for answer in pages:
                status, page = answer.result()
                assert status == 503 and 'href="tel:119"' in page and 'href="/aide"' in page, page[:500]
            answers = [answer.result() for answer in data]
        assert [status for status, _ in answers] == [503, 503, 503]
        assert '"error"' in answers[0][1] and '"database": "down"' in answers[2][1]
        # Known by now: nobody waits any more, and it is not said again.
        for _ in range(30):
            assert site.ask("/", AT_ONCE)[0] == site.write(AT_ONCE)[0] == 503
    finally:
        site.signal(signal.SIGCONT)
    site.wait()
    said = site.said.read_text()[before:]
    assert 1 <= said.count("The database does not answer") <= 2, said  # web, and the worker if it noticed
    assert "Traceback" not in said and len(said.splitlines()) < 10, said


@pytest.mark.timeout(900)
def test_a_request_that_stops_in_the_middle_is_let_go(site):
    head = b"POST /parler HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100\r\n"
    with (
        socket.create_connection(("127.0.0.1", site.port), timeout=PATIENCE) as in_its_head,
        socket.create_connection(("127.0.0.1", site.port), timeout=PATIENCE) as in_its_body,
    ):
        in_its_head.sendall(head)
        in_its_body.sendall(head + b"\r\nbody=Bon")
        assert in_its_head.recv(1000) == b""
        assert in_its_body.recv(1000).startswith(b"HTTP/1.1 408")


@pytest.mark.parametrize(
    ("head", "status"),
    [
        pytest.param(b"GET /aide?%b HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" % (b"a" * 7000), b"200", id="as it may be"),
        pytest.param(
            b"GET /aide HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: %b\r\n\r\n" % (b"a" * 30_000), b"200", id="long"
        ),
        pytest.param(
            b"GET /aide HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: %b\r\n\r\n" % (b"a" * 33_000), b"431", id="one"
        ),
        pytest.param(b"GET /aide HTTP/1.1\r\nHost: 127.0.0.1\r\n%b\r\n" % (b"A: b\r\n" * 6000), b"431", id="many"),
        pytest.param(b"GET /aide?%b HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" % (b"a" * 33_000), b"431", id="address"),
        pytest.param(b"GET /aide HTTP/1.1\r\nCookie: %b" % (b"a" * 3_000_000), b"431", id="without an end"),
        pytest.param(
            b"POST /rien-ici HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 90000\r\n\r\n" + b"a" * 90_000,
            b"404",
            id="its body is not counted",
        ),
    ],
)
def test_a_head_has_an_end(site, head, status):
    with socket.create_connection(("127.0.0.1", site.port), timeout=PATIENCE) as visitor:
        # Whoever is refused is hung up on, perhaps before they have said everything.
        with contextlib.suppress(ConnectionError):
            visitor.sendall(head)
        answer = b""
        with contextlib.suppress(ConnectionError):
            answer = visitor.recv(1000)
        assert answer.startswith(b"HTTP/1.1 " + status) or (status == b"431" and not answer)


def test_the_next_request_of_a_connection_is_counted_anew(site):
    head = b"GET /health/live HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: %b\r\n\r\n" % (b"a" * 20_000)
    with socket.create_connection(("127.0.0.1", site.port), timeout=PATIENCE) as visitor:
        for _ in range(3):
            visitor.sendall(head)
            answer = b""
            while not answer.endswith(b"ok"):
                answer += visitor.recv(1000)
            assert answer.startswith(b"HTTP/1.1 200")
