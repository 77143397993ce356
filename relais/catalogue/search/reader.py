"""Answers from the index of this node: tantivy finds; numpy measures distances and counts around a place."""

import gc
import threading
from datetime import date
from itertools import accumulate
from math import ceil
from pathlib import Path

import msgspec
import numpy as np
import tantivy
from tantivy import Occur, Query

from .asking import PAGE, Answer, Question, Result, codes_meant, empty_facets, jobs_meant, reasons
from .documents import Row, days
from .facets import BIT_OF, CHOSEN, CODED, DATE, DAY_BITS, KIND_BITS, KIND_NUMBER, KINDS, POINT_BITS, RADII
from .index import SCHEMA, Understood, folder, open_index, read_pointer
from .jobs import Found, Jobs
from .places import EVERYWHERE, Places, great_circle_km
from .spelling import Speller
from .text import CHATTER, stem, words

NEARNESS = 0.35
"""What a result at the edge of the circle loses of its weight: of two that answer as well, the nearer first."""
MOST_AT_ONCE = 3000
"""Documents near a place that are read with the count; most questions have fewer."""
_decode_row = msgspec.json.Decoder(Row).decode


class NoIndex(Exception):
    """This node has no index that can be read."""


class Snapshot:
    """One commit of one generation, opened: what it answers does not change."""

    def __init__(self, path: Path, jobs: Jobs, speller: Speller, places: dict[tuple, Places]):
        self.index = open_index(path)
        self.index.config_reader("manual")
        self.index.reload()
        self.searcher = self.index.searcher()
        # After the searcher: places are written before the documents that stand there.
        self.places = _places(path / "points.npy", places)
        self.jobs, self.speller = jobs, speller


def _seen_file(file: Path) -> tuple:
    """What tells a file from the one that replaces it."""
    status = file.stat()
    return str(file), status.st_mtime_ns, status.st_ino


def _places(file: Path, known: dict[tuple, Places]) -> Places:
    """The places of this file; those in `known` when it has not changed."""
    seen = _seen_file(file)
    if seen not in known:
        found = Places(np.load(file))
        known.clear()
        known[seen] = found
    return known[seen]


class Reader:
    """The open index of this process, opened again when the pointer says that there is something new."""

    def __init__(self, *, in_background: bool = True):
        """`in_background`: what takes long to open (another generation, changed sheets) is, while the old one goes on answering."""
        self.in_background = in_background
        self._lock = threading.Lock()
        self._seen: tuple | None = None
        self._opened: tuple | None = None
        self._understood: tuple[tuple, Jobs, Speller] | None = None
        self._places: dict[tuple, Places] = {}
        self._snapshot: Snapshot | None = None

    def snapshot(self) -> Snapshot:
        """Raises `NoIndex`."""
        try:
            seen = _seen_file(folder() / "current")
        except OSError:
            raise NoIndex from None
        snapshot = self._snapshot
        if snapshot is None:
            with self._lock:
                if self._snapshot is None:
                    self._open()
                    self._seen = seen
                snapshot = self._snapshot
        elif seen != self._seen and self._lock.acquire(blocking=False):
            self._seen = seen
            if self.in_background and not self._is_quick():
                threading.Thread(target=self._open_later, name="index", daemon=True).start()
            else:
                self._open_later()
                snapshot = self._snapshot
        if snapshot is None:
            raise NoIndex
        return snapshot

    def _open_later(self) -> None:
        """The lock is held, and left."""
        try:
            self._open()
        except NoIndex:
            self._snapshot = None
        finally:
            self._lock.release()

    def _is_quick(self) -> bool:
        """Whether what is understood, which takes a second to build, is the same as before."""
        try:
            pointer = read_pointer()
            return pointer is None or self._understood is None or self._understood[0] == _seen_file(folder() / pointer.generation / "jobs.msgpack")
        except OSError:
            return False

    def _open(self) -> None:
        for _ in range(3):
            pointer = read_pointer()
            if pointer is None:
                self._snapshot = None
                raise NoIndex
            opened = (pointer.generation, pointer.commit)
            if opened == self._opened and self._snapshot is not None:
                return
            try:
                path = folder() / pointer.generation
                self._snapshot = Snapshot(path, *self._read_understood(path), self._places)
                self._opened = opened
                return
            except (OSError, ValueError, msgspec.DecodeError):
                # Swapped between the pointer and the files: the next pointer is already there. Damaged: it is not.
                self._snapshot = None
        raise NoIndex

    def _read_understood(self, path: Path) -> tuple[Jobs, Speller]:
        file = path / "jobs.msgpack"
        seen = _seen_file(file)
        if self._understood is None or self._understood[0] != seen:
            known = msgspec.msgpack.decode(file.read_bytes(), type=Understood)
            jobs = Jobs(known.source)
            gc.unfreeze()
            self._understood = (seen, jobs, Speller(jobs.speller.weights | known.words))
            # Millions of words that stay: looked at again by each full collection, they stopped a search for 0.1 s now and then.
            gc.collect()
            gc.freeze()
        return self._understood[1:]


