"""The public figures: the whole, never a touch, and no number that could point at somebody."""

from dataclasses import replace
from datetime import date, datetime

from django.utils import timezone
from ninja import Field, Router, Schema, Status

from relais.campaigns.models import Touch
from relais.coaching.models import Line

from . import counting, periods, promised
from .figures import ENGAGED, FIGURES, OUTCOME_PREFIX, PLACES, Period, Unit, Value

router = Router(tags=["figures"])
SMALLEST = 5
"""A number under this is not published."""


class PublicFigure(Schema):
    slug: str
    name: str
    definition: str
    unit: Unit
    numerator: int | None = None
    denominator: int | None = None
    value: float | None = Field(
        None, description="A share from 0 to 1, seconds of opening time, or a number, as `unit` says."
    )
    missing: int | None = None
    hidden: bool = Field(
        description=f"True when a number is withheld because it is, or would give away, one under {SMALLEST}."
    )
    first: date = Field(serialization_alias="from", description="First day, included.")
    end: date = Field(serialization_alias="to", description="The day after the last one.")


class PublicFigures(Schema):
    results: list[PublicFigure]
    total: int


class Refusal(Schema):
    error: str


def public_period(now: datetime) -> Period:
    """The 365 days that ended last midnight: nobody sees a step appear the minute it happens."""
    return Period(periods.days_back(366, now).start, periods.midnight(timezone.localdate(now)))


def publishable(values: dict[str, Value]) -> dict[str, Value]:
    """`values` without its small numbers, nor those that a subtraction would give away.

    The kinds of outcome add up to figures that are published too: where the hidden ones of a sum stay under SMALLEST
    together, the next smallest goes with them.
    """
    hidden = _hidden(
        values,
        {
            slug
            for slug, value in values.items()
            if value.numerator < SMALLEST or (value.denominator or SMALLEST) < SMALLEST
        },
    )
    return {slug: _without(value, slug in hidden) for slug, value in values.items()}


def _hidden(values: dict[str, Value], hidden: set[str]) -> set[str]:
    """`hidden`, and the kinds of outcome that must go with them."""
    kinds = {slug for slug in values if slug.startswith(OUTCOME_PREFIX)}
    places, engaged = ({f"{OUTCOME_PREFIX}{kind}" for kind in some} for some in (PLACES, ENGAGED))
    for group in (places, engaged - places, kinds - engaged):
        while 0 < sum(values[slug].numerator for slug in group & hidden) < SMALLEST and group - hidden:
            hidden.add(min(group - hidden, key=lambda slug: (values[slug].numerator, slug)))
    return hidden


def publishable_of(line: int, by_line: dict[int, dict[str, Value]], whole: dict[str, Value]) -> dict[str, Value]:
    """What may be shown of one line beside the same of all others and of all together: `by_line` of `counting.count_by_line`.

    Of each number, what is hidden of some lines holds SMALLEST or more together; a figure hidden of all together is hidden of each.
    """
    numbers, shown = sorted(by_line), publishable(whole)
    lost = {slug for slug in by_line[line] if shown[slug].numerator is None}
    hidden = {number: _hidden(by_line[number], set(lost)) for number in numbers}
    before = None
    while before != hidden:
        before = {number: set(slugs) for number, slugs in hidden.items()}
        for slug in by_line[line]:
            already = {place for place, number in enumerate(numbers) if slug in hidden[number]}
            for place in promised.withheld([by_line[number][slug].numerator for number in numbers], already):
                hidden[numbers[place]].add(slug)
        hidden = {number: _hidden(by_line[number], hidden[number]) for number in numbers}
    return {
        slug: _beside(value, slug, line, numbers, by_line, slug in hidden[line])
        for slug, value in by_line[line].items()
    }


def _beside(
    value: Value, slug: str, line: int, numbers: list[int], by_line: dict[int, dict[str, Value]], hidden: bool
) -> Value:
    """Without the parts of it that the same parts of the other lines would give away."""

    def told(part: str) -> int | None:
        counts = [getattr(by_line[number][slug], part) or 0 for number in numbers]
        return None if numbers.index(line) in promised.withheld(counts, set()) else getattr(value, part)

    kept = replace(value, denominator=told("denominator"), missing=told("missing"))
    hidden = hidden or (value.denominator is not None and kept.denominator is None)
    return _without(replace(kept, value=None) if hidden else kept, hidden)


