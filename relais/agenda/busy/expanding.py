"""A calendar file (RFC 5545), as any program publishes it, to the hours at which its owner is taken. Runs in the confined process
(`child`): nothing here knows Django.

Of each event only the lines about time are read: its title, its place and its people never reach a parser. Events are treated one by
one: what cannot be read, or is without end, is counted and holds back no other.
"""

import re
import signal
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from datetime import time as time_of_day
from zoneinfo import ZoneInfo

import recurring_ical_events
from icalendar import Calendar, Event

EVENTS = 50_000
"""Of one file: more than anybody's life holds."""
SPANS = 5_000
"""Hours taken that do not touch each other, in one answer."""
EACH, ALL = 1.0, 15.0
"""Seconds of processor for one event with all its repetitions, and for all."""
DAY = timedelta(days=1)
_TIMES = re.compile(
    r"(UID|DTSTART|DTEND|DURATION|RRULE|RDATE|EXDATE|RECURRENCE-ID|STATUS|TRANSP|SEQUENCE|X-MICROSOFT-CDO-BUSYSTATUS)[;:]",
    re.I,
)
_UID = re.compile(r"^UID(?:;[^:]*)?:(.*)$", re.I | re.M)
_REPEATS = re.compile(r"^(RRULE|RDATE)[;:]", re.I | re.M)
_CHANGES = re.compile(r"^RECURRENCE-ID[;:]", re.I | re.M)
_DAY_OF = {name: re.compile(rf"^{name}(?:;[^:]*)?:(\d{{8}})", re.I | re.M) for name in ("DTSTART", "DTEND")}
_LASTS = re.compile(r"^DURATION[;:]", re.I | re.M)
FREE = ("FREE", "WORKINGELSEWHERE")


class NoCalendar(Exception):
    """These bytes are no calendar, or not a whole one."""


class TooMany(Exception):
    """More events, or more hours apart from each other, than are kept."""


class TooLong(BaseException):
    """One event took its whole time. Not an `Exception`: no library on the way takes it for one of its own."""


@dataclass(frozen=True)
class Window:
    """From `since` until `until`, in seconds of the epoch; `clock`: where what names no clock takes place; `host`: ends what we published."""

    since: int
    until: int
    clock: str
    host: str = ""

    @property
    def begins(self) -> datetime:
        return datetime.fromtimestamp(self.since, UTC)

    @property
    def ends(self) -> datetime:
        return datetime.fromtimestamp(self.until, UTC)


@dataclass
class Taken:
    """`spans`: [beginning, end] in seconds of the epoch, in order, apart. `unread`: events of which nothing is known."""

    spans: list[list[int]] = field(default_factory=list)
    unread: int = 0


def read(data: bytes, window: Window) -> Taken:
    """Raises NoCalendar, TooMany."""
    zones, events = _blocks(data)
    for zone in zones:
        _quietly(lambda zone=zone: _learnt(zone))
    found, unread = [], 0
    until = time.process_time() + ALL
    for read_one, texts in _series(events, window):
        spans = (
            _quietly(lambda read_one=read_one, texts=texts: read_one(texts, window))
            if time.process_time() < until
            else None
        )
        if spans is None:
            unread += 1
        else:
            found.extend(spans)
    return Taken(_joined(found), unread)


# --- lines


def _blocks(data: bytes) -> tuple[list[str], list[str]]:
    """The clocks that the file describes, and its events, each as the text of its lines about time."""
    text = data.decode("utf-8", "replace").lstrip("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    if (
        not re.match(r"\s*BEGIN:VCALENDAR\s*$", text[:100].split("\n", 1)[0], re.I)
        or "END:VCALENDAR" not in text[-400:].upper()
    ):
        raise NoCalendar
    zones: list[str] = []
    events: list[str] = []
    open_, kept = "", []
    depth = 0
    for line in re.sub(r"\n[ \t]", "", text).split("\n"):
        name = line.strip().upper()
        if not open_:
            if name in ("BEGIN:VEVENT", "BEGIN:VTIMEZONE"):
                open_, kept, depth = name[6:], [line.strip()], 1
            continue
        depth += name.startswith("BEGIN:") - name.startswith("END:")
        if open_ == "VTIMEZONE" or depth == 0 or (depth == 1 and not name.startswith("END:") and _TIMES.match(line)):
            kept.append(line)
        if depth == 0:
            (zones if open_ == "VTIMEZONE" else events).append("\n".join(kept))
            open_ = ""
        if len(events) > EVENTS:
            raise TooMany
    return zones, events


def _learnt(zone: str) -> list:
    """Its name means these rules from now on, for each event of this process."""
    Calendar.from_ical(_calendar([zone]))
    return []


def _calendar(parts: Iterable[str]) -> str:
    return "\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Relais//FR", *parts, "END:VCALENDAR", ""])


def _series(events: list[str], window: Window) -> Iterator[tuple[Callable, list[str]]]:
    """What stands alone first, then what repeats, with what was changed of it: a series without end makes nothing else wait.

    Several of one UID are read one by one: together, all but one would be left out without a word.
    """
    alone, repeating, changed = _sorted(events, window)
    series = {uid for uid, _ in repeating}
    for uid, text in alone:
        if uid in changed and uid not in series:
            series.add(uid)
            repeating.append((uid, text))
        else:
            yield _single, [text]
    for uid, text in repeating:
        yield _repeated, [text, *changed.pop(uid, ())]
    for texts in changed.values():
        yield _repeated, texts


