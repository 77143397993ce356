"""The broom: follows every rule, in bounded batches. What cannot be erased stops nothing else, and is counted so that somebody looks."""

import logging
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from .. import claims
from ..outage import is_away
from .registry import Rule, not_ended, rules

log = logging.getLogger(__name__)
BATCH = claims.MOST
"""Rows of one transaction at most."""


def sweep(now: datetime, *, dry: bool = False, often: bool = False) -> dict:
    """One turn. Returns {slug: {"ripe": n, "erased": n}}, with "failed" where something could not be done, and "announced".

    `dry` changes nothing and counts what would go; `often`: only the rules that are followed often. Safe in two processes at once.
    """
    followed = [rule for rule in rules() if rule.often or not often]
    untold = dict.fromkeys((rule.slug for rule in followed), 0)
    counts: dict[str, Any] = {} if dry or often else {"announced": 0}
    for rule in followed if "announced" in counts else ():
        if rule.warned and rule.warn:
            (told, untold[rule.slug]), fault = _trying(
                rule.slug, partial(_each, rule.warned, rule.warn, now, alone=True), (0, 0)
            )
            counts["announced"] += told
            untold[rule.slug] += fault
    for rule in followed:
        (ripe, erased, failed), fault = _trying(rule.slug, partial(_follow, rule, now, dry), (0, 0, 0))
        counts[rule.slug] = _counted(ripe, erased, untold[rule.slug] + failed + fault)
    for slug, trim in _trims() if not often else ():
        (ripe, erased), fault = _trying(slug, partial(trim, dry), (0, 0))
        counts[slug] = _counted(ripe, erased, fault)
    return counts


def _trims() -> list[tuple[str, Callable]]:
    return [trim for one in not_ended.values() for trim in one.trims.items()]


def _counted(ripe: int, erased: int, failed: int) -> dict:
    return {"ripe": ripe, "erased": erased} | ({"failed": failed} if failed else {})


def _trying(slug: str, work: Callable, nothing: tuple) -> tuple[tuple, int]:
    """(what it returned, 0); or (`nothing`, 1) and a line in the log. A database that is away is nobody's fault in particular: it goes up."""
    try:
        return work(), 0
    except Exception as error:
        if is_away(error):
            raise
        log.exception("The rule %s could not be followed", slug)
        return nothing, 1


def _follow(rule: Rule, now: datetime, dry: bool) -> tuple[int, int, int]:
    """(how many rows were over their time, how many went, how many could not)."""
    ripe = rule.ripe(now).count()
    return (ripe, 0, 0) if dry or not ripe else (ripe, *_each(rule.ripe, rule.does, now, alone=rule.alone))


def _each(rows: Callable[[datetime], QuerySet], does: Callable, now: datetime, *, alone: bool) -> tuple[int, int]:
    """(what was done, how many rows could not be)."""
    done = failed = 0
    for first, last in _batches(rows(now)):
        some = rows(now).filter(pk__gte=first, pk__lte=last).order_by("pk")
        together = None if alone else _together(some, does, now)
        if together is None:
            turn = claims.each(some, lambda row: does(row.__class__._default_manager.filter(pk=row.pk), now))
            together, failed = turn.done, failed + turn.failed
        done += together
    return done, failed


def _batches(rows: QuerySet) -> Iterator[tuple]:
    """(first, last) key of each: what could not be erased is not looked at again in this turn."""
    after: dict[str, Any] = {}
    while pks := list(rows.filter(**after).order_by("pk").values_list("pk", flat=True)[:BATCH]):
        after = {"pk__gt": pks[-1]}
        yield pks[0], pks[-1]


def _together(some: QuerySet, does: Callable, now: datetime) -> int | None:
    """What was done, in one transaction; None when one of them spoiled the turn of the others, and each must have its own."""
    try:
        with transaction.atomic():
            # Locked as they are asked for: somebody may have spoken meanwhile. What another holds now is for the next turn.
            held = [row.pk for row in some.select_for_update(of=("self",), skip_locked=True).only("pk")]
            return does(some.model.objects.filter(pk__in=held), now) if held else 0
    except Exception as error:
        if is_away(error):
            raise
        return None
