"""Appointments and sessions as a calendar file (RFC 5545), for a telephone or an agenda.

Each is written on the clock of its place, with the rules of that clock (VTIMEZONE): the file says the hour that the page, the letter and
the SMS say. Titles are discreet: others see an agenda too.
"""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from django.http import HttpResponse
from icalendar import Alarm, Calendar, Event, Timezone

from relais.foundation import sites

from .models import Appointment, Dated

ALARM = timedelta(hours=1)
EVERY = timedelta(hours=1)
CLOCK_RULES = timedelta(days=400)
"""How far before and after its appointments a file tells when the clocks change."""


def of(appointment: Dated, *, title: str, now: datetime) -> bytes:
    """The file; sent again after a change, an agenda moves or strikes out what it holds (same UID, higher SEQUENCE).

    What is struck out says no more where it was to be: who never chose it may ask for it too.
    """
    gone = appointment.state == Appointment.State.CANCELLED
    one = event(appointment, title=title, now=now, place="" if gone else appointment.where)
    return written([one], method="CANCEL" if gone else "PUBLISH")


def event(appointment: Dated, *, title: str, now: datetime, place: str, rings: bool = True) -> Event:
    gone = appointment.state == Appointment.State.CANCELLED
    one = Event()
    one.add("uid", f"{appointment.pk}@{sites.machine()}")
    one.add("dtstamp", now.astimezone(UTC).replace(microsecond=0))
    for name, at in (("dtstart", appointment.starts_at), ("dtend", appointment.ends_at)):
        one.add(name, _written(at, appointment.clock))
    one.add("summary", title)
    one.add("sequence", 1 if gone else 0)
    one.add("status", "CANCELLED" if gone else "CONFIRMED")
    one.add("class", "PRIVATE")
    if place:
        one.add("location", place)
    if rings and not gone:
        alarm = Alarm()
        alarm.add("action", "DISPLAY")
        alarm.add("description", title)
        alarm.add("trigger", -ALARM)
        one.add_component(alarm)
    return one


def _written(at: datetime, clock: ZoneInfo) -> datetime:
    """On the clock of the place; in UTC the hour that comes a second time in autumn, which that clock cannot say."""
    local = at.astimezone(clock).replace(microsecond=0)
    return at.astimezone(UTC).replace(microsecond=0) if local.fold else local


def written(events: list[Event], *, method: str = "PUBLISH", name: str = "") -> bytes:
    """`name`: of a calendar that one subscribes to, and is asked for again every hour."""
    calendar = Calendar()
    calendar.add("prodid", "-//Relais//FR")
    calendar.add("version", "2.0")
    calendar.add("method", method)
    if name:
        calendar.add("x-wr-calname", name)
        calendar.add("refresh-interval", EVERY, parameters={"VALUE": "DURATION"})
        calendar.add("x-published-ttl", "PT1H")
    for one in events:
        calendar.add_component(one)
    if days := [one.decoded("dtstart").date() for one in events]:
        calendar.add_missing_timezones(first_date=min(days) - CLOCK_RULES, last_date=max(days) + CLOCK_RULES)
        for rules in calendar.timezones:
            _mended(rules)
    return calendar.to_ical()


def _mended(rules: Timezone) -> None:
    """icalendar says the hour that the clocks show after they go forward; RFC 5545 wants the one they showed before (3.6.5)."""
    for one in rules.subcomponents:
        forward = one.TZOFFSETTO - one.TZOFFSETFROM
        if forward > timedelta():
            one.DTSTART -= forward
            if later := [at - forward for at, *_ in one.rdates]:
                del one["RDATE"]
                one.add("RDATE", later)


def answer(appointment: Dated, *, title: str, now: datetime) -> HttpResponse:
    response = HttpResponse(of(appointment, title=title, now=now), content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="rendez-vous.ics"'
    response["Cache-Control"] = "private, no-store"
    return response
