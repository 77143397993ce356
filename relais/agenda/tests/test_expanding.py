"""What each program writes in the calendar it publishes, as the hours at which somebody is taken. Monday 30 November 2026, midnight in Paris."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from relais.agenda.busy import expanding

from .feeds import calendar

PARIS = ZoneInfo("Europe/Paris")
MONDAY = datetime(2026, 11, 30, tzinfo=PARIS)
OURS = "relais.exemple.invalid"


def window(clock="Europe/Paris", weeks=2):
    return expanding.Window(int(MONDAY.timestamp()), int((MONDAY + timedelta(weeks=weeks)).timestamp()), clock, OURS)


def said(data: bytes, **options) -> tuple[list[str], int]:
    """« 1 10:00–11:00 » for the first of December, on the clock of Paris; and how many were not read."""
    taken = expanding.read(data, window(**options))

    def words(starts, ends):
        first, last = (datetime.fromtimestamp(at, PARIS) for at in (starts, ends))
        until = f"{last:%H:%M}" if last.date() == first.date() else f"{last.day} {last:%H:%M}"
        return f"{first.day} {first:%H:%M}–{until}"

    return [words(*one) for one in taken.spans], taken.unread


CUSTOM = """
BEGIN:VTIMEZONE
TZID:Bureau de Sarah
BEGIN:STANDARD
DTSTART:16010101T030000
TZOFFSETFROM:+0500
TZOFFSETTO:+0400
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:16010101T020000
TZOFFSETFROM:+0400
TZOFFSETTO:+0500
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3
END:DAYLIGHT
END:VTIMEZONE
"""
WEEKLY = """
UID:3
DTSTART;TZID=Europe/Paris:20200106T090000
DTEND;TZID=Europe/Paris:20200106T100000
RRULE:FREQ=WEEKLY;BYDAY=MO,WE
EXDATE;TZID=Europe/Paris:20261202T090000
"""
ONE = "UID:1\nDTSTART:20261201T090000Z\n"
ALONE = {
    "in UTC": (f"{ONE}DTEND:20261201T100000Z", ["1 10:00–11:00"]),
    "for a duration": (f"{ONE}DURATION:PT1H30M", ["1 10:00–11:30"]),
    "on a named clock": (
        "UID:1\nDTSTART;TZID=Europe/Paris:20261201T100000\nDTEND;TZID=Europe/Paris:20261201T110000",
        ["1 10:00–11:00"],
    ),
    "on a clock as Outlook names it": (
        "UID:1\nDTSTART;TZID=Romance Standard Time:20261201T100000\nDTEND;TZID=Romance Standard Time:20261201T110000",
        ["1 10:00–11:00"],
    ),
    "on a clock that nobody knows": ("UID:1\nDTSTART;TZID=Chez nous:20261201T100000\nDURATION:PT1H", ["1 10:00–11:00"]),
    "on no clock": ("UID:1\nDTSTART:20261201T100000\nDTEND:20261201T110000", ["1 10:00–11:00"]),
    "a whole day": ("UID:1\nDTSTART;VALUE=DATE:20261201", ["1 00:00–2 00:00"]),
    "whole days": ("UID:1\nDTSTART;VALUE=DATE:20261201\nDTEND;VALUE=DATE:20261203", ["1 00:00–3 00:00"]),
    "a whole day for a duration": ("UID:1\nDTSTART;VALUE=DATE:20261201\nDURATION:P1D", ["1 00:00–2 00:00"]),
    "of no length": (ONE, []),
    "that ends before it begins": (f"{ONE}DTEND:20261201T080000Z", []),
    "that leaves free": (f"{ONE}DURATION:PT1H\nTRANSP:TRANSPARENT", []),
    "that takes": (f"{ONE}DURATION:PT1H\nTRANSP:OPAQUE\nSTATUS:TENTATIVE", ["1 10:00–11:00"]),
    "called off": (f"{ONE}DURATION:PT1H\nSTATUS:CANCELLED", []),
    "free for Outlook": (f"{ONE}DURATION:PT1H\nX-MICROSOFT-CDO-BUSYSTATUS:FREE", []),
    "out of office for Outlook": (f"{ONE}DURATION:PT1H\nX-MICROSOFT-CDO-BUSYSTATUS:OOF", ["1 10:00–11:00"]),
    "one of ours that comes back": (f"UID:123@{OURS}\nDTSTART:20261201T090000Z\nDURATION:PT1H", []),
    "begun before": ("UID:1\nDTSTART:20261129T100000Z\nDTEND:20261130T090000Z", ["30 00:00–10:00"]),
    "begun long before": ("UID:1\nDTSTART:20261101T100000Z\nDURATION:P30D", ["30 00:00–1 11:00"]),
    "over before": ("UID:1\nDTSTART:20260101T100000Z\nDTEND:20260101T110000Z", []),
    "after the weeks that are looked at": ("UID:1\nDTSTART:20270601T100000Z\nDTEND:20270601T110000Z", []),
    "with an alarm": (
        f"{ONE}DURATION:PT1H\nBEGIN:VALARM\nTRIGGER:-PT15M\nDURATION:PT9H\nREPEAT:2\nEND:VALARM",
        ["1 10:00–11:00"],
    ),
    "on folded lines": ("UID:1\nDTSTART;TZID=Eur\n ope/Paris:20261201T1000\n\t00\nDURATION:PT1H", ["1 10:00–11:00"]),
    "without a name": ("DTSTART:20261201T090000Z\nDURATION:PT1H", ["1 10:00–11:00"]),
}


@pytest.mark.parametrize("event", ALONE)
def test_one_event(event):
    lines, expected = ALONE[event]
    assert said(calendar(f"SUMMARY:Kiné\n{lines}")) == (expected, 0)


def test_a_clock_that_the_file_describes():
    """Four hours from UTC in winter, five in summer: three in Paris's morning."""
    event = "UID:1\nDTSTART;TZID=Bureau de Sarah:20261001T130000\nDURATION:PT1H\nRRULE:FREQ=WEEKLY"
    assert said(calendar(event, zones=CUSTOM)) == (["3 10:00–11:00", "10 10:00–11:00"], 0)


