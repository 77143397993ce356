"""Alarms: raised with the message that bears signs of danger, told to people on duty, and open until a human says what it was."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.urls import reverse

from relais.accounts import reading
from relais.accounts.models import User
from relais.accounts.scope import answerable
from relais.foundation import claims, notices
from relais.foundation.events import record
from relais.foundation.help import HelpNumber
from relais.foundation.refusals import NotAllowed, WrongState
from relais.foundation.subjects import Subject, subject_of

from . import detection, first_aid, groups, watched
from .detection.labels import DANGERS
from .events import DangerReopened, DangerSeen, DangerSignalled
from .models import TEAM, Alarm
from .watched import Watched

QUIET = timedelta(minutes=10)
"""While an alarm about the same is open, one letter in so long is enough; open pages hear of each message."""
LATE = timedelta(minutes=10)
"""An urgent alarm that nobody has read by then is told again, also to the structure on call."""
FORGOTTEN = timedelta(hours=2)
SHOWN = timedelta(hours=24)
"""For how long the numbers stay on the person's page after what they wrote."""


def screen(*, subject: Subject, item: object, text: str, now: datetime, origin: str = "") -> Alarm | None:
    """Raise an alarm if `text` bears signs of danger: a row, letters to the people on duty, nothing else.

    Called in the transaction that keeps the text as the number `item` of `subject`, so that there is none without the other. `origin`:
    from which network it came (`ratelimit.origin_of`), '' where nobody knows; it is not kept (`groups`).
    """
    kinds, urgent = first_aid.read(text)
    if not kinds:
        return None
    already = (
        Alarm.objects.open()
        .about(subject.kind, subject.pk)
        .filter(told_at__gt=now - QUIET, is_urgent__in={True, urgent})
        .exists()
    )
    alarm = Alarm.objects.create(
        subject_kind=subject.kind,
        subject_id=subject.pk,
        item=str(item),
        organisation_id=subject.organisation_id,
        kinds=kinds,
        is_urgent=urgent,
        raised_at=now,
        told_at=None if already else now,
        group=groups.going_on(subject, origin, now),
    )
    groups.count(alarm)
    record(DangerSignalled(**subject.ids, kind=kinds[0], urgent=urgent), now=now)
    if not already:
        for to, unsupervised in _on_duty(subject).items():
            _write("alarm", alarm, to=to, now=now, subject=subject, urgent=urgent, unsupervised=unsupervised)
    return alarm


def _on_duty(subject: Subject) -> dict[str, str]:
    """Whom it is told: the address of each who is on duty there, with ''; where none of them may say what it was, of who may name somebody
    too, with the name of the organisation."""
    on_duty = Watched.of(subject.kind).on_duty(subject.pk)
    told = dict.fromkeys((person.email for person in on_duty), "")
    if all(person.roles_in(subject.organisation_id).isdisjoint(TEAM) for person in on_duty):
        return _above(subject) | told
    return told


def _above(subject: Subject) -> dict[str, str]:
    """Who may name somebody, with the name of the organisation where nobody supervises; nobody where somebody does."""
    found = answerable(subject.organisation_id)
    return dict.fromkeys((person.email for person in found.people), found.unsupervised) if found.unsupervised else {}


def _write(
    letter: str, alarm: Alarm, *, to: str, now: datetime, subject: Subject, urgent: bool, unsupervised: str = ""
) -> None:
    """`letter`, or one more in that for several, at the pace of `notices`."""
    listed = reverse(Watched.of(alarm.subject_kind).listed)
    notices.tell(
        letter.replace("_", "-"),
        f"safeguarding/{letter}",
        many=f"safeguarding/{letter}_many",
        to=to,
        context={"subject": subject, "urgent": urgent, "listed": listed, "unsupervised": unsupervised},
        now=now,
        organisation=alarm.organisation_id,
        about=alarm.subject_id,
        pressing=urgent,
    )


