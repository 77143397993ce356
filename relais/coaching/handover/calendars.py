"""An appointment as a calendar file (RFC 5545), for a telephone or an agenda.

Instants are in UTC, so that no agenda has to know a time zone. Titles are discreet: others see an agenda too.
"""

from datetime import UTC, datetime, timedelta

from django.http import HttpResponse
from icalendar import Alarm, Calendar, Event

from relais.foundation import sites

from ..models import Appointment

ALARM = timedelta(hours=1)


def of(appointment: Appointment, *, title: str, now: datetime) -> bytes:
    """The file; sent again after a change, an agenda moves or strikes out what it holds (same UID, higher SEQUENCE)."""
    gone = appointment.state == Appointment.State.CANCELLED
    event = Event()
    event.add("uid", f"{appointment.pk}@{sites.machine()}")
    event.add("dtstamp", _utc(now))
    event.add("dtstart", _utc(appointment.starts_at))
    event.add("dtend", _utc(appointment.starts_at + timedelta(minutes=appointment.minutes)))
    event.add("summary", title)
    event.add("sequence", 1 if gone else 0)
    event.add("status", "CANCELLED" if gone else "CONFIRMED")
    event.add("class", "PRIVATE")
    if appointment.place:
        event.add("location", appointment.place)
    if not gone:
        alarm = Alarm()
        alarm.add("action", "DISPLAY")
        alarm.add("description", title)
        alarm.add("trigger", -ALARM)
        event.add_component(alarm)
    calendar = Calendar()
    calendar.add("prodid", "-//Relais//FR")
    calendar.add("version", "2.0")
    calendar.add("method", "CANCEL" if gone else "PUBLISH")
    calendar.add_component(event)
    return calendar.to_ical()


def _utc(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(microsecond=0)


def answer(appointment: Appointment, *, title: str, now: datetime) -> HttpResponse:
    response = HttpResponse(of(appointment, title=title, now=now), content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="rendez-vous.ics"'
    response["Cache-Control"] = "private, no-store"
    return response
