"""What comes in: kept first, acknowledged after, handed over once."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from hashlib import sha256

from django.db import IntegrityError, InterfaceError, OperationalError, transaction

from relais.foundation import claims, keys, loops, states
from relais.foundation.events import record
from relais.foundation.ratelimit import allowed
from relais.foundation.refusals import WrongState

from .events import InboundKept, InboundReceived, SenderStopped
from .models import Inbound, Stopped
from .text import clean, one_line

log = logging.getLogger(__name__)
BELL, UNREAD_BELL = "inbound", "inbound-unread"
LONGEST = 10_000
"""Characters kept of one message; the mark below shows where the rest was."""
WHOLE = 100_000
"""Characters kept beside of a message that was cut, for whoever wants to read on."""
CUT = "\n\n[… le message continuait : la suite est gardée à part]"
PROGRAMS = (Inbound.Reason.AUTOMATIC, Inbound.Reason.BOUNCE, Inbound.Reason.OWN, Inbound.Reason.LIST)
"""Reasons that say that a program wrote."""
LATER = timedelta(hours=1)
"""Longest wait before something that failed is tried again."""


class Refused(Exception):
    """Raised by who takes messages, with a code: this one must not enter any conversation."""


def digest_of(channel: str, sender: str) -> str:
    """The keyed digest that recognises a sender without holding the address."""
    return keys.sign(f"inbound|{channel}|{sender.strip().lower()}")


@transaction.atomic
def keep(*, channel: str, shape: str, raw: bytes, at: datetime) -> Inbound:
    """Keep one delivery exactly as it came, unread: nothing of it is looked at here. The same bytes twice are one row."""
    number = f"raw:{sha256(raw).hexdigest()}"
    values = {"shape": shape, "raw": raw, "sender": "", "sender_digest": "", "state": Inbound.State.UNREAD, "not_before": at, "received_at": at}
    row, is_new = Inbound.objects.get_or_create(channel=channel, provider_id=number, defaults=values)
    if is_new:
        record(InboundKept(subject=row.pk, channel=channel), now=at)
    loops.ring(UNREAD_BELL)
    return row


@transaction.atomic
def receive(*, channel: str, provider_id: str, sender: str, body: str, at: datetime, reason: str = "", **more) -> tuple[Inbound, bool]:
    """Keep one message; returns its row, and whether it is the first delivery of it.

    `more`: subject, whole, thread, verified, attachments, reply_token, reply_until, shortened (fields of `Inbound`). With a
    `reason` the message is kept aside. Anything may be in `body`: it is cleaned, and cut at LONGEST.
    """
    if clean(provider_id) != provider_id or not 0 < len(provider_id) <= 100:
        provider_id = sha256(provider_id.encode("utf-8", "surrogatepass")).hexdigest()
    if known := Inbound.objects.filter(channel=channel, provider_id=provider_id).first():
        return known, False
    if (plain := one_line(sender, 254)) != sender:
        # Made fit to be kept it would be another sender: nobody is recognised by it, and nobody answered.
        sender, reason = plain, Inbound.Reason.NO_SENDER
    body, digest = clean(body), digest_of(channel, sender)
    reason = reason or ("" if body or one_line(more.get("subject", ""), 200) or more.get("attachments") else Inbound.Reason.EMPTY)
    row = Inbound(
        channel=channel, provider_id=provider_id, sender=sender, sender_digest=digest, received_at=at, not_before=at, reason=reason,
        state=_state_for(reason), **more,
    )  # fmt: skip
    row.body, row.subject, row.reply_token, row.whole = body, one_line(row.subject, 200), clean(row.reply_token), clean(row.whole)
    if len(body) > LONGEST:
        row.body, row.shortened, row.whole = body[:LONGEST].rstrip() + CUT, True, row.whole or body[:WHOLE]
    row.flood = not allowed("inbound", digest, now=at)
    if row.flood and reason in PROGRAMS:
        # Two programs that write to each other would fill the disk. Whoever cannot be answered is a person, and is read.
        row.body = row.whole = ""
    # A false sender never makes us write to whoever bears the name, and a flood gets one sentence an hour.
    row.quiet = row.verified is False or bool(reason) or (row.flood and not allowed("inbound-told", digest, now=at))
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        return Inbound.objects.get(channel=channel, provider_id=provider_id), False
    told = {"channel": channel, "state": row.state, "reason": reason or "none", "flood": row.flood, "shortened": row.shortened}
    record(InboundReceived(subject=row.id, **told), now=at)
    loops.ring(BELL)
    return row, True


def _state_for(reason: str) -> str:
    if reason in (Inbound.Reason.NO_SENDER, Inbound.Reason.UNREADABLE, Inbound.Reason.NOT_GIVEN):
        return Inbound.State.REFUSED
    return Inbound.State.IGNORED if reason else Inbound.State.NEW


def deliver(handler: Callable[[Inbound, datetime], None], *, now: datetime) -> int:
    """Give every due message to `handler(inbound, now)`, oldest first, one transaction each; returns how many it took.

    What the handler writes and the message being taken commit together. When it raises `Refused(code)` the message is
    refused; on any other fault its work is undone and the message comes back later: it is never lost.
    """
    return claims.each(Inbound.objects.due(now).in_turn(), partial(_deliver, handler=handler, now=now)).done


def _deliver(row: Inbound, *, handler: Callable[[Inbound, datetime], None], now: datetime) -> bool:
    try:
        with transaction.atomic():
            handler(row, now)
    except Refused as refusal:
        state, changed = Inbound.State.REFUSED, {"reason": str(refusal)[:40]}
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        log.exception("The message %s could not be taken", row.pk)
        Inbound.objects.filter(pk=row.pk).update(**put_off(row, now))
        return False
    else:
        state, changed = Inbound.State.TAKEN, {"taken_at": now, "erased_at": now, **Inbound.ERASED}
    # Not `save`: what the handler did to its own copy of the row is not ours to keep.
    states.move_all(Inbound.objects.filter(pk=row.pk), state, **changed)
    return state == Inbound.State.TAKEN


def put_off(row: Inbound, now: datetime) -> dict:
    """What changes in a row that could not be treated now: it comes back, each time later."""
    attempts = row.attempts + 1
    return {"attempts": min(attempts, 1000), "not_before": now + min(timedelta(minutes=2 ** min(attempts, 10)), LATER)}


@transaction.atomic
def not_given(*, channel: str, number: str, now: datetime) -> None:
    """The provider has this message and does not give it: a human sees it, and it is asked for again, each time later."""
    values = {"sender": "", "sender_digest": "", "state": Inbound.State.REFUSED, "reason": Inbound.Reason.NOT_GIVEN, "not_before": now, "received_at": now}
    row, is_new = Inbound.objects.select_for_update().get_or_create(channel=channel, provider_id=number, defaults=values)
    if is_new:
        record(InboundKept(subject=row.pk, channel=channel), now=now)
    if row.reason == Inbound.Reason.NOT_GIVEN:
        Inbound.objects.filter(pk=row.pk).update(**put_off(row, now))


def given(*, channel: str, number: str) -> None:
    """The provider gave it after all."""
    Inbound.objects.filter(channel=channel, provider_id=number, reason=Inbound.Reason.NOT_GIVEN).delete()


def waits(channel: str, numbers: list[str], now: datetime) -> set[str]:
    """Those of `numbers` that the provider did not give, and is not asked for again yet."""
    late = Inbound.objects.filter(channel=channel, provider_id__in=numbers, reason=Inbound.Reason.NOT_GIVEN, not_before__gt=now)
    return set(late.values_list("provider_id", flat=True))


@transaction.atomic
def look_again(*, inbound: Inbound, now: datetime) -> Inbound:
    """A human says that what was set aside is a message after all: it is handed over like any other."""
    row = Inbound.objects.select_for_update().get(pk=inbound.pk)
    if not row.may_enter:
        raise WrongState("Ce message a déjà été traité, ou effacé.")
    states.move(row, Inbound.State.NEW, now=now, reason="", not_before=now, attempts=0)
    loops.ring(BELL)
    return row


@transaction.atomic
def stop(*, channel: str, sender: str, now: datetime) -> None:
    """Nothing more leaves for this sender by this channel. Twice is once."""
    _, new = Stopped.objects.get_or_create(channel=channel, digest=digest_of(channel, sender), defaults={"at": now})
    if new:
        record(SenderStopped(channel=channel), now=now)


def go_on(*, channel: str, sender: str) -> None:
    """The sender wrote again, and so expects an answer."""
    Stopped.objects.filter(channel=channel, digest=digest_of(channel, sender)).delete()


def has_stopped(channel: str, sender: str) -> bool:
    return Stopped.objects.filter(channel=channel, digest=digest_of(channel, sender)).exists()