@transaction.atomic
def acknowledge(
    *, subject: Subject, user: User, read: Collection[int], is_false: bool, reason: str, now: datetime
) -> None:
    """A human has read what was signalled, the alarms of these numbers, and says what it was. A false alarm needs its reason.

    Raises NotAllowed for a volunteer: it is for the team to say.
    """
    kind = Watched.of(subject.kind)
    held = subject_of(kind.thing.locked(subject.pk))
    if user.roles_in(held.organisation_id).isdisjoint(TEAM):
        raise NotAllowed("C’est à l’équipe de dire ce que c’était : prévenez la personne responsable.")
    if is_false and not reason.strip():
        raise WrongState("Écrivez pourquoi c’est une fausse alerte : la personne suivante le lira.")
    note = f"{'Fausse alerte' if is_false else 'Alerte lue'} : {reason.strip()}" if reason.strip() else ""
    # These and no others: one that came with another conversation meanwhile may bear a lower number.
    say(held, Alarm.objects.filter(pk__in=read), user=user, is_false=is_false, note=note, now=now)


def say(
    held: Subject, read: QuerySet, *, user: User, is_false: bool, note: str, now: datetime, together: str = ""
) -> int:
    """What those of its open alarms that are among `read` were; returns how many. In a transaction that holds it, by who may say so."""
    said = list(_open(held).filter(pk__in=read.values("pk")).order_by("pk"))
    for alarm in said:
        alarm.seen_at, alarm.seen_by, alarm.is_false, alarm.together = now, user, is_false, together
        alarm.save(update_fields=["seen_at", "seen_by", "is_false", "together"])
        seconds = int((now - alarm.raised_at).total_seconds())
        record(DangerSeen(**held.ids, seconds=seconds, false=is_false), now=now)
    # A message that came while these were read is still to be read.
    still_open = _open(held).exists()
    Watched.of(held.kind).seen(held.pk, by=user, note=note, still_open=still_open, now=now)
    return len(said)


@transaction.atomic
def reopen(*, subject: Subject, user: User, read: Collection[int], now: datetime) -> None:
    """Second thoughts: what was said to be a false alarm, those of these numbers, is to be read again. Raises NotAllowed as `acknowledge`."""
    held = subject_of(Watched.of(subject.kind).thing.locked(subject.pk))
    if user.roles_in(held.organisation_id).isdisjoint(TEAM):
        raise NotAllowed("C’est à l’équipe de dire ce que c’était : prévenez la personne responsable.")
    take_back(held, Alarm.objects.filter(pk__in=read), user=user, now=now)


def take_back(held: Subject, said: QuerySet, *, user: User, now: datetime) -> int:
    """Its false alarms that are among `said` are open again; returns how many. In a transaction that holds it, by who may say so."""
    rows = Alarm.objects.about(held.kind, held.pk).filter(is_false=True, pk__in=said.values("pk"))
    number = rows.update(seen_at=None, seen_by=None, is_false=None, together="")
    if number:
        record(DangerReopened(**held.ids), now=now)
        note = "Fausse alerte reprise : le message est à relire."
        Watched.of(held.kind).seen(held.pk, by=user, note=note, still_open=True, now=now)
    return number


def said_false(subject: Subject) -> list[Alarm]:
    """Those of its alarms that somebody said to be none, the oldest first."""
    rows = Alarm.objects.about(subject.kind, subject.pk).filter(is_false=True)
    return list(rows.select_related("seen_by").order_by("pk"))


def stands_by_itself(kind: str, pk: UUID, group: UUID | None) -> bool:
    """Whether it has no place among those of `group`: an alarm of it was real, or one is open that did not come with them."""
    rows = Alarm.objects.about(kind, pk)
    elsewhere = Q(seen_at=None) & ~Q(group=group) if group else Q(seen_at=None)
    return rows.filter(Q(is_false=False) | elsewhere).exists()


