"""How many people's files one account may open: the sector's own breach was one account that read everything.

Everything that shows what a file says goes through `open_files`, and the count is taken from the trace of reads itself
(AccessRecord): nothing can be read without being counted. What one holds or has answered is one's work: traced, not counted.
"""

from abc import abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Max, QuerySet

from relais.foundation import letters
from relais.foundation.events import record
from relais.foundation.models import EventRecord
from relais.foundation.refusals import TooOften
from relais.foundation.subjects import KINDS, Hook

from . import ends
from .events import ReadingStopLifted, ReadingStopped, ReadingWarned
from .models import AccessRecord, ReadingStop, Role, User, Why
from .scope import people

HOUR, DAY = timedelta(hours=1), timedelta(hours=24)
DAYS_WORK = timedelta(hours=12)
TRACED_AGAIN = timedelta(hours=6)
"""A file of one's own work leaves one trace in so long, unless something came in it that must be read anew (`Read.came_since`): long
before the one that keeps it open is a day's work old."""
READ = "read"
SEARCH, REPORT = "search", "report"


@dataclass(frozen=True)
class Limit:
    """More than `files` different files that are not one's own work, opened within `per`."""

    files: int
    per: timedelta


WARNING = Limit(30, HOUR)
"""Beyond it those responsible are told, again each hour while it lasts."""
STOP = Limit(200, DAY)
"""Beyond it the account does nothing more until somebody else lifts the stop; what was read before the last lifting is forgiven."""

STOPPED = "Votre compte est arrêté : il a ouvert trop de dossiers. Une personne responsable doit le remettre en route."
JUST_STOPPED = f"Vous avez ouvert plus de {STOP.files} dossiers en un jour. Votre compte est arrêté et la personne responsable est prévenue."

File = tuple[str, str]
"""The kind of a file and its number, as in AccessRecord."""


class TooMany(TooOften):
    """This account is stopped; the text is shown to its holder."""


class Read(Hook):
    """What is asked of a kind of files of which some are one's own work."""

    @abstractmethod
    def own_work(self, user: User, numbers: Iterable[str]) -> QuerySet:
        """Of the files of these numbers, those that are."""

    def came_since(self, opened: Mapping[str, datetime]) -> set[str]:
        """Of these files, each with the instant it was last opened, those with something since of which the trace must say who read it."""
        return set()


def organisation_of(stop: ReadingStop) -> UUID | None:
    """The organisation whose files were read before this stop; None when nobody knows, or when they are of several."""
    rows = AccessRecord.objects.filter(user=stop.user_id, action=READ, at__gt=stop.at - STOP.per, at__lte=stop.at)
    by_kind: dict[str, set[str]] = {}
    for kind, subject in rows.order_by().values_list("kind", "subject").distinct():
        by_kind.setdefault(kind, set()).add(subject)
    if not by_kind.keys() <= KINDS.keys():
        return None
    found = {one.organisation_id for kind, numbers in by_kind.items() for one in KINDS[kind].found(numbers).values()}
    return found.pop() if len(found) == 1 else None


def open_files(*, user: User, kind: str, subjects: Iterable[object], reason: Why, by: str = "", now: datetime) -> None:
    """Write down that `user` is shown these files, unless it is too many. Raises TooMany, and nothing is shown.

    `by`: SEARCH or REPORT where it is not by the page of the file.
    Not to be called inside a transaction that the exception would undo: the stop is written in its own.
    """
    wanted, reason = {(kind, str(subject)) for subject in subjects}, Why(reason)
    with transaction.atomic():
        # The lock makes two hundred requests sent at once count one after the other.
        User.objects.select_for_update().get(pk=user.pk)
        if is_stopped(user):
            raise TooMany(STOPPED)
        opened = _opened(user, now)
        own = _own_of(user, opened.keys() | wanted)
        counted = {file: at for file, at in opened.items() if file not in own} | dict.fromkeys(wanted - own, now)
        if stopped := _beyond(STOP, counted, now):
            _stop(user, len(counted.keys() - wanted), now)
        else:
            lately = {file: opened[file] for file in wanted & own & opened.keys() if opened[file] > now - TRACED_AGAIN}
            new = wanted - (lately.keys() - _with_more_since(lately))
            AccessRecord.objects.bulk_create(
                AccessRecord(
                    at=now,
                    user=user,
                    action=READ,
                    kind=kind,
                    subject=subject,
                    reason=f"{by}:{reason}" if by else reason,
                )
                for kind, subject in sorted(new)
            )
            if _beyond(WARNING, counted, now):
                _warn(user, _within(WARNING, counted, now), now)
    if stopped:
        raise TooMany(JUST_STOPPED)


def open_file(*, user: User, kind: str, subject: object, reason: Why, by: str = "", now: datetime) -> None:
    """`open_files` for one."""
    open_files(user=user, kind=kind, subjects=[subject], reason=reason, by=by, now=now)


