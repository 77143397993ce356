"""What became of an SMS once its provider had taken it.

Each letter keeps how its account names it. A report joins the one letter that left by that very account under that number, and says what the
provider knows, no more: delivered, or given up. Anything else (on its way, with the operator, nobody can say) moves nothing.
"""

import logging
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import takewhile
from time import monotonic

from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce

from relais.foundation import inner, outbox, web
from relais.foundation.models import Outbound

from .. import accounts
from ..models import Channel, ChannelAccount

log = logging.getLogger(__name__)
LOOK_BACK = timedelta(days=3)
"""How long a provider is asked: operators try for two days."""
SOON, RARELY = timedelta(minutes=1), timedelta(hours=6)
"""Until it is asked for the second time; then each time after twice as long as the letter is old, and never less often than that: what is
given up after two days is known the same day."""
MOST, LONGEST = 50, 30.0
"""Letters that one account is asked about in one turn, and seconds after which no more is asked for."""
NOT_DELIVERED = "L’opérateur n’a pas remis le SMS."


@dataclass(frozen=True)
class Report:
    """`why`: for who wrote, where it was given up."""

    is_delivered: bool
    why: str = ""


_GIVEN_UP = ("failed", "undelivered", "undeliverable", "undeliv", "expired", "rejected", "rejectd")
WORDS = {"delivered": Report(True), "delivrd": Report(True)} | dict.fromkeys(_GIVEN_UP, Report(False, NOT_DELIVERED))
"""What a gateway says of one, in small letters (as 46elks.se/docs/sms-delivery-reports, read 2026-12-01, and the states of SMPP 3.4, 5.2.28);
« sent » and any other word say neither."""


def number_in(told) -> str:
    """The number by which a provider names a message, as it stands in its answer; '' where it is none that can be kept."""
    is_one = isinstance(told, str | int) and not isinstance(told, bool)
    return str(told).strip() if is_one and re.fullmatch(r"[\w.:-]{1,80}", str(told).strip(), re.ASCII) else ""


def name_of(account: ChannelAccount, number: str) -> str:
    """How a letter that left by this account is found again: two providers count each for itself."""
    return accounts.numbered(account.owner, f"{account.values.get('dialect', '')}:{number}")


def heed(account: ChannelAccount, number: str, report: Report | None, now: datetime) -> bool:
    """What this account says of its number; returns whether that is one letter. Where a gateway gave a number twice, nobody knows which."""
    found = list(known(account, number, now)[:2])
    if len(found) == 1 and report:
        _settle(found[0], report)
    return len(found) == 1


def known(account: ChannelAccount, number: str, now: datetime) -> QuerySet[Outbound]:
    """What left by it lately under this number: a gateway that begins to count anew speaks of none of long ago."""
    rows = Outbound.objects.filter(channel=Channel.SMS, sent_at__gt=now - LOOK_BACK)
    return rows.filter(known_as=name_of(account, number)) if number else rows.none()


def may_be_quicker(account: ChannelAccount) -> bool:
    """Whether a letter of this organisation is just leaving: its provider may speak of it before it is noted here."""
    return Outbound.objects.filter(channel=Channel.SMS, owner=account.owner, state=Outbound.State.SENDING).exists()


def _settle(row: Outbound, report: Report) -> None:
    if report.is_delivered:
        outbox.arrived(row)
    else:
        outbox.came_back(row, report.why)


# --- asked for


def fetch(ask: Callable[[ChannelAccount, str], Report | None], account: ChannelAccount, now: datetime) -> int:
    """Ask what became of what left by this account, MOST at once; returns how many it knew of. One that cannot be had holds back no other."""
    until = monotonic() + LONGEST
    rows = takewhile(lambda _: monotonic() < until, due(account, now)[:MOST])
    return sum(_asked(ask, account, row, now) for row in rows)


def due(account: ChannelAccount, now: datetime) -> QuerySet[Outbound]:
    """What left by it, and is asked for now: the one that waits longest first."""
    left = Outbound.objects.filter(
        Q(report_at=None) | Q(report_at__lte=now),
        channel=Channel.SMS,
        state=Outbound.State.SENT,
        known_as__startswith=name_of(account, ""),
        sent_at__gt=now - LOOK_BACK,
    )
    return left.order_by(Coalesce(F("report_at"), F("sent_at")), "pk")


def _asked(ask: Callable, account: ChannelAccount, row: Outbound, now: datetime) -> bool:
    mine = Outbound.objects.filter(pk=row.pk, state=Outbound.State.SENT, report_at=row.report_at)
    age = now - row.sent_at if row.sent_at else SOON
    if not mine.update(report_at=now + min(max(SOON, age), RARELY)):
        return False  # Another worker asks.
    try:
        report = ask(account, row.known_as.removeprefix(name_of(account, "")))
    except (outbox.TemporaryError, outbox.PermanentError, web.Unsure, inner.Forbidden) as error:
        log.warning("What became of %s could not be had, the others go on: %s", row.key, type(error).__name__)
        return False
    if report:
        _settle(row, report)
    return report is not None
