"""One PostgreSQL server on one folder: created, started or adopted, stopped. The keeper's hands."""

import contextlib
import fcntl
import os
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from .binaries import Account, account, binaries, major_version
from .folder import SOCKET_NAME, Folder, PostgresUnavailable, explain, open_lock, try_lock

CONFIG = """\
# Rewritten by Relais at every start. Put your own settings in local.conf, beside this file.
listen_addresses = ''
port = 5432
# Paths start from the cluster, where PostgreSQL works: they stay short however long RELAIS_DATA is.
unix_socket_directories = '..'
unix_socket_permissions = 0700
hba_file = '../pg_hba.conf'
max_connections = 100
shared_buffers = 256MB
random_page_cost = 1.1
jit = off
timezone = 'UTC'
log_timezone = 'UTC'
lc_messages = 'C'
log_line_prefix = '%m [%p] '
# Statements and details carry people's names and addresses: they stay out of the log.
log_min_error_statement = panic
log_error_verbosity = terse
"""
FAST = ("-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off")
ORPHANS_GONE_IN = 30  # seconds


@dataclass(frozen=True)
class Server:
    """A postmaster, our child or adopted from a dead keeper."""

    pid: int
    folder: Folder

    def is_alive(self) -> bool:
        """False too for a zombie, and for another program that took over the number."""
        return self.folder.tag in command_line(self.pid)

    def is_ready(self) -> bool:
        lines = pid_file(self.folder)
        return len(lines) > 7 and lines[0] == str(self.pid) and lines[7].strip() == "ready"

    def stop(self) -> None:
        """Fast shutdown, then immediate (the next start recovers from it), then by force."""
        for order, patience in ((signal.SIGINT, 60), (signal.SIGQUIT, 10), (signal.SIGKILL, 10)):
            deadline = time.monotonic() + patience
            if self.is_alive():
                signal_if_there(self.pid, order)
            while self.is_alive() and time.monotonic() < deadline:
                time.sleep(0.02)


def start_or_adopt(folder: Folder, *, fast: bool) -> Server:
    """The server of this folder, ready. Call it only while holding the keeper's lock.

    Waits as long as the server lives: a long recovery must not be cut short and begun again.
    Raises PostgresUnavailable, with the reason found in PostgreSQL's log.
    """
    lock = open_lock(folder.server_lock)
    try:
        last_sign_of_life = time.monotonic()
        while not try_lock(lock, fcntl.LOCK_EX):
            server = Server(postmaster_pid(folder), folder)
            if server.is_ready() and server.is_alive():
                return server
            if server.is_alive():
                last_sign_of_life = time.monotonic()
            else:
                end_orphans(folder)
            if time.monotonic() > last_sign_of_life + ORPHANS_GONE_IN:
                raise PostgresUnavailable(
                    f"Another program holds the database of {folder.root} (in another container perhaps): "
                    "stop it, then start again."
                )
            time.sleep(0.02)
        return start(folder, lock, fast)
    finally:
        os.close(lock)  # the server keeps its own copy


def end_orphans(folder: Folder) -> None:
    """Ends what a dead postmaster left: a backend deep in a query may not notice for hours.

    By force is safe: without a postmaster their memory is lost anyway, the journal on disk is not.
    """
    for pid in map(int, filter(str.isdigit, os.listdir("/proc"))):
        if command_line(pid).startswith(f"postgres: {folder.tag}:"):
            signal_if_there(pid, signal.SIGKILL)


def start(folder: Folder, lock: int, fast: bool) -> Server:
    chosen = account(folder)
    if not folder.cluster.exists():
        create(folder, chosen, lock, fast)
    refuse_other_version(folder)
    remove_stale_files(folder)
    write_config(folder)
    with open(folder.log, "ab") as log:
        before = log.tell()
        child = subprocess.Popen(
            [
                *chosen.prefix,
                binaries() / "postgres",
                "-D",
                folder.cluster,
                "-c",
                f"config_file={folder.config}",
                "-c",
                f"cluster_name={folder.tag}",
                *(FAST if fast else ()),
            ],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            pass_fds=[lock],
            cwd=folder.cluster,
            env=environment(),
            **chosen.options,
        )
    server = Server(child.pid, folder)
    while child.poll() is None:
        if server.is_ready():
            return server
        time.sleep(0.02)
    raise PostgresUnavailable(explain(folder, folder.log_since(before)))