def _sorted(
    events: list[str], window: Window
) -> tuple[list[tuple[str, str]], list[tuple[str, str]], dict[str, list[str]]]:
    """What happens once, what repeats, each with its UID; what was changed of one, by that UID."""
    alone: list[tuple[str, str]] = []
    repeating: list[tuple[str, str]] = []
    changed: dict[str, list[str]] = {}
    for number, text in enumerate(events):
        uid = found[1].strip() if (found := _UID.search(text)) else f"none {number}"
        if window.host and uid.endswith(f"@{window.host}"):
            continue  # an appointment of ours that comes back: we know better whether it still stands
        if _CHANGES.search(text):
            changed.setdefault(uid, []).append(text)
        elif _REPEATS.search(text):
            repeating.append((uid, text))
        elif not _is_far(text, window):
            alone.append((uid, text))
    return alone, repeating, changed


def _is_far(text: str, window: Window) -> bool:
    """By the days that are written there, two days wide of any clock: most of a calendar is of years ago."""
    starts, ends = (found[1] if (found := one.search(text)) else "" for one in _DAY_OF.values())
    first, last = (f"{at:%Y%m%d}" for at in (window.begins - 2 * DAY, window.ends + 2 * DAY))
    if not starts:
        return False
    return starts > last or ((ends or starts) < first and not _LASTS.search(text))


# --- one event


@contextmanager
def _bounded(seconds: float):
    def stop(*_):
        raise TooLong

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def _quietly(do: Callable[[], list]) -> list | None:
    """What it gives, or None when it cannot be read in its time."""
    try:
        with _bounded(EACH):
            return do()
    except (Exception, TooLong):
        return None


def _single(texts: list[str], window: Window) -> list[tuple[int, int]]:
    return _spans([Event.from_ical(texts[0])], window)


def _repeated(texts: list[str], window: Window) -> list[tuple[int, int]]:
    calendar = Calendar.from_ical(_calendar(texts))
    if calendar.errors or any(one.errors for one in calendar.walk("VEVENT")):
        raise ValueError("a line that cannot be read")
    for event in calendar.walk("VEVENT"):
        _keep_last_day(event)
    # A day wider: what names no clock is compared without one.
    return _spans(recurring_ical_events.of(calendar).between(window.begins - DAY, window.ends + DAY), window)


def _keep_last_day(event: Event) -> None:
    """« Until » a day, of what has an hour: many programs write it so, and mean the whole of that day, where it takes place."""
    found = event.get("RRULE", [])
    for rule in found if isinstance(found, list) else [found]:
        days = [at for at in rule.get("UNTIL", []) if not isinstance(at, datetime)]
        starts = event.decoded("DTSTART") if days else None
        if isinstance(starts, datetime):
            ends = datetime.combine(max(days), time_of_day.max, starts.tzinfo).replace(microsecond=0)
            rule["UNTIL"] = [ends.astimezone(UTC) if starts.tzinfo else ends]


def _spans(events: Iterable[Event], window: Window) -> list[tuple[int, int]]:
    found = []
    for event in events:
        if event.errors:
            raise ValueError("a line that cannot be read")
        if _holds(event):
            starts, ends = (max(min(at, window.until), window.since) for at in _bounds(event, ZoneInfo(window.clock)))
            if starts < ends:
                found.append((starts, ends))
    return found


def _holds(event: Event) -> bool:
    """Whether its owner is taken: not by what was called off, nor by what is marked as leaving them free."""
    says = {
        name: str(event.get(name, "")).strip().upper() for name in ("STATUS", "TRANSP", "X-MICROSOFT-CDO-BUSYSTATUS")
    }
    return (
        says["STATUS"] != "CANCELLED"
        and says["TRANSP"] != "TRANSPARENT"
        and says["X-MICROSOFT-CDO-BUSYSTATUS"] not in FREE
    )


def _bounds(event: Event, zone: ZoneInfo) -> tuple[int, int]:
    starts = event.decoded("DTSTART")
    if "DTEND" in event:
        ends = event.decoded("DTEND")
    elif "DURATION" in event:
        return _instant(starts, zone), _after(starts, event.decoded("DURATION"), zone)
    else:
        ends = starts if isinstance(starts, datetime) else starts + DAY
    return _instant(starts, zone), _instant(ends, zone)


def _after(starts: date, lasts: timedelta, zone: ZoneInfo) -> int:
    if isinstance(starts, datetime):
        return _instant(starts, zone) + int(lasts.total_seconds())
    return _instant(starts + lasts, zone)


def _instant(at: date, zone: ZoneInfo) -> int:
    """A day begins at midnight, and an hour that names no clock is, on the clock of its owner."""
    if not isinstance(at, datetime):
        at = datetime(at.year, at.month, at.day)
    return int((at if at.tzinfo else at.replace(tzinfo=zone)).timestamp())


def _joined(spans: list[tuple[int, int]]) -> list[list[int]]:
    """Those that touch are one: nothing says how many events there were, nor which."""
    joined: list[list[int]] = []
    for starts, ends in sorted(spans):
        if joined and starts <= joined[-1][1]:
            joined[-1][1] = max(joined[-1][1], ends)
        else:
            joined.append([starts, ends])
    if len(joined) > SPANS:
        raise TooMany
    return joined
