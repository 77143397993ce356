"""Rows that are due, taken one at a time by however many workers look: each once, and none in the way of another.

    claims.each(Handover.objects.filter(state=SENT, return_at__lte=now).order_by("return_at"), partial(_bring_back, now=now), under="conversation")

What is listed is only a hint. Each row is locked, in a transaction of its own, and asked for again: what another worker holds is left to it,
what is due no longer is left alone. A row that raises is undone and told in the log, and the next one has its turn; the turn of the loop does
not count as a good one, so that /health/ready shows a row that fails each time.

A function and not a generator: what raises in the body of a `for` never comes back to the generator, and `break` would undo the last row.
"""

import logging
from collections.abc import Callable
from typing import NamedTuple

from django.db import transaction
from django.db.models import Model, QuerySet

from . import loops
from .outage import is_away

log = logging.getLogger(__name__)
MOST = 1000
"""Rows of one call at most: the next turn of the loop takes the others."""
NEXT = 20
"""Rows that `first` tries: those before may be held by others at this very instant."""


class Turn(NamedTuple):
    """`done`: the sum of what was returned for each row; `left`: rows that are still to do, `failed` those of them that raised."""

    done: int
    failed: int
    left: int


def each(due: QuerySet, do: Callable[[Model], int | None], *, under: str = "", patient: bool = False, most: int = MOST) -> Turn:
    """`do(row)` for each row of `due`, in its order; nothing returned counts for one.

    `under`: the foreign key to what must be locked before the row. `patient`: wait for who holds a row instead of leaving it to them,
    where nobody would come back for it.
    """
    done = failed = left = 0
    listed = _listed(due, under, most)
    for number, keys in enumerate(listed):
        if loops.stopping.is_set():
            left += len(listed) - number
            break
        try:
            with transaction.atomic():
                row, is_held = _locked(due, *keys, under, patient)
                result = 0 if row is None else do(row)
            # Once it is committed: that may fail too.
            done, left = done + (1 if result is None else result), left + is_held
        except Exception as error:
            _told(error, due, keys[0])
            failed, left = failed + 1, left + 1
    return Turn(done, failed, left + (len(listed) == most))


def first(due: QuerySet, take: Callable[[Model], object]) -> Model | None:
    """The first row of `due` that nobody holds, once `take(row)` has marked it as ours and that is committed; for work that is done after, without a lock."""
    for keys in _listed(due, "", NEXT):
        try:
            with transaction.atomic():
                row, _ = _locked(due, *keys, "", False)
                if row is not None:
                    take(row)
            if row is not None:
                return row
        except Exception as error:
            _told(error, due, keys[0])
    return None


def _listed(due: QuerySet, under: str, most: int) -> list[tuple]:
    return list(due.values_list("pk", under or "pk")[:most])


def _locked(due: QuerySet, pk, above, under: str, patient: bool) -> tuple[Model | None, bool]:
    """(the row, locked and still due, or None; whether somebody else holds it). In a transaction."""
    wanted = [(due.model._meta.get_field(under).related_model, above)] if under else []
    for model, key in [*wanted, (due.model, pk)]:
        # The key alone, then the question again: PostgreSQL reads the locked row anew, and not what the question joins to it.
        if not list(model._base_manager.select_for_update(skip_locked=not patient).filter(pk=key).values_list("pk")):
            return None, model._base_manager.filter(pk=key).exists()
    return due.filter(pk=pk).first(), False


def _told(error: Exception, due: QuerySet, pk) -> None:
    """A database that is away is no fault of the row: it goes up."""
    if is_away(error):
        raise error
    loops.spoil()
    log.exception("%s %s could not be treated; others go on", due.model._meta.label, pk)
