"""What was left by others, and the sentences for what does not start."""

import signal
import subprocess

import pytest

from relais.foundation.postgres import binaries
from relais.foundation.postgres.folder import Folder

from .outside import PID_FILE, everything, refusal, wait_for


@pytest.mark.parametrize("content", [PID_FILE, "", "\0\0\0\0"])
def test_pid_files_left_by_a_power_cut(existing, users, content):
    stranger = subprocess.Popen(["sleep", "60"])  # has taken over the number of the dead server
    folder = Folder.of(existing)
    written = content.format(pid=stranger.pid, cluster=folder.cluster, root=folder.root)
    for path in (folder.cluster / "postmaster.pid", folder.root / ".s.PGSQL.5432.lock"):
        path.write_text(written)
    (folder.root / ".s.PGSQL.5432").touch()
    assert users(existing).says() == "ready"
    assert stranger.poll() is None
    stranger.kill()
    stranger.wait()


def test_a_server_started_by_hand_is_left_alone(existing, users):
    folder = Folder.of(existing)
    prefix = binaries.account(folder).prefix
    with open(folder.root / "byhand.log", "w") as log:
        byhand = subprocess.Popen(
            [*prefix, binaries.binaries() / "postgres", "-D", folder.cluster, "-k", ".", "-h", ""], stderr=log
        )
    wait_for(lambda: (folder.cluster / "postmaster.pid").exists())
    assert f"did not start (process {byhand.pid})" in users(existing).says()
    byhand.send_signal(signal.SIGINT)
    byhand.wait()
    assert users(existing).says() == "ready"


def test_sentence_for_another_version(existing):
    (Folder.of(existing).cluster / "PG_VERSION").write_text("15\n")
    assert "made by PostgreSQL 15" in (sentence := refusal(existing))
    assert "pg_dump" in sentence and "RELAIS_DATA" in sentence


def test_sentence_for_missing_programs(data, monkeypatch):
    monkeypatch.setenv("PG_BIN", "/nowhere")
    assert "not in /nowhere: install" in refusal(data)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("No space left on device", "is full: free some space"),
        ("Read-only file system", "is read-only: make it writable"),
        ("Permission denied", "may not use"),
        ("something unheard of", "something unheard of"),
    ],
)
def test_sentence_for_what_initdb_says(data, pretend, words, sentence):
    pretend(initdb=f"echo 'initdb: error: could not write: {words}' >&2; exit 1")
    assert sentence in refusal(data)


def test_sentence_for_a_server_that_dies_at_once(existing):
    (Folder.of(existing).root / "local.conf").write_text("shared_buffers = 'lots'\n")
    Folder.of(existing).log.write_text("an old story: No space left on device\n")
    assert "invalid value for parameter" in refusal(existing)
    assert not everything(existing)


def test_sentence_for_a_server_that_takes_too_long(data, pretend):
    pretend(initdb="sleep 2; exit 1")
    assert "does not answer" in refusal(data, timeout=0.5)


def test_sentence_for_a_data_folder_that_is_a_file(tmp_path):
    (tmp_path / "var").write_text("")
    assert "RELAIS_DATA" in refusal(tmp_path / "var")
