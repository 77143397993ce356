"""Data folders, and the users of their servers."""

import contextlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from relais.foundation import postgres
from relais.foundation.postgres import binaries
from relais.foundation.postgres.folder import Folder

from .outside import IS_ROOT, User, close_down


@pytest.fixture(autouse=True)
def fast(monkeypatch):
    monkeypatch.setenv("RELAIS_PG_FAST", "1")


@pytest.fixture
def data(tmp_path):
    yield tmp_path / "var"
    close_down(tmp_path / "var")
    shutil.rmtree(tmp_path / "var", ignore_errors=True)  # 40 MB a test would otherwise stay in /tmp


@pytest.fixture
def users(data):
    """Starts users, and sends them away before `data` waits for its server to be gone."""
    with contextlib.ExitStack() as started:

        def start(*words, **options) -> User:
            user = User(*words, **options)
            started.callback(user.leave)
            return user

        yield start


@pytest.fixture(scope="module")
def ready_made(tmp_path_factory):
    """A folder whose cluster exists, to copy: most tests are not about its creation."""
    made = tmp_path_factory.mktemp("made") / "var"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RELAIS_PG_FAST", "1")
        postgres.ensure_running(made)
    close_down(made)
    yield made
    shutil.rmtree(made)


@pytest.fixture
def existing(data, ready_made):
    shutil.copytree(ready_made, data)
    return data


@pytest.fixture(scope="module")
def careful(ready_made, tmp_path_factory):
    """One running server, not in fast mode, for the tests that only look at it."""
    data = tmp_path_factory.mktemp("careful") / "var"
    shutil.copytree(ready_made, data)
    user = User(data, RELAIS_PG_FAST="0")
    assert user.says() == "ready"
    yield data
    user.leave()
    close_down(data)
    shutil.rmtree(data)


@pytest.fixture
def pretend(tmp_path, monkeypatch):
    """Replaces PostgreSQL's programs by scripts of one line."""

    def replace(**scripts: str) -> None:
        for name, line in {"postgres": "echo 'postgres (PostgreSQL) 18.0'", **scripts}.items():
            (tmp_path / name).write_text(f"#!/bin/sh\n{line}\n")
            (tmp_path / name).chmod(0o755)
        monkeypatch.setenv("PG_BIN", str(tmp_path))

    return replace


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 60 MB of its own: a cluster fits, barely."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = IS_ROOT and subprocess.run(["mount", "-t", "tmpfs", "-o", "size=60M", "none", place]).returncode == 0
    if not mounted:
        pytest.skip("cannot mount here; the sentences are tested with a pretended initdb")
    yield place
    close_down(place)
    # Lazily: on a busy machine the last process of the server may not have left the folder yet.
    subprocess.run(["umount", "--lazy", place], check=True)


@pytest.fixture
def public_place():
    """A folder that `nobody` can reach, unlike pytest's own."""
    place = Path(tempfile.mkdtemp(dir="/tmp", prefix="relais-test-"))
    place.chmod(0o755)
    yield place
    close_down(place / "var")
    shutil.rmtree(place)


@pytest.fixture
def without_namespaces(tmp_path, monkeypatch):
    """As in most containers: the kernel refuses user namespaces."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "unshare").write_text("#!/bin/sh\nexit 1\n")
    (tmp_path / "bin" / "unshare").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")


@pytest.fixture
def as_ordinary_user(tmp_path):
    """Words before a command that run it as an ordinary user, to whom root's files belong."""
    if not IS_ROOT:
        return ()
    return binaries.account(Folder(tmp_path)).prefix or pytest.skip("cannot become an ordinary user here")
