"""The public figures: the whole, never a touch, and no number that could point at somebody."""

from dataclasses import replace
from datetime import date, datetime

from django.utils import timezone
from ninja import Field, Router, Schema, Status

from relais.campaigns.models import Touch

from . import figures, periods, promised
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
    value: float | None = Field(None, description="A share from 0 to 1, seconds of opening time, or a number, as `unit` says.")
    missing: int | None = None
    hidden: bool = Field(description=f"True when a number is withheld because it is, or would give away, one under {SMALLEST}.")
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
    hidden = {slug for slug, value in values.items() if value.numerator < SMALLEST or (value.denominator or SMALLEST) < SMALLEST}
    kinds = {slug for slug in values if slug.startswith(OUTCOME_PREFIX)}
    places, engaged = ({f"{OUTCOME_PREFIX}{kind}" for kind in some} for some in (PLACES, ENGAGED))
    for group in (places, engaged - places, kinds - engaged):
        while 0 < sum(values[slug].numerator for slug in group & hidden) < SMALLEST and group - hidden:
            hidden.add(min(group - hidden, key=lambda slug: (values[slug].numerator, slug)))
    return {slug: _without(value, slug in hidden) for slug, value in values.items()}


def _without(value: Value, hidden: bool) -> Value:
    def large(number):
        return number if number is not None and number >= SMALLEST else None

    kept = replace(value, denominator=large(value.denominator), missing=large(value.missing))
    return replace(kept, numerator=None, value=None) if hidden else kept


@router.get("/figures", response={200: PublicFigures, 400: Refusal}, by_alias=True, auth=None, summary="What Relais counts, for everybody")
def public_figures(request):
    """Every figure over the last 365 days, all touches together. Takes no parameter: periods cannot be subtracted."""
    if request.GET:
        return Status(400, {"error": "Cette adresse ne prend aucun paramètre : la période est toujours celle des 365 derniers jours."})
    period = public_period(timezone.now())
    counted = figures.count(period, known=Touch.objects.values_list("code", flat=True))[None]
    shown = publishable(counted)
    results = []
    for figure in FIGURES:
        value = shown[figure.slug]
        results.append({
            "slug": figure.slug, "name": figure.name, "definition": figure.definition, "unit": figure.unit,
            "numerator": value.numerator, "denominator": value.denominator, "value": value.value, "missing": value.missing,
            "hidden": value != counted[figure.slug],
            "first": timezone.localdate(period.start), "end": timezone.localdate(period.end),
        })  # fmt: skip
    return Status(200, {"results": results, "total": len(results)})


class KeptMonth(Schema):
    month: date = Field(description="First day of the month.")
    number: int | None = Field(description="Waits that were answered, or that broke the promise.")
    share: float | None = Field(description="Of them, answered within 30 minutes of opening time; from 0 to 1.")
    at_least: float | None = Field(description="Instead of `share`, when it would tell a number from 1 to 4.")
    at_most: float | None
    median: int | None = Field(description="Minutes of opening time, rounded up; null when unanswered or withheld.")
    ninth: int | None = Field(description="Nine waits in ten are shorter; only from ten waits on.")
    pending: int | None = Field(description="Still within the promise, or erased before an answer: counted nowhere else.")
    hidden: bool = Field(description=f"True when the month is withheld: fewer than {promised.SMALLEST}, or needed to protect another.")


class KeptMonths(Schema):
    results: list[KeptMonth]
    total: int


@router.get("/promise", response={200: KeptMonths, 400: Refusal}, auth=None, summary="How the promise of 30 minutes is kept, month by month")
def promise(request):
    """The last twelve months, the current one last. Takes no parameter."""
    if request.GET:
        return Status(400, {"error": "Cette adresse ne prend aucun paramètre : ce sont toujours les douze derniers mois."})
    counted = promised.count(timezone.now())
    cells, _ = promised.publish(list(counted.months.values()), counted.whole)
    names = ("number", "share", "at_least", "at_most", "median", "ninth", "pending", "hidden")
    results = [{"month": month} | {name: getattr(cell, name) for name in names} for month, cell in zip(counted.months, cells, strict=True)]
    return Status(200, {"results": results, "total": len(results)})
