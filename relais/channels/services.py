"""What comes in: kept first, acknowledged after, handed over once."""

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.db import IntegrityError, InterfaceError, OperationalError, transaction

from relais.foundation import claims, contacts, loops, redaction, states
from relais.foundation.events import record
from relais.foundation.ratelimit import allowed
from relais.foundation.refusals import WrongState
from relais.foundation.typed import clean, one_line

from . import accounts, opt_outs
from .events import InboundKept, InboundReceived
from .models import Inbound

log = logging.getLogger(__name__)
BELL, UNREAD_BELL = "inbound", "inbound-unread"
LONGEST = 10_000
"""Characters kept of one message; the mark below shows where the rest was."""
WHOLE = 100_000
"""Characters kept beside of a message that was cut, for whoever wants to read on."""
CUT = "\n\n[… le message continuait : la suite est gardée à part]"
KEPT_OF_MANY = 2_000
"""Characters kept of what a program wrote that wrote many times within the hour."""
CUT_FOR_GOOD = "\n\n[… la suite n’est pas gardée : trop de lettres de programme sous ce nom en une heure]"
PROGRAMS = (Inbound.Reason.AUTOMATIC, Inbound.Reason.BOUNCE, Inbound.Reason.OWN, Inbound.Reason.LIST)
"""Reasons that say that a program wrote."""
LATER = timedelta(hours=1)
"""Longest wait before something that failed is tried again."""


class Refused(Exception):
    """Raised by who takes messages, with a code: this one must not enter any conversation."""


@transaction.atomic
def keep(*, channel: str, shape: str, raw: bytes, at: datetime, account_of: UUID | None = None) -> Inbound:
    """Keep one delivery exactly as it came, unread: nothing of it is looked at here. The same bytes twice in one account are one row."""
    number = f"raw:{sha256((account_of.bytes if account_of else b'') + raw).hexdigest()}"
    values = {
        "account_of": account_of,
        "shape": shape,
        "raw": raw,
        "sender": "",
        "sender_digest": "",
        "state": Inbound.State.UNREAD,
        "not_before": at,
        "received_at": at,
    }
    row, is_new = Inbound.objects.get_or_create(channel=channel, provider_id=number, defaults=values)
    if is_new:
        record(InboundKept(subject=row.pk, channel=channel), now=at)
    loops.wake(UNREAD_BELL)
    return row


@transaction.atomic
def receive(
    *,
    channel: str,
    provider_id: str,
    sender: str,
    body: str,
    at: datetime,
    reason: str = "",
    proofs: Sequence[str] = (),
    elsewhere: bool = False,
    returned: bool = False,
    serials: Sequence[str] = (),
    status: str = "",
    **more,
) -> tuple[Inbound, bool]:
    """Keep one message; returns its row, and whether it is the first delivery of it.

    STOP and nothing else is kept aside and heeded (`opt_outs`, which has `proofs` and `elsewhere`); a second delivery changes nothing of that.
    Secret addresses of ours that it quotes are hidden: whoever reads it here must not open them.
    `more`: account_of, subject, whole, thread, verified, attachments, reply_token, reply_until, shortened (fields of `Inbound`). With a
    `reason` the message is kept aside. Anything may be in `body`: it is cleaned, and cut at LONGEST.
    """
    if clean(provider_id) != provider_id or not 0 < len(provider_id) <= 100:
        provider_id = sha256(provider_id.encode("utf-8", "surrogatepass")).hexdigest()
    if known := Inbound.objects.filter(channel=channel, provider_id=provider_id).first():
        return known, False
    if (plain := one_line(sender, 254)) != sender:
        # Made fit to be kept it would be another sender: nobody is recognised by it, and nobody answered.
        sender, reason = plain, Inbound.Reason.NO_SENDER
    body, digest = clean(body), contacts.digest(channel, sender)
    subject = one_line(more.get("subject", ""), 200)
    if not reason and opt_outs.asks_to_stop(body or subject):
        reason = Inbound.Reason.STOP
    reason = reason or ("" if body or subject or more.get("attachments") else Inbound.Reason.EMPTY)
    row = Inbound(
        channel=channel,
        provider_id=provider_id,
        sender=sender,
        sender_digest=digest,
        received_at=at,
        not_before=at,
        reason=reason,
        state=_state_for(reason),
        **more,
    )
    row.body, row.subject, row.reply_token, row.whole = (
        body,
        one_line(row.subject, 200),
        clean(row.reply_token),
        clean(row.whole),
    )
    if len(body) > LONGEST:
        row.body, row.shortened, row.whole = body[:LONGEST].rstrip() + CUT, True, row.whole or body[:WHOLE]
    row.body, row.whole = redaction.masked_in_words(row.body), redaction.masked_in_words(row.whole)
    # Whoever holds one account writes by it in the name of any number: that makes no flood elsewhere. Nor do programs for who bears their name.
    origin = accounts.numbered(row.account_of, f"program:{digest}" if reason in PROGRAMS else digest)
    row.flood = not allowed("inbound", origin, now=at)
    if row.flood and reason in PROGRAMS:
        _cut_one_of_many(row)
    # A false sender never makes us write to whoever bears the name, and a flood gets one sentence an hour.
    row.quiet = row.verified is False or bool(reason) or (row.flood and not allowed("inbound-told", origin, now=at))
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        return Inbound.objects.get(channel=channel, provider_id=provider_id), False
    if returned:
        _tell_returned(Returned(row.thread, tuple(proofs), tuple(serials), status))
    told: dict[str, Any] = {
        "channel": channel,
        "state": row.state,
        "reason": reason or "none",
        "flood": row.flood,
        "shortened": row.shortened,
    }
    record(InboundReceived(subject=row.id, **told), now=at)
    # Whoever knows has said by now with whom the conversation goes on.
    row.refresh_from_db(fields=["owner"])
    opt_outs.heed(row, proofs=proofs, elsewhere=elsewhere)
    loops.wake(BELL)
    return row, True


