"""Full and read-only disks, folders of others, root without namespaces, an ordinary user; the log."""

import os
import pwd
import subprocess
from pathlib import Path

import psycopg
import pytest

from relais.foundation import postgres
from relais.foundation.postgres import keeper
from relais.foundation.postgres.folder import Folder

from .outside import close_down, fill, only_root, postmasters, query, refusal


def test_disk_full_at_creation_then_freed(small_disk):
    with open(small_disk / "ballast", "wb") as ballast:
        ballast.write(bytes(45_000_000))
    assert "is full: free some space" in refusal(small_disk)
    (small_disk / "ballast").unlink()
    postgres.ensure_running(small_disk)


def test_disk_full_at_start_then_freed(small_disk):
    postgres.ensure_running(small_disk)
    close_down(small_disk)
    fill(small_disk)
    assert "is full: free some space" in refusal(small_disk)
    (small_disk / "ballast").unlink()
    postgres.ensure_running(small_disk)


def test_disk_full_before_anything(small_disk):
    fill(small_disk)
    assert "is full: free some space" in refusal(small_disk)


def test_read_only_disk(small_disk):
    postgres.ensure_running(small_disk)
    close_down(small_disk)
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    assert "is read-only: make it writable" in refusal(small_disk)


# As whom


@only_root
def test_sentence_for_the_folder_of_somebody_else(existing, users):
    for path in (Folder.of(existing).root, Folder.of(existing).cluster):
        os.chown(path, 12345, 12345)
    assert "belongs to the user number 12345" in refusal(existing)


@only_root
def test_root_without_namespaces_runs_it_as_nobody(public_place, without_namespaces):
    data = public_place / "var"
    data.mkdir()
    # Whatever umask another test has set.
    data.chmod(0o755)
    for _ in range(2):
        postgres.ensure_running(data)
        assert query(data, "SELECT 1") == 1
        status = Path(f"/proc/{postmasters(data)[0]}/status").read_text()
        assert f"\nUid:\t{pwd.getpwnam('nobody').pw_uid}\t" in status
        close_down(data)


@only_root
def test_root_without_namespaces_in_a_private_place_is_told_what_to_do(tmp_path, without_namespaces):
    tmp_path.chmod(0o700)
    assert "run Relais as an ordinary user, or set DATABASE_URL" in refusal(tmp_path / "var")


def test_an_ordinary_user(existing, users, as_ordinary_user):
    assert users(existing, prefix=as_ordinary_user).says() == "ready"


def test_an_ordinary_user_in_a_folder_without_the_right_to_write(tmp_path, users, as_ordinary_user):
    tmp_path.chmod(0o500)
    assert "may not use" in users(tmp_path / "var", prefix=as_ordinary_user).says()
    tmp_path.chmod(0o700)


@only_root
def test_an_ordinary_user_in_the_folder_of_another(existing, users, as_ordinary_user):
    os.chown(Folder.of(existing).root, 12345, 12345)
    assert "belongs to the user nobody and you are" in users(existing, prefix=as_ordinary_user).says()


# The log


def test_the_log_cannot_grow_for_ever(tmp_path, monkeypatch):
    monkeypatch.setattr(keeper, "LOG_LIMIT", 1000)
    folder = Folder(tmp_path)
    for _ in range(5):
        folder.log.write_text("x" * 1001)
        keeper.trim_log(folder)
    assert folder.log.stat().st_size == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["server.log", "server.log.1"]


def test_no_value_reaches_the_log(existing):
    postgres.ensure_running(existing)
    query(existing, "CREATE TABLE people (email text PRIMARY KEY)")
    query(existing, "INSERT INTO people VALUES ('nadia@example.org')")
    with pytest.raises(psycopg.errors.UniqueViolation):
        query(existing, "INSERT INTO people VALUES ('nadia@example.org')")
    log = Folder.of(existing).log.read_text()
    assert "duplicate key" in log and "nadia" not in log
