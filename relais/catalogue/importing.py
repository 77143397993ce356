"""The one differ behind every importer: records are compared by digest with what is there, and only differences are written.

A source (see `sources/`) reads files and returns a `Batch`; `run` writes it in one transaction, so that an import killed at
any moment changes nothing, and a second run with the same files changes nothing either.
"""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

import msgspec
from django.db import connection, models, transaction
from django.db.models import ProtectedError
from django.utils import timezone

from .models import ImportRun

Progress = Callable[[str, int, int], None]
"""Called with (what is being done, rows done, rows in all)."""


class BadFile(Exception):
    """A file that cannot be imported, told in one plain sentence. Nothing was changed."""


@dataclass
class Table:
    """What one table must hold afterwards.

    `records` maps a key to the values of its row, by column. `scope` limits which rows are compared (an importer never
    touches the rows of another source). `key` names the columns of the unique constraint, the last one holding the key.
    Rows that are no longer in the file become inactive when the model has `is_active`, otherwise they are deleted.
    `overlay(key, values)` may change values after their digest was taken, such as corrections made by hand.
    """

    model: type[models.Model]
    key: tuple[str, ...]
    records: dict
    scope: dict = field(default_factory=dict)
    label: str = ""
    overlay: Callable[[object, dict], dict] | None = None


@dataclass
class Batch:
    """What a source read: its tables in writing order, the version it gives itself, and the rows it could not use."""

    tables: list[Table]
    version: str = ""
    set_aside: list[dict] = field(default_factory=list)
    notes: dict = field(default_factory=dict)

    def aside(self, row, reason: str) -> None:
        self.set_aside.append({"row": str(row)[:200], "reason": reason})


@dataclass
class Counts:
    added: int = 0
    changed: int = 0
    removed: int = 0
    unchanged: int = 0

    def __str__(self):
        return f"{self.added} added, {self.changed} changed, {self.removed} removed, {self.unchanged} unchanged"


class _Rehearsal(Exception):
    pass


def run(
    source: str, read: Callable[[], Batch], *, origin: str, now: datetime, dry_run: bool = False, progress: Progress = lambda *_: None
) -> ImportRun:
    """Read, compare, write. Returns the run with its counts; with `dry_run` it is not saved, nor is anything else.

    Raises `BadFile`; the refusal is kept as a run with its `error`, unless rehearsing.
    """
    outcome = ImportRun(source=source, origin=origin[:300], started_at=now)
    try:
        with transaction.atomic():
            # One import of a source at a time; another waits for its turn and then finds nothing left to do.
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"relais import {source}"])
            _apply(read(), outcome, progress)
            if dry_run:
                raise _Rehearsal
            outcome.finished_at = timezone.now()
            outcome.save()
    except _Rehearsal:
        pass
    except BadFile as error:
        if not dry_run:
            ImportRun.objects.create(source=source, origin=origin[:300], started_at=now, finished_at=timezone.now(), error=str(error))
        raise
    return outcome


def _apply(batch: Batch, outcome: ImportRun, progress: Progress) -> None:
    outcome.version, outcome.notes = batch.version, dict(batch.notes)
    for table in batch.tables:
        counts = write(table, batch, progress)
        outcome.notes[table.label or table.model._meta.model_name] = vars(counts)
        for name, number in vars(counts).items():
            setattr(outcome, name, getattr(outcome, name) + number)
    outcome.set_aside = batch.set_aside


def digest(values: dict) -> str:
    """The same values give the same digest, whatever the order of the columns."""
    encoded = msgspec.json.encode(values, order="deterministic")
    return hashlib.blake2b(encoded, digest_size=16).hexdigest()


