"""What all sources of training have in common: one row is one session in one place."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import msgspec

from ..importing import Row, mark_of

PARIS = ZoneInfo("Europe/Paris")
FORMAT = b"1"
"""To be changed with the reading of a source, so that what is there is read again."""
KEY = ("source", "source_id")


def row(values: dict, now: datetime) -> Row:
    """A row of Training whose digest is that of its values; when it was seen does not count."""
    mark = mark_of(FORMAT + msgspec.json.encode(values, order="deterministic"))
    return Row(values["source_id"], mark, lambda: values | {"seen_at": now, "left_at": None})


def day_of(value) -> date | None:
    """A date out of « 20260901 », « 2026-09-01 » or an instant (the day it is in Paris). None for what is none (« 00000000 »)."""
    text = str(value or "").strip()
    try:
        if len(text) == 8 and text.isdigit():
            return date(int(text[:4]), int(text[4:6]), int(text[6:])) if "1990" < text < "2100" else None
        if len(text) > 10:
            moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
            return (moment.astimezone(PARIS) if moment.tzinfo else moment).date()
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None


def dig(value, *path):
    """What stands at `path` of nested objects and lists, or None."""
    for part in path:
        if isinstance(value, dict):
            value = value.get(part)
        elif isinstance(value, list) and isinstance(part, int) and part < len(value):
            value = value[part]
        else:
            return None
    return value


def rncp(value) -> str:
    """« 37676 », « RNCP37676 » or « rncp 37676 » → RNCP37676; '' for anything else."""
    digits = str(value or "").upper().replace("RNCP", "").strip()
    return f"RNCP{digits}" if digits.isdigit() and 1 <= len(digits) <= 6 else ""


def level(value) -> int | None:
    """« 4 (BAC...) », « Niveau 4 », « NIV4 » or 4 → 4, when it is one of the European frame that we show (3 to 8)."""
    digit = next((sign for sign in str(value or "") if sign.isdigit()), "")
    return int(digit) if digit and 3 <= int(digit) <= 8 else None


def years(value) -> str:
    """« 2 ans »."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        return ""
    return f"{number:g} an{'s' if number >= 2 else ''}".replace(".", ",") if 0 < number < 15 else ""


def is_over(ends_on: date | None, now: datetime) -> bool:
    """A session whose last day is past is not brought in."""
    return ends_on is not None and ends_on < now.astimezone(PARIS).date()
