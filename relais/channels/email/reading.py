"""What was kept as it came is read: by the worker, in a confined process, one delivery at a time.

A delivery that cannot be read stays, with its reason, for a human; it holds back no other.
"""

import json
import logging
from dataclasses import replace
from datetime import datetime
from functools import partial

from django.db import InterfaceError, OperationalError, transaction

from relais.foundation import claims, confined, contacts, states

from .. import accounts, services
from ..models import Channel, Inbound
from ..text import decode
from . import child
from .letter import House, address_in
from .mime import FIELD
from .parsing import UNREADABLE, house
from .shapes import MAILBOX, WHOLE

log = logging.getLogger(__name__)
SECONDS = 30
"""On the wall: a machine that is busy is no fault of the letter."""
GLANCE = 16_000
"""Bytes in which a sender is looked for when nothing else could be read."""


class Unreadable(Exception):
    """No reader makes anything of these bytes."""


def read_all(now: datetime) -> int:
    """Read every delivery that is due; returns how many letters were in them."""
    return claims.each(Inbound.objects.to_read(now).in_turn(), partial(_read, now=now)).done


def _read(row: Inbound, *, now: datetime) -> int:
    try:
        with transaction.atomic():
            us, whose = _house_of(row), row.account_of
            letters = letters_in(row.shape, row.raw, us, patient=row.attempts + 1 < Inbound.PATIENCE)
            for letter in letters:
                letter["provider_id"] = accounts.numbered(whose, letter["provider_id"])
                services.receive(channel=Channel.EMAIL, at=row.received_at, account_of=whose, **letter)
            # What it held is kept in rows of its own; a second delivery is known by their numbers.
            row.delete()
    except Unreadable:
        log.warning("A delivery of %d bytes could not be read; it is shown to a human", len(row.raw))
        states.move_all(Inbound.objects.filter(pk=row.pk), Inbound.State.REFUSED, **_set_aside(row))
        return 0
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        log.exception("A delivery could not be read now")
        Inbound.objects.filter(pk=row.pk).update(**services.put_off(row, now))
        return 0
    return len(letters)


def _house_of(row: Inbound) -> House:
    """What its reader must know of us. Whether a letter that a mailbox gave is proven is said by the server of that mailbox, and by no other."""
    us = house()
    account = accounts.of(Channel.EMAIL, row.account_of)
    if row.shape != MAILBOX:
        return us
    if account is None:
        return replace(us, checked_by="")
    return replace(us, addresses=(*us.addresses, account.values["address"]), checked_by=account.values["checked_by"])


def letters_in(shape: str, raw: bytes, us: House | None = None, *, patient: bool = True) -> list[dict]:
    """The letters in one delivery, as fields for `services.receive`. Raises Unreadable; Died when the process ended in any way
    but by saying that it knows no such shape (a busy machine kills it too), unless patience is over."""
    us = us or house()
    words = (shape, " ".join(us.addresses), us.host, us.checked_by)
    try:
        told = confined.ask(child.__name__, *words, given=raw, seconds=SECONDS)
        return json.loads(told)
    except confined.Died as death:
        if patient and death.code != child.UNKNOWN:
            raise
        raise Unreadable from death


def _set_aside(row: Inbound) -> dict:
    """Who may have written, and that nobody could read it. The bytes stay as long as any other message set aside."""
    sender = _glance(row.raw) if row.shape in WHOLE else ""
    digest = contacts.digest(row.channel, sender) if sender else ""
    return {"reason": Inbound.Reason.UNREADABLE, "sender": sender, "sender_digest": digest, "body": UNREADABLE}


def _glance(raw: bytes) -> str:
    """The address in the first line that begins with « From: », by the cheapest look there is."""
    lines = raw[:GLANCE].split(b"\n")
    header = next((line[5:FIELD] for line in lines if line[:5].lower() == b"from:"), b"")
    return address_in(decode(header, "utf-8"))