def write(table: Table, batch: Batch, progress: Progress) -> Counts:
    """Bring one table to what the file says. Must run inside a transaction."""
    name = table.key[-1]
    rows = table.model.objects.filter(**table.scope).order_by()
    has_active = any(column.name == "is_active" for column in table.model._meta.fields)
    there = {key: (mark, active) for key, mark, active in rows.values_list(name, "digest", "is_active" if has_active else "pk")}
    refused = _too_long(table, batch)
    marks = {key: digest(values) for key, values in table.records.items() if key not in refused}
    added = [key for key in marks if key not in there]
    changed = [key for key in marks if key in there and (there[key][0] != marks[key] or (has_active and not there[key][1]))]
    gone = [key for key, (_, active) in there.items() if key not in table.records and (active or not has_active)]
    wanted = [(key, table.records[key] | {"digest": marks[key]}) for key in (*added, *changed)]
    _merge(table, wanted, progress)
    removed = _retire(table, rows, gone, has_active, batch)
    return Counts(len(added), len(changed), removed, len(marks) - len(added) - len(changed))


def _too_long(table: Table, batch: Batch) -> set:
    """Keys of the records that a column cannot hold: set aside with their reason, and what is there stays as it is."""
    limits = {column.attname: column.max_length for column in table.model._meta.local_concrete_fields if column.max_length}
    refused = set()
    for key, values in table.records.items():
        for name, limit in limits.items():
            if isinstance(values.get(name), str) and len(values[name]) > limit:
                batch.aside(key, f"{name} : {len(values[name])} caractères, {limit} au plus")
                refused.add(key)
    return refused


def _merge(table: Table, wanted: list[tuple], progress: Progress) -> None:
    """COPY to a temporary table, then one INSERT … ON CONFLICT: the fast way in, whatever the number of rows."""
    if not wanted:
        return
    meta, quote = table.model._meta, connection.ops.quote_name
    columns = [column for column in meta.local_concrete_fields if not column.get_internal_type().endswith("AutoField")]
    names = ", ".join(quote(column.column) for column in columns)
    given = {column.column for column in columns if column.attname in wanted[0][1]} - {meta.get_field(part).column for part in table.key}
    update = ", ".join(f"{quote(column)} = EXCLUDED.{quote(column)}" for column in sorted(given))
    conflict = ", ".join(quote(meta.get_field(part).column) for part in table.key)
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS incoming")
        # Only names of our own tables and columns, quoted, stand in these statements.
        cursor.execute(f"CREATE TEMPORARY TABLE incoming ON COMMIT DROP AS SELECT {names} FROM {quote(meta.db_table)} WITH NO DATA")  # noqa: S608
        with cursor.copy(f"COPY incoming ({names}) FROM STDIN") as copy:
            for number, (key, values) in enumerate(wanted, 1):
                if table.overlay:
                    values = table.overlay(key, values)
                instance = table.model(**values)
                copy.write_row([column.get_db_prep_save(getattr(instance, column.attname), connection) for column in columns])
                if not number % 1000 or number == len(wanted):
                    progress(table.label or meta.model_name, number, len(wanted))
        cursor.execute(
            f"INSERT INTO {quote(meta.db_table)} ({names}) SELECT {names} FROM incoming "  # noqa: S608
            f"ON CONFLICT ({conflict}) DO UPDATE SET {update}"
        )


def _retire(table: Table, rows, gone: list, has_active: bool, batch: Batch) -> int:
    """Rows that left the file: inactive, or deleted unless something else still needs them. Returns how many."""
    found = rows.filter(**{f"{table.key[-1]}__in": gone})
    if has_active:
        return found.update(is_active=False) if gone else 0
    removed = 0
    for row in found:
        try:
            with transaction.atomic():
                removed += bool(row.delete())
        except ProtectedError:
            batch.aside(row, "n’est plus dans le fichier mais sert encore : gardé")
    return removed


def check_columns(file: str, header: list[str] | None, wanted: list[str]) -> None:
    """Raises `BadFile` naming the columns of `wanted` that `file` does not have."""
    if missing := [name for name in wanted if name not in (header or [])]:
        raise BadFile(f"{file}: missing column{'s' if len(missing) > 1 else ''} {', '.join(missing)} (it has: {', '.join(header or []) or 'none'}).")


def text_of(data: bytes, file: str) -> str:
    """UTF-8 text, with or without a mark at its start. Refuses another charset instead of writing broken accents."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise BadFile(f"{file} is not in UTF-8 (line {line}). Save it as UTF-8 and try again.") from None


def one_line(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()