def open_now(*, user: User, kind: str, subjects: Iterable[object], now: datetime) -> set[str]:
    """Those of these files that `user` has open: opened within a day's work, by an account that is not stopped."""
    if is_stopped(user):
        return set()
    rows = AccessRecord.objects.filter(
        user=user, action=READ, kind=kind, subject__in=map(str, subjects), at__gt=now - DAYS_WORK
    )
    return set(rows.order_by().values_list("subject", flat=True))


def has_open(*, user: User, kind: str, subject: object, now: datetime) -> bool:
    """`open_now` for one."""
    return bool(open_now(user=user, kind=kind, subjects=[subject], now=now))


def last_opened(*, user: User, kind: str, subjects: Iterable[object], since: datetime) -> dict[str, datetime]:
    """Of these files, those that `user` opened after `since`, each with the last time."""
    rows = AccessRecord.objects.filter(
        user=user, action=READ, kind=kind, subject__in=[str(one) for one in subjects], at__gt=since
    )
    return dict(rows.order_by().values_list("subject").annotate(last=Max("at")))


def traces(*, user, kind: str, subject: object, since, until) -> QuerySet:
    """That `user` opened this file after `since` and not after `until`, each of which may be a column of the question asked around it."""
    return AccessRecord.objects.filter(
        user=user, action=READ, kind=kind, subject=str(subject), at__gt=since, at__lte=until
    )


def stopped() -> QuerySet:
    """The numbers of those whose account read too much, until somebody lifts the stop."""
    return ReadingStop.objects.filter(lifted_at=None).order_by().values("user")


def is_stopped(user: User) -> bool:
    return ReadingStop.objects.filter(user=user, lifted_at=None).exists()


@transaction.atomic
def lift(*, stop: ReadingStop, by: User, reason: str, now: datetime) -> ReadingStop:
    """A supervisor or an administrator, and never the person stopped, puts the account back to work, and says why."""
    held = ReadingStop.objects.select_for_update().get(pk=stop.pk)
    if held.lifted_at is None and held.user_id != by.pk:
        held.lifted_at, held.lifted_by, held.reason = now, by, reason
        held.save(update_fields=["lifted_at", "lifted_by", "reason"])
        record(ReadingStopLifted(user=held.user_id, by=by.pk), now=now)
    return held


def _opened(user: User, now: datetime) -> dict[File, datetime]:
    """The files that `user` opened in a day, or since their last stop was lifted, with the last instant of each."""
    lifted = ReadingStop.objects.filter(user=user).aggregate(at=Max("lifted_at"))["at"]
    since = max(now - STOP.per, lifted) if lifted else now - STOP.per
    rows = (
        AccessRecord.objects.filter(user=user, action=READ, at__gt=since)
        .order_by()
        .values_list("kind", "subject")
        .annotate(last=Max("at"))
    )
    return {(kind, subject): last for kind, subject, last in rows}


def _own_of(user: User, files: Iterable[File]) -> set[File]:
    by_kind: dict[str, set[str]] = {}
    for kind, subject in files:
        by_kind.setdefault(kind, set()).add(subject)
    return {
        (kind, str(pk))
        for kind, numbers in by_kind.items()
        if kind in Read.added
        for pk in Read.of(kind).own_work(user, numbers).values_list("pk", flat=True)
    }


def _with_more_since(opened: dict[File, datetime]) -> set[File]:
    by_kind: dict[str, dict[str, datetime]] = {}
    for (kind, subject), at in opened.items():
        by_kind.setdefault(kind, {})[subject] = at
    return {(kind, subject) for kind, files in by_kind.items() for subject in Read.of(kind).came_since(files)}


def _within(limit: Limit, counted: dict[File, datetime], now: datetime) -> int:
    return sum(at > now - limit.per for at in counted.values())


def _beyond(limit: Limit, counted: dict[File, datetime], now: datetime) -> bool:
    return _within(limit, counted, now) > limit.files


def _stop(user: User, files: int, now: datetime) -> None:
    ReadingStop.objects.create(user=user, at=now, files=files)
    record(ReadingStopped(user=user.pk), now=now)
    ends.ended(user)
    _tell(user, "stop", files, now)


def _warn(user: User, files: int, now: datetime) -> None:
    if EventRecord.objects.filter(name=ReadingWarned.name, at__gt=now - WARNING.per, data__user=str(user.pk)).exists():
        return
    record(ReadingWarned(user=user.pk), now=now)
    _tell(user, "warning", files, now)


def _tell(user: User, what: str, files: int, now: datetime) -> None:
    """`what`: stop or warning."""
    said = {"user": user, "files": files, "stopped": what == "stop"}
    for organisation in dict.fromkeys(user.memberships.values_list("organisation", flat=True)):
        for person in people(organisation, Role.SUPERVISOR, Role.ADMINISTRATOR).exclude(pk=user.pk):
            letters.send(
                "accounts/unusual_reading",
                to=person.email,
                context=said,
                key=f"reading-{what}:{user.pk.hex}:{now:%Y%m%d%H%M}:{person.pk.hex[:12]}",
                now=now,
                organisation=organisation,
            )
