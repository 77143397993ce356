"""The one differ behind every importer: records are compared by digest with what is there, and only differences are written.

A source (see `sources/`) reads files and returns a `Batch`; `run` writes it in one transaction, so that an import killed at
any moment changes nothing, and a second run with the same files changes nothing either. Records may be a stream: only keys and
digests are held in memory. What is read in parts, over hours, goes through `slicing.run_slices`, a transaction a part.
"""

import contextlib
import hashlib
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import msgspec
from django.db import connection, models, transaction
from django.db.models import ProtectedError
from django.utils import timezone

from relais.foundation.database.patience import alone

from .models import ImportRun

Progress = Callable[[str, int, int], None]
"""Called with (what is being done, rows done, rows in all or 0 when nobody knows)."""


FUSE = 200
"""Rows that may always leave at once, however few are left."""


class BadFile(Exception):
    """A file that cannot be imported, told in one plain sentence. Nothing was changed."""


class Row(NamedTuple):
    """A record of a stream. `mark` is the digest of what the source says; `values` is called only when it is a new one.

    `values` may raise `Unusable`: the row is set aside with that reason, and what was there stays as it is.
    """

    key: object
    mark: str
    values: Callable[[], dict]


class Unusable(Exception):
    """Why a row cannot be used, in a few words."""


@dataclass
class Table:
    """What one table must hold afterwards.

    `records` maps a key to the values of its row, by column, or is a stream of `Row`; every row gives the same columns. While a
    stream is read the connection is busy: it must not ask the database anything. `scope` limits which rows are compared (an
    importer never touches the rows of another source). `key` names the columns of the unique constraint, the last one holding the
    key. Rows that are no longer in the file become inactive (`is_active`) or leave (`left_at`) when the model can, otherwise they
    are deleted; with `is_partial` they stay. With `parts`, only rows of these `slice`s (and those of before slices were kept) may
    leave: a file never speaks for what another one brought. `overlay(key, values)` may change values after their digest was taken, such as
    corrections made by hand. Rows of `spared` keys never leave; those of `formerly` (key → the one they had so far) change their key first. `tell(key, what)` is told what becomes of each row, in the words of `Counts`.
    """

    model: type[models.Model]
    key: tuple[str, ...]
    records: Mapping | Iterable[Row]
    scope: dict = field(default_factory=dict)
    label: str = ""
    overlay: Callable[[object, dict], dict] | None = None
    is_partial: bool = False
    parts: tuple[str, ...] = ()
    spared: Collection = ()
    formerly: Mapping[str, str] = field(default_factory=dict)
    tell: Callable[[object, str], None] = lambda *_: None


@dataclass
class Batch:
    """What a source read: its tables in writing order, the version it gives itself, and the rows it could not use."""

    tables: list[Table]
    version: str = ""
    set_aside: list[dict] = field(default_factory=list)
    notes: dict = field(default_factory=dict)
    # A source that lost most of its rows overnight is a broken source, unless somebody says that it is meant.
    may_shrink: bool = False

    def aside(self, row, reason: str) -> None:
        self.set_aside.append({"row": str(row).replace("\x00", "")[:200], "reason": reason})

    def note(self, label: str, what: str) -> None:
        """One more `what` under `label`, told with the run."""
        counts = self.notes.setdefault(label, {})
        counts[what] = counts.get(what, 0) + 1


@dataclass
class Counts:
    added: int = 0
    changed: int = 0
    removed: int = 0
    unchanged: int = 0

    def __str__(self):
        return f"{self.added} added, {self.changed} changed, {self.removed} removed, {self.unchanged} unchanged"


class Rehearsal(Exception):
    """Undoes what a dry run wrote."""


def run(
    source: str,
    read: Callable[[], Batch],
    *,
    origin: str,
    now: datetime,
    dry_run: bool = False,
    progress: Progress = lambda *_: None,
) -> ImportRun:
    """Read, compare, write. Returns the run with its counts; with `dry_run` it is not saved, nor is anything else.

    Raises `BadFile`; the refusal is kept as a run with its `error`, unless rehearsing.
    """
    outcome = ImportRun(source=source, origin=origin[:300], started_at=now)
    try:
        with one_at_a_time(source):
            batch = read()
            with transaction.atomic():
                apply(batch, outcome, now, progress)
                if dry_run:
                    raise Rehearsal
                outcome.finished_at = timezone.now()
                outcome.save()
    except Rehearsal:
        pass
    except BadFile as error:
        if not dry_run:
            ImportRun.objects.create(
                source=source, origin=origin[:300], started_at=now, finished_at=timezone.now(), error=str(error)
            )
        raise
    return outcome


