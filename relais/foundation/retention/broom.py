"""The broom: follows every rule, in bounded batches. What cannot be erased stops nothing else, and is counted so that somebody looks."""

import logging
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial

from django.db import transaction
from django.db.models import QuerySet

from ..outage import is_away
from .registry import Rule, not_ended, rules

log = logging.getLogger(__name__)
BATCH = 2000
"""Rows of one transaction at most."""


def sweep(now: datetime, *, dry: bool = False, often: bool = False) -> dict:
    """One turn. Returns {slug: {"ripe": n, "erased": n}}, with "failed" where something could not be done, and "announced".

    `dry` changes nothing and counts what would go; `often`: only the rules that are followed often. Safe in two processes at once.
    """
    followed = [rule for rule in rules() if rule.often or not often]
    untold = dict.fromkeys((rule.slug for rule in followed), 0)
    counts = {} if dry or often else {"announced": 0}
    for rule in followed if "announced" in counts else ():
        if rule.warned:
            (told, untold[rule.slug]), fault = _trying(rule.slug, partial(_each, rule, rule.warned, rule.warn, now, size=1), (0, 0))
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
    return (ripe, 0, 0) if dry or not ripe else (ripe, *_each(rule, rule.ripe, rule.does, now, size=1 if rule.alone else BATCH))


def _each(rule: Rule, rows: Callable, does: Callable, now: datetime, *, size: int) -> tuple[int, int]:
    """(what was done, how many rows could not be), `size` rows in a transaction."""
    done = failed = 0
    for pks in _batches(rows(now), size):
        more, faults = _together(rule, rows(now), does, now, pks)
        done, failed = done + more, failed + faults
    return done, failed


def _batches(rows: QuerySet, size: int) -> Iterator[list]:
    """Each row once: what could not be erased is not looked at again in this turn."""
    last = {}
    while pks := list(rows.filter(**last).order_by("pk").values_list("pk", flat=True)[:BATCH]):
        last = {"pk__gt": pks[-1]}
        yield from (pks[start : start + size] for start in range(0, len(pks), size))


def _together(rule: Rule, rows: QuerySet, does: Callable, now: datetime, pks: list) -> tuple[int, int]:
    try:
        with transaction.atomic():
            # Locked, and asked again: somebody may have spoken meanwhile. What another holds now is for the next turn.
            still = rows.filter(pk__in=pks).order_by("pk").select_for_update(of=("self",), skip_locked=True)
            held = [row.pk for row in still.only("pk")]
            return does(rows.model.objects.filter(pk__in=held), now) if held else 0, 0
    except Exception as error:
        if is_away(error):
            raise
        if len(pks) == 1:
            log.exception("The rule %s could not be followed for the row %s", rule.slug, pks[0])
            return 0, 1
    # One of them spoils the turn of the others: each by itself.
    each = [_together(rule, rows, does, now, [pk]) for pk in pks]
    return sum(done for done, _ in each), sum(faults for _, faults in each)
