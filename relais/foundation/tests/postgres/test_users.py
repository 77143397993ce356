"""The embedded server against the real thing: it starts, is shared, is killed, and goes with its last user."""

import os
import shutil
import signal
import stat
import subprocess
import time

import psycopg
import pytest

from relais.foundation import postgres
from relais.foundation.postgres import binaries, keeper
from relais.foundation.postgres.folder import Folder

from .outside import close_down, everything, keepers, postmasters, processes, query, started_at, wait_for

# What it gives


def test_it_starts_and_answers_with_the_settings_announced_before(data):
    announced = postgres.connection_settings(data)
    assert not everything(data)
    assert postgres.ensure_running(data) == announced == postgres.ensure_running(data)
    assert set(announced) == {"host", "port", "user", "password", "dbname"}
    assert query(data, "SELECT current_user || current_database()") == "relaisrelais"


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("listen_addresses", ""),
        ("server_encoding", "UTF8"),
        ("timezone", "UTC"),
        ("jit", "off"),
        ("max_connections", "100"),
        ("shared_buffers", "256MB"),
        ("password_encryption", "scram-sha-256"),
        ("fsync", "on"),
        ("full_page_writes", "on"),
        ("synchronous_commit", "on"),
    ],
)
def test_settings_of_a_real_server(careful, setting, value):
    assert query(careful, f"SHOW {setting}") == value


def test_a_password_is_asked_for_and_kept_secret(careful):
    assert stat.S_IMODE((Folder.of(careful).root / "password").stat().st_mode) == 0o600
    assert stat.S_IMODE(Folder.of(careful).root.stat().st_mode) == 0o700
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(**{**postgres.connection_settings(careful), "password": "guess"})


def test_accents_are_letters(careful):
    assert query(careful, "SELECT lower('ÉLÈVE Œ')") == "élève œ"
    assert query(careful, "SELECT to_tsvector('french', 'HANDICAPÉS') @@ to_tsquery('french', 'handicapé')")


def test_fast_mode_is_an_argument_too(existing, monkeypatch):
    monkeypatch.delenv("RELAIS_PG_FAST")
    postgres.ensure_running(existing, fast=True)
    assert query(existing, "SHOW fsync") == query(existing, "SHOW full_page_writes") == "off"


def test_settings_of_the_operator_are_read(existing):
    (Folder.of(existing).root / "local.conf").write_text("work_mem = '9MB'\n")
    postgres.ensure_running(existing)
    assert query(existing, "SHOW work_mem") == "9MB"


@pytest.mark.parametrize("name", ['l\'été « à » "Sète" 100 %', "a,b", "long/" + "é" * 60 + "/" + "x" * 90])
def test_any_path_will_do(tmp_path, users, name):
    data = tmp_path / name
    postgres.ensure_running(data)
    assert query(data, "SELECT 1") == 1
    other = users(data)
    assert other.says() == "ready"
    assert len(postmasters(data)) == 1
    address = psycopg.conninfo.make_conninfo(**postgres.connection_settings(data))
    subprocess.run([binaries.binaries() / "psql", address, "-qc", "SELECT 1"], check=True, stdout=subprocess.DEVNULL)
    other.leave()
    close_down(data)
    shutil.rmtree(data)


def test_two_names_of_one_folder_are_one_server(existing, tmp_path):
    (tmp_path / "alias").symlink_to(existing)
    assert postgres.ensure_running(existing) == postgres.ensure_running(tmp_path / "alias")
    # A child that was just born looks like its parent for a moment.
    wait_for(lambda: len(postmasters(existing)) == 1)


def test_no_folder_is_opened_to_others(tmp_path, users):
    private = tmp_path / "private"
    data = private / "deep" / "var"
    data.mkdir(parents=True)
    watched = [*data.parents, data, binaries.binaries(), *binaries.binaries().parents]
    private.chmod(0o700)
    before = {path: path.stat().st_mode for path in watched}
    postgres.ensure_running(data)
    assert {path: path.stat().st_mode for path in watched} == before
    close_down(data)
    shutil.rmtree(data)


# Who starts it, who stops it


def test_five_at_once_make_one_server(data, users):
    together = [users(data) for _ in range(5)]
    assert [user.says() for user in together] == ["ready"] * 5
    assert len(postmasters(data)) == len(keepers(data)) == 1


