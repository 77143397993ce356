"""What is asked and what is answered, whoever answers: the index or, while there is none, PostgreSQL."""

import re
from dataclasses import dataclass, field
from functools import lru_cache

import msgspec

from ..models import Commune
from .documents import Row
from .facets import CHOSEN
from .occupation_matching import Found, Jobs
from .text import plain, split, stem, words

PAGE = 20
DEEPEST = 500
"""The last page that is served: nobody reads ten thousand results, and a robot that would is refused in a sentence."""
RADIUS = 30
SORTS = {"relevance": "Pertinence", "distance": "Distance", "date": "Date"}


@dataclass(frozen=True)
class Question:
    """`chosen`: {facet: values}. `radius` in km, used when there is a commune. `rome`: only what belongs to that job family."""

    text: str = ""
    commune: Commune | None = None
    radius: int = RADIUS
    kind: str = ""
    rome: str = ""
    chosen: dict[str, tuple[str, ...]] = field(default_factory=dict)
    sort: str = "relevance"
    page: int = 1

    @property
    def first(self) -> int:
        return (self.page - 1) * PAGE


class Result(msgspec.Struct, kw_only=True):
    row: Row
    why: list[str]
    distance_km: int | None = None


class Answer(msgspec.Struct, kw_only=True):
    """`kinds`, `facets` and `distances`: exact counts of what one would get by choosing that value instead.

    `understood`: the occupations that the words name or describe. `is_slow`: PostgreSQL answered.
    """

    results: list[Result]
    total: int
    kinds: dict[str, int]
    facets: dict[str, dict[str, int]]
    distances: dict[int, int]
    understood: list[Found]
    is_slow: bool = False


def jobs_meant(jobs: Jobs, question: Question) -> list[Found]:
    """The occupations of the question: those of its words, or the one it was narrowed to."""
    if question.rome and not question.text.strip():
        return list(jobs.of_code(question.rome))
    return jobs.understand(question.text)


def codes_meant(found: list[Found]) -> dict[str, float]:
    """{code: weight, 1 for the likeliest}: whose offers, trainings and sheets answer the question."""
    if not found:
        return {}
    most = 3 if found[0].named else 5
    best = found[0].score
    codes = {}
    for one in found:
        if len(codes) < most and one.score >= (0.8 if found[0].named else 0.55) * best:
            codes.setdefault(one.code, one.score / best)
    return codes


def reasons(row: Row, question: Question, found: list[Found], distance: int | None) -> list[str]:
    """Why this result is there, in a few words."""
    told = []
    if row.kind == "occupation":
        one = next((one for one in found if row.url.endswith(one.slug or one.code)), None)
        if one and question.text.strip():
            told.append(_why_job(one, row, question.text))
        elif row.tagline:
            told.append(row.tagline)
    elif question.text.strip():
        told.append(_why_words(row, question.text, found))
    if distance is not None:
        told.append("dans la commune ou tout près" if distance < 1 else f"à {distance} km")
    if row.approximate:
        told.append("lieu approximatif")
    if row.no_diploma:
        told.append("sans diplôme")
    if row.apprenticeship:
        told.append("en apprentissage")
    return told or ["dans ce que tu as demandé"]


def _why_job(one: Found, row: Row, text: str) -> str:
    if not one.named:
        return f"tu as écrit : {_as_typed(one.word, text)}"
    meant = {stem(word) for word in split(row.title)}
    return (
        "le métier que tu cherches"
        if {stem(word) for word in words(text)} <= meant
        else f"ton mot : {' '.join(text.split())[:60]}"
    )


def _as_typed(folded: str, text: str) -> str:
    """The person's own words for those that were understood: « infirmière », where we read « infirmiere »."""
    found = set(folded.split())
    return " ".join(word for word in re.findall(r"\w+", text) if plain(word) in found) or folded


@lru_cache(maxsize=20_000)
def _stems(text: str) -> frozenset[str]:
    """Thousands of offers share a title, an employer or a town."""
    return frozenset(map(stem, split(text)))


def _why_words(row: Row, text: str, found: list[Found]) -> str:
    shown = _stems(row.title) | _stems(row.who) | _stems(row.place)
    if here := [word for word in text.split() if _stems(word) & shown][:4]:
        return f"{'ton mot' if len(here) == 1 else 'tes mots'} : {' '.join(here)}"
    if job := next((one for one in found if one.code in row.rome), None):
        return f"pour ce métier : {job.name}"
    return "dans le texte"


def empty_facets() -> dict[str, dict[str, int]]:
    return {facet.name: dict.fromkeys(facet.values, 0) for facet in CHOSEN}
