"""Alarms that come in a burst from one network, listed together so that they drown nobody else's.

Nothing is decided by it, and nothing hidden: thirty pupils behind one address may each write something real. Which network it was is
not kept: a keyed digest says that two came from the same one, and goes once nothing more can come.
"""

from datetime import datetime, timedelta

from relais.foundation import keys
from relais.foundation.subjects import Subject

from .models import Alarm, AlarmGroup

BURST = timedelta(minutes=5)
"""Two alarms of one network with as much between them are not of one burst."""
MANY = 5
"""People whose alarms make a group; those of fewer stand each in its place."""


def going_on(subject: Subject, origin: str, now: datetime) -> AlarmGroup | None:
    """The group of what comes from this network now. In the transaction of the alarm, which holds it to the end."""
    if not origin:
        return None
    digest = keys.sign(f"alarm|{subject.kind}|{subject.organisation_id}|{origin}")
    theirs = AlarmGroup.objects.filter(origin=digest)
    theirs.filter(last_at__lte=now - BURST).update(origin="")
    values = {"subject_kind": subject.kind, "organisation_id": subject.organisation_id}
    group, _ = AlarmGroup.objects.get_or_create(origin=digest, defaults={**values, "began_at": now, "last_at": now})
    theirs.filter(last_at__lt=now).update(last_at=now)
    return group


def count(alarm: Alarm) -> None:
    """Have its group listed once enough people are in it."""
    if alarm.group and not alarm.group.is_listed:
        # Not against those who add an alarm to it at this instant: each would wait for the other.
        held = AlarmGroup.objects.select_for_update(no_key=True).get(pk=alarm.group_id)
        if held.alarms.order_by().values("subject_id").distinct().count() >= MANY:
            held.is_listed = True
            held.save(update_fields=["is_listed"])
