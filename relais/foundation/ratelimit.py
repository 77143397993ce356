"""How often one origin may do one thing. No address is stored: only a keyed hash that changes every day."""

from datetime import datetime, timedelta
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import NamedTuple

from django.conf import settings
from django.db import connection

from . import keys


class Limit(NamedTuple):
    """`count` times in `per`, from the first one on."""

    count: int
    per: timedelta


MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
LIMITS = {
    # From one network address. A whole class may sit behind it.
    "open": Limit(80, HOUR),  # first messages to the line
    "write": Limit(300, 10 * MINUTE),  # messages in a conversation
    "resume": Limit(10, HOUR),  # resume codes tried on the page
    "link": Limit(30, HOUR),  # links that opened nothing, of all purposes; a right one always opens
    "react": Limit(300, HOUR),  # reactions to stories
    "ask": Limit(60, HOUR),  # questions under stories
    "answer": Limit(20, HOUR),  # answers by the link of the person shown
    "report": Limit(20, HOUR),  # texts reported as unlawful
    "report-offer": Limit(10, HOUR),  # offers reported
    "door": Limit(20, HOUR),  # wrong keys at the doors of providers; a right one always opens
    # From one sender, known by a digest.
    "inbound": Limit(20, HOUR),  # messages: those beyond are kept and marked
    "inbound-told": Limit(1, HOUR),  # automatic sentences that say so
    "resume-by-door": Limit(10, HOUR),  # resume codes in messages
    # For one thing that a link opens.
    "link-again": Limit(1, HOUR),  # links sent anew
    # For one organisation.
    "aside-alarm": Limit(1, MINUTE),  # letters about messages of danger that were set aside
}
"""Every limit of the site: what → how often. There is no other place."""

_COUNT = """
INSERT INTO foundation_ratebucket (origin, count, expires_at) VALUES (%s, 1, %s)
ON CONFLICT (origin) DO UPDATE SET
    count = CASE WHEN foundation_ratebucket.expires_at <= %s THEN 1 ELSE foundation_ratebucket.count + 1 END,
    expires_at = CASE WHEN foundation_ratebucket.expires_at <= %s THEN EXCLUDED.expires_at ELSE foundation_ratebucket.expires_at END
RETURNING count
"""


def origin_of(request) -> str:
    """From which network a request comes: an IPv4 address, the /64 of an IPv6 one (whoever has one address of it has them all);
    '' when nobody knows. X-Forwarded-For counts only behind a proxy of ours, and only its last entry."""
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "") if settings.BEHIND_PROXY else ""
    address = _address(forwarded.split(",")[-1]) or _address(request.META.get("REMOTE_ADDR", ""))
    if address is None:
        return ""
    return str(ip_network((address, 64), strict=False)) if isinstance(address, IPv6Address) else str(address)


def _address(text: str) -> IPv4Address | IPv6Address | None:
    """The address in what a proxy wrote, with or without a port and brackets; None when it holds none (« unknown »)."""
    text = text.strip().strip('"')
    for one in (text, text.partition("]")[0].removeprefix("["), text.rpartition(":")[0]):
        try:
            address = ip_address(one.partition("%")[0])
        except ValueError:
            continue
        # A server that listens on both writes IPv4 as ::ffff:192.0.2.1: all of IPv4 must not be one network.
        return getattr(address, "ipv4_mapped", None) or address
    return None


def allowed(what: str, origin: str, *, now: datetime) -> bool:
    """Count one more `what` (a name of LIMITS) by `origin`; False beyond its limit. One statement, safe under races."""
    limit = LIMITS[what]
    key = keys.sign(f"{now:%Y-%m-%d}|{what}|{origin}")
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, [key, now + limit.per, now, now])
        return cursor.fetchone()[0] <= limit.count
