"""Inside the house: fill the demonstration to a size, build its index, and put the same questions to it and to PostgreSQL.

`python -m bench.searching OFFERS TRAININGS STRUCTURES QUESTIONS` → JSON; see `main`.
"""

import json
import os
import random
import sys
from pathlib import Path
from time import perf_counter, process_time

import django

SEED, WARM = 7, 100
GREATEST = 500_000
"""Offers beyond which PostgreSQL is not asked: its tables alone would take longer than all the rest."""
TEXTS = (
    "aide soignante",
    "educateur specialise",
    "infirmier",
    "aide a domicile",
    "crèche",
    "nuit ehpad",
    "m'occuper de bébés",
    "orthofoniste",
    "kiné",
    "assistante sociale",
    "secrétaire médicale",
    "enfants handicap",
    "auxiliaire de vie",
    "formation aide soignant",
    "hopital",
    "clinique",
    "ambulancier",
    "moniteur educateur",
    "garde d'enfants",
    "aide soignate",
    "psychologue",
    "animateur personnes agées",
    "sage femme",
    "ash",
    "aes",
)
CHOSEN = (
    {"contract": ("CDI",), "no_diploma": ("oui",)},
    {"contract": ("CDI", "CDD"), "audience": ("enfants",)},
    {"level": ("4",), "apprenticeship": ("oui",)},
    {"contract": ("CDI",), "date": ("30",)},
    {"audience": ("personnes-agees",), "level": ("3", "4")},
)
# The same rows, with what PostgreSQL offers by itself: French words in a GIN index (without accents, as people type them), places in a
# GiST index. It is asked for the same twenty results and the same counts; slips of the finger are not asked of it.
TABLE = """
CREATE UNLOGGED TABLE bench_search (
    id text, kind int, title text, body text, rome text[], lat float, lon float, day int, contract int, level int, duration int, audience int[],
    no_diploma bool, apprenticeship bool, everywhere bool, place point, words tsvector
)
"""
INDEXES = """
UPDATE bench_search SET place = point(lon, lat), words = setweight(to_tsvector('french', title), 'A') || to_tsvector('french', body);
CREATE INDEX ON bench_search USING gin (words);
CREATE INDEX ON bench_search USING gin (rome);
CREATE INDEX ON bench_search USING gist (place);
CREATE INDEX ON bench_search (day);
CREATE INDEX ON bench_search (id) WHERE everywhere;
VACUUM ANALYZE bench_search
"""
KM = """CASE WHEN everywhere THEN 0 ELSE 12742.0176 * asin(sqrt(sin(radians(lat - %(lat)s) / 2) ^ 2
    + cos(radians(%(lat)s)) * cos(radians(lat)) * sin(radians(lon - %(lon)s) / 2) ^ 2)) END"""


def main(offers: int, trainings: int, structures: int, questions: int) -> dict:
    """{"documents", "build" in s, "whole" and "mix": {"p50" and "p95" in ms, "rate" in questions a second of processor, the same for "postgresql_…"}}.

    « whole » is text + place + radius + two choices, with all the counts; « mix » holds whole ones for a half. Seconds of processor,
    so that what else runs on the machine takes nothing from either.
    """
    from django.db import connection
    from django.utils import timezone

    from relais.catalogue import demo
    from relais.catalogue.models import Commune
    from relais.catalogue.search import documents, index, snapshot_reader
    from relais.catalogue.search.query import Question

    demo.fill(now=timezone.now(), offers=offers, trainings=trainings, structures=structures)
    start = perf_counter()
    pointer = index.build()
    built = perf_counter() - start
    dice, towns = random.Random(SEED), list(Commune.objects.filter(population__gte=5000).order_by("insee"))

    def full() -> Question:
        return Question(
            dice.choice(TEXTS),
            dice.choice(towns),
            dice.choice((10, 30, 50)),
            dice.choice(("", "", "offer")),
            chosen=dice.choice(CHOSEN),
        )

    def mixed() -> Question:
        """Of ten questions: five whole ones, two of words alone, two of choices alone, one of a place alone."""
        kind = dice.randrange(10)
        if kind < 5:
            return full()
        if kind < 7:
            return Question(dice.choice(TEXTS))
        return Question(chosen=dice.choice(CHOSEN)) if kind < 9 else Question(commune=dice.choice(towns))

    whole, mix = [full() for _ in range(WARM + questions)], [mixed() for _ in range(WARM + questions)]
    ours, ours_mixed = _time(snapshot_reader.answer, whole), _time(snapshot_reader.answer, mix)
    if offers > GREATEST:
        return {"documents": pointer.documents, "build": built} | _told("whole", ours) | _told("mix", ours_mixed)
    answer = _postgresql(connection, list(documents.everything()), jobs=snapshot_reader.reader.snapshot().jobs)
    theirs, theirs_mixed = (_time(answer, asked, _busy_with(connection)) for asked in (whole, mix))
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE bench_search")
    return (
        {"documents": pointer.documents, "build": built}
        | _told("whole", ours, theirs)
        | _told("mix", ours_mixed, theirs_mixed)
    )


def _time(answer, asked, busy=process_time) -> tuple[list[float], float]:
    """(seconds by the clock of each but the first ones, which wake the process up; seconds of processor of all these, as `busy` says)."""
    times = []
    for question in asked[:WARM]:
        answer(question)
    before = busy()
    for question in asked[WARM:]:
        start = perf_counter()
        answer(question)
        times.append(perf_counter() - start)
    return sorted(times), busy() - before


