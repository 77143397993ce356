"""When an SMS may ring in somebody's pocket."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

PARIS = ZoneInfo("Europe/Paris")
# By the first digits, the longest that fit. La Réunion and Mayotte share +262 and are an hour apart (a minor of Mayotte would be woken
# at seven); numbers in 0709 2x are of either, and go by the clock of the larger one.
_ZONES = {
    "+262639": "Indian/Mayotte",
    "+262269": "Indian/Mayotte",
    "+262": "Indian/Reunion",
    "+590": "America/Guadeloupe",
    "+594": "America/Cayenne",
    "+596": "America/Martinique",
    "+508": "America/Miquelon",
    "+687": "Pacific/Noumea",
    "+681": "Pacific/Wallis",
    "+689": "Pacific/Tahiti",
}
FIRST, LAST = time(8), time(20)


def zone_of(number: str) -> ZoneInfo:
    """The clock of the place an international number belongs to."""
    return next((ZoneInfo(_ZONES[head]) for head in (number[:7], number[:4]) if head in _ZONES), PARIS)


def sms_allowed(now: datetime, minor: bool, zone: ZoneInfo = PARIS) -> bool:
    """Whether an SMS may leave now: for a minor, from 8 in the morning to 8 in the evening on the clock of `zone`."""
    return not minor or FIRST <= now.astimezone(zone).time() < LAST


def next_allowed(now: datetime, minor: bool, zone: ZoneInfo = PARIS) -> datetime:
    """The first instant from `now` on when it may leave: the `not_before` of its outgoing row."""
    if sms_allowed(now, minor, zone):
        return now
    local = now.astimezone(zone)
    day = local.date() + timedelta(days=local.time() >= LAST)
    return datetime.combine(day, FIRST, zone).astimezone(now.tzinfo)
