from datetime import timedelta

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from ninja.testing import TestClient

from relais.insights import figures
from relais.insights.api import SMALLEST, publishable, router
from relais.insights.figures import OUTCOME_PREFIX, PLACES, Value

from .histories import life, write

KINDS = [slug for slug in figures.BY_SLUG if slug.startswith(OUTCOME_PREFIX)]


def ask(query=""):
    return TestClient(router).get(f"/figures{query}")


@pytest.mark.django_db
def test_small_numbers_stay_hidden(now):
    yesterday = now - timedelta(days=1, hours=1)
    write(
        *(one for _ in range(4) for one in life(yesterday, until="accepted")[1]),
        *(one for _ in range(8) for one in life(yesterday, until="answered")[1]),
    )
    answer = ask().json()
    assert answer["total"] == len(answer["results"]) == len(figures.FIGURES)
    by_slug = {result["slug"]: result for result in answer["results"]}
    assert set(by_slug["answered"]) == {
        "slug",
        "name",
        "definition",
        "unit",
        "numerator",
        "denominator",
        "value",
        "missing",
        "hidden",
        "from",
        "to",
    }
    assert by_slug["answered"]["numerator"] == by_slug["answered"]["denominator"] == 12
    assert by_slug["handed-over"] | {"numerator": None, "value": None, "hidden": True} == by_slug["handed-over"]
    assert by_slug["accepted"] | {"numerator": None, "denominator": None, "hidden": True} == by_slug["accepted"]
    for result in answer["results"]:
        assert all(result[cell] is None or result[cell] >= SMALLEST for cell in ("numerator", "denominator", "missing"))


@pytest.mark.django_db
def test_the_period_ends_last_midnight(now):
    write(*(one for _ in range(9) for one in life(now, until="started")[1]))
    result = ask().json()["results"][1]
    assert (result["slug"], result["numerator"], result["hidden"]) == ("opened", None, True)
    today = timezone.localdate()
    assert (result["to"], result["from"]) == (str(today), str(today - timedelta(days=365)))


@pytest.mark.parametrize("query", ["?contact=K7QM3", "?from=2026-01-01", "?page=2"])
def test_parameters_are_refused_with_a_sentence(query):
    answer = ask(query)
    assert answer.status_code == 400
    assert answer.json()["error"].endswith(".")


@given(st.lists(st.integers(0, 12), min_size=len(KINDS), max_size=len(KINDS)))
def test_no_subtraction_gives_a_small_number_away(numbers):
    of_kind = dict(zip(KINDS, numbers, strict=True))
    places = sum(number for slug, number in of_kind.items() if slug.removeprefix(OUTCOME_PREFIX) in PLACES)
    values = {
        slug: Value(number, 200, 0, number / 200)
        for slug, number in (of_kind | {"outcome": sum(numbers), "placed": places}).items()
    }
    shown = publishable(values)
    for part in (
        lambda slug: slug.removeprefix(OUTCOME_PREFIX) in PLACES,
        lambda slug: slug.removeprefix(OUTCOME_PREFIX) not in PLACES,
    ):
        hidden = [slug for slug in KINDS if part(slug) and shown[slug].numerator is None]
        visible = [slug for slug in KINDS if part(slug) and slug not in hidden]
        together = sum(of_kind[slug] for slug in hidden)
        assert together == 0 or together >= SMALLEST or not visible
        assert all(shown[slug].numerator >= SMALLEST for slug in visible)
