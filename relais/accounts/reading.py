"""How many people's files one account may open: the sector's own breach was one account that read everything.

Counted on the trace of reads itself (AccessRecord), so that nothing can be read without being counted.
"""

from datetime import datetime, timedelta

from django.db import transaction

from relais.foundation import outbox
from relais.foundation.events import record

from .events import ReadingStopLifted, ReadingStopped, ReadingWarned
from .models import AccessRecord, ReadingStop, Role, User
from .scope import people

HOUR = timedelta(hours=1)
DAYS_WORK = timedelta(hours=12)
WARNING = 30
"""Different files in an hour after which supervisors are told, once an hour."""
LIMIT = 200
"""Different files in an hour after which the account reads nothing more until a supervisor lifts it."""
READ = "read"


class TooMany(Exception):
    """This account is stopped; the text is shown to its holder."""


def files_read(user: User, kind: str, now: datetime) -> set[str]:
    """The different files of this kind that `user` opened in the last hour."""
    recent = AccessRecord.objects.filter(user=user, action=READ, kind=kind, at__gt=now - HOUR).order_by()
    return set(recent.values_list("subject", flat=True).distinct())


def open_file(*, user: User, kind: str, subject: object, reason: str, now: datetime) -> None:
    """Write down that `user` opens a file, unless they have opened too many. Raises TooMany, and nothing is shown."""
    with transaction.atomic():
        # The lock makes two hundred requests sent at once count one after the other.
        User.objects.select_for_update().get(pk=user.pk)
        if ReadingStop.objects.filter(user=user, lifted_at=None).exists():
            raise TooMany("Votre compte est arrêté : il a ouvert trop de dossiers en une heure. Une personne responsable doit le remettre en route.")
        seen = files_read(user, kind, now) | {str(subject)}
        if stopped := len(seen) > LIMIT:
            ReadingStop.objects.create(user=user, at=now, files=len(seen) - 1)
            record(ReadingStopped(user=user.pk), now=now)
            _tell(user, "stop", f"{user} a ouvert {len(seen) - 1} dossiers en une heure. Son compte ne lit plus rien.", now)
        else:
            AccessRecord.objects.create(at=now, user=user, action=READ, kind=kind, subject=str(subject), reason=reason[:200])
            if len(seen) == WARNING + 1:
                record(ReadingWarned(user=user.pk), now=now)
                _tell(user, "warning", f"{user} a ouvert {len(seen)} dossiers en une heure.", now)
    if stopped:
        raise TooMany("Vous avez ouvert plus de 200 dossiers en une heure. Votre compte est arrêté et la personne responsable est prévenue.")


def has_open(*, user: User, kind: str, subject: object, now: datetime) -> bool:
    """True while `user` has this file open: they opened it within a day's work and are not stopped."""
    opened = AccessRecord.objects.filter(user=user, action=READ, kind=kind, subject=str(subject), at__gt=now - DAYS_WORK)
    return opened.exists() and not ReadingStop.objects.filter(user=user, lifted_at=None).exists()


@transaction.atomic
def lift(*, stop: ReadingStop, by: User, reason: str, now: datetime) -> ReadingStop:
    """A supervisor or an administrator, and never the person stopped, puts the account back to work, and says why."""
    held = ReadingStop.objects.select_for_update().get(pk=stop.pk)
    if held.lifted_at is None and held.user_id != by.pk:
        held.lifted_at, held.lifted_by, held.reason = now, by, reason
        held.save(update_fields=["lifted_at", "lifted_by", "reason"])
        record(ReadingStopLifted(user=held.user_id, by=by.pk), now=now)
    return held


def _tell(user: User, what: str, sentence: str, now: datetime) -> None:
    text = f"{sentence}\n\nRegardez avec cette personne ce qui s’est passé : page « Équipe », ou la liste des lectures.\n"
    for organisation in dict.fromkeys(user.memberships.values_list("organisation", flat=True)):
        for person in people(organisation, Role.SUPERVISOR, Role.ADMINISTRATOR).exclude(pk=user.pk):
            key = f"reading-{what}:{user.pk.hex}:{now:%Y%m%d%H%M}:{person.pk.hex[:12]}"
            payload = {"to": person.email, "subject": "Lecture inhabituelle de dossiers", "text": text}
            outbox.enqueue("email", key=key, payload=payload, now=now, owner=organisation)
