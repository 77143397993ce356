"""Rows that are due, taken one at a time by however many workers look: each once, and none in the way of another.

    claims.each(Handover.objects.filter(state=SENT, return_at__lte=now).order_by("return_at"), partial(_bring_back, now=now), under="conversation")

What is listed is only a hint. Each row is locked, in a transaction of its own, and asked for again: what another worker holds is left to it,
what is due no longer is left alone. A row that raises is undone and told in the log, and the next one has its turn; the turn of the loop does
not count as a good one, so that /health/ready shows a row that fails each time.

A function and not a generator: what raises in the body of a `for` never comes back to the generator, and `break` would undo the last row.
"""

import logging
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

from django.db import transaction
from django.db.models import Model, QuerySet

from . import loops
from .outage import is_away

log = logging.getLogger(__name__)
Row = TypeVar("Row", bound=Model)
MOST = 1000
"""Rows of one call at most: the next turn of the loop takes the others."""
NEXT = 20
"""Rows that `first` looks at together: those before may be held by others at this very instant."""


class Turn(NamedTuple):
    """`done`: the sum of what was returned for each row; `left`: rows that are still to do, `failed` those of them that raised."""

    done: int
    failed: int
    left: int


class Under(NamedTuple):
    """What must be locked before a row that has no foreign key to it: `find(*values of columns)` gives its model and its key."""

    columns: tuple[str, ...]
    find: Callable[..., tuple[type[Model], object]]


def each(
    due: QuerySet,
    do: Callable[[Model], int | None],
    *,
    under: str | Under = "",
    patient: bool = False,
    most: int = MOST,
) -> Turn:
    """`do(row)` for each row of `due`, in its order; nothing returned counts for one.

    `under`: what must be locked before the row: the foreign key to it, or an `Under`. `patient`: wait for who holds a row instead of leaving it to them,
    where nobody would come back for it.
    """
    done = failed = left = 0
    above = _under(due, under)
    listed = _listed(due, above, most)
    for number, keys in enumerate(listed):
        if loops.stopping.is_set():
            left += len(listed) - number
            break
        try:
            with transaction.atomic():
                row, is_held = _locked(due, keys, above, patient)
                result = 0 if row is None else do(row)
            # Once it is committed: that may fail too.
            done, left = done + (1 if result is None else result), left + is_held
        except Exception as error:
            _told(error, due, keys[0])
            failed, left = failed + 1, left + 1
    return Turn(done, failed, left + (len(listed) == most))


def first(
    due: QuerySet[Row], take: Callable[[Row], object], *, put_off: Callable[[Any], object] | None = None
) -> Row | None:
    """The first row of `due` that nobody holds, once `take(row)` has marked it as ours and that is committed; for work that is done after, without a lock.

    Those that raise, however many, are passed over. `put_off(key)` may see to it that the next one who looks does not meet them again.
    """
    bad: list = []
    while True:
        before = len(bad)
        for keys in _listed(due.exclude(pk__in=bad), None, NEXT):
            try:
                if (row := _taken(due, keys, take)) is not None:
                    return row
            except Exception as error:
                _told(error, due, keys[0])
                bad.append(keys[0])
                if put_off:
                    put_off(keys[0])
        if len(bad) == before:
            return None


def _taken(due: QuerySet[Row], keys: tuple, take: Callable[[Row], object]) -> Row | None:
    with transaction.atomic():
        row, _ = _locked(due, keys, None, False)
        if row is not None:
            take(row)
    return row


def _under(due: QuerySet, under: str | Under) -> Under | None:
    if not isinstance(under, str):
        return under
    return Under((under,), lambda key: (due.model._meta.get_field(under).related_model, key)) if under else None


def _listed(due: QuerySet, above: Under | None, most: int) -> list[tuple]:
    return list(due.values_list("pk", *(above.columns if above else ()))[:most])


def _locked(due: QuerySet, keys: tuple, above: Under | None, patient: bool) -> tuple[Any, bool]:
    """(the row, locked and still due, or None; whether somebody else holds it). In a transaction."""
    pk, *values = keys
    wanted = [above.find(*values)] if above else []
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
