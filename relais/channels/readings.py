"""How the reading of each account goes that we ask for what came in: written down, so that whoever looks after it sees what is wrong."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from django.db import InterfaceError, OperationalError
from django.db.models import Q

from relais.foundation import loops, web
from relais.foundation.outbox import PermanentError, TemporaryError

from . import accounts
from .models import AccountReading, ChannelAccount

log = logging.getLogger(__name__)
NOTED = timedelta(minutes=5)
"""Between two notes that all goes well: nobody needs one for each turn."""
AWAY = "Le service ne répond pas, ou pas comme prévu."
OURS = "Le programme n’a pas su lire ce compte."


def read_each(
    channel: str,
    read: Callable[[ChannelAccount, datetime], object],
    *,
    now: datetime,
    asked: Callable[[dict], bool] = bool,
) -> None:
    """`read(account, now)` for each in service whose values are `asked`, each by itself: whatever one answers holds back no other,
    and says nothing of the loop: it stands on the page of that account, and whoever looks after it is told."""
    for account in accounts.each(channel):
        if not asked(account.values):
            continue
        try:
            read(account, now)
        except (OperationalError, InterfaceError):
            raise
        except Exception as error:
            # The kind only: what a fault says of itself may hold a key, or what somebody wrote.
            log.warning("Nothing of the account %s could be read: %s", account.pk, type(error).__name__)
            failed(channel, account.owner, said(error), now=now)
        else:
            went_well(channel, account.owner, now=now)
        loops.beat()


def said(error: Exception) -> str:
    """What the page says of it."""
    if isinstance(error, TemporaryError | PermanentError):
        return str(error) or AWAY
    return AWAY if isinstance(error, web.Unsure) else OURS


def failed(channel: str, owner: UUID | None, error: str, *, now: datetime) -> None:
    values = {"error": error[:300], "failed_at": now}
    AccountReading.objects.update_or_create(
        channel=channel, owner=owner, account="", defaults=values, create_defaults=values | {"next_at": now}
    )


def went_well(channel: str, owner: UUID | None, *, now: datetime) -> None:
    rows = AccountReading.objects.filter(channel=channel, owner=owner, account="")
    rows.filter(~Q(error="") | Q(read_at=None) | Q(read_at__lte=now - NOTED)).update(error="", read_at=now)
    if not rows.exists():
        AccountReading.objects.create(channel=channel, owner=owner, next_at=now, read_at=now)


def of(account: ChannelAccount) -> AccountReading | None:
    """How it goes with this one; None before anything was asked."""
    number = account.values.get("account", "")
    return AccountReading.objects.filter(channel=account.channel, owner=account.owner, account=number).first()
