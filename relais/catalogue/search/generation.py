"""One generation of the index on this node: its files, its schema, and who writes it.

    RELAIS_DATA/index/current            what readers open: {"generation", "commit", "snapshot", …}
    RELAIS_DATA/index/<generation>/      tantivy's files, near/ (columns of the build), jobs.msgpack (what is understood)

What a build saw is both in tantivy and in the columns; what changed since is in tantivy alone, marked `fresh`, and each document of
the columns that is no more has left a `gone` there: one commit of tantivy says it all at once.
"""

import contextlib
import fcntl
import math
import os
from collections import Counter
from pathlib import Path

import msgspec
import tantivy
from django.conf import settings
from django.db import connection

from . import documents
from .documents import Doc
from .facets import CODED, KIND_NUMBER, signature
from .geo_columns import Columns, ColumnsWriter, cell_at, encode_row
from .lexicon import Source
from .text import split, stems_of

FORMAT = 4
"""Raised whenever the shape of the index changes, or how words are cut: an index of another format is rebuilt."""
HEAP = 128_000_000


class Pointer(msgspec.Struct):
    """`snapshot`: the transactions that the last look saw (PostgreSQL's « xmin:xmax:open »): what any other brings is new."""

    generation: str
    format: int
    database: str
    snapshot: str
    at: float
    commit: int = 0
    documents: int = 0


class Understood(msgspec.Struct):
    source: Source
    words: dict[str, int]


class BuildRunning(Exception):
    """Another process of this node is building the index."""


def folder() -> Path:
    return Path(settings.DATA) / "index"


def database_name() -> str:
    """Which database an index was derived from: a data folder serves a demonstration and its tests."""
    return f"{connection.settings_dict['HOST']}/{connection.settings_dict['NAME']}"


def read_pointer() -> Pointer | None:
    """None when this node has no index that fits this program and this database."""
    try:
        pointer = msgspec.json.decode((folder() / "current").read_bytes(), type=Pointer)
    except (OSError, msgspec.DecodeError):
        return None
    return pointer if pointer.format == FORMAT and pointer.database == database_name() else None


def write_file(path: Path, content: bytes) -> None:
    """Whole or not at all."""
    half = path.with_name(f".{path.name}.{os.getpid()}")
    half.write_bytes(content)
    os.replace(half, path)


