"""The hour at which all of it is told, and its steps in one line each: propose, choose."""

from datetime import datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

from relais.foundation.models import EventRecord
from relais.handovers import appointments
from relais.journeys.models import Journey

PARIS, ISLAND = ZoneInfo("Europe/Paris"), ZoneInfo("Indian/Reunion")
NOW = datetime(2026, 11, 23, 10, 0, tzinfo=PARIS)


def propose(conversation, user, *, handover=None, days=(3, 4, 5), kind="call", now=NOW):
    return appointments.propose(
        conversation=conversation,
        user=user,
        handover=handover,
        kind=kind,
        minutes=30,
        place="02 38 00 00 00",
        starts=[now + timedelta(days=day) for day in days],
        key=uuid4(),
        now=now,
    )


def choose(slot, *, by="door", address="", now=NOW):
    return appointments.choose(
        appointment=slot, journey=Journey.objects.get(pk=slot.person), remind_by=by, address=address, now=now
    )


def events(*names):
    return list(EventRecord.objects.filter(name__in=names).order_by("id").values_list("name", flat=True))
