"""Alarms, once raised (see watch.look): a human reads the message and says what it was. Until then the alarm stays open."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

from django.db import transaction

from relais.accounts.models import User
from relais.foundation import codes, first_aid, outbox, signs
from relais.foundation.events import record
from relais.foundation.refusals import NotAllowed, WrongState
from relais.stories.flags import DANGERS

from .. import mail, services
from ..events import DangerSeen
from ..line import promise
from ..models import Alarm, Conversation, Note
from ..models.conversation import TEAM
from . import watch

LATE = timedelta(minutes=10)
"""An urgent alarm that nobody has read by then is told again, also to the structure on call."""
FORGOTTEN = timedelta(hours=2)


@transaction.atomic
def acknowledge(*, conversation: Conversation, user: User, last: int, is_false: bool, reason: str, now: datetime) -> Conversation:
    """A human has read what was signalled, up to the alarm number `last`, and says what it was. A false alarm needs its reason.

    Raises NotAllowed for a volunteer: it is for the team to say.
    """
    held = services.locked(conversation.pk)
    if user.roles_in(held.line.organisation_id).isdisjoint(TEAM):
        raise NotAllowed("C’est à l’équipe de dire ce que c’était : prévenez la personne responsable.")
    if is_false and not reason.strip():
        raise WrongState("Écrivez pourquoi c’est une fausse alerte : la personne suivante le lira.")
    for alarm in Alarm.objects.open().filter(conversation=held, pk__lte=last).order_by("pk"):
        alarm.seen_at, alarm.seen_by, alarm.is_false = now, user, is_false
        alarm.save(update_fields=["seen_at", "seen_by", "is_false"])
        seconds = int((now - alarm.raised_at).total_seconds())
        record(DangerSeen(**promise.conversation_ids(held), seconds=seconds, false=is_false), now=now)
    if reason.strip():
        said = "Fausse alerte" if is_false else "Alerte lue"
        Note.objects.create(conversation=held, author=user, body=f"{said} : {reason.strip()}", key=uuid4(), at=now)
    # A message that came while this one was read is still to be read.
    held.is_alarming = Alarm.objects.open().filter(conversation=held).exists()
    held.save(update_fields=["is_alarming"])
    services.tell(held)
    return held


@dataclass(frozen=True)
class Told:
    """An open alarm for the team: what was found in words, and what stands in the message."""

    alarm: Alarm
    what: str
    found: list[str]


def told(conversation: Conversation) -> list[Told]:
    """Its open alarms, the oldest first."""
    rows = Alarm.objects.open().filter(conversation=conversation).select_related("message").order_by("pk")
    return [Told(row, ", ".join(DANGERS.get(kind, "repérage en panne, à lire") for kind in row.kinds), _found(row)) for row in rows]


def _found(alarm: Alarm) -> list[str]:
    found = [] if alarm.kinds == [first_aid.UNREAD] else [sign.found for sign in signs.danger(alarm.message.body)]
    return [one for one in dict.fromkeys(found) if not any(one in other and one != other for other in found)]


def remind(now: datetime) -> int:
    """Tell again of urgent alarms that nobody has read. Returns how many letters were written; the outbox keeps each to one."""
    late = Alarm.objects.open().filter(is_urgent=True, raised_at__lte=now - LATE, raised_at__gt=now - FORGOTTEN)
    told = 0
    for alarm in late.select_related("conversation__line").order_by("raised_at", "pk"):
        line = alarm.conversation.line
        for to in dict.fromkeys([*(person.email for person in watch.on_duty(alarm.conversation)), line.oncall_email]):
            if to:
                key = f"alarm-late:{alarm.pk}:{codes.digest(to)[:12]}"
                outbox.enqueue("email", key=key, payload=mail.alarm_late(to, alarm.conversation), now=now, about=alarm.conversation_id, owner=line.organisation_id)
                told += 1
    return told
