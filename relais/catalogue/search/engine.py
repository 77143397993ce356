"""One question, answered: tantivy finds, counts and sorts in the whole country; around a place the columns do (see `columns`)."""

from datetime import date
from itertools import accumulate
from math import ceil
from pathlib import Path

import numpy as np
import tantivy
from tantivy import Occur, Query

from .documents import Row, days
from .facet_counts import Around, Signatures
from .facets import CHOSEN, CODED, DATE, KIND_NUMBER, KINDS, counted_radii
from .generation import SCHEMA, gone, open_index
from .geo_columns import Columns, Wanted, decode_row
from .occupation_matching import Jobs
from .places import EVERYWHERE, apart, cells, km_of, on_sphere, spans
from .query import PAGE, Answer, Question, Result, codes_meant, empty_facets, jobs_meant, reasons
from .spelling import Speller
from .text import CHATTER, stem, words

MOST_AT_ONCE = 300
"""Changed documents near a place that are read with their count; most questions have fewer."""


class Snapshot:
    """One commit of one generation, opened: what it answers does not change."""

    def __init__(self, path: Path, jobs: Jobs, speller: Speller, columns: Columns):
        self.index = open_index(path)
        self.index.config_reader("manual")
        self.index.reload()
        self.searcher = self.index.searcher()
        self.jobs, self.speller = jobs, speller
        self.columns, self.signatures, self.signature = columns, Signatures(columns.signatures), columns.signature
        self.is_changed = self.searcher.doc_freq("fresh", 1) > 0
        if slots := gone(self.searcher):
            self.signature = columns.signature.copy()
            self.signature[columns.place[slots]] = 0


def _term(field: str, value) -> Query:
    return Query.term_query(SCHEMA, field, value, "freq" if field == "text" else "basic")


def _all(*queries: Query) -> Query:
    return Query.boolean_query([(Occur.Must, query) for query in queries]) if len(queries) > 1 else queries[0]


def _any(queries: list[Query]) -> Query:
    return Query.boolean_query([(Occur.Should, query) for query in queries]) if len(queries) > 1 else queries[0]


def _silent(query: Query) -> Query:
    """The same documents, without weight."""
    return Query.const_score_query(query, 0.0)


