"""What lies in RELAIS_DATA/postgres, its locks, and the sentences for when it cannot be used."""

import fcntl
import hashlib
import os
import pwd
import secrets
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

SOCKET_NAME = ".s.PGSQL.5432"
READY = "ready"  # the last word of a keeper whose server answers
SOCKET_PATH_LIMIT = 100  # bytes; the kernel refuses 108

_opened: dict[Path, int] = {}  # folders whose path is too long for a socket


class PostgresUnavailable(Exception):
    """The embedded database cannot be used. The message is a sentence for the operator."""


@dataclass(frozen=True)
class Folder:
    """The folder of one embedded server, absolute and free of symbolic links.

    Two names for one folder must give one server, hence `Folder.of`.
    """

    root: Path

    @classmethod
    def of(cls, data: Path) -> "Folder":
        return cls((Path(data) / "postgres").resolve())

    cluster = property(lambda self: self.root / "cluster")
    config = property(lambda self: self.root / "postgresql.conf")
    log = property(lambda self: self.root / "server.log")
    # Held shared by every process that uses the database, exclusively by a keeper that stops it.
    users_lock = property(lambda self: self.root / "users.lock")
    # Held by the keeper for its whole life.
    keeper_lock = property(lambda self: self.root / "keeper.lock")
    # Inherited by PostgreSQL and its children: free means that none of them is left.
    server_lock = property(lambda self: self.root / "server.lock")

    @property
    def tag(self) -> str:
        """The name by which the command lines of the server's processes are known."""
        return "relais-" + hashlib.sha256(os.fsencode(self.root)).hexdigest()[:16]

    @property
    def host(self) -> str:
        """The folder of the server's socket, by a name that libpq takes: short, and without a comma.

        Where the path will not do, it is the folder as this process has it open. (An abstract socket
        would be simpler, but psycopg takes its name for that of a machine.)
        """
        path = os.fsencode(self.root / SOCKET_NAME)
        if len(path) < SOCKET_PATH_LIMIT and b"," not in path:
            return str(self.root)
        if self.root not in _opened:
            _opened[self.root] = os.open(self.root, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        # Our number rather than "self": psql and pg_dump, started by us, are told the same.
        return f"/proc/{os.getpid()}/fd/{_opened[self.root]}"

    def password(self) -> str:
        """The password of the folder, drawn on first use; safe when several processes draw at once."""
        path = self.root / "password"
        if not path.exists():
            draft = self.root / f"password.{secrets.token_hex(4)}"
            try:
                with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                    file.write(secrets.token_hex(24))
                    file.flush()
                    os.fsync(file.fileno())  # a power cut must not leave a database with a lost password
                os.link(draft, path)  # unlike a rename, never replaces the one another process drew
            except FileExistsError:
                pass
            finally:
                draft.unlink(missing_ok=True)
        return path.read_text()

    def log_since(self, position: int = 0) -> str:
        """What the log says after that many bytes; nothing when there is no log to read."""
        try:
            return self.log.read_bytes()[position:].decode(errors="replace")
        except OSError:
            return ""


def open_lock(path: Path) -> int:
    """A descriptor on a lock file; not inherited across exec. Closing it releases the lock."""
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def try_lock(descriptor: int, kind: int) -> bool:
    """Takes the lock (fcntl.LOCK_SH or LOCK_EX) if nobody stands in the way; never waits."""
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def user_name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"number {uid}"


def belongs_to(folder: Folder, owner: int) -> str:
    return (
        f"{folder.root} belongs to the user {user_name(owner)} and you are {user_name(os.geteuid())}: "
        f"run Relais as {user_name(owner)}, or set RELAIS_DATA to another folder."
    )


def explain(folder: Folder, text: str) -> str:
    """The sentence for a failure that PostgreSQL or the kernel described in `text`."""
    if "No space left on device" in text or "Disk quota exceeded" in text or _is_full(folder.root):
        return f"The disk that holds {folder.root} is full: free some space, then start again."
    if "Read-only file system" in text:
        return f"{folder.root} is read-only: make it writable, or set RELAIS_DATA to another folder."
    last_words = "\n".join(text.splitlines()[-5:])
    if "Permission denied" in text:
        return (
            f"The user {user_name(os.geteuid())} (without the privileges of root, which PostgreSQL refuses) "
            f"may not use {folder.root}, or a folder above it: change the rights, "
            f"or set RELAIS_DATA to another folder. The refusal was:\n{last_words}"
        )
    return f"PostgreSQL cannot run on {folder.root}: mend this, or set RELAIS_DATA to another folder.\n{last_words}"


def _is_full(path: Path) -> bool:
    # With the disk full even the log stays empty: PostgreSQL cannot say why it stopped.
    try:
        disk = os.statvfs(path)
    except OSError:
        return False
    return disk.f_bavail * disk.f_frsize < 1_000_000


@contextmanager
def plain_errors(folder: Folder):
    """Turns the errors of the file system into sentences (PostgresUnavailable)."""
    try:
        yield
    except OSError as error:
        owner = _owner(folder.root)
        if isinstance(error, PermissionError) and owner is not None and owner != os.geteuid():
            raise PostgresUnavailable(belongs_to(folder, owner)) from error
        raise PostgresUnavailable(explain(folder, str(error))) from error


def _owner(path: Path) -> int | None:
    try:
        return path.stat().st_uid
    except OSError:
        return None
