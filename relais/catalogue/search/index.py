"""The index of this node: built whole beside the old one, swapped by renaming one small file, then kept fresh (see generation.py).

One process of the node writes (the worker, or `relais index`); any number read. A reader that opened a generation keeps it.
"""

import contextlib
import logging
import shutil
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable

import msgspec
from django.db import connection
from django.db.models import BooleanField
from django.db.models.expressions import RawSQL

from relais.foundation.database.patience import at_length

from ..models import SearchChange, Structure
from . import documents
from .documents import Doc
from .facets import KIND_NUMBER
from .generation import (
    FORMAT,
    BuildRunning,
    Pointer,
    Understood,
    Writer,
    database_name,
    folder,
    locked,
    opens,
    read_pointer,
    write_file,
)

log = logging.getLogger(__name__)
READING = 3600
"""Seconds that one statement may take here: it reads whole tables."""
KEPT_FOR = 2 * 24 * 3600
"""Seconds for which changes are remembered. An index that did not look for half that time is rebuilt."""
FEW, TOO_MANY = 3000, 0.1
"""Changed documents that are always taken one by one, and the share of all beyond which the index is built again: it takes no
longer, and the columns, which searches near a place are fast from, hold them all again. A changed sheet brings back every occupation."""
AT_ONCE = 5000
"""Documents that one question to PostgreSQL names."""
FEW_MEANWHILE = 500
"""Changed documents of one transaction that an index about to be replaced still takes."""
Changes = set[tuple[str, str, int]]
"""(kind, key, transaction) of what was added, changed or removed."""


def _look() -> str:
    """The transactions that are seen now."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_snapshot()::text")
        return cursor.fetchone()[0]


def _oldest_open(snapshot: str) -> int:
    return int(snapshot.partition(":")[0])


@at_length(READING)
def build(*, progress: Callable[[int], None] = lambda _: None, docs: Iterable[Doc] | None = None) -> Pointer:
    """Build the whole index beside the one in use and swap them. Raises `BuildRunning`.

    What changes meanwhile is applied before the swap, so that nothing already visible disappears.
    """
    with locked("build.lock", wait=False):
        snapshot, started = _look(), time.time()
        generation = f"{time.time_ns():x}"
        path = folder() / generation
        path.mkdir()
        try:
            writer = Writer(path, create=True)
            for number, doc in enumerate(documents.everything() if docs is None else docs, 1):
                writer.add(doc)
                if not number % 2000:
                    progress(number)
            writer.save_understood()
            count = writer.commit()
            writer.close()
            pointer = Pointer(generation, FORMAT, database_name(), snapshot, started, documents=count)
            if docs is None:
                pointer = _caught_up(pointer)
            with locked("swap.lock", wait=True):
                write_file(folder() / "current", msgspec.json.encode(pointer))
        except BaseException:
            shutil.rmtree(path, ignore_errors=True)
            raise
        _forget_old(generation)
        return pointer


def _caught_up(pointer: Pointer) -> Pointer:
    """After what changed while it was built, however much it is: nothing that the old one shows may disappear. Moved places are left out.

    Where that was too much it still counts as behind, so that the next turn builds again.
    """
    updater = Updater(pointer)
    try:
        changes = updater.look()
        if not any(kind == "place" for kind, *_ in changes):
            is_too_much = updater.is_too_much(changes)
            updater.apply(changes)
            if not is_too_much:
                updater.keep_up()
        return updater.pointer
    finally:
        updater.close()


def _forget_old(current: str) -> None:
    """All but the one in use and the one before it, which a reader may be opening."""
    old = sorted(path for path in folder().iterdir() if path.is_dir() and path.name != current)
    for path in old[:-1]:
        shutil.rmtree(path, ignore_errors=True)


class Updater:
    """Applies to one generation what changed since its last look. Kept between looks: opening a writer costs more than a change.

    `pointer` says what it holds; it is not written.
    """

    def __init__(self, pointer: Pointer):
        self.pointer = pointer
        self.seen = pointer.snapshot
        """What the last look saw: later than the pointer's while something is left out."""
        self.writer: Writer | None = None

    def look(self) -> Changes:
        """What changed since the last look."""
        before, self.seen = self.seen, _look()
        known = RawSQL(
            "pg_visible_in_snapshot(xid::text::xid8, %s::pg_snapshot)", [before], output_field=BooleanField()
        )
        changes = SearchChange.objects.filter(xid__gte=_oldest_open(before)).annotate(known=known).filter(known=False)
        return set(changes.order_by().values_list("kind", "key", "xid"))

    def is_too_much(self, changes: Changes) -> bool:
        """Whether it is better to build another one."""
        if any(kind == "place" for kind, *_ in changes):
            return True
        many = len({(kind, key) for kind, key, _ in changes})
        return many > 0 and self._open().changed() + many > max(FEW, TOO_MANY * self.pointer.documents)

    def apply(self, changes: Changes) -> bool:
        """Returns whether there is something new to open."""
        if changes:
            writer = self._open()
            try:
                self._apply(changes)
            except BaseException:
                writer.give_up()
                raise
            self.pointer = msgspec.structs.replace(
                self.pointer, documents=self.writer.commit(), commit=self.pointer.commit + 1
            )
        return bool(changes)

    def keep_up(self) -> None:
        """All that was seen is held."""
        self.pointer = msgspec.structs.replace(self.pointer, snapshot=self.seen, at=time.time())

    def go_back(self) -> None:
        """Look again from where all was held."""
        self.seen = self.pointer.snapshot

    def _open(self) -> Writer:
        if self.writer is None:
            self.writer = Writer(folder() / self.pointer.generation)
        return self.writer

    def _apply(self, changes: Changes) -> None:
        if any(kind == "occupation" for kind, *_ in changes):
            self.writer.remove("kind", [KIND_NUMBER["occupation"]])
            self._add(documents.occupations())
            self._keep_words()
        for kind, make in (("offer", documents.offers), ("training", documents.trainings)):
            keys = list({int(key) for changed, key, _ in changes if changed == kind})
            for start in range(0, len(keys), AT_ONCE):
                some = keys[start : start + AT_ONCE]
                self.writer.remove("id", [f"{kind}:{key}" for key in some])
                self._add(make(id__in=some))
        if keys := {key for kind, key, _ in changes if kind == "structure"}:
            # A point that opens or closes may hide or show the agencies beside it.
            keys |= {
                str(key)
                for key in Structure.objects.filter(kind=Structure.Kind.AGENCY).order_by().values_list("pk", flat=True)
            }
            self.writer.remove("id", [f"structure:{key}" for key in keys])
            self._add(documents.structures(pk__in=keys))

    def _add(self, docs: Iterable[Doc]) -> None:
        for doc in docs:
            self.writer.add(doc)

    def _keep_words(self) -> None:
        known = msgspec.msgpack.decode((self.writer.path / "jobs.msgpack").read_bytes(), type=Understood)
        self.writer.title_words.update(known.words)
        self.writer.save_understood()

    def close(self) -> None:
        if self.writer is not None:
            self.writer.close()