_judging: list[Callable[[str], bool]] = []


def keeps_whole(function):
    """Decorator for a function that says of a text that nothing of it may be cut, as one of however many it came."""
    _judging.append(function)
    return function


def _cut_one_of_many(row: Inbound) -> None:
    """Two programs that write to each other would fill the disk. But any header that says « a program » is believed: who reads on behind it
    still finds how the letter begins, and all of one that must stay. Whoever cannot be answered is a person, and is not cut at all."""
    text = "\n".join([row.subject, row.body, row.whole])
    if row.reason != Inbound.Reason.OWN and any(judge(text) for judge in _judging):
        return
    row.whole = ""
    if row.reason in (Inbound.Reason.OWN, Inbound.Reason.BOUNCE):
        row.body = ""
    elif len(row.body) > KEPT_OF_MANY:
        row.body, row.shortened = row.body[:KEPT_OF_MANY].rstrip() + CUT_FOR_GOOD, True


@dataclass(frozen=True)
class Returned:
    """A letter of ours that a mail server gave up on: its thread, the proofs and the serial it carried, and the server's status (« 5.1.1 ») or ''."""

    thread: str
    proofs: tuple[str, ...]
    serials: tuple[str, ...]
    status: str


_heeding_returned: list[Callable[[Returned], None]] = []


def heeds_returned(function):
    """Decorator for a function that is told of each letter that came back. Anybody may write such a report: it looks at the proofs first."""
    _heeding_returned.append(function)
    return function


def _tell_returned(letter: Returned) -> None:
    for heed in _heeding_returned:
        heed(letter)


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
    changed: dict[str, Any]
    try:
        with transaction.atomic():
            handler(row, now)
    except Refused as refusal:
        state, changed = Inbound.State.REFUSED, {"reason": str(refusal)[:40], "seen_at": None, "told_at": None}
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
def not_given(*, channel: str, number: str, now: datetime, account_of: UUID | None = None) -> None:
    """The provider has this message and does not give it: a human sees it, and it is asked for again, each time later."""
    values = {
        "sender": "",
        "sender_digest": "",
        "state": Inbound.State.REFUSED,
        "reason": Inbound.Reason.NOT_GIVEN,
        "account_of": account_of,
        "not_before": now,
        "received_at": now,
    }
    row, is_new = Inbound.objects.select_for_update().get_or_create(
        channel=channel, provider_id=number, defaults=values
    )
    if is_new:
        record(InboundKept(subject=row.pk, channel=channel), now=now)
    if row.reason == Inbound.Reason.NOT_GIVEN:
        # Looked at, then emptied, while its provider still refuses it: it is as new, or nobody would see it any more.
        back = {"received_at": now, "seen_at": None, "told_at": None, "erased_at": None} if row.erased_at else {}
        Inbound.objects.filter(pk=row.pk).update(**put_off(row, now), **back)


def given(*, channel: str, number: str) -> None:
    """The provider gave it after all."""
    Inbound.objects.filter(channel=channel, provider_id=number, reason=Inbound.Reason.NOT_GIVEN).delete()


def waits(channel: str, numbers: list[str], now: datetime) -> set[str]:
    """Those of `numbers` that the provider did not give, and is not asked for again yet."""
    late = Inbound.objects.filter(
        channel=channel, provider_id__in=numbers, reason=Inbound.Reason.NOT_GIVEN, not_before__gt=now
    )
    return set(late.values_list("provider_id", flat=True))


@transaction.atomic
def look_again(*, inbound: Inbound, now: datetime) -> Inbound:
    """A human says that what was set aside is a message after all: it is handed over like any other."""
    row = Inbound.objects.select_for_update().get(pk=inbound.pk)
    if not row.may_enter:
        raise WrongState("Ce message a déjà été traité, ou effacé.")
    states.move(row, Inbound.State.NEW, now=now, reason="", not_before=now, attempts=0, seen_at=now)
    loops.wake(BELL)
    return row


def see(*, rows: Iterable[Inbound], now: datetime) -> None:
    """Somebody who decides had all of these before their eyes: from now on they are kept as long as what was decided."""
    shown = [row.pk for row in rows if row.is_aside and row.seen_at is None]
    Inbound.objects.unseen().filter(pk__in=shown).update(seen_at=now)
