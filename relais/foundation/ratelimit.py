"""How often one origin may do one thing. No address is stored: only a keyed hash that changes every day."""

from datetime import datetime, timedelta
from ipaddress import ip_address

from django.conf import settings
from django.db import connection

from . import keys

_COUNT = """
INSERT INTO foundation_ratebucket (origin, count, expires_at) VALUES (%s, 1, %s)
ON CONFLICT (origin) DO UPDATE SET
    count = CASE WHEN foundation_ratebucket.expires_at < %s THEN 1 ELSE foundation_ratebucket.count + 1 END,
    expires_at = CASE WHEN foundation_ratebucket.expires_at < %s THEN EXCLUDED.expires_at ELSE foundation_ratebucket.expires_at END
RETURNING count
"""


def address_of(request) -> str:
    """The visitor's address, or '' when nobody knows it. X-Forwarded-For counts only behind a proxy of ours, and only its last entry."""
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "") if settings.BEHIND_PROXY else ""
    return _address(forwarded.split(",")[-1]) or _address(request.META.get("REMOTE_ADDR", ""))


def _address(text: str) -> str:
    """The address in what a proxy wrote, with or without a port and brackets; '' when it holds none (« unknown »)."""
    text = text.strip().strip('"')
    for one in (text, text.partition("]")[0].removeprefix("["), text.rpartition(":")[0]):
        try:
            return str(ip_address(one.partition("%")[0]))
        except ValueError:
            continue
    return ""


def allowed(what: str, origin: str, *, limit: int, per: timedelta, now: datetime) -> bool:
    """Count one more `what` by `origin`; False once `limit` is passed within `per`. One statement, safe under races."""
    key = keys.sign(f"{now:%Y-%m-%d}|{what}|{origin}")
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, [key, now + per, now, now])
        return cursor.fetchone()[0] <= limit