def _without(value: Value, hidden: bool) -> Value:
    def large(number):
        return number if number is not None and number >= SMALLEST else None

    kept = replace(value, denominator=large(value.denominator), missing=large(value.missing))
    return replace(kept, numerator=None, value=None) if hidden else kept


def _line(request, slug: str) -> tuple[Line | None, Status | None]:
    """The line of this name, None for all; and the refusal to answer with, if any."""
    if set(request.GET) - {"line"}:
        return None, Status(
            400, {"error": "Cette adresse ne prend qu’un paramètre, « line » : la période est toujours la même."}
        )
    found = Line.objects.filter(slug=slug.replace("\x00", "")).first() if slug else None
    return found, Status(404, {"error": "Cette ligne n’existe pas ici."}) if slug and found is None else None


@router.get(
    "/figures",
    response={200: PublicFigures, 400: Refusal, 404: Refusal},
    by_alias=True,
    auth=None,
    summary="What Relais counts, for everybody",
)
def public_figures(request, line: str = ""):
    """Every figure over the last 365 days, all touches together: periods cannot be subtracted.

    `line=SLUG`: of the conversations that this answer line has, or had last; without the follows, which are of no line.
    """
    one, refusal = _line(request, line)
    if refusal:
        return refusal
    period = public_period(timezone.now())
    counted = counting.count(period, known=Touch.objects.values_list("code", flat=True))[None]
    shown = publishable(counted)
    if one:
        by_line = {one.pk: counting.none()} | counting.count_by_line(period)
        counted, shown = by_line[one.pk], publishable_of(one.pk, by_line, counted)
    results = []
    for figure in (found for found in FIGURES if found.slug in shown):
        value = shown[figure.slug]
        results.append(
            {
                "slug": figure.slug,
                "name": figure.name,
                "definition": figure.definition,
                "unit": figure.unit,
                "numerator": value.numerator,
                "denominator": value.denominator,
                "value": value.value,
                "missing": value.missing,
                "hidden": value != counted[figure.slug],
                "first": timezone.localdate(period.start),
                "end": timezone.localdate(period.end),
            }
        )
    return Status(200, {"results": results, "total": len(results)})


class KeptMonth(Schema):
    month: date = Field(description="First day of the month.")
    number: int | None = Field(description="Waits that were answered, or that broke the promise.")
    share: float | None = Field(description="Of them, answered within 30 minutes of opening time; from 0 to 1.")
    at_least: float | None = Field(description="Instead of `share`, when it would tell a number from 1 to 4.")
    at_most: float | None
    median: int | None = Field(description="Minutes of opening time, rounded up; null when unanswered or withheld.")
    ninth: int | None = Field(description="Nine waits in ten are shorter; only from ten waits on.")
    pending: int | None = Field(
        description="Still within the promise, or erased before an answer: counted nowhere else."
    )
    hidden: bool = Field(
        description=f"True when the month is withheld: fewer than {promised.SMALLEST}, or needed to protect another."
    )


class KeptMonths(Schema):
    results: list[KeptMonth]
    total: int


@router.get(
    "/promise",
    response={200: KeptMonths, 400: Refusal, 404: Refusal},
    auth=None,
    summary="How the promise of 30 minutes is kept, month by month",
)
def promise(request, line: str = ""):
    """The last twelve months, the current one last. `line=SLUG`: the waits of this answer line only."""
    one, refusal = _line(request, line)
    if refusal:
        return refusal
    counted = promised.count(timezone.now())
    cells = (
        promised.publish_months_of(one.pk, counted)
        if one
        else promised.publish(list(counted.months.values()), counted.whole)[0]
    )
    names = ("number", "share", "at_least", "at_most", "median", "ninth", "pending", "hidden")
    results = [
        {"month": month} | {name: getattr(cell, name) for name in names}
        for month, cell in zip(counted.months, cells, strict=True)
    ]
    return Status(200, {"results": results, "total": len(results)})