def test_it_goes_with_the_last_user(existing, users):
    first, last = users(existing), users(existing)
    assert first.says() == last.says() == "ready"
    first.leave()
    time.sleep(keeper.LOOK_EVERY * (keeper.LINGER_LOOKS + 1))
    assert query(existing, "SELECT 1") == 1
    last.leave()
    wait_for(lambda: not everything(existing), 5)


def test_it_lingers_for_the_next_command(existing, users):
    for _ in range(2):
        user = users(existing)
        assert user.says() == "ready"
        birth = started_at(existing)
        user.leave()
        # This process, which need not start first: on a busy machine another one would come too late.
        postgres.ensure_running(existing)
        assert started_at(existing) == birth
        postgres.release(existing)


def test_whoever_comes_while_it_stops_gets_a_running_server(existing, users):
    leaving = keeper.LOOK_EVERY * keeper.LINGER_LOOKS
    for pause in (leaving - 0.05, leaving, leaving + 0.05):
        user = users(existing)
        assert user.says() == "ready"
        assert query(existing, "SELECT 1") == 1
        user.leave()
        time.sleep(pause)


def test_a_keeper_asked_to_end_stops_the_server(existing, users):
    assert users(existing).says() == "ready"
    os.kill(keepers(existing)[0], signal.SIGTERM)
    wait_for(lambda: not everything(existing))
    assert "database system is shut down" in Folder.of(existing).log_since()


@pytest.mark.parametrize("awaited", [keepers, postmasters])
def test_a_user_killed_while_it_starts_leaves_nothing(existing, users, awaited):
    user = users(existing)
    wait_for(lambda: awaited(existing))
    user.leave()
    wait_for(lambda: not everything(existing), 5)


def test_letting_go_is_enough(existing):
    postgres.ensure_running(existing)
    postgres.release(existing)
    wait_for(lambda: not everything(existing), 5)


# What survives kill -9


def test_a_dead_keeper_is_replaced_and_its_server_adopted(existing, users):
    user = users(existing)
    assert user.says() == "ready"
    birth = started_at(existing)
    os.kill(keepers(existing)[0], signal.SIGKILL)
    newcomer = users(existing)
    assert newcomer.says() == "ready"
    assert started_at(existing) == birth and len(keepers(existing)) == 1
    user.leave()
    newcomer.leave()
    wait_for(lambda: not everything(existing), 5)


def test_a_dead_server_is_restarted_with_its_rows(existing, users, monkeypatch):
    monkeypatch.setenv("RELAIS_PG_FAST", "0")
    assert users(existing).says() == "ready"
    query(existing, "CREATE TABLE kept AS SELECT generate_series(1, 1000) AS n")
    before = postmasters(existing)
    os.kill(before[0], signal.SIGKILL)
    assert users(existing).says() == "ready"
    wait_for(lambda: postmasters(existing) not in ([], before))
    assert users(existing).says() == "ready"
    assert query(existing, "SELECT count(*) FROM kept") == 1000


def test_all_dead_but_a_backend_deep_in_a_query(existing, users, monkeypatch):
    monkeypatch.setenv("RELAIS_PG_FAST", "0")
    user = users(existing)
    assert user.says() == "ready"
    query(existing, "CREATE TABLE kept AS SELECT generate_series(1, 1000) AS n")
    busy = subprocess.Popen(
        [
            binaries.binaries() / "psql",
            psycopg.conninfo.make_conninfo(**postgres.connection_settings(existing)),
            "-c",
            "DO 'BEGIN LOOP END LOOP; END'",
        ],
        stderr=subprocess.DEVNULL,
    )
    wait_for(lambda: processes(Folder.of(existing).tag, "[local] DO"))
    for pid in (user.process.pid, keepers(existing)[0], postmasters(existing)[0]):
        os.kill(pid, signal.SIGKILL)
    assert users(existing).says() == "ready"
    busy.wait()
    assert query(existing, "SELECT count(*) FROM kept") == 1000


def test_a_creation_cut_short_is_begun_again(data, users):
    user = users(data)
    wait_for(lambda: (Folder.of(data).root / "cluster.new").exists() and keepers(data))
    for pid in keepers(data):
        os.kill(pid, signal.SIGKILL)
    user.leave()
    assert users(data).says() == "ready"
    assert query(data, "SELECT 1") == 1