def test_what_repeats_without_the_day_taken_out():
    assert said(calendar(WEEKLY)) == (["30 09:00–10:00", "7 09:00–10:00", "9 09:00–10:00"], 0)


@pytest.mark.parametrize("order", [1, -1])
def test_what_was_changed_of_a_series_counts_in_its_place(order):
    moved = (
        "UID:3\nRECURRENCE-ID;TZID=Europe/Paris:20261207T090000\n"
        "DTSTART;TZID=Europe/Paris:20261207T150000\nDTEND;TZID=Europe/Paris:20261207T160000"
    )
    gone = (
        "UID:3\nRECURRENCE-ID;TZID=Europe/Paris:20261209T090000\nSTATUS:CANCELLED\n"
        "DTSTART;TZID=Europe/Paris:20261209T090000\nDTEND;TZID=Europe/Paris:20261209T100000"
    )
    assert said(calendar(*[WEEKLY, moved, gone][::order])) == (["30 09:00–10:00", "7 15:00–16:00"], 0)


def at_hour(hour, *lines, day="01"):
    return "\n".join(["UID:3", f"DTSTART;TZID=Europe/Paris:202612{day}T{hour}0000", "DURATION:PT1H", *lines])


ELSEWHERE = "RECURRENCE-ID;TZID=Europe/Paris:20261201T150000"
ONE_UID = {
    "once": ([WEEKLY, at_hour(15)], ["30 09:00–10:00", "1 15:00–16:00", "7 09:00–10:00", "9 09:00–10:00"]),
    "once, in a later version": (
        [WEEKLY, at_hour(15, "SEQUENCE:1")],
        ["30 09:00–10:00", "1 15:00–16:00", "7 09:00–10:00", "9 09:00–10:00"],
    ),
    "two series": (
        [WEEKLY, at_hour(15, "RRULE:FREQ=WEEKLY")],
        ["30 09:00–10:00", "1 15:00–16:00", "7 09:00–10:00", "8 15:00–16:00", "9 09:00–10:00"],
    ),
    "one that was moved": ([at_hour(15), at_hour(16, ELSEWHERE, day="03")], ["3 16:00–17:00"]),
}


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize("events", ONE_UID)
def test_of_several_with_one_uid_none_is_left_out(events, order):
    given, expected = ONE_UID[events]
    found, unread = said(calendar(*given[::order]))
    assert (found, unread) == (expected, 0)


def test_one_that_was_moved_leaves_another_of_its_uid():
    given = [at_hour(15), at_hour(17), at_hour(16, ELSEWHERE, day="03")]
    assert said(calendar(*given)) == (["1 17:00–18:00", "3 16:00–17:00"], 0)


@pytest.mark.parametrize(
    ("starts", "last"),
    [
        (";TZID=Europe/Paris:20261130T090000", "2 09:00–10:00"),
        (";TZID=Europe/Paris:20261130T003000", "2 00:30–01:30"),
        (";TZID=America/New_York:20261130T230000", "3 05:00–06:00"),
        (":20261130T223000Z", "2 23:30–3 00:30"),
        (":20261130T090000", "2 09:00–10:00"),
        (";VALUE=DATE:20261202", "2 00:00–3 00:00"),
    ],
)
def test_until_a_day_is_with_that_day_where_it_takes_place(starts, last):
    lasts = "" if "VALUE" in starts else "DURATION:PT1H\n"
    found, unread = said(calendar(f"UID:3\nDTSTART{starts}\n{lasts}RRULE:FREQ=DAILY;UNTIL=20261202"))
    assert (found[-1], unread) == (last, 0)


def test_a_series_on_whole_days_and_one_of_dates():
    days = "UID:4\nDTSTART;VALUE=DATE:20261201\nRRULE:FREQ=DAILY;INTERVAL=7;COUNT=2"
    dates = "UID:5\nDTSTART:20261203T090000Z\nDURATION:PT1H\nRDATE:20261204T090000Z"
    found = ["1 00:00–2 00:00", "3 10:00–11:00", "4 10:00–11:00", "8 00:00–9 00:00"]
    assert said(calendar(days, dates)) == (found, 0)