def create(folder: Folder, chosen: Account, lock: int, fast: bool) -> None:
    """A new cluster with its password and its database; complete or absent, even after a power cut."""
    draft = folder.root / "cluster.new"
    if draft.exists():
        shutil.rmtree(draft)
    # Before version 17 PostgreSQL had no locale of its own, and uses the system's.
    own = major_version() >= 17
    locale = ("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C") if own else ("--locale=C.UTF-8",)
    sync = ("--no-sync",) if fast else ()
    run(folder, chosen, lock, "initdb", "-D", draft, "-U", "relais", "-E", "UTF8", "-A", "reject", *locale, *sync)
    # Single-user PostgreSQL reads one statement a line. By this road no file ever holds the password.
    orders = f"ALTER ROLE relais PASSWORD '{folder.password()}'\nCREATE DATABASE relais\n"
    run(folder, chosen, lock, "postgres", "--single", "-D", draft, *(FAST if fast else ()), "postgres", input=orders)
    draft.rename(folder.cluster)


def run(folder: Folder, chosen: Account, lock: int, program: str, *words, **options) -> None:
    # The lock is lent to the program: should the keeper be killed, the next one waits for it to end.
    done = subprocess.run(
        [*chosen.prefix, binaries() / program, *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        pass_fds=[lock],
        env=environment(),
        **chosen.options,
        **options,
    )
    # Single-user PostgreSQL ends with 0 even after an error.
    if done.returncode or "ERROR:" in done.stdout:
        raise PostgresUnavailable(explain(folder, done.stdout.strip()))


def refuse_other_version(folder: Folder) -> None:
    theirs, ours = (folder.cluster / "PG_VERSION").read_text().strip(), major_version()
    if theirs != str(ours):
        raise PostgresUnavailable(
            f"{folder.cluster} was made by PostgreSQL {theirs} and this one is PostgreSQL {ours}: carry the data "
            f"over with pg_dump or pg_upgrade, set PG_BIN to the programs of PostgreSQL {theirs}, "
            "or set RELAIS_DATA to another folder."
        )


def remove_stale_files(folder: Folder) -> None:
    """Removes what a server that died left behind, once sure that none runs on this cluster.

    The server's lock, which we hold, rules out our own; a server started by hand does not take it.
    """
    pid = postmaster_pid(folder)
    if Path(command_line(pid).partition("\0")[0]).name == "postgres" and works_in(pid, folder.cluster):
        raise PostgresUnavailable(
            f"A PostgreSQL that Relais did not start (process {pid}) runs on {folder.cluster}: "
            "stop it, then start again."
        )
    for path in (folder.cluster / "postmaster.pid", folder.root / SOCKET_NAME, folder.root / f"{SOCKET_NAME}.lock"):
        path.unlink(missing_ok=True)


def write_config(folder: Folder) -> None:
    include = "include = 'local.conf'\n" if (folder.root / "local.conf").exists() else ""
    for path, text in (
        (folder.config, CONFIG + include),
        (folder.root / "pg_hba.conf", "local all all scram-sha-256\n"),
    ):
        path.write_text(text)
        # Where root must run PostgreSQL as nobody, nobody reads them; they hold no secret.
        path.chmod(0o644 if os.geteuid() == 0 else 0o600)


def pid_file(folder: Folder) -> list[str]:
    try:
        return (folder.cluster / "postmaster.pid").read_text(errors="replace").splitlines()
    except FileNotFoundError:
        return []


def postmaster_pid(folder: Folder) -> int:
    """The process that the pid file names; 0 when there is no file, or one cut short by a power cut."""
    first = next(iter(pid_file(folder)), "")
    return int(first) if first.isdecimal() else 0


def command_line(pid: int) -> str:
    """Words separated by NUL; empty for a zombie, or when there is no such process."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text(errors="replace")
    except OSError:
        return ""


def works_in(pid: int, folder: Path) -> bool:
    try:
        return os.path.samefile(f"/proc/{pid}/cwd", folder)
    except FileNotFoundError:
        return False
    except PermissionError:
        return True  # we may not look: assume the worst


def signal_if_there(pid: int, order: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, order)


def environment() -> dict[str, str]:
    """The little that PostgreSQL needs: neither our secrets, nor PGDATA, PGPORT and their like."""
    return {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH", "TMPDIR") if name in os.environ}