def one_at_a_time(source: str) -> contextlib.AbstractContextManager[None]:
    """One import of a source at a time; another waits for its turn and then finds nothing left to do."""
    return alone(f"relais import {source}")


def apply(batch: Batch, outcome: ImportRun, now: datetime, progress: Progress) -> None:
    """Write all tables of a batch and add what was done to the run. Must run inside a transaction."""
    for table in batch.tables:
        counts = vars(write(table, batch, now, progress))
        label = table.label or table.model._meta.model_name
        before = outcome.notes.get(label, {})
        outcome.notes[label] = {name: number + before.get(name, 0) for name, number in counts.items()}
        for name, number in counts.items():
            setattr(outcome, name, getattr(outcome, name) + number)
    for label, counts in batch.notes.items():
        before = outcome.notes.get(label, {})
        outcome.notes[label] = {**before, **{name: number + before.get(name, 0) for name, number in counts.items()}}
    outcome.version = batch.version or outcome.version
    outcome.set_aside = [*outcome.set_aside, *batch.set_aside]
    outcome.aside = len(outcome.set_aside)


def digest(values: dict) -> str:
    """The same values give the same digest, whatever the order of the columns."""
    return mark_of(msgspec.json.encode(values, order="deterministic"))


def mark_of(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=16).hexdigest()


def write(table: Table, batch: Batch, now: datetime, progress: Progress) -> Counts:
    """Bring one table to what the file says. Must run inside a transaction.

    A row that left has no digest: the same record, when it comes back, is a difference.
    """
    rows = table.model.objects.filter(**table.scope).order_by()
    for new, old in table.formerly.items():
        rows.filter(**{table.key[-1]: old}).update(**{table.key[-1]: new})
    there = dict(rows.values_list(table.key[-1], "digest").iterator())
    counts, seen = Counts(), set()
    # Nothing of this scope is there, and the scope is part of the key: no row can conflict.
    incoming = _Incoming(table, is_new=not there and set(table.scope) <= set(table.key))
    total = len(table.records) if isinstance(table.records, Mapping) else 0
    with incoming:
        for number, (key, mark, values) in enumerate(_rows(table.records), 1):
            if not number % 1000:
                progress(table.label or table.model._meta.model_name, number, total)
            if key in seen:
                batch.aside(key, "ce numéro est deux fois dans la source : la première ligne compte")
                continue
            seen.add(key)
            old = there.get(key)
            if old == mark:
                counts.unchanged += 1
                table.tell(key, "unchanged")
                continue
            try:
                incoming.add(key, values() | {"digest": mark})
            except Unusable as reason:
                batch.aside(key, str(reason))
                continue
            what = "added" if old is None else "changed"
            setattr(counts, what, getattr(counts, what) + 1)
            table.tell(key, what)
    progress(table.label or table.model._meta.model_name, len(seen), len(seen))
    incoming.merge()
    if not table.is_partial:
        own = (
            set(rows.filter(slice__in=["", *table.parts]).values_list(table.key[-1], flat=True))
            if table.parts
            else there.keys()
        )
        gone = [key for key in own if there.get(key) and key not in seen and key not in table.spared]
        if len(gone) > max(FUSE, len(own) // 2) and not batch.may_shrink:
            label = table.label or table.model._meta.verbose_name_plural
            raise BadFile(
                f"This would remove {len(gone)} of {len(own)} {label}: the source looks broken. If it is meant, add --shrink."
            )
        counts.removed = _retire(table, rows, gone, now, batch)
        for key in gone:
            table.tell(key, "removed")
    return counts


def _rows(records: Mapping | Iterable[Row]) -> Iterator[Row]:
    if not isinstance(records, Mapping):
        yield from records
        return
    for key, values in records.items():
        yield Row(key, digest(values), lambda values=values: values)


class _Incoming:
    """COPY, the fast way in, whatever the number of rows: into a temporary table and then one INSERT … ON CONFLICT, or straight in
    (`is_new`) when nothing is there that could conflict."""

    def __init__(self, table: Table, is_new: bool):
        self.table, self.is_new, self.meta, quote = table, is_new, table.model._meta, connection.ops.quote_name
        self.columns = [
            column for column in self.meta.local_concrete_fields if not column.get_internal_type().endswith("AutoField")
        ]
        self.names = ", ".join(quote(column.column) for column in self.columns)
        self.cells = [(column.attname, column.get_default) for column in self.columns]
        texts = [column for column in self.columns if isinstance(column, models.CharField | models.TextField)]
        self.limits = [(column.attname, column.max_length or sys.maxsize) for column in texts]
        self.json = [place for place, column in enumerate(self.columns) if isinstance(column, models.JSONField)]
        self.given: set[str] = set()
        self.done = contextlib.ExitStack()

    def __enter__(self):
        quote = connection.ops.quote_name
        cursor = self.done.enter_context(connection.cursor())
        into = quote(self.meta.db_table)
        if not self.is_new:
            cursor.execute("DROP TABLE IF EXISTS incoming")
            # Rows of some kilobytes stay whole: to pack them for one pass would cost more than the pass. Only names of our own
            # tables and columns, quoted, stand in these statements.
            cursor.execute(
                f"CREATE TEMPORARY TABLE incoming WITH (toast_tuple_target = 8160) ON COMMIT DROP AS "  # noqa: S608
                f"SELECT {self.names} FROM {into} WITH NO DATA"
            )
            into = "incoming"
        # A question to the database would wait for the COPY, which waits for the next row: better told than waited for.
        self.done.enter_context(connection.execute_wrapper(_refuse_question))
        self.copy = self.done.enter_context(cursor.copy(f"COPY {into} ({self.names}) FROM STDIN"))
        return self

    def __exit__(self, *error):
        return self.done.__exit__(*error)

    def add(self, key, values: dict) -> None:
        """Raises `Unusable` when a column cannot hold its value."""
        if self.table.overlay:
            values = self.table.overlay(key, values)
        for name, limit in self.limits:
            if (value := values.get(name)) and isinstance(value, str):
                if len(value) > limit:
                    raise Unusable(f"{name} : {len(value)} caractères, {limit} au plus")
                if "\x00" in value:
                    values[name] = value.replace("\x00", "")
        self.given = self.given or set(values)
        row = [values[name] if name in values else default() for name, default in self.cells]
        for place in self.json:
            # PostgreSQL holds no NUL, escaped or not.
            row[place] = msgspec.json.encode(row[place]).decode().replace("\\u0000", "")
        self.copy.write_row(row)

    def merge(self) -> None:
        if self.is_new or not self.given:
            return
        quote, meta = connection.ops.quote_name, self.meta
        key = [meta.get_field(part).column for part in self.table.key]
        given = {column.column for column in self.columns if column.attname in self.given} - set(key)
        with connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO {quote(meta.db_table)} ({self.names}) SELECT {self.names} FROM incoming "  # noqa: S608
                f"ON CONFLICT ({', '.join(map(quote, key))}) DO UPDATE SET "
                + ", ".join(f"{quote(column)} = EXCLUDED.{quote(column)}" for column in sorted(given))
            )


