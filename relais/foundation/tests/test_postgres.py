"""The embedded server against the real thing: real PostgreSQL, real kill -9, real full disks."""

import contextlib
import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psycopg
import pytest

from relais.foundation import postgres
from relais.foundation.postgres import PostgresUnavailable, binaries, keeper, server
from relais.foundation.postgres.folder import Folder

SOURCES = Path(__file__).parents[3]
IS_ROOT = os.geteuid() == 0
only_root = pytest.mark.skipif(not IS_ROOT, reason="needs root: a second user, or a mount")

USER = """
import sys
from relais.foundation import postgres
try:
    postgres.ensure_running(sys.argv[1])
    print("ready", flush=True)
except postgres.PostgresUnavailable as error:
    print(str(error).replace("\\n", " "), flush=True)
sys.stdin.read()
"""


class User:
    """A process that uses the server of `data` until it is killed or dismissed."""

    def __init__(self, data: Path, prefix: tuple[str, ...] = (), **environment: str):
        self.process = subprocess.Popen(
            [*prefix, sys.executable, "-c", USER, str(data)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd="/",
            env={**os.environ, "PYTHONPATH": str(SOURCES), **environment},
        )

    def says(self) -> str:
        return self.process.stdout.readline().strip()

    def leave(self) -> None:
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()


def wait_for(happens, seconds: float = 60):
    deadline = time.monotonic() + seconds
    while not (result := happens()) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert result, f"did not happen in {seconds} s"
    return result


def processes(*words: str) -> list[int]:
    lines = {int(pid): server.command_line(int(pid)) for pid in os.listdir("/proc") if pid.isdigit()}
    return [pid for pid, line in lines.items() if all(word in line for word in words)]


def postmasters(data: Path) -> list[int]:
    return processes(Folder.of(data).tag, "config_file=")


def everything(data: Path) -> list[int]:
    """The keeper, the postmaster and its children."""
    return keepers(data) + processes(Folder.of(data).tag)


def keepers(data: Path) -> list[int]:
    return processes("postgres.keeper", str(Folder.of(data).root))


def query(data: Path, statement: str):
    with psycopg.connect(**postgres.connection_settings(data), autocommit=True) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchone()[0] if cursor.description else None


def started_at(data: Path):
    return query(data, "SELECT pg_postmaster_start_time()")


def close_down(data: Path) -> None:
    postgres.release(data)
    for pid in keepers(data):  # does not linger when asked to end
        os.kill(pid, signal.SIGTERM)
    wait_for(lambda: not everything(data))


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


@pytest.mark.parametrize("name", ["l'été « à » \"Sète\" 100 %", "a,b", "long/" + "é" * 60 + "/" + "x" * 90])
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
        following = users(existing)
        assert following.says() == "ready"
        assert started_at(existing) == birth
        following.leave()


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
        [binaries.binaries() / "psql", psycopg.conninfo.make_conninfo(**postgres.connection_settings(existing)),
         "-c", "DO 'BEGIN LOOP END LOOP; END'"], stderr=subprocess.DEVNULL,
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


PID_FILE = "{pid}\n{cluster}\n1790000000\n5432\n{root}\n\n 1234 5\nready   \n"


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
            [*prefix, binaries.binaries() / "postgres", "-D", folder.cluster, "-k", ".", "-h", ""], stderr=log)
    wait_for(lambda: (folder.cluster / "postmaster.pid").exists())
    assert f"did not start (process {byhand.pid})" in users(existing).says()
    byhand.send_signal(signal.SIGINT)
    byhand.wait()
    assert users(existing).says() == "ready"


# The sentences


def refusal(data: Path, **options) -> str:
    with pytest.raises(PostgresUnavailable) as caught:
        postgres.ensure_running(data, **options)
    return str(caught.value)


def test_sentence_for_another_version(existing):
    (Folder.of(existing).cluster / "PG_VERSION").write_text("15\n")
    assert "made by PostgreSQL 15" in (sentence := refusal(existing))
    assert "pg_dump" in sentence and "RELAIS_DATA" in sentence


def test_sentence_for_missing_programs(data, monkeypatch):
    monkeypatch.setenv("PG_BIN", "/nowhere")
    assert "not in /nowhere: install" in refusal(data)


@pytest.fixture
def pretend(tmp_path, monkeypatch):
    """Replaces PostgreSQL's programs by scripts of one line."""

    def replace(**scripts: str) -> None:
        for name, line in {"postgres": "echo 'postgres (PostgreSQL) 18.0'", **scripts}.items():
            (tmp_path / name).write_text(f"#!/bin/sh\n{line}\n")
            (tmp_path / name).chmod(0o755)
        monkeypatch.setenv("PG_BIN", str(tmp_path))

    return replace


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


def fill(place: Path) -> None:
    with pytest.raises(OSError), open(place / "ballast", "wb", buffering=0) as ballast:
        while True:
            ballast.write(bytes(100_000))


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


@only_root
def test_root_without_namespaces_runs_it_as_nobody(public_place, without_namespaces):
    data = public_place / "var"
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


@pytest.fixture
def as_ordinary_user(tmp_path):
    """Words before a command that run it as an ordinary user, to whom root's files belong."""
    if not IS_ROOT:
        return ()
    return binaries.account(Folder(tmp_path)).prefix or pytest.skip("cannot become an ordinary user here")


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
