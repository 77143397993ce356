"""How many people a structure takes in a week, and the first week in which it still has a place.

A place is taken from the moment a mediator proposes the structure until the person, or the partner, says no. A week is
from Monday to Sunday on the clock of the structure. Where nothing was said, nothing is limited.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Count, Q

from relais.accounts.models import User
from relais.catalogue.models import Structure
from relais.foundation.jinja import day
from relais.foundation.refusals import Full

from .models import Handover, PartnerCapacity

WEEK = timedelta(days=7)
AHEAD = 8
"""Weeks looked at, the current one included; beyond, one looks for another structure."""
_HOLDS = Q(state__in=[Handover.State.PROPOSED, Handover.State.SENT, Handover.State.ACCEPTED])


@dataclass(frozen=True)
class Places:
    """`left` of `weekly` this week; `next_week` the Monday of the first week with a place, `next_left` how many. None: no week soon."""

    weekly: int
    left: int
    next_week: date | None
    next_left: int


def monday(structure: Structure, now: datetime) -> date:
    today = now.astimezone(ZoneInfo(structure.time_zone)).date()
    return today - timedelta(days=today.weekday())


def places(structures: list[Structure], now: datetime) -> dict[int, Places]:
    """{structure number: Places} for those that said how many they take. Two queries."""
    said = {one.structure_id: one.weekly for one in PartnerCapacity.objects.filter(structure__in=structures)}
    taken = _taken(list(said))
    return {one.pk: _places(said[one.pk], taken, one, now) for one in structures if one.pk in said}


def book(
    structure: Structure, *, now: datetime, wait: bool, after: date | None = None, apart_from: Handover | None = None
) -> date | None:
    """The Monday of the week to take a place in, from `after` on; None where nothing is limited. In a transaction.

    Raises Full when that is not this week and one does not `wait`, or when no week soon has a place.
    """
    said = PartnerCapacity.objects.select_for_update().filter(structure=structure).first()
    if said is None:
        return None
    this_week = monday(structure, now)
    taken = _taken([structure.pk], apart_from=apart_from)
    week = _first(said.weekly, taken, structure, max(this_week, after or this_week), this_week)
    if week is None:
        raise Full(f"{structure.name} n’a plus de place avant {AHEAD} semaines. Choisissez une autre structure.")
    if week != this_week and not wait:
        left = said.weekly - taken.get((structure.pk, week), 0)
        raise Full(
            f"{structure.name} n’a plus de place cette semaine ({said.weekly} par semaine, toutes prises). La semaine du {day(week)}, "
            f"il en reste {left} : cochez « attendre la première semaine libre », ou choisissez une autre structure."
        )
    return week


@transaction.atomic
def say(*, structure: Structure, weekly: int, user: User, now: datetime) -> PartnerCapacity:
    """How many people this structure takes in a week from now on; what is already promised stays."""
    values = {"weekly": weekly, "updated_by": user, "updated_at": now}
    return PartnerCapacity.objects.update_or_create(structure=structure, defaults=values)[0]


@transaction.atomic
def unlimited(*, structure: Structure) -> None:
    PartnerCapacity.objects.filter(structure=structure).delete()


def _taken(structures: list[int], apart_from: Handover | None = None) -> dict[tuple[int, date], int]:
    holding = Handover.objects.filter(_HOLDS, structure__in=structures, intake_week__isnull=False)
    if apart_from is not None:
        holding = holding.exclude(pk=apart_from.pk)
    rows = holding.order_by().values_list("structure", "intake_week").annotate(number=Count("pk"))
    return {(structure, week): number for structure, week, number in rows}


def _first(weekly: int, taken: dict, structure: Structure, after: date, this_week: date) -> date | None:
    week = after
    while week < this_week + AHEAD * WEEK:
        if taken.get((structure.pk, week), 0) < weekly:
            return week
        week += WEEK
    return None


def _places(weekly: int, taken: dict, structure: Structure, now: datetime) -> Places:
    this_week = monday(structure, now)
    following = _first(weekly, taken, structure, this_week + WEEK, this_week)
    left = max(0, weekly - taken.get((structure.pk, this_week), 0))
    return Places(weekly, left, following, weekly - taken.get((structure.pk, following), 0) if following else 0)
