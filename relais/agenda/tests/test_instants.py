"""One source of time: the words, the typed hour and the calendar file agree, overseas, when the clocks change, and on 29 February."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from icalendar import Calendar

from relais.agenda import calendars, instants
from relais.agenda.models import Appointment
from relais.agenda.services import words

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
# On the clock of the place, and as an instant: (zone, typed, instant, said).
HOURS = [
    ("Europe/Paris", "2026-12-01T14:30", "2026-12-01T13:30", "mardi 1er décembre à 14 h 30"),
    ("Europe/Paris", "2027-03-27T14:30", "2027-03-27T13:30", "samedi 27 mars 2027 à 14 h 30"),
    ("Europe/Paris", "2027-03-28T14:30", "2027-03-28T12:30", "dimanche 28 mars 2027 à 14 h 30"),
    ("Europe/Paris", "2027-10-30T14:30", "2027-10-30T12:30", "samedi 30 octobre 2027 à 14 h 30"),
    ("Europe/Paris", "2027-10-31T14:30", "2027-10-31T13:30", "dimanche 31 octobre 2027 à 14 h 30"),
    ("Europe/Paris", "2028-02-29T09:00", "2028-02-29T08:00", "mardi 29 février 2028 à 9 h 00"),
    ("Indian/Reunion", "2026-12-01T01:30", "2026-11-30T21:30", "mardi 1er décembre à 1 h 30 (heure de La Réunion)"),
    ("Indian/Reunion", "2028-02-29T00:15", "2028-02-28T20:15", "mardi 29 février 2028 à 0 h 15 (heure de La Réunion)"),
    ("Indian/Reunion", "2027-03-28T02:30", "2027-03-27T22:30", "dimanche 28 mars 2027 à 2 h 30 (heure de La Réunion)"),
    ("America/Guadeloupe", "2026-12-01T20:45", "2026-12-02T00:45", "mardi 1er décembre à 20 h 45 (heure de Guadeloupe)"),
    ("Pacific/Noumea", "2028-02-29T08:00", "2028-02-28T21:00", "mardi 29 février 2028 à 8 h 00 (heure de Nouvelle-Calédonie)"),
    ("Europe/Paris", "2027-03-28T01:59", "2027-03-28T00:59", "dimanche 28 mars 2027 à 1 h 59"),
    ("Europe/Paris", "2027-03-28T03:00", "2027-03-28T01:00", "dimanche 28 mars 2027 à 3 h 00"),
    ("Europe/Paris", "2027-03-28T03:30", "2027-03-28T01:30", "dimanche 28 mars 2027 à 3 h 30"),
    ("Europe/Paris", "2027-10-31T03:00", "2027-10-31T02:00", "dimanche 31 octobre 2027 à 3 h 00"),
    # Saint-Pierre-et-Miquelon changes its clocks too, on other days than Paris.
    ("America/Miquelon", "2027-03-14T14:30", "2027-03-14T16:30", "dimanche 14 mars 2027 à 14 h 30 (heure de Saint-Pierre-et-Miquelon)"),
]  # fmt: skip


@pytest.fixture(autouse=True)
def that_year(monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)


def shown(rules, at: datetime) -> datetime:
    """What a clock shows at an instant, for a reader that knows nothing but RFC 5545 and these rules."""
    onsets = [
        (onset.replace(tzinfo=UTC) - one.TZOFFSETFROM, one.TZOFFSETTO)
        for one in rules.subcomponents
        for onset in [one.DTSTART, *(rdate for rdate, *_ in one.rdates)]
    ]
    offset = max(onset for onset in onsets if onset[0] <= at)[1]
    return (at + offset).replace(tzinfo=None)


@pytest.mark.parametrize(("zone", "typed", "instant", "said"), HOURS)
def test_typed_said_and_written_in_a_file_it_is_one_hour(zone, typed, instant, said):
    wall, clock = datetime.fromisoformat(typed), ZoneInfo(zone)
    at = instants.at_place(wall, clock)
    assert at == datetime.fromisoformat(instant).replace(tzinfo=UTC)
    assert instants.spoken(at, clock).replace("\u00a0", " ") == said
    one = Appointment(starts_at=at, zone=zone, kind="visit", place="Ici", minutes=45)
    assert words(one).replace("\u00a0", " ") == f"un rendez-vous sur place, {said}, Ici"
    raw = calendars.of(one, title="Rendez-vous", now=NOW)
    assert f"DTSTART;TZID={zone}:{wall:%Y%m%dT%H%M}00".encode() in raw, "the file says the hour that the page says"
    read = Calendar.from_ical(raw)
    (event,) = read.walk("VEVENT")
    assert event.decoded("dtstart") == at and event.decoded("dtend") == at + timedelta(minutes=45)
    (rules,) = read.walk("VTIMEZONE")
    assert shown(rules, at) == wall, "its own rules of the clock agree"


def test_the_hour_that_spring_skips_does_not_exist_and_of_two_in_autumn_the_first_is_meant():
    paris = ZoneInfo("Europe/Paris")
    with pytest.raises(instants.NoSuchHour):
        instants.at_place(datetime(2027, 3, 28, 2, 30), paris)
    with pytest.raises(instants.NoSuchHour):
        instants.at_place(datetime(2027, 3, 14, 2, 0), ZoneInfo("America/Miquelon"))
    assert instants.at_place(datetime(2027, 3, 28, 1, 59), paris) == datetime(2027, 3, 28, 0, 59, tzinfo=UTC)
    assert instants.at_place(datetime(2027, 3, 28, 3, 0), paris) == datetime(2027, 3, 28, 1, 0, tzinfo=UTC)
    assert instants.at_place(datetime(2027, 10, 31, 2, 30), paris) == datetime(2027, 10, 31, 0, 30, tzinfo=UTC)
    for zone in instants.CLOCKS:
        assert ZoneInfo(zone) and "heure d" in instants.clock_name(ZoneInfo(zone))


def test_an_end_on_the_other_side_of_the_change_is_as_long_as_it_was_said():
    paris = ZoneInfo("Europe/Paris")
    start = instants.at_place(datetime(2027, 10, 31, 2, 30), paris)
    raw = calendars.of(
        Appointment(starts_at=start, zone=paris.key, kind="call", minutes=60), title="Rendez-vous", now=NOW
    )
    (event,) = Calendar.from_ical(raw).walk("VEVENT")
    start, end = event.decoded("dtstart"), event.decoded("dtend")
    assert end.astimezone(UTC) - start.astimezone(UTC) == timedelta(minutes=60)
