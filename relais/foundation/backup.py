"""A copy of everything that cannot be made again, and its return into an empty data folder.

A copy is a folder: `database.dump` (pg_dump's own format), `media/`, `backup.json` (see Copy). The keys are not in it: whoever finds
the copy reads no message. The search index and the published copies are derived, and made again by the worker.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from hashlib import sha256
from pathlib import Path

import msgspec
from django.conf import settings
from django.db import connection, transaction
from psycopg import conninfo, sql

from . import states
from .loops import connection_parameters
from .models import Outbound
from .postgres.binaries import binaries

DATABASE, MEDIA, LABEL = "database.dump", "media", "backup.json"
DERIVED = ("public", "work")
"""Folders of media that are made from the others."""
HELD = "Copie restaurée : ce message est peut-être parti avant la panne, on ne sait pas."


class Refused(Exception):
    """The copy, or its return, is not to be used. The message is a sentence for the operator."""


class Copy(msgspec.Struct, frozen=True):
    """What is written on a copy. `tables`: rows of each; `sealing`: fingerprints of the keys in use when it was made."""

    made_at: datetime
    postgresql: int
    tables: dict[str, int]
    sealing: list[str]


def back_up(target: Path, *, now: datetime) -> Copy:
    """Write a copy of the site, which may go on running, to the folder `target`: complete or absent. Raises Refused."""
    if target.exists():
        raise Refused(f"{target} exists already: name a folder that does not.")
    draft = target.with_name(f"{target.name}.unfinished")
    shutil.rmtree(draft, ignore_errors=True)
    try:
        draft.mkdir(mode=0o700, parents=True)
        with _one_instant() as instant:
            copy = Copy(now, connection.get_database_version()[0], tables(), fingerprints())
            _run("pg_dump", "--format=custom", f"--snapshot={instant}", f"--file={draft / DATABASE}")
        # After the database: what came meanwhile is too much rather than missing.
        _copy_media(settings.MEDIA_ROOT, draft / MEDIA)
        (draft / LABEL).write_bytes(msgspec.json.format(msgspec.json.encode(copy)))
        draft.rename(target)
    except OSError as error:
        raise Refused(f"The copy could not be written: {error}.") from error
    return copy


def restore(source: Path) -> Copy:
    """Bring a copy back into the empty database and the empty media folder of these settings. Raises Refused.

    Nothing leaves by itself afterwards: letters that waited may have left since the copy was made, so a human decides.
    """
    copy = read(source)
    if missing := set(copy.sealing[:1]) - set(fingerprints()):
        raise Refused(
            f"The keys of this copy are others ({', '.join(missing)}): set RELAIS_KEYS, or the SECRET_KEY it was drawn from, as they were then."
        )
    if tables():
        raise Refused("There is a database here already: restore into an empty RELAIS_DATA, or an empty database.")
    if any(settings.MEDIA_ROOT.glob("*")):
        raise Refused(f"{settings.MEDIA_ROOT} is not empty.")
    connection.close()
    _run("pg_restore", "--exit-on-error", "--single-transaction", "--no-owner", "--no-privileges", source / DATABASE)
    _copy_media(source / MEDIA, settings.MEDIA_ROOT)
    if (found := tables()) != copy.tables:
        wrong = sorted(name for name in found.keys() | copy.tables.keys() if found.get(name) != copy.tables.get(name))
        raise Refused(f"The copy came back with other rows in {', '.join(wrong)}: do not use it.")
    hold()
    return copy


def read(source: Path) -> Copy:
    """What is written on the copy in that folder. Raises Refused."""
    try:
        return msgspec.json.decode((source / LABEL).read_bytes(), type=Copy)
    except (OSError, msgspec.DecodeError):
        raise Refused(f"{source} is not a copy made by `relais backup`.") from None


def hold() -> int:
    """Letters that waited wait for a human: shown at « Lettres à vérifier ». Returns how many."""
    waiting = Outbound.objects.filter(state__in=[Outbound.State.WAITING, Outbound.State.SENDING])
    return states.move_all(waiting, Outbound.State.AMBIGUOUS, error=HELD)


def tables() -> dict[str, int]:
    """Rows of every table."""
    with connection.cursor() as cursor:
        names = sorted(connection.introspection.table_names(cursor))
        if not names:
            return {}
        each = sql.SQL(" UNION ALL ").join(
            sql.SQL("SELECT {}, count(*) FROM {}").format(sql.Literal(name), sql.Identifier(name)) for name in names
        )
        cursor.execute(each)
        return dict(cursor.fetchall())


def fingerprints() -> list[str]:
    return [fingerprint(key) for key in settings.SEALING_KEYS]


def fingerprint(key: str) -> str:
    """Tells two keys apart, and gives neither away."""
    return sha256(b"relais.backup:" + key.encode()).hexdigest()[:12]


@contextmanager
def _one_instant() -> Iterator[str]:
    """The name of a snapshot, which pg_dump then reads too."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        # pg_dump takes as long as it takes, and we wait meanwhile inside a transaction.
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        cursor.execute("SELECT pg_export_snapshot()")
        yield cursor.fetchone()[0]


def _run(program: str, *words) -> None:
    """One of PostgreSQL's programs, those of the embedded server or of PG_BIN, on the database of these settings."""
    parameters = {
        name: value for name, value in connection_parameters().items() if name not in ("options", "client_encoding")
    }
    environment = os.environ | {"PGPASSWORD": parameters.pop("password", "")}
    where = f"--dbname={conninfo.make_conninfo(**parameters)}"
    done = subprocess.run(
        [binaries() / program, where, *words], env=environment, capture_output=True, text=True, errors="replace"
    )
    if done.returncode:
        raise Refused(f"{program} refused: {done.stderr.strip()[-1000:]}")


def _copy_media(source: Path, target: Path) -> None:
    def kept(file, to):
        try:
            shutil.copy2(file, to)
        except FileNotFoundError:
            # Taken away meanwhile: the copy of the database may still name it, as after a withdrawal.
            return

    def derived(folder, names):
        return [name for name in names if Path(folder) == source and name in DERIVED]

    if source.exists():
        shutil.copytree(source, target, copy_function=kept, ignore=derived, dirs_exist_ok=True)
