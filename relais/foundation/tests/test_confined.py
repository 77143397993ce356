"""From inside the process that reads what strangers send: each limit is really met."""

import errno
import os
import signal
import socket
import subprocess
import time

import pytest

from relais.foundation import confined, landlock

from . import confined_probe


def ask(what, *words, seconds=60):
    return confined.ask(confined_probe.__name__, what, *words, given=b"", seconds=seconds).decode()


@pytest.mark.parametrize(
    ("what", "stopped"),
    [("memory", "MemoryError"), ("file", f"OSError {errno.EFBIG}"), ("open_files", f"OSError {errno.EMFILE}")],
)
def test_what_is_beyond_a_limit_is_refused(what, stopped, house):
    assert ask(what, str(house)).startswith(stopped)


@pytest.fixture
def house(tmp_path):
    """A data folder with a secret, in which a file was given to the process and a folder is its own."""
    (tmp_path / "mine").mkdir()
    (tmp_path / "given").write_text("a letter")
    (tmp_path / "secret").write_text("a key")
    return tmp_path


def test_it_opens_what_it_was_given_and_writes_where_it_may(house):
    assert ask("reads_what_it_was_given", str(house)) == "done a letter"
    assert ask("writes_where_it_may", str(house)) == "done mine"


@pytest.mark.parametrize(
    ("what", "since"),
    [
        ("reads_a_secret", 1),
        ("lists_our_folder", 1),
        ("reads_the_environment_of_its_parent", 1),
        ("reads_the_passwords_of_the_machine", 1),
        ("writes_beside", 1),
        ("writes_to_what_it_was_given", 1),
        ("removes", 1),
        ("runs_a_program", 1),
        ("ends_its_parent", 6),
    ],
)
def test_what_is_not_its_own_is_out_of_its_reach(what, since, house):
    if landlock.version() < since:
        pytest.skip("the kernel of this machine cannot hold it back (docs/operating.md)")
    assert ask(what, str(house)).startswith(f"PermissionError {errno.EACCES}") or (
        what == "ends_its_parent" and ask(what, str(house)).startswith(f"PermissionError {errno.EPERM}")
    )
    assert (house / "secret").read_text() == "a key" and (house / "given").read_text() == "a letter"


def test_an_endless_loop_is_ended():
    with pytest.raises(confined.Died) as death:
        ask("processor")
    assert not death.value.outside, "its own doing: it is not tried for ever"


def test_the_network_is_out_of_reach():
    if (
        subprocess.run(["unshare", "--net", "true"], capture_output=True).returncode
        and subprocess.run(["unshare", "--user", "--net", "true"], capture_output=True).returncode
    ):
        pytest.skip("this machine lets nobody make a network of their own")
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert ask("network", str(server.getsockname()[1])).startswith(("OSError", "PermissionError"))


def test_it_holds_nothing_of_our_environment(monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "not for the one who reads")
    assert "SECRET_KEY" not in ask("environment") and "RELAIS_DATA" not in ask("environment")


def test_none_outlives_the_one_who_waits(monkeypatch):
    started = []
    real = confined.start
    monkeypatch.setattr(
        confined, "start", lambda *words, **options: started.append(real(*words, **options)) or started[-1]
    )
    with pytest.raises(confined.Died):
        ask("processor", seconds=0.05)
    assert started[0].returncode == -signal.SIGKILL


def test_killed_from_outside_is_not_its_own_doing():
    process = confined.start(confined_probe.__name__, "processor", stdout=subprocess.DEVNULL)
    time.sleep(0.05)
    os.kill(process.pid, signal.SIGKILL)
    assert confined.Died(process.wait()).outside
