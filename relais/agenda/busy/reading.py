"""Each hour the agenda that somebody publishes is asked for, and the hours at which they are taken are kept: when, and nothing of what.

Its address is a secret: it stands in no message and in no log, whatever goes wrong. What cannot be read leaves what was known.
"""

import io
import logging
from datetime import UTC, datetime, timedelta
from typing import Annotated
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import msgspec
from django.db import transaction

from relais.accounts.models import Organisation, User
from relais.accounts.scope import people
from relais.foundation import claims, confined, inner, loops, sites, web
from relais.foundation.database.patience import let_go
from relais.foundation.refusals import NotAcceptable

from .. import away, feed
from ..models import BusyFeed, BusyTime
from . import child

log = logging.getLogger(__name__)
BELL = "busy"
EVERY = timedelta(hours=1)
AHEAD = timedelta(weeks=8)
BYTES, LONGEST_ADDRESS = 12_000_000, 2_000
WITHIN, SECONDS = 45, 60
"""Seconds for the file to come, and to be read: on the wall, of a machine that does other work."""
MOST = 1_000
"""Feeds of one turn."""
Trouble = BusyFeed.Trouble
Second = Annotated[int, msgspec.Meta(ge=0, lt=1 << 34)]
Count = Annotated[int, msgspec.Meta(ge=0, lt=1 << 31)]
DIED = {child.UNKNOWN: Trouble.UNKNOWN, child.TOO_MANY: Trouble.MANY}


class Unread(Exception):
    """Nothing can be made of what is there now; `trouble` says why."""

    def __init__(self, trouble: str):
        super().__init__(trouble)
        self.trouble = trouble


class Told(msgspec.Struct):
    """What the child says: `expanding.Taken`, in years of which the database has heard."""

    spans: list[tuple[Second, Second]]
    unread: Count


# --- what somebody decides


@transaction.atomic
def keep(*, user: User, address: str, now: datetime) -> BusyFeed:
    """Read this agenda from now on, instead of the one before, of which nothing is kept. Raises NotAcceptable."""
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    BusyFeed.objects.visible_to(user).delete()
    kept = BusyFeed.objects.create(user=user, address=checked(address), next_at=now)
    loops.wake(BELL)
    return kept


def checked(typed: str) -> str:
    """The address as it is asked for. Raises NotAcceptable; nothing is asked of it here, where somebody waits for a page."""
    address = typed.strip()
    if address[:9].lower() == "webcal://":
        address = f"https://{address[9:]}"
    if len(address) > LONGEST_ADDRESS or not web.is_address(address) or urlsplit(address).scheme != "https":
        raise NotAcceptable(
            "Collez l’adresse entière de l’agenda, comme le programme où il est la donne : elle commence par https:// ou webcal://."
        )
    return address


def stop(*, user: User) -> None:
    """Read it no more; what was read goes with it."""
    BusyFeed.objects.visible_to(user).delete()


# --- the loop


def read_due(now: datetime) -> int:
    """Read each agenda that is due, each in its turn, whatever became of the one before; returns how many were looked at."""
    forget_left()
    looked = 0
    while looked < MOST and not loops.stopping.is_set():
        found = claims.first(BusyFeed.objects.due(now).order_by("next_at", "id"), lambda one: _take(one, now))
        if found is None:
            break
        read(found, now)
        looked += 1
    return looked


def forget_left() -> None:
    """Of whoever works here no more nothing is read, and nothing kept."""
    BusyFeed.objects.exclude(user__in=people(Organisation.objects.all(), *feed.READERS)).delete()


def _take(one: BusyFeed, now: datetime) -> None:
    one.next_at = now + EVERY
    one.save(update_fields=["next_at"])


def read(one: BusyFeed, now: datetime) -> None:
    try:
        told = _understood(_fetched(one), away.clock(one.user), now)
    except Unread as error:
        _failed(one, error.trouble, now)
    else:
        _replace(one, told, now)


def _fetched(one: BusyFeed) -> bytes:
    """Raises Unread."""
    file = io.BytesIO()
    try:
        web.fetch_once(one.address, file, limit=BYTES, within=WITHIN)
    except inner.Forbidden:
        raise Unread(Trouble.INSIDE) from None
    except web.TooLarge:
        raise Unread(Trouble.LARGE) from None
    except web.Denied:
        raise Unread(Trouble.REFUSED) from None
    except Exception as error:
        # Of any kind: the next feed has its turn. Not its words, which may hold the address.
        log.info("A busy feed could not be fetched: %s", type(error).__name__)
        raise Unread(Trouble.AWAY) from None
    return file.getvalue()


def _understood(raw: bytes, zone: ZoneInfo, now: datetime) -> Told:
    """Raises Unread."""
    let_go()
    window = (str(int(at.timestamp())) for at in (now, now + AHEAD))
    try:
        told = confined.ask(child.__name__, *window, zone.key, sites.machine(), given=raw, seconds=SECONDS)
    except confined.Died as death:
        raise Unread(DIED.get(death.code, Trouble.HEAVY)) from None
    try:
        return msgspec.json.decode(told, type=Told)
    except msgspec.MsgspecError:
        # Whoever made the child say something else is a stranger.
        raise Unread(Trouble.UNKNOWN) from None


@transaction.atomic
def _replace(one: BusyFeed, told: Told, now: datetime) -> None:
    if (held := _still(one)) is None:
        return
    held.times.all().delete()
    BusyTime.objects.bulk_create(
        BusyTime(feed=held, starts_at=_at(starts), ends_at=_at(ends)) for starts, ends in told.spans
    )
    held.read_at, held.unread, held.failed_at, held.trouble = now, told.unread, None, ""
    held.save(update_fields=["read_at", "unread", "failed_at", "trouble"])


@transaction.atomic
def _failed(one: BusyFeed, trouble: str, now: datetime) -> None:
    if held := _still(one):
        held.failed_at, held.trouble = held.failed_at or now, trouble
        held.save(update_fields=["failed_at", "trouble"])


def _still(one: BusyFeed) -> BusyFeed | None:
    """The row, locked; None when its owner took it back, or gave another address, while we read."""
    return BusyFeed.objects.select_for_update().filter(pk=one.pk).first()


def _at(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