def _open(subject: Subject) -> QuerySet:
    return Alarm.objects.open().about(subject.kind, subject.pk)


@dataclass(frozen=True)
class Told:
    """An open alarm for the team: what was found in words, what stands in the message, and where that is in the page."""

    alarm: Alarm
    what: str
    found: list[str]
    anchor: str


def told(subject: Subject) -> list[Told]:
    """Its open alarms, the oldest first."""
    rows = list(_open(subject).order_by("pk"))
    words = Watched.of(subject.kind).words([row.item for row in rows]) if rows else {}
    return [
        Told(
            row,
            in_words(row),
            _found(row, words[row.item].text),
            words[row.item].anchor,
        )
        for row in rows
    ]


def in_words(alarm: Alarm) -> str:
    """What was found, without a word of what was written."""
    return ", ".join(DANGERS.get(kind, "repérage en panne, à lire") for kind in alarm.kinds)


def _found(alarm: Alarm, text: str) -> list[str]:
    found = [] if alarm.kinds == [first_aid.UNREAD] else [one.found for one in detection.danger(text)]
    return [one for one in dict.fromkeys(found) if not any(one in other and one != other for other in found)]


def remind(now: datetime) -> int:
    """Tell again, once, of urgent alarms that nobody has read. Returns how many people were told."""
    late = Alarm.objects.open().filter(
        is_urgent=True, told_again_at=None, raised_at__lte=now - LATE, raised_at__gt=now - FORGOTTEN
    )
    return claims.each(late.order_by("raised_at", "pk"), partial(_remind, now=now)).done


def _remind(alarm: Alarm, *, now: datetime) -> int:
    kind, subject = Watched.of(alarm.subject_kind), watched.find(alarm)
    alarm.told_again_at = now
    alarm.save(update_fields=["told_again_at"])
    if subject is None:
        # Erased since they were listed.
        return 0
    # One step further than the first time.
    wanted = dict.fromkeys(filter(None, [kind.on_call(subject.pk)]), "") | _above(subject) | _on_duty(subject)
    for to, name in wanted.items():
        _write("alarm_late", alarm, to=to, now=now, subject=subject, urgent=True, unsupervised=name)
    return len(wanted)


# --- to the person who wrote


def shown(kind: str, pk, now: datetime) -> QuerySet:
    """The alarms that still put numbers on the person's page: those of lately, unless a human who had opened it said that it was nothing.
    Of many said so together a sample was opened, and each of what presses: whoever was not read keeps the numbers."""
    rows = Alarm.objects.about(kind, pk).filter(raised_at__gt=now - SHOWN)
    was_opened = reading.traces(
        user=OuterRef("seen_by"), kind=kind, subject=pk, since=OuterRef("raised_at"), until=OuterRef("seen_at")
    )
    return rows.exclude(Q(is_false=True) & (Q(together="") | Q(is_urgent=True) | Exists(was_opened)))


def help_for(kind: str, pk, now: datetime) -> list[HelpNumber]:
    """The help numbers to show to the person now: those that fit what they wrote lately."""
    return first_aid.numbers_for(
        one for alarm in shown(kind, pk, now).order_by("-raised_at", "-id") for one in alarm.kinds
    )


def help_in_words(kind: str, item: object) -> str:
    """One sentence without a sensitive word for what was kept as `item`, to leave by a way that others may read.

    '' where nothing was found, or was already told a moment ago.
    """
    alarm = Alarm.objects.filter(subject_kind=kind, item=str(item), told_at__isnull=False).first()
    if alarm is None:
        return ""
    lines = first_aid.numbers_for(alarm.kinds)[:3]
    said = [f"le {line.number}{' (par SMS)' if line.sms else ''}" for line in lines]
    listed = " ou ".join(part for part in (", ".join(said[:-1]), said[-1]) if part)
    return f"Si c’est urgent, n’attends pas : {listed}, gratuit."