def _told(name: str, ours: tuple[list[float], float], theirs: tuple[list[float], float] | None = None) -> dict:
    def one(start, times, busy):
        return {
            f"{start}p50": 1000 * times[len(times) // 2],
            f"{start}p95": 1000 * times[int(len(times) * 0.95)],
            f"{start}rate": len(times) / busy,
        }

    return {name: one("", *ours) | (one("postgresql_", *theirs) if theirs else {})}


def _busy_with(connection):
    """Seconds of processor of this process and of the one that answers it in PostgreSQL."""

    def busy() -> float:
        said = Path(f"/proc/{connection.connection.info.backend_pid}/stat").read_text().rpartition(")")[2].split()
        return process_time() + (int(said[11]) + int(said[12])) / os.sysconf("SC_CLK_TCK")

    return busy


def _postgresql(connection, docs, *, jobs):
    """The same answer from PostgreSQL: twenty results and every exact count. Which jobs the words mean is given to it."""
    from relais.catalogue.search.documents import EVERYWHERE
    from relais.catalogue.search.facets import CODED, KIND_NUMBER
    from relais.catalogue.search.text import plain

    def row(doc):
        facets = {facet.name: doc.facets.get(facet.name) or [] for facet in CODED}
        where = doc.point if isinstance(doc.point, tuple) else (None, None)
        one = [next(iter(facets[name]), None) for name in ("contract", "level", "duration")]
        rest = [facets["audience"], bool(facets["no_diploma"]), bool(facets["apprenticeship"]), doc.point == EVERYWHERE]
        return [
            doc.id,
            KIND_NUMBER[doc.row.kind],
            plain(doc.title),
            plain(doc.text),
            doc.row.rome,
            *where,
            doc.day,
            *one,
            *rest,
        ]

    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS bench_search")
        cursor.execute(TABLE)
        columns = "id, kind, title, body, rome, lat, lon, day, contract, level, duration, audience, no_diploma, apprenticeship, everywhere"
        with cursor.copy(f"COPY bench_search ({columns}) FROM STDIN") as copy:
            for doc in docs:
                if doc.listed:
                    copy.write_row(row(doc))
        for statement in INDEXES.split(";"):
            cursor.execute(statement)

    def answer(question):
        statement, values = _statement(question, jobs)
        with connection.cursor() as cursor:
            cursor.execute(statement, values)
            return cursor.fetchall()

    return answer


def _statement(question, jobs) -> tuple[str, dict]:
    from math import cos, radians

    from relais.catalogue.search.facets import CHOSEN, CODED, DATE, KIND_NUMBER, counted_radii
    from relais.catalogue.search.query import codes_meant
    from relais.catalogue.search.text import plain

    found, values = ["true"], {}
    rank, far = "0", "0"
    if question.text:
        values |= {"text": plain(question.text), "codes": list(codes_meant(jobs.understand(question.text)))}
        found.append("(words @@ websearch_to_tsquery('french', %(text)s) OR rome && %(codes)s)")
        rank = "ts_rank(words, websearch_to_tsquery('french', %(text)s)) + (rome && %(codes)s)::int"
    if question.commune:
        here, high = question.commune, counted_radii(question.radius)[-1] / 111
        values |= {
            "lat": here.latitude,
            "lon": here.longitude,
            "high": high,
            "wide": high / cos(radians(here.latitude)),
        }
        found.append(
            "(everywhere OR place <@ box(point(%(lon)s - %(wide)s, %(lat)s - %(high)s), point(%(lon)s + %(wide)s, %(lat)s + %(high)s)))"
        )
        far = KM

    def has(facet, value) -> str:
        if facet is DATE:
            return f"day >= (current_date - '1970-01-01'::date) - {int(value)}"
        number = facet.number(value)
        return {
            "audience": f"audience @> '{{{number}}}'",
            "no_diploma": "no_diploma",
            "apprenticeship": "apprenticeship",
        }.get(facet.name, f"{facet.name} = {number}")

    fits = {
        facet.name: f"({' OR '.join(has(facet, value) for value in question.chosen[facet.name])})"
        for facet in CHOSEN
        if facet.name in question.chosen
    }
    if question.kind:
        fits["kind"] = f"kind = {KIND_NUMBER[question.kind]}"
    if question.commune:
        fits["distance"] = f"km <= {question.radius}"

    def under(without: str = "") -> str:
        return " AND ".join(["true", *(fit for name, fit in fits.items() if name != without)])

    counts = [
        f"count(*) FILTER (WHERE {under(facet.name)} AND {has(facet, value)})"
        for facet in (*CODED, DATE)
        for value in facet.values
    ]
    counts += [f"count(*) FILTER (WHERE {under('kind')} AND kind = {number})" for number in KIND_NUMBER.values()]
    counts += (
        [f"count(*) FILTER (WHERE {under('distance')} AND km <= {radius})" for radius in counted_radii(question.radius)]
        if question.commune
        else []
    )
    order = "rank DESC" if question.text else "km" if question.commune else "day DESC"
    return (
        f"WITH found AS MATERIALIZED (SELECT id, kind, title, day, contract, level, duration, audience, no_diploma, apprenticeship, "
        f"{rank} AS rank, {far} AS km FROM bench_search WHERE {' AND '.join(found)}) "
        f"SELECT (SELECT json_agg(t) FROM (SELECT id, title, km FROM found WHERE {under()} ORDER BY {order} LIMIT 20) t), {', '.join(counts)} FROM found"
    ), values


if __name__ == "__main__":
    from django.conf import settings

    from relais.foundation.postgres import ensure_running

    ensure_running(settings.DATA)
    django.setup()
    print(json.dumps(main(*map(int, sys.argv[1:]))))