def test_an_hour_stays_on_its_clock_when_the_clocks_change():
    event = "UID:1\nDTSTART;TZID=Europe/Paris:20260706T090000\nDURATION:PT1H\nRRULE:FREQ=WEEKLY"
    assert said(calendar(event))[0] == ["30 09:00–10:00", "7 09:00–10:00"]


def test_days_and_hours_without_a_clock_are_those_of_who_they_belong_to():
    found, _ = said(calendar("UID:1\nDTSTART:20261201T100000\nDURATION:PT1H"), clock="Indian/Reunion")
    assert found == ["1 07:00–08:00"]
    found, _ = said(calendar("UID:1\nDTSTART;VALUE=DATE:20261201"), clock="Indian/Reunion")
    assert found == ["30 21:00–1 21:00"]


def test_nothing_tells_how_many_there_were():
    a, b, c = (f"UID:{n}\nDTSTART:20261201T{n}0000Z\nDURATION:PT1H" for n in ("09", "10", "12"))
    assert said(calendar(a, b, c, a.replace("UID:09", "UID:x"))) == (["1 10:00–12:00", "1 13:00–14:00"], 0)


@pytest.mark.parametrize(
    "bad",
    [
        "UID:x\nDTSTART:2026banane",
        "UID:x\nDURATION:PT1H",
        f"{ONE}DTEND:demain",
        "UID:x\nDTSTART:20261201T090000Z\nDURATION:PT1H\nRRULE:FREQ=PARFOIS",
        "UID:x\nDTSTART:19200101T000000Z\nDURATION:PT1S\nRRULE:FREQ=SECONDLY",
        "UID:x\nDTSTART:20261201T000000Z\nDURATION:PT1S\nRRULE:FREQ=SECONDLY",
        "UID:x\nDTSTART:20261201T000000Z\nDURATION:PT1H\nRRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30\nRDATE:jamais",
    ],
)
def test_one_bad_event_stops_no_other(bad, monkeypatch):
    monkeypatch.setattr(expanding, "EACH", 0.1)
    good = "UID:2\nDTSTART:20261202T090000Z\nDURATION:PT1H"
    assert said(calendar(bad, good)) == (["2 10:00–11:00"], 1)
    assert said(calendar(good, bad)) == (["2 10:00–11:00"], 1)


def test_series_without_end_take_a_bounded_time(monkeypatch):
    monkeypatch.setattr(expanding, "EACH", 0.1)
    monkeypatch.setattr(expanding, "ALL", 0.35)
    endless = [f"UID:{n}\nDTSTART:19200101T000000Z\nDURATION:PT1S\nRRULE:FREQ=SECONDLY" for n in range(40)]
    good = "UID:x\nDTSTART:20261202T090000Z\nDURATION:PT1H"
    before = expanding.time.process_time()
    assert said(calendar(*endless, good)) == (["2 10:00–11:00"], 40)
    assert expanding.time.process_time() - before < 4, (
        "forty of them, a tenth of a second each, would be told by the sum"
    )


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<!doctype html><title>Connexion</title>",
        calendar()[:-10],
        b"BEGIN:VCARD\r\nEND:VCARD\r\n",
        b"\xff\xfe\x00" * 50,
    ],
)
def test_what_is_no_whole_calendar(data):
    with pytest.raises(expanding.NoCalendar):
        expanding.read(data, window())


def test_a_mark_before_it_and_an_empty_one_are_calendars():
    assert said(b"\xef\xbb\xbf" + calendar()) == ([], 0)


@pytest.mark.parametrize(("more", "is_read"), [(-1, True), (0, True), (1, False)])
def test_no_more_events_and_no_more_hours_than_the_bound(monkeypatch, more, is_read):
    three = [f"UID:{n}\nDTSTART:2026120{n}T090000Z\nDURATION:PT1H" for n in range(1, 4)]
    for bound in ("EVENTS", "SPANS"):
        monkeypatch.setattr(expanding, bound, 3 - more)
        if is_read:
            assert len(said(calendar(*three))[0]) == 3
        else:
            with pytest.raises(expanding.TooMany):
                said(calendar(*three))
        monkeypatch.undo()


def test_several_megabytes_of_a_life():
    """Ten thousand events with their long texts, of which none is looked at but by its hour."""
    at = [datetime(2019, 1, 1, 9, tzinfo=UTC) + timedelta(days=day // 4, hours=day % 4 * 2) for day in range(11_700)]
    lives = [
        f"UID:{n}\nDTSTART:{one:%Y%m%dT%H%M%SZ}\nDURATION:PT1H\nDESCRIPTION:{'x' * 400}" for n, one in enumerate(at)
    ]
    data = calendar(*lives)
    assert len(data) > 5_000_000
    found, unread = said(data)
    assert (len(found), unread) == (4 * 14, 0)
