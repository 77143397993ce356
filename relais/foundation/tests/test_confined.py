"""From inside the process that reads what strangers send: each limit is really met."""

import errno
import os
import signal
import socket
import subprocess
import time

import pytest

from relais.foundation import confined

from . import confined_probe


def ask(what, *words, seconds=60):
    return confined.ask(confined_probe.__name__, what, *words, given=b"", seconds=seconds).decode()


@pytest.mark.parametrize(
    ("what", "stopped"), [("memory", "MemoryError"), ("file", f"OSError {errno.EFBIG}"), ("open_files", f"OSError {errno.EMFILE}")]
)
def test_what_is_beyond_a_limit_is_refused(what, stopped):
    assert ask(what).startswith(stopped)


def test_an_endless_loop_is_ended():
    with pytest.raises(confined.Died) as death:
        ask("processor")
    assert not death.value.outside, "its own doing: it is not tried for ever"


def test_the_network_is_out_of_reach():
    if subprocess.run(["unshare", "--net", "true"], capture_output=True).returncode and subprocess.run(
        ["unshare", "--user", "--net", "true"], capture_output=True
    ).returncode:
        pytest.skip("this machine lets nobody make a network of their own")
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert ask("network", str(server.getsockname()[1])).startswith("OSError")


def test_it_holds_nothing_of_our_environment(monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "not for the one who reads")
    assert "SECRET_KEY" not in ask("environment") and "RELAIS_DATA" not in ask("environment")


def test_none_outlives_the_one_who_waits(monkeypatch):
    started = []
    real = confined.start
    monkeypatch.setattr(confined, "start", lambda *words, **options: started.append(real(*words, **options)) or started[-1])
    with pytest.raises(confined.Died):
        ask("processor", seconds=0.05)
    assert started[0].returncode == -signal.SIGKILL


def test_killed_from_outside_is_not_its_own_doing():
    process = confined.start(confined_probe.__name__, "processor", stdout=subprocess.DEVNULL)
    time.sleep(0.05)
    os.kill(process.pid, signal.SIGKILL)
    assert confined.Died(process.wait()).outside
