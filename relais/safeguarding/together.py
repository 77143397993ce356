"""What is said of a whole group of alarms at once, by somebody who has read a sample of it; and second thoughts about it."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from relais.accounts import reading
from relais.accounts.models import User
from relais.foundation.refusals import NotAcceptable, NotAllowed, WrongState
from relais.foundation.subjects import Subject, subject_of

from . import alarms
from .models import TEAM, Alarm, AlarmGroup
from .watched import Watched

SAMPLE = 5
"""People of a group whose messages are read before anything is said of the others."""


@dataclass(frozen=True)
class Look:
    """What somebody may say of a group at once. `open`: its alarms that wait; `elsewhere`: those of the same people that are open too and
    came otherwise, of whom nothing is said at once; `read`: people whose messages this one has opened since; `wanted`: how many are to be."""

    group: AlarmGroup
    open: list[Alarm] = field(repr=False)
    elsewhere: list[Alarm] = field(repr=False)
    read: int
    wanted: int
    opened: set[int] = field(repr=False)

    @property
    def is_read(self) -> bool:
        return self.read >= self.wanted

    @property
    def sayable(self) -> list[Alarm]:
        """Those that may be said to be none together: what presses was opened one by one first."""
        return [alarm for alarm in self.open if not alarm.is_urgent or alarm.pk in self.opened]

    @property
    def pressing(self) -> int:
        """Those that are still to be opened one by one."""
        return len(self.open) - len(self.sayable)


def look(group: AlarmGroup, user: User) -> Look:
    rows = list(group.alarms.order_by("pk"))
    last = reading.last_opened(
        user=user, kind=group.subject_kind, subjects={alarm.subject_id for alarm in rows}, since=group.began_at
    )
    # What somebody said of one by itself they had read.
    opened = {
        alarm.pk
        for alarm in rows
        if last.get(str(alarm.subject_id), alarm.raised_at) > alarm.raised_at
        or (alarm.seen_by_id == user.pk and not alarm.together)
    }
    people = {alarm.subject_id for alarm in rows}
    read = {alarm.subject_id for alarm in rows if alarm.pk in opened}
    elsewhere = list(_elsewhere(group, people).order_by("pk"))
    apart = _apart(group, {one.subject_id for one in rows if one.seen_at is None})
    waiting = [one for one in rows if one.seen_at is None and one.subject_id not in apart]
    return Look(group, waiting, elsewhere, len(read), min(SAMPLE, len(people)), opened)


def _elsewhere(group: AlarmGroup, people: Collection[UUID]) -> QuerySet:
    return Alarm.objects.open().filter(subject_kind=group.subject_kind, subject_id__in=people).exclude(group=group)


def _apart(group: AlarmGroup, people: Collection[UUID]) -> set[UUID]:
    """Those of them of whom nothing is said with the others: somebody has them in hand, or something else of theirs is to be read."""
    elsewhere = _elsewhere(group, people).order_by().values_list("subject_id", flat=True)
    return Watched.of(group.subject_kind).in_hand(people) | set(elsewhere)


@transaction.atomic
def say_false(*, group: AlarmGroup, user: User, shown: Collection[int], reason: str, now: datetime) -> int:
    """A human who has read a sample says that the alarms of these numbers are none: each is said so by itself, and can be taken back.
    Returns how many. Raises NotAllowed, WrongState before the sample is read, NotAcceptable where nothing is left to say."""
    _may(group, user)
    if reason not in Alarm.Together:
        raise NotAcceptable("Choisissez pourquoi ce sont de fausses alertes.")
    looked = look(group, user)
    if not looked.is_read:
        raise WrongState(
            f"Ouvrez et lisez d’abord les messages de {looked.wanted} personnes de ce groupe : vous en avez lu {looked.read}."
        )
    by_subject: dict[UUID, list[int]] = {}
    for alarm in looked.sayable:
        if alarm.pk in shown:
            by_subject.setdefault(alarm.subject_id, []).append(alarm.pk)
    held_now = list(_held(group, by_subject))
    # Asked again once they are held: until then a colleague may have taken one, or one may have written from elsewhere.
    apart = _apart(group, by_subject)
    still_open = set(group.alarms.open().order_by().values_list("pk", flat=True))
    decided = [held for held in held_now if held.pk not in apart and not still_open.isdisjoint(by_subject[held.pk])]
    if not decided:
        raise NotAcceptable("Il ne reste rien à décider ensemble : ce qui est urgent se lit message par message.")
    note = f"Fausse alerte, dite avec celles du même groupe ({len(decided)}) : {Alarm.Together(reason).label.lower()}"
    done = 0
    for held in decided:
        read = Alarm.objects.filter(pk__in=by_subject[held.pk], group=group)
        done += alarms.say(held, read, user=user, is_false=True, note=note, now=now, together=reason)
    return done


@transaction.atomic
def take_back(*, group: AlarmGroup, user: User, now: datetime) -> int:
    """Second thoughts about what was said of several at once: each is open again. Returns how many. Raises NotAllowed."""
    _may(group, user)
    said = group.alarms.filter(is_false=True).exclude(together="")
    subjects = set(said.order_by().values_list("subject_id", flat=True))
    return sum(alarms.take_back(held, said, user=user, now=now) for held in _held(group, subjects))


def _may(group: AlarmGroup, user: User) -> None:
    if user.roles_in(group.organisation_id).isdisjoint(TEAM):
        raise NotAllowed("C’est à l’équipe qui répond de dire ce que c’était.")


def _held(group: AlarmGroup, subjects: Collection[UUID]) -> Iterator[Subject]:
    """Each of them locked, in one order whoever does it; not those that were erased, or went to another organisation meanwhile."""
    thing = Watched.of(group.subject_kind).thing
    for pk in sorted(subjects):
        try:
            held = subject_of(thing.locked(pk))
        except thing.model.DoesNotExist:
            continue
        if held.organisation_id == group.organisation_id:
            yield held
