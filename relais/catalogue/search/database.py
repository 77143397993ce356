"""Answers from PostgreSQL while this node has no index: slower, on titles and occupations only, with the same counts."""

from collections import Counter
from datetime import date
from functools import lru_cache

import numpy as np
from django.contrib.postgres.search import SearchQuery, SearchVector
from django.db.models import Q

from ..models import JobOffer, Occupation, Training
from . import documents
from .documents import EVERYWHERE, Doc, days
from .facets import CHOSEN, CODED, DATE, KINDS, counted_radii
from .occupation_matching import Found, Jobs, jobs_of
from .places import great_circle_km
from .query import PAGE, Answer, Question, Result, codes_meant, empty_facets, jobs_meant, reasons
from .text import CHATTER, stems_of, words

MOST = 5000
"""Offers or trainings that are looked at, the newest: a page that is late is worth more than none."""


def answer(question: Question) -> Answer:
    found = jobs_meant(jobs(), question)
    docs = list(_candidates(question, found))
    points = np.array([doc.point if isinstance(doc.point, tuple) else (np.nan, np.nan) for doc in docs]).reshape(-1, 2)
    place = question.commune
    far = great_circle_km(place.latitude, place.longitude, points) if place else np.full(len(docs), np.nan)
    pairs = list(zip(docs, far.tolist(), strict=True))
    kinds, facets, distances = _counts(question, pairs)
    kept = [pair for pair in pairs if _fits(question, *pair)]
    kept.sort(key=lambda pair: _rank(question, found, *pair))
    shown = []
    for doc, distance in kept[question.first : question.first + PAGE]:
        whole = round(distance) if distance == distance else None
        shown.append(Result(row=doc.row, why=reasons(doc.row, question, found, whole), distance_km=whole))
    return Answer(
        results=shown, total=len(kept), kinds=kinds, facets=facets, distances=distances, understood=found, is_slow=True
    )


def jobs() -> Jobs:
    """Read again when a sheet changed."""
    return _jobs(tuple(Occupation.objects.active().order_by("slug").values_list("digest", flat=True)))


@lru_cache(maxsize=1)
def _jobs(digests: tuple[str, ...]) -> Jobs:
    return jobs_of(documents.source_of_jobs())


def suggestions(text: str, limit: int = 8) -> list[str]:
    return jobs().complete(text, limit)


def _candidates(question: Question, found: list[Found]):
    asked = question.text.strip()
    meant = {(one.slug or one.code) for one in found}
    for doc in documents.occupations():
        if doc.id.partition(":")[2] in meant or (not asked and not question.rome and doc.listed):
            yield doc
    typed = [word for word in words(question.text) if word not in CHATTER]
    codes = list(codes_meant(found))
    for model, make, of_codes in (
        (JobOffer, documents.offers, Q(rome__in=codes)),
        (Training, documents.trainings, Q(rome__overlap=codes)),
    ):
        rows = model.objects.current()
        if asked:
            query = SearchQuery(" ".join(typed), config="french") if typed else None
            rows = rows.annotate(title_words=SearchVector("title", config="french"))
            rows = rows.filter((Q(title_words=query) if query else Q()) | of_codes)
        if question.rome:
            rows = rows.filter(Q(rome=question.rome) if model is JobOffer else Q(rome__contains=[question.rome]))
        if question.commune:
            # A square that surely holds the circle of the widest choice; the exact distance comes after.
            wide = (counted_radii(question.radius)[-1] + 1) / 111
            here = question.commune
            stretch = wide / max(0.1, float(np.cos(np.radians(here.latitude))))
            square = Q(
                latitude__range=(here.latitude - wide, here.latitude + wide),
                longitude__range=(here.longitude - stretch, here.longitude + stretch),
            )
            rows = rows.filter(square | Q(is_remote=True) if model is Training else square)
        yield from make(id__in=rows.order_by("-id").values_list("id", flat=True)[:MOST])
    if question.rome:
        return
    stems = {stem for word in typed for stem in stems_of(word)}
    for doc in documents.structures():
        if not asked or (stems and stems <= set(stems_of(f"{doc.title} {doc.row.place}"))):
            yield doc


def _in_circle(doc: Doc, distance: float, radius: float) -> bool:
    return doc.point == EVERYWHERE or distance <= radius


def _fits(question: Question, doc: Doc, distance: float, *, without: str = "") -> bool:
    if without != "kind" and question.kind and doc.row.kind != question.kind:
        return False
    if without != "distance" and question.commune and not _in_circle(doc, distance, question.radius):
        return False
    for facet in CHOSEN:
        values = [value for value in question.chosen.get(facet.name, ()) if value in facet.values]
        if values and facet.name != without and not any(_has(doc, facet, value) for value in values):
            return False
    return True


def _has(doc: Doc, facet, value: str) -> bool:
    if facet is DATE:
        return doc.day >= days(date.today()) - int(value)
    return facet.number(value) in doc.facets.get(facet.name, ())


def _counts(question: Question, pairs: list[tuple[Doc, float]]):
    def under(name):
        return [(doc, far) for doc, far in pairs if _fits(question, doc, far, without=name)]

    kinds = dict.fromkeys(KINDS, 0) | Counter(doc.row.kind for doc, _ in under("kind"))
    facets = empty_facets()
    for facet in CODED:
        names = list(facet.values)
        facets[facet.name] |= Counter(
            names[number] for doc, _ in under(facet.name) for number in doc.facets.get(facet.name, ())
        )
    facets["date"] = {value: sum(_has(doc, DATE, value) for doc, _ in under("date")) for value in DATE.values}
    around = under("distance") if question.commune else []
    return (
        kinds,
        facets,
        {
            radius: sum(_in_circle(doc, far, radius) for doc, far in around)
            for radius in (counted_radii(question.radius) if question.commune else ())
        },
    )


def _rank(question: Question, found: list[Found], doc: Doc, distance: float):
    """Occupations as understood, then what is near or new."""
    far = distance if distance == distance else 9999
    if question.sort == "distance" or (question.commune and not question.text.strip()):
        return far, doc.id
    if question.sort == "date" or not question.text.strip():
        return -doc.day, doc.id
    if doc.row.kind == "occupation":
        name = doc.id.partition(":")[2]
        return 0, next((place for place, one in enumerate(found) if name in (one.slug, one.code)), 99), doc.id
    return 1, far, doc.id