def _refuse_question(*_):
    raise RuntimeError("A stream of records must not ask the database anything while it is read.")


def _retire(table: Table, rows, gone: list, now: datetime, batch: Batch) -> int:
    """Rows that are no longer in the file: inactive or left, or deleted unless something else still needs them. Returns how many."""
    names = {column.name for column in table.model._meta.fields}
    gentle = {"left_at": now} if "left_at" in names else {"is_active": False} if "is_active" in names else {}
    removed = 0
    for start in range(0, len(gone), 5000):
        found = rows.filter(**{f"{table.key[-1]}__in": gone[start : start + 5000]})
        removed += found.update(digest="", **gentle) if gentle else _delete(found, batch)
    return removed


def _delete(found, batch: Batch) -> int:
    removed = 0
    for row in found:
        try:
            with transaction.atomic():
                removed += bool(row.delete())
        except ProtectedError:
            batch.aside(row, "n’est plus dans le fichier mais sert encore : gardé")
    return removed


def part_of(origin: str) -> str:
    """What is kept, as the `slice` of a row, of the file or address that brought it: the same place, read again, is the same part."""
    where = origin if "://" in origin else str(Path(origin).resolve())
    return where if len(where) <= 60 else f"…{where[-42:]} {mark_of(where.encode())[:16]}"


def check_columns(file: str, header: list[str] | None, wanted: list[str]) -> None:
    """Raises `BadFile` naming the columns of `wanted` that `file` does not have."""
    if missing := [name for name in wanted if name not in (header or [])]:
        raise BadFile(
            f"{file}: missing column{'s' if len(missing) > 1 else ''} {', '.join(missing)} (it has: {', '.join(header or []) or 'none'})."
        )


def text_of(data: bytes, file: str) -> str:
    """UTF-8 text, with or without a mark at its start. Refuses another charset instead of writing broken accents."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise BadFile(f"{file} is not in UTF-8 (line {line}). Save it as UTF-8 and try again.") from None
