"""What the pages of figures show: lines by touch, cells by figure."""

from dataclasses import dataclass, field
from datetime import timedelta

from django.utils import timezone

from relais.accounts.models import Role
from relais.campaigns.models import Touch
from relais.coaching.line.directory import lines
from relais.coaching.models import Line as AnswerLine
from relais.foundation.jinja import dated, duration, number

from . import counting, figures
from .figures import FOLLOWED, Figure, Period, Unit, Value

FUNNEL = [figure for figure in figures.FIGURES if not figure.slug.startswith(figures.OUTCOME_PREFIX)]
OUTCOMES = [figure for figure in figures.FIGURES if figure.slug.startswith(figures.OUTCOME_PREFIX)]
READERS = (Role.CAMPAIGN_MANAGER, Role.FUNDER, Role.SUPERVISOR, Role.ADMINISTRATOR)
NO_TOUCH = "aucun"
"""How an address names the line of those who came without a known touch."""


@dataclass(frozen=True)
class Line:
    """One line of the funnel. `contact` is what an address carries: a code, NO_TOUCH, or '' for the total."""

    contact: str
    label: str
    kind: str
    values: dict[str, Value] = field(repr=False)


def lines_of(user) -> list[AnswerLine]:
    """The answer lines that `user` may ask figures of, without anything hidden: those of their organisations; all, for who looks after all."""
    every = lines()
    return list(every if user.administers_all() else every.filter(organisation__in=user.organisation_ids(*READERS)))


def funnel(user, period: Period, numbers: list[int] | None = None) -> list[Line]:
    """The total first, then a line for each touch that `user` may count, then those without a known touch. `numbers`: of these answer lines only.

    What came by one's own touches is one's own wherever it was answered; the rest is of one's own lines.
    """
    touches = list(Touch.objects.counted_for(user))
    mine = [touch.code for touch in touches]
    foreign = Touch.objects.exclude(pk__in=mine).values_list("code", flat=True)
    counted = counting.count(period, known=mine, excluded=list(foreign), lines=numbers)
    rest, own = counted, [line.pk for line in lines_of(user)]
    if numbers is None and lines().exclude(pk__in=own).exists():
        rest = counting.count(period, known=mine, excluded=list(foreign), lines=own)
        # A follow is of no line: those of one's own touches are counted whole, however many lines others have.
        for key in (None, ""):
            rest[key] |= {FOLLOWED: counted[key][FOLLOWED]}
    return [
        Line("", "Total" if rest is counted else "Total de vos lignes", "", rest[None]),
        *(Line(touch.code, touch.label, touch.get_kind_display(), counted[touch.code]) for touch in touches),
        Line(NO_TOUCH, "Sans contact connu", "", rest[""]),
    ]


def shown(figure: Figure, value: Value) -> str:
    """The value as people read it: « 86 % », « 12 min », « 1 234 », « — » when there is nothing to measure."""
    if value.value is None:
        return "—"
    if figure.unit is Unit.SHARE:
        return f"{percent(value.value)}\u00a0%"
    if figure.unit is Unit.SECONDS:
        return duration(value.value, measured=True)
    return number(value.value)


def percent(share: float) -> str:
    """Rounded to the unit; but « presque tout » is not all, and « presque rien » is not nothing."""
    rounded = round(100 * share)
    if rounded == 100 and share < 1:
        return "> 99"
    if rounded == 0 and share > 0:
        return "< 1"
    return str(rounded)


def bounds(period: Period) -> tuple[str, str]:
    """First and last day of a period, both included, as « 3 mars 2026 »; '' where there is no bound."""
    first = timezone.localdate(period.start) if period.start else None
    last = timezone.localdate(period.end) - timedelta(days=1) if period.end else None
    return tuple(dated(day, "j F Y") if day else "" for day in (first, last))


def in_words(period: Period) -> str:
    first, last = bounds(period)
    if first and last:
        return f"du {first} au {last} inclus"
    if first:
        return f"depuis le {first} inclus"
    return f"jusqu’au {last} inclus" if last else "depuis le début"