class Search:
    """One question put to one snapshot."""

    def __init__(self, snapshot: Snapshot, question: Question):
        self.snapshot, self.searcher, self.question = snapshot, snapshot.searcher, question
        self.found = jobs_meant(snapshot.jobs, question)
        self.wanted = self._wanted()

    def answer(self) -> Answer:
        counts, shown = (self._near if self.question.commune else self._anywhere)()
        kinds, facets, distances, total = counts
        results = [self._result(row, distance) for row, distance in shown]
        return Answer(
            results=results, total=total, kinds=kinds, facets=facets, distances=distances, understood=self.found
        )

    # --- what is looked for

    def _wanted(self) -> Wanted | None:
        """None when no word is asked for."""
        question = self.question
        if not question.text.strip():
            return Wanted({}, [], 0, {}, question.rome) if question.rome else None
        jobs = {f"occupation:{one.slug or one.code}": 1000 * one.score for one in self.found}
        typed = words(question.text)
        weighty = [word for word in typed if word not in CHATTER] or typed
        stems = [self._stems(word, last=word == typed[-1]) for word in weighty]
        named = bool(self.found and self.found[0].named)
        codes = {code: (12 if named else 5) * weight for code, weight in codes_meant(self.found).items()}
        return Wanted(jobs, stems, len(stems) if len(stems) < 4 else ceil(0.7 * len(stems)), codes, question.rome)

    def _stems(self, word: str, *, last: bool) -> list[str]:
        """A word as typed; when nobody ever wrote it, what it may stand for."""
        one = stem(word)
        if self.searcher.doc_freq("text", one) > 2:
            return [one]
        close = [one, *(stem(found) for found in self.snapshot.speller.correct(word))]
        if last and len(word) > 1:
            close += [longer for longer, _ in self.searcher.terms_with_prefix("text", word, limit=10)]
        return list(dict.fromkeys(close))

    def _words(self) -> Query:
        """What is wanted, said to tantivy."""
        wanted = self.wanted
        if wanted is None:
            return _silent(_term("listed", 1))
        if not (wanted.jobs or wanted.words or wanted.codes):
            return Query.boost_query(_term("rome", wanted.rome), 1.0) if wanted.rome else Query.empty_query()
        jobs = [Query.const_score_query(_term("id", identity), weight) for identity, weight in wanted.jobs.items()]
        others = [Query.const_score_query(_term("rome", code), weight) for code, weight in wanted.codes.items()]
        if wanted.words:
            clauses = [(Occur.Should, _any([_term("text", one) for one in stems])) for stems in wanted.words]
            others.append(Query.boolean_query(clauses, minimum_number_should_match=wanted.least))
        if others:
            jobs.append(
                Query.boolean_query(
                    [(Occur.Must, _any(others)), (Occur.MustNot, _term("kind", KIND_NUMBER["occupation"]))]
                )
            )
        return _all(_any(jobs), _silent(_term("rome", wanted.rome))) if wanted.rome else _any(jobs)

    # --- in the whole country: tantivy filters, counts and sorts

    def _anywhere(self):
        filters = {facet.name: query for facet in CHOSEN if (query := self._chosen(facet)) is not None}
        if self.question.kind:
            filters["kind"] = _term("kind", KIND_NUMBER[self.question.kind])
        self.words = self._words()
        kinds, facets = self._aggregate(filters)
        total = sum(count for kind, count in kinds.items() if self.question.kind in ("", kind))
        addresses = self._page(_all(self.words, *map(_silent, filters.values()))) if self.question.first < total else []
        return (kinds, facets, {}, total), [(row, None) for row in self._rows(addresses)]

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
        ranges = [
            {"key": value, "from": start, "to": end}
            for value, end, start in zip(DATE.values, ends[:-1], ends[1:], strict=True)
        ]
        wanted["date"] = {"range": {"field": "day", "ranges": ranges}}
        wanted["kind"] = {"terms": {"field": "kind", "size": 10}}
        told = self.searcher.aggregate(
            _all(self.words, *map(_silent, filters.values())),
            {name: what for name, what in wanted.items() if name not in filters},
        )
        for name in filters:
            others = [_silent(query) for other, query in filters.items() if other != name]
            told |= self.searcher.aggregate(_all(self.words, *others), {name: wanted[name]})
        facets = empty_facets()
        for facet in CODED:
            names = list(facet.values)
            facets[facet.name] |= {
                names[int(bucket["key"])]: bucket["doc_count"] for bucket in told[facet.name]["buckets"]
            }
        fresh = {bucket["key"]: bucket["doc_count"] for bucket in told["date"]["buckets"]}
        facets["date"] = dict(zip(DATE.values, accumulate(fresh[value] for value in DATE.values), strict=True))
        names = list(KINDS)
        return dict.fromkeys(KINDS, 0) | {
            names[int(bucket["key"])]: bucket["doc_count"] for bucket in told["kind"]["buckets"]
        }, facets

    def _page(self, query: Query) -> list:
        """The addresses of one page, in the order asked."""
        if _by_date(self.question) and self.question.kind == "training":
            # The next to begin first; those that have begun or say no date, after.
            coming = Query.range_query(SCHEMA, "starts", tantivy.FieldType.Integer, lower_bound=days(date.today()))
            return self._by_field(query, coming, "starts", tantivy.Order.Asc)
        if _by_date(self.question):
            return self._by_field(query, _since(1), "day", tantivy.Order.Desc)
        return [
            address for _, address in self.searcher.search(query, PAGE, count=False, offset=self.question.first).hits
        ]

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

    # --- around a place: numpy finds, measures and counts in the columns; tantivy adds what changed since

    def _near(self):
        question, columns, here = self.question, self.snapshot.columns, self.question.commune
        widest = counted_radii(question.radius)[-1]
        found, scores = columns.find(self.wanted, here.latitude, here.longitude, widest)
        far = apart(here.latitude, here.longitude, columns.sphere.take(found, axis=0))
        around = Around(
            far, columns.day.take(found), scores, self.snapshot.signature.take(found), self.snapshot.signatures
        )
        fresh = []
        if self.snapshot.is_changed:
            around, fresh = self._with_fresh(around, widest)
        kept, counts = around.choose(question, all_listed=self.wanted is None)
        shown = around.page(kept, question, lambda some: self._starts(some, found, fresh))
        built = shown < len(found)
        old = iter(columns.read(columns.slot.take(found[shown[built]])))
        rows = [
            next(old) if is_built else self._row(fresh[one - len(found)])
            for one, is_built in zip(shown.tolist(), built.tolist(), strict=True)
        ]
        return (*counts, len(kept)), list(zip(rows, map(km_of, around.apart[shown].tolist()), strict=True))

    def _starts(self, some: np.ndarray, found: np.ndarray, fresh: list) -> np.ndarray:
        starts = self.snapshot.columns.starts.take(found)
        return (np.append(starts, self.searcher.fast_field_values("starts", fresh)) if fresh else starts)[some]

    def _with_fresh(self, around: Around, radius: float) -> tuple[Around, list]:
        """The same with what changed since the build, which comes last; the addresses of that."""
        here, known = self.question.commune, around.signatures.values
        touched = cells(spans(here.latitude, here.longitude, radius))
        near = _silent(Query.term_set_query(SCHEMA, "cell", [EVERYWHERE, *touched]))
        query = _all(self._words(), _silent(_term("fresh", 1)), near)
        found = self.searcher.search(query, MOST_AT_ONCE)
        hits = found.hits if found.count <= MOST_AT_ONCE else self.searcher.search(query, found.count, count=False).hits
        if not hits:
            return around, []
        addresses = [address for _, address in hits]
        latitude, longitude, day, signature = (
            np.array(self.searcher.fast_field_values(name, addresses))
            for name in ("latitude", "longitude", "day", "signature")
        )
        own, number = np.unique(signature.astype(np.uint32), return_inverse=True)
        far = apart(here.latitude, here.longitude, on_sphere(np.stack([latitude, longitude], axis=1)))
        fresh = (far, day, np.array([score for score, _ in hits], np.float32), number + len(known))
        old = (around.apart, around.day, around.score, around.signature)
        return Around(*map(np.concatenate, zip(old, fresh, strict=True)), Signatures(np.append(known, own))), addresses

    # --- what is shown

    def _rows(self, addresses: list) -> list[Row]:
        """Of what the build saw in the columns, of the rest in tantivy."""
        slots = self.searcher.fast_field_values("slot", addresses)
        built = iter(self.snapshot.columns.read(np.array([slot for slot in slots if slot is not None], np.int64)))
        return [
            self._row(address) if slot is None else next(built) for address, slot in zip(addresses, slots, strict=True)
        ]

    def _row(self, address) -> Row:
        return decode_row(bytes(self.searcher.doc(address)["row"][0]))

    def _result(self, row: Row, far: float | None) -> Result:
        distance = None if far is None or far != far else round(far)
        return Result(row=row, why=reasons(row, self.question, self.found, distance), distance_km=distance)


def _by_date(question: Question) -> bool:
    return question.sort == "date" or (question.sort == "relevance" and not question.text.strip() and not question.rome)


def _since(day: int) -> Query:
    return Query.range_query(SCHEMA, "day", tantivy.FieldType.Integer, lower_bound=day)


def _values(question: Question, facet) -> list[str]:
    return [value for value in question.chosen.get(facet.name, ()) if value in facet.values]