def _few(changes: Changes) -> Changes:
    """What an index about to be replaced still takes: an import waits for the next one, what somebody does by hand is seen."""
    many = Counter(transaction for *_, transaction in changes)
    return {change for change in changes if many[change[2]] <= FEW_MEANWHILE and change[0] != "place"}


class Keeper:
    """What the worker does at each turn: keep the index of this node fresh, build it when there is none that fits."""

    def __init__(self, *, in_background: bool = False):
        """`in_background`: an index with too many changes goes on answering, and taking a few, while the next one is built."""
        self.in_background = in_background
        self.updater: Updater | None = None
        self.builder: threading.Thread | None = None

    @at_length(READING)
    def turn(self) -> Pointer | None:
        """Returns the pointer when readers have something new to open."""
        if self.builder is not None and not self.builder.is_alive():
            self.builder = None
        pointer = read_pointer()
        try:
            if pointer is None or not opens(folder() / pointer.generation) or not self._follows(pointer):
                return self._rebuild()
            if self.builder is None:
                # What a look that failed saw, or a build that failed was to hold, is seen again.
                self.updater.go_back()
            changes = self.updater.look()
            if self.builder is None and self.updater.is_too_much(changes):
                if not self.in_background:
                    return self._rebuild()
                self.builder = threading.Thread(target=_build_beside, name="index", daemon=True)
                self.builder.start()
            is_new = self.updater.apply(changes if self.builder is None else _few(changes))
            if self.builder is None:
                self.updater.keep_up()
        except (ValueError, OSError):
            # Whatever is wrong with a derived thing, it is made again from what it derives from.
            return self._rebuild()
        if not is_new and self.updater.pointer.snapshot == pointer.snapshot:
            return None
        with locked("swap.lock", wait=True):
            now = read_pointer()
            if now is not None and now.generation == pointer.generation:
                write_file(folder() / "current", msgspec.json.encode(self.updater.pointer))
        return self.updater.pointer if is_new else None

    def _follows(self, pointer: Pointer) -> bool:
        """Whether what changed since is still remembered."""
        if self.updater is None or self.updater.pointer.generation != pointer.generation:
            self._leave()
            self.updater = Updater(pointer)
        held = self.updater.pointer
        return time.time() - held.at <= KEPT_FOR / 2 and _oldest_open(held.snapshot) <= _oldest_open(_look())

    def _rebuild(self) -> Pointer | None:
        if self.builder is not None:
            return None
        self._leave()
        with contextlib.suppress(BuildRunning):
            return build()

    def _leave(self) -> None:
        if self.updater is not None:
            updater, self.updater = self.updater, None
            with contextlib.suppress(ValueError, OSError):
                updater.close()


def _build_beside() -> None:
    try:
        build()
    except BuildRunning:
        pass
    except Exception:
        # The next turn finds the index as far behind as it was, and begins again.
        log.exception("The search index could not be built again")
    finally:
        connection.close()
