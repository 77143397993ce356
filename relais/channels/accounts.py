"""By which account at a provider an organisation writes, is written to or is read: its own, else that of the installation.

Asked for and agreed to by two administrators (`accounts.providers`); set nowhere else.
"""

import secrets
from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from relais.foundation import keys

from .models import AccountReading, ChannelAccount, Way

KNOCKED_AT = {Way.SMS}
"""Ways whose provider knocks with a secret of ours; Discord signs with a key of its own, and the others are asked."""


def serving(channel: str, owner: UUID | None) -> ChannelAccount | None:
    """The account by which what `owner` says leaves; None: it has no way out there."""
    either = ChannelAccount.objects.serving().filter(Q(owner=owner) | Q(owner=None), channel=channel)
    found = {one.owner: one for one in either if one.values}
    return found.get(owner) or found.get(None)


def is_offered(channel: str, owner: UUID | None) -> bool:
    """Whether a page of this organisation may offer this way."""
    return serving(channel, owner) is not None


def owners(channel: str) -> list[UUID]:
    """The organisations that have an account of their own in service."""
    theirs = ChannelAccount.objects.serving().filter(channel=channel).exclude(owner=None).order_by()
    return list(theirs.values_list("owner", flat=True))


def each(channel: str) -> Iterator[ChannelAccount]:
    """Those in service, one after the other: what was ended while another was read is not read any more."""
    rows = ChannelAccount.objects.serving().filter(channel=channel)
    for pk in list(rows.values_list("pk", flat=True)):
        if account := rows.filter(pk=pk).first():
            yield account


def of(channel: str, owner: UUID | None) -> ChannelAccount | None:
    """The account of exactly this organisation (or of the installation), in service."""
    return ChannelAccount.objects.serving().filter(channel=channel, owner=owner).first()


# --- the webhook of an account


def behind(channel: str, secret: str) -> ChannelAccount | None:
    """The account in service whose webhook this secret opens."""
    return ChannelAccount.objects.serving().filter(channel=channel, webhook_digest=_digest(channel, secret)).first()


def give_webhook(account: ChannelAccount, secret: str = "") -> str:
    """Have this secret (or a new one) open the webhook of `account`, not saved; returns it."""
    account.webhook_secret = secret or secrets.token_urlsafe(32)
    account.webhook_digest = _digest(account.channel, account.webhook_secret)
    return account.webhook_secret


def numbered(owner: UUID | None, number: str) -> str:
    """What names a message for ever: two providers count each for itself."""
    return f"{owner.hex}:{number}" if owner else number


def _digest(channel: str, secret: str) -> str:
    return keys.sign(f"webhook|{channel}|{secret}")


# --- one row for another


def ask(*, channel: str, owner: UUID | None, values: dict, by: UUID, now: datetime) -> ChannelAccount:
    """An account that waits for a second person, instead of the one that did. It knows no secret: one that is replaced meanwhile must stay so."""
    ChannelAccount.objects.filter(channel=channel, owner=owner, confirmed_at=None).delete()
    return ChannelAccount.objects.create(channel=channel, owner=owner, values=values, asked_by=by, asked_at=now)


def confirm(account: ChannelAccount, *, by: UUID, now: datetime) -> None:
    """It serves from now on, knocked at as the one before, which is gone; where there was none, a new secret opens. In a transaction."""
    serving = ChannelAccount.objects.serving().filter(channel=account.channel, owner=account.owner)
    former = serving.select_for_update().first()
    if account.channel in KNOCKED_AT:
        give_webhook(account, former.webhook_secret if former else "")
    if former:
        former.delete()
    account.confirmed_by, account.confirmed_at = by, now
    account.save()
    _begin_afresh(account, now)


def end(account: ChannelAccount, *, now: datetime) -> None:
    """It serves no more, and its keys are gone. In a transaction."""
    _begin_afresh(account, now)
    account.delete()


def _begin_afresh(account: ChannelAccount, now: datetime) -> None:
    """What was wrong was so of the one before; until when it was read stays, where it is the same account over there."""
    rows = AccountReading.objects.filter(channel=account.channel, owner=account.owner)
    rows.update(error="", failed_at=None, next_at=now)