@contextlib.contextmanager
def locked(name: str, *, wait: bool):
    folder().mkdir(parents=True, exist_ok=True)
    with open(folder() / name, "w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BuildRunning from None
        yield


def make_schema() -> tantivy.Schema:
    build = tantivy.SchemaBuilder()
    # One merged field: a word of the title is written several times, which is as good as a boost and twice as fast.
    build.add_text_field("text", tokenizer_name="words", index_option="freq")
    build.add_text_field("id", tokenizer_name="raw", index_option="basic")
    build.add_text_field("rome", tokenizer_name="raw", index_option="basic")
    build.add_unsigned_field("slot", fast=True)
    # Only what changed since the build has these: the columns say them of all others.
    build.add_unsigned_field("cell", indexed=True)
    build.add_unsigned_field("signature", fast=True)
    for name in ("latitude", "longitude"):
        build.add_float_field(name, fast=True)
    for name in ("fresh", "gone"):
        build.add_unsigned_field(name, indexed=True)
    for name in ("kind", "listed", *(facet.name for facet in CODED)):
        build.add_unsigned_field(name, indexed=True, fast=True)
    for name in ("day", "starts"):
        build.add_integer_field(name, indexed=True, fast=True)
    build.add_bytes_field("row", stored=True)
    return build.build()


SCHEMA = make_schema()


def open_index(path: Path, *, create: bool = False) -> tantivy.Index:
    index = tantivy.Index(SCHEMA, path=str(path)) if create else tantivy.Index.open(str(path))
    index.register_tokenizer("words", tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build())
    return index


def opens(path: Path) -> bool:
    """Whether a reader that starts now could open it. A few milliseconds."""
    try:
        open_index(path).searcher()
        Columns(path)
        msgspec.msgpack.decode((path / "jobs.msgpack").read_bytes(), type=Understood)
    except (OSError, ValueError, EOFError):
        return False
    return True


def _has(field: str) -> tantivy.Query:
    return tantivy.Query.term_query(SCHEMA, field, 1)


def _both(one: tantivy.Query, *, but: tantivy.Query) -> tantivy.Query:
    return tantivy.Query.boolean_query([(tantivy.Occur.Must, one), (tantivy.Occur.MustNot, but)])


def gone(searcher: tantivy.Searcher) -> list[int]:
    """The slots of the columns whose documents are no more."""
    return _slots(searcher, _has("gone"))


def _slots(searcher: tantivy.Searcher, query: tantivy.Query) -> list[int]:
    many = searcher.search(query, 1).count
    return (
        searcher.fast_field_values("slot", [address for _, address in searcher.search(query, many, count=False).hits])
        if many
        else []
    )


class Writer:
    """Adds and removes documents of one generation. Nothing is seen before `commit`. `create`: this is the build."""

    def __init__(self, path: Path, *, create: bool = False):
        self.path = path
        self.index = open_index(path, create=create)
        self.writer = self.index.writer(HEAP, 1)
        self.columns = ColumnsWriter(path) if create else None
        self.title_words: Counter[str] = Counter()

    def add(self, doc: Doc) -> None:
        entry, stems, cell = tantivy.Document(), [], cell_at(doc.point)
        if doc.row.kind != "occupation":
            stems = stems_of(doc.title) * documents.TITLE_TIMES + stems_of(doc.text)
            entry.add_text("text", " ".join(stems))
            self.title_words.update(split(doc.title))
        entry.add_text("id", doc.id)
        for code in doc.row.rome:
            entry.add_text("rome", code)
        entry.add_unsigned("kind", KIND_NUMBER[doc.row.kind])
        entry.add_unsigned("listed", int(doc.listed))
        for name, numbers in doc.facets.items():
            for number in numbers:
                entry.add_unsigned(name, number)
        entry.add_integer("day", doc.day)
        entry.add_integer("starts", doc.starts)
        if self.columns:
            entry.add_unsigned("slot", self.columns.add(doc, stems, cell))
        else:
            self._add_fresh(entry, doc, cell)
        self.writer.add_document(entry)

    def _add_fresh(self, entry: tantivy.Document, doc: Doc, cell: int) -> None:
        latitude, longitude = doc.point if isinstance(doc.point, tuple) else (math.nan, math.nan)
        entry.add_float("latitude", latitude)
        entry.add_float("longitude", longitude)
        entry.add_unsigned("cell", cell)
        entry.add_unsigned("signature", signature(doc.row.kind, doc.listed, doc.facets))
        entry.add_unsigned("fresh", 1)
        entry.add_bytes("row", encode_row(doc.row))

    def remove(self, field: str, values: list) -> None:
        """Whatever holds one of these values, whether the build saw it or it came since."""
        searcher = self.index.searcher()
        # By a query: `delete_documents_by_term` does not find numbers (tantivy 0.27).
        held = tantivy.Query.term_set_query(SCHEMA, field, values)
        for slot in _slots(searcher, _both(held, but=_has("fresh"))):
            entry = tantivy.Document()
            entry.add_unsigned("gone", 1)
            entry.add_unsigned("slot", slot)
            self.writer.add_document(entry)
        self.writer.delete_documents_by_query(held)

    def save_understood(self) -> None:
        words = {word: count for word, count in self.title_words.items() if len(word) > 3}
        write_file(self.path / "jobs.msgpack", msgspec.msgpack.encode(Understood(documents.source_of_jobs(), words)))

    def commit(self) -> int:
        """Returns how many documents there are."""
        if self.columns:
            self.columns.save()
        self.writer.commit()
        self.index.reload()
        searcher = self.index.searcher()
        return searcher.num_docs - searcher.search(_has("gone"), 1).count

    def give_up(self) -> None:
        """As if nothing had been added or removed since the last commit."""
        self.writer.rollback()

    def changed(self) -> int:
        """How many documents came since the build."""
        return self.index.searcher().search(_has("fresh"), 1).count

    def close(self) -> None:
        self.writer.wait_merging_threads()
