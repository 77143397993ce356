"""How often one origin may do one thing. No address is stored: only a keyed hash that changes every day."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from django.conf import settings
from django.db import connection

from . import keys


@dataclass(frozen=True)
class Limit:
    """`count` times in `per`, from the first one on."""

    count: int
    per: timedelta


MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
LIMITS = {
    # From one network address. A whole school may sit behind it: what is guessed counts when it is wrong, what is done counts for many.
    "open": Limit(400, HOUR),  # first messages to the line: a forum of three hundred
    "write": Limit(300, 10 * MINUTE),  # messages in a conversation
    "resume": Limit(30, HOUR),  # resume codes that opened nothing; a right one always opens
    "link": Limit(30, HOUR),  # links that opened nothing, of all purposes; a right one always opens
    "react": Limit(2000, HOUR),  # reactions to stories
    "ask": Limit(300, HOUR),  # questions under stories
    "answer": Limit(20, HOUR),  # answers by the link of the person shown
    "report": Limit(20, HOUR),  # texts reported as unlawful
    "report-offer": Limit(10, HOUR),  # offers reported
    "documents": Limit(400, HOUR),  # PDFs for people without an account: each takes a core, and a page waits for it
    "webhook": Limit(20, HOUR),  # wrong keys at the webhooks of providers; a right one always opens
    # From one sender, known by a digest.
    "inbound": Limit(20, HOUR),  # messages: those beyond are kept and marked
    "inbound-told": Limit(1, HOUR),  # automatic sentences that say so
    "resume-by-channel": Limit(10, HOUR),  # resume codes in messages
    # For one thing that a link opens.
    "link-again": Limit(1, HOUR),  # links sent anew
    "mail-again": Limit(5, HOUR),  # e-mails begun again by the page that stops them
    # For one conversation.
    "document": Limit(10, HOUR),  # PDFs of what is kept of somebody
    # For one organisation.
    "account-test": Limit(5, HOUR),  # accounts at providers that its administrators try
}
"""Every limit of the site: what → how often. There is no other place."""

_COUNT = """
INSERT INTO foundation_ratebucket (origin, count, expires_at) VALUES (%s, 1, %s)
ON CONFLICT (origin) DO UPDATE SET
    count = CASE WHEN foundation_ratebucket.expires_at <= %s THEN 1 ELSE foundation_ratebucket.count + 1 END,
    expires_at = CASE WHEN foundation_ratebucket.expires_at <= %s THEN EXCLUDED.expires_at ELSE foundation_ratebucket.expires_at END
RETURNING count, expires_at
"""


def origin_of(request) -> str:
    """From which network a request comes: an IPv4 address, the /64 of an IPv6 one (whoever has one address of it has them all);
    '' when nobody knows. X-Forwarded-For counts only behind a proxy of ours, and only its last entry."""
    return network(request.META.get("REMOTE_ADDR", ""), request.META.get("HTTP_X_FORWARDED_FOR", ""))


def network(peer: str, forwarded: str) -> str:
    """The same, of the address that is connected and of the header."""
    address = _address(forwarded.split(",")[-1] if settings.BEHIND_PROXY else "") or _address(peer)
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
    return refused_until(what, origin, now=now) is None


def refused_until(what: str, origin: str, *, now: datetime) -> datetime | None:
    """The same, for who tells how long to wait: when the window ends, None where there is nothing to wait for."""
    limit = LIMITS[what]
    key = keys.sign(f"{now:%Y-%m-%d}|{what}|{origin}")
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, [key, now + limit.per, now, now])
        count, ends = cursor.fetchone()
    return ends if count > limit.count else None