reader = Reader()


def answer(question: Question) -> Answer:
    """Raises `NoIndex`."""
    return _Search(reader.snapshot(), question).answer()


def _term(field: str, value) -> Query:
    return Query.term_query(SCHEMA, field, value, "freq" if field == "text" else "basic")


def _all(*queries: Query) -> Query:
    return Query.boolean_query([(Occur.Must, query) for query in queries]) if len(queries) > 1 else queries[0]


def _any(queries: list[Query]) -> Query:
    return Query.boolean_query([(Occur.Should, query) for query in queries]) if len(queries) > 1 else queries[0]


def _silent(query: Query) -> Query:
    """The same documents, without weight."""
    return Query.const_score_query(query, 0.0)


class _Search:
    """One question put to one snapshot."""

    def __init__(self, snapshot: Snapshot, question: Question):
        self.snapshot, self.searcher, self.question = snapshot, snapshot.searcher, question
        self.found = jobs_meant(snapshot.jobs, question)
        self.words = self._words()

    def answer(self) -> Answer:
        counts, hits = (self._near if self.question.commune else self._anywhere)()
        kinds, facets, distances, total = counts
        results = [self._result(self._row(address), distance) for address, distance in hits]
        return Answer(results=results, total=total, kinds=kinds, facets=facets, distances=distances, understood=self.found)

    # --- what is looked for

    def _words(self) -> Query:
        question = self.question
        if question.rome and not question.text.strip():
            return Query.boost_query(_term("rome", question.rome), 1.0)
        if not question.text.strip():
            return _silent(_term("listed", 1))
        clauses = []
        for one in self.found:
            clauses.append(Query.const_score_query(_term("id", f"occupation:{one.slug or one.code}"), 1000 * one.score))
        others = []
        if text := self._text():
            others.append(text)
        named = bool(self.found and self.found[0].named)
        for code, weight in codes_meant(self.found).items():
            others.append(Query.const_score_query(_term("rome", code), (12 if named else 5) * weight))
        if others:
            not_jobs = [(Occur.Must, _any(others)), (Occur.MustNot, _term("kind", KIND_NUMBER["occupation"]))]
            clauses.append(Query.boolean_query(not_jobs))
        found = _any(clauses) if clauses else Query.empty_query()
        return _all(found, _silent(_term("rome", question.rome))) if question.rome else found

    def _text(self) -> Query | None:
        typed = words(self.question.text)
        weighty = [word for word in typed if word not in CHATTER] or typed
        if not weighty:
            return None
        clauses = [self._word(word, last=word == typed[-1]) for word in weighty]
        if len(clauses) < 4:
            return _all(*clauses)
        return Query.boolean_query([(Occur.Should, clause) for clause in clauses], minimum_number_should_match=ceil(0.7 * len(clauses)))

    def _word(self, word: str, *, last: bool) -> Query:
        """A word as typed; when nobody ever wrote it, what it may stand for."""
        one = stem(word)
        if self.searcher.doc_freq("text", one) > 2:
            return _term("text", one)
        close = list(dict.fromkeys([one, *(stem(found) for found in self.snapshot.speller.correct(word))]))
        if last and len(word) > 1:
            close += [longer for longer, _ in self.searcher.terms_with_prefix("text", word, limit=10)]
        return _any([_term("text", found) for found in dict.fromkeys(close)])

    # --- in the whole country: tantivy filters, counts and sorts

    def _anywhere(self):
        filters = {facet.name: query for facet in CHOSEN if (query := self._chosen(facet)) is not None}
        if self.question.kind:
            filters["kind"] = _term("kind", KIND_NUMBER[self.question.kind])
        kinds, facets = self._aggregate(filters)
        total = sum(count for kind, count in kinds.items() if self.question.kind in ("", kind))
        addresses = self._page(_all(self.words, *map(_silent, filters.values()))) if self.question.first < total else []
        return (kinds, facets, {}, total), [(address, None) for address in addresses]

    def _chosen(self, facet) -> Query | None:
        values = _values(self.question, facet)
        if not values:
            return None
        if facet is DATE:
            return _since(days(date.today()) - max(map(int, values)))
        return _any([_term(facet.name, facet.number(value)) for value in values])

    def _aggregate(self, filters: dict[str, Query]):
        """Counts of each facet under all the other choices. What is not chosen is counted at once; each choice, once more."""
        wanted = {facet.name: {"terms": {"field": facet.name, "size": 20}} for facet in CODED}
        since = days(date.today())
        # Ranges may not overlap: each is counted by itself, then added to the newer ones.
        ends = [since + 100_000, *(since - int(value) for value in DATE.values)]
        ranges = [{"key": value, "from": start, "to": end} for value, end, start in zip(DATE.values, ends[:-1], ends[1:], strict=True)]
        wanted["date"] = {"range": {"field": "day", "ranges": ranges}}
        wanted["kind"] = {"terms": {"field": "kind", "size": 10}}
        told = self.searcher.aggregate(_all(self.words, *map(_silent, filters.values())), {name: what for name, what in wanted.items() if name not in filters})
        for name in filters:
            others = [_silent(query) for other, query in filters.items() if other != name]
            told |= self.searcher.aggregate(_all(self.words, *others), {name: wanted[name]})
        facets = empty_facets()
        for facet in CODED:
            names = list(facet.values)
            facets[facet.name] |= {names[int(bucket["key"])]: bucket["doc_count"] for bucket in told[facet.name]["buckets"]}
        fresh = {bucket["key"]: bucket["doc_count"] for bucket in told["date"]["buckets"]}
        facets["date"] = dict(zip(DATE.values, accumulate(fresh[value] for value in DATE.values), strict=True))
        names = list(KINDS)
        return dict.fromkeys(KINDS, 0) | {names[int(bucket["key"])]: bucket["doc_count"] for bucket in told["kind"]["buckets"]}, facets

    def _page(self, query: Query) -> list:
        """The addresses of one page, in the order asked."""
        if _by_date(self.question) and self.question.kind == "training":
            # The next to begin first; those that have begun or say no date, after.
            coming = Query.range_query(SCHEMA, "starts", tantivy.FieldType.Integer, lower_bound=days(date.today()))
            return self._by_field(query, coming, "starts", tantivy.Order.Asc)
        if _by_date(self.question):
            return self._by_field(query, _since(1), "day", tantivy.Order.Desc)
        return [address for _, address in self.searcher.search(query, PAGE, count=False, offset=self.question.first).hits]

    def _by_field(self, query: Query, first: Query, field: str, order) -> list:
        """Those of `first` in the order of a field, then the others."""
        start = self.question.first
        dated = _all(query, _silent(first))
        many, addresses = self.searcher.search(dated, 1).count, []
        if start < many:
            hits = self.searcher.search(dated, PAGE, order_by_field=field, order=order, offset=start, count=False).hits
            addresses = [address for _, address in hits]
        if len(addresses) < PAGE:
            others = Query.boolean_query([(Occur.Must, query), (Occur.MustNot, first)])
            hits = self.searcher.search(others, PAGE - len(addresses), offset=max(0, start - many), count=False).hits
            addresses += [address for _, address in hits]
        return addresses

    # --- around a place: tantivy brings what may be near, numpy measures and counts

    def _near(self):
        question, commune = self.question, self.question.commune
        widest = max(question.radius, RADII[-1])
        cells = self.snapshot.places.touching(commune.latitude, commune.longitude, widest)
        query = _all(self.words, _silent(Query.term_set_query(SCHEMA, "cell", [EVERYWHERE, *cells])))
        found = self.searcher.search(query, MOST_AT_ONCE)
        hits = found.hits if found.count <= MOST_AT_ONCE else self.searcher.search(query, found.count, count=False).hits
        scores, addresses = [score for score, _ in hits], [address for _, address in hits]
        column = np.fromiter(self.searcher.fast_field_values("near", addresses), np.uint64, len(hits))
        points = (column & _mask(POINT_BITS)).astype(np.int64)
        far = great_circle_km(commune.latitude, commune.longitude, self.snapshot.places.points[points])
        fits = self._fitting(column, np.where(points == EVERYWHERE, 0.0, far))
        counts = self._count(column, fits, np.where(points == EVERYWHERE, 0.0, far))
        kept = np.flatnonzero(_under(fits))
        weights = np.fromiter(scores, np.float64, len(hits))
        order = kept[self._order(column[kept], points[kept], far[kept], weights[kept], lambda: [addresses[one] for one in kept.tolist()])]
        return (*counts, len(kept)), [(addresses[one], far[one]) for one in order[question.first : question.first + PAGE].tolist()]

    def _fitting(self, column: np.ndarray, far: np.ndarray) -> dict[str, np.ndarray]:
        """{choice: which of the documents it keeps}."""
        fits = {"distance": far <= self.question.radius}
        for facet in CHOSEN:
            if values := _values(self.question, facet):
                fits[facet.name] = np.any([_has(column, facet, value) for value in values], axis=0)
        if self.question.kind:
            fits["kind"] = _kind(column) == KIND_NUMBER[self.question.kind]
        return fits

    def _count(self, column: np.ndarray, fits: dict[str, np.ndarray], far: np.ndarray):
        facets = empty_facets()
        for facet in CHOSEN:
            here = column[_under(fits, without=facet.name)]
            facets[facet.name] = {value: int(np.count_nonzero(_has(here, facet, value))) for value in facet.values}
        by_kind = np.bincount(_kind(column[_under(fits, without="kind")]).astype(np.int64), minlength=len(KINDS))
        reached = far[_under(fits, without="distance")]
        distances = {radius: int(np.count_nonzero(reached <= radius)) for radius in RADII}
        return dict(zip(KINDS, by_kind.tolist(), strict=True)), facets, distances

    def _order(self, column: np.ndarray, points: np.ndarray, far: np.ndarray, scores: np.ndarray, addresses) -> np.ndarray:
        question = self.question
        # What is everywhere comes after what is near, and before nothing when it answers better.
        if question.sort == "distance" or (question.sort == "relevance" and not question.text.strip()):
            return np.lexsort((-scores, np.where(points == EVERYWHERE, np.inf, far)))
        if question.sort == "date" and question.kind == "training":
            starts = np.array(self.searcher.fast_field_values("starts", addresses()), dtype=np.int64)
            return np.lexsort((far, np.where(starts < days(date.today()), 1 << 40, starts)))
        if question.sort == "date":
            return np.lexsort((far, -_day(column)))
        closeness = 1 - NEARNESS * np.minimum(np.nan_to_num(far, nan=0.0) / question.radius, 1)
        return np.argsort(-scores * closeness, kind="stable")

    # --- what is shown

    def _row(self, address) -> Row:
        return _decode_row(bytes(self.searcher.doc(address)["row"][0]))

    def _result(self, row: Row, far: float | None) -> Result:
        distance = None if far is None or far != far else round(far)
        return Result(row=row, why=reasons(row, self.question, self.found, distance), distance_km=distance)


