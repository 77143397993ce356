"""Sources that are read in parts over a long time: each part is written in its own transaction, and an import that was stopped
goes on after the last part it finished.

A part makes rows leave only once it was read whole. Whatever stops the run (a cut network, kill -9), what was written stays.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from .importing import BadFile, Batch, Progress, Rehearsal, apply, one_at_a_time
from .models import ImportRun, ImportSlice

RESUME_WITHIN = timedelta(hours=24)
"""A run stopped longer ago than this begins again: its first parts are too old."""


class Interrupted(BadFile):
    """The source failed in the middle. What was read is kept; the next run goes on from there."""


@dataclass
class Slice:
    """One part: `read` fetches it whole, before any transaction begins, and says in the batch's tables what may leave."""

    key: str
    read: Callable[[], Batch]
    is_complete: Callable[[], bool] = lambda: True


def run_slices(
    source: str,
    plan: Callable[[set[str]], Iterator[Slice]],
    *,
    origin: str,
    now: datetime,
    dry_run: bool = False,
    may_shrink: bool = False,
    progress: Progress = lambda *_: None,
) -> ImportRun:
    """Read and write every slice of `plan(keys already done)`. Returns the run; `finished_at` is set once all are done.

    Raises `Interrupted` when the source fails for good; its sentence is kept as the run's `error`.
    """
    with one_at_a_time(source):
        outcome = _begin(source, origin, now, dry_run)
        done = set(outcome.slices.values_list("key", flat=True)) if outcome.pk else set()
        try:
            for number, part in enumerate(plan(done), len(done) + 1):
                batch = part.read()
                batch.may_shrink = may_shrink
                _keep(part, batch, outcome, dry_run, progress)
                progress(f"{source} {part.key}", number, 0)
        except BadFile as error:
            if not dry_run:
                outcome.error = str(error)
                outcome.save()
            raise Interrupted(f"{error} What was read is kept; run the same command again to go on.") from None
        outcome.finished_at, outcome.error = timezone.now(), ""
        if not dry_run:
            outcome.save()
    return outcome


def _begin(source: str, origin: str, now: datetime, dry_run: bool) -> ImportRun:
    if dry_run:
        return ImportRun(source=source, origin=origin[:300], started_at=now)
    stopped = ImportRun.objects.filter(source=source, finished_at=None, started_at__gt=now - RESUME_WITHIN).first()
    return stopped or ImportRun.objects.create(source=source, origin=origin[:300], started_at=now)


def _keep(part: Slice, batch: Batch, outcome: ImportRun, dry_run: bool, progress: Progress) -> None:
    try:
        with transaction.atomic():
            apply(batch, outcome, timezone.now(), progress)
            if dry_run:
                raise Rehearsal
            ImportSlice.objects.create(
                source=outcome.source,
                key=part.key,
                run=outcome,
                finished_at=timezone.now(),
                is_complete=part.is_complete(),
            )
            outcome.save()
    except Rehearsal:
        pass
