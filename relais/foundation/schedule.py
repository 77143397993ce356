"""What runs by itself at its hour: jobs that apps declare, rows that say when, and runs that say what came of it.

An app declares a job in its `jobs.py`:

    @scheduled("backup", "Sauvegarde", usual="03:20", lacks=what_is_missing)
    def copy(lines, now) -> str: ...

It returns what it did in words, or raises `Failed`. It runs in a process of its own (`running.py`), at most once at a time: a run is claimed
in the database, where its process holds a lock for as long as it lives. Whoever finds a run without its lock knows that the process is gone.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from . import claims, states
from .database.patience import alone
from .loops import wake
from .models import Days, Run, Schedule
from .refusals import AlreadyThere, NotAcceptable

log = logging.getLogger(__name__)
BELL = "schedule"
RETRY = timedelta(hours=1)
"""How long after a run that went wrong it is tried a second time."""
BIRTH = timedelta(minutes=3)
"""How long a process may take from its claim until it holds its lock."""
LONGEST_WORDS = 4000
UNEXPECTED = "Une erreur que rien ne prévoyait ; le journal du programme de fond dit laquelle."
GONE = "Le programme qui s’en occupait s’est arrêté avant la fin."


class Failed(Exception):
    """A job that could not do its work: in words, and as the program `said` it."""

    def __init__(self, words: str, said: str = ""):
        super().__init__(words)
        self.words, self.said = words, said


@dataclass(frozen=True)
class Asks:
    """What a job is given, one a line. `check(lines)` raises NotAcceptable with the sentence for the screen."""

    label: str
    help: str
    check: Callable[[Sequence[str]], None]


@dataclass(frozen=True)
class Job:
    """`lacks`: what this installation misses for it, in a sentence, or "". `begins_on`: whether a new installation runs it. `within`: its longest time."""

    name: str
    words: str
    usual: time
    run: Callable[[list[str], datetime], str]
    asks: Asks | None
    lacks: Callable[[], str]
    begins_on: Callable[[], bool]
    within: timedelta


registry: dict[str, Job] = {}


def scheduled(
    name: str,
    words: str,
    *,
    usual: str,
    asks: Asks | None = None,
    lacks: Callable[[], str] = lambda: "",
    begins_on: Callable[[], bool] = lambda: False,
    within: timedelta = timedelta(hours=4),
):
    """Register `run(lines, now)` as a job. It must be safe to run again after it was stopped anywhere."""

    def keep(function):
        registry[name] = Job(name, words, time.fromisoformat(usual), function, asks, lacks, begins_on, within)
        return function

    return keep


def job_of(schedule: Schedule) -> Job:
    return registry[schedule.job]


def following(hour: time, days: str, after: datetime) -> datetime:
    """The next instant after `after` at which it is `hour`, on one of `days`, on the wall clock of the installation.

    Once a day whatever the clocks do: an hour that comes twice counts the first time, one that is skipped counts as the hour after.
    """
    zone = timezone.get_default_timezone()
    today = timezone.localdate(after, zone)
    for ahead in range(9):
        day = today + timedelta(days=ahead)
        at = datetime.combine(day, hour, zone).astimezone(UTC)
        if at > after and Days(days).holds(day.weekday()):
            return at
    raise AssertionError("Every choice of days holds one of any eight days.")


def ensure(now: datetime) -> None:
    """A row for each job. Safe in two processes at once."""
    there = set(Schedule.objects.values_list("job", flat=True))
    rows = []
    for job in registry.values():
        if job.name not in there:
            is_on = job.begins_on()
            next_at = following(job.usual, Days.ALL, now) if is_on else None
            rows.append(Schedule(job=job.name, hour=job.usual, is_on=is_on, next_at=next_at))
    if rows:
        Schedule.objects.bulk_create(rows, ignore_conflicts=True)


def known():
    """The rows whose job some app still declares."""
    return Schedule.objects.filter(job__in=registry)


def failing():
    """Those that are on and whose last run went wrong: told to those who look after the installation."""
    return known().failing()


# --- what somebody decides


def refuse_unready(job: Job, lines: Sequence[str]) -> None:
    """Raises NotAcceptable when the job could not run with these lines on this installation."""
    if lacking := job.lacks():
        raise NotAcceptable(lacking)
    if job.asks:
        job.asks.check(lines)


def change(schedule: Schedule, *, hour: time, days: str, is_on: bool, lines: str, now: datetime) -> Schedule:
    """Set when and on what a job runs. The row is locked by the caller. Raises NotAcceptable."""
    schedule.hour, schedule.days, schedule.lines, schedule.is_on = hour, days, lines, is_on
    job = job_of(schedule)
    if is_on:
        refuse_unready(job, schedule.given)
    elif job.asks and schedule.given:
        job.asks.check(schedule.given)
    schedule.next_at, schedule.retry_at = (following(hour, days, now) if is_on else None), None
    schedule.save()
    return schedule


def ask(schedule: Schedule, *, by: UUID, now: datetime) -> Run:
    """Have a job run as soon as a worker is free. The row is locked by the caller. Raises AlreadyThere, NotAcceptable."""
    refuse_unready(job_of(schedule), schedule.given)
    if schedule.runs.filter(state__in=Run.UNDER_WAY).exists():
        raise AlreadyThere("C’est déjà en cours : attendez que ce passage finisse.")
    run = Run.objects.create(schedule=schedule, state=Run.State.WAITING, started_at=now, asked_by=by)
    wake(BELL)
    return run


# --- what the worker does


def claim(now: datetime) -> Run | None:
    """One run that is now ours to do, or None. What is late, however late, is due once."""
    waiting = Run.objects.filter(state=Run.State.WAITING, schedule__job__in=registry).order_by("started_at", "id")
    if run := claims.first(waiting, lambda run: states.move(run, Run.State.RUNNING, now=now, started_at=now)):
        return run
    begun: list[Run] = []
    claims.first(known().due(now).order_by("next_at", "id"), lambda schedule: begun.append(_begin(schedule, now)))
    return begun[0] if begun else None


def _begin(schedule: Schedule, now: datetime) -> Run:
    is_retry = schedule.next_at is not None and schedule.next_at > now
    schedule.retry_at = None
    if not is_retry:
        schedule.next_at = following(schedule.hour, schedule.days, now)
    schedule.save(update_fields=["next_at", "retry_at"])
    return Run.objects.create(schedule=schedule, started_at=now, is_retry=is_retry)


def perform(run_id: int) -> None:
    """Do a claimed run, in a process of its own: the lock is let go when it ends, however it ends."""
    with alone(_lock(run_id)):
        run = Run.objects.select_related("schedule").filter(pk=run_id, state=Run.State.RUNNING).first()
        if run is not None:
            _perform(run)


def _perform(run: Run) -> None:
    try:
        state, words, said = Run.State.DONE, job_of(run.schedule).run(run.schedule.given, timezone.now()), ""
    except Failed as failure:
        state, words, said = Run.State.FAILED, failure.words, failure.said
    except Exception:
        log.exception("The job %s failed", run.schedule.job)
        state, words, said = Run.State.FAILED, UNEXPECTED, ""
    finish(run.pk, state, words, said=said, now=timezone.now())


@transaction.atomic
def finish(run_id: int, state: str, words: str, *, said: str = "", now: datetime) -> bool:
    """Write what came of a run, once: False when somebody has already. The first one that goes wrong by the clock is tried again in an hour."""
    # The row of the job first, as everywhere.
    schedule = Schedule.objects.select_for_update().get(runs=run_id)
    run = Run.objects.select_for_update().get(pk=run_id)
    if run.state != Run.State.RUNNING:
        return False
    texts = {"words": words[:LONGEST_WORDS], "said": said.replace("\x00", "")[:LONGEST_WORDS]}
    states.move(run, state, now=now, ended_at=now, **texts)
    if state in Run.WRONG and schedule.is_on and run.asked_by is None and not run.is_retry:
        schedule.retry_at = now + RETRY
    elif state == Run.State.DONE:
        schedule.retry_at = None
    schedule.save(update_fields=["retry_at"])
    return True


def find_broken(now: datetime, *, but: int | None = None) -> int:
    """Runs whose process is gone are over, and told; `but` the one that is in the hands of who asks. Returns how many."""
    old = Run.objects.filter(state=Run.State.RUNNING, started_at__lte=now - BIRTH).values_list("pk", flat=True)
    return sum(finish(pk, Run.State.BROKEN, GONE, now=now) for pk in old if pk != but and not _is_held(pk))


def _lock(run_id: int) -> str:
    return f"relais run {run_id}"


def _is_held(run_id: int) -> bool:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtext(%s))", [_lock(run_id)])
        return not cursor.fetchone()[0]