def _by_date(question: Question) -> bool:
    return question.sort == "date" or (question.sort == "relevance" and not question.text.strip() and not question.rome)


def _since(day: int) -> Query:
    return Query.range_query(SCHEMA, "day", tantivy.FieldType.Integer, lower_bound=day)


def _values(question: Question, facet) -> list[str]:
    return [value for value in question.chosen.get(facet.name, ()) if value in facet.values]


def _mask(bits: int) -> np.uint64:
    return np.uint64((1 << bits) - 1)


def _day(column: np.ndarray) -> np.ndarray:
    return ((column >> np.uint64(POINT_BITS)) & _mask(DAY_BITS)).astype(np.int64)


def _kind(column: np.ndarray) -> np.ndarray:
    return (column >> np.uint64(POINT_BITS + DAY_BITS)) & _mask(KIND_BITS)


def _has(column: np.ndarray, facet, value: str) -> np.ndarray:
    if facet is DATE:
        return _day(column) >= days(date.today()) - int(value)
    return (column >> np.uint64(BIT_OF[facet.name, value])) & np.uint64(1) == 1


def _under(fits: dict[str, np.ndarray], *, without: str = "") -> np.ndarray:
    """What all the choices keep together, one of them left out."""
    return np.logical_and.reduce([kept for name, kept in fits.items() if name != without] or [np.ones_like(fits["distance"])])


def suggestions(text: str, limit: int = 8) -> list[str]:
    """Names of jobs to go on with, from the second letter on. Raises `NoIndex`."""
    return reader.snapshot().jobs.complete(text, limit)


def understand(text: str) -> list[Found]:
    """Raises `NoIndex`."""
    return reader.snapshot().jobs.understand(text)
