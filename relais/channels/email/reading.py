"""What was kept as it came is read: by the worker, in a confined process, one delivery at a time.

A delivery that cannot be read stays, with its reason, for a human; it holds back no other.
"""

import json
import logging
from datetime import datetime
from functools import partial

from django.db import InterfaceError, OperationalError, transaction

from relais.foundation import claims, confined, states

from .. import services
from ..models import Channel, Inbound
from ..text import decode
from . import child
from .letter import address_in
from .mime import FIELD
from .parsing import UNREADABLE, house

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
            letters = letters_in(row.shape, row.raw, patient=row.attempts + 1 < Inbound.PATIENCE)
            for letter in letters:
                services.receive(channel=Channel.EMAIL, at=row.received_at, **letter)
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


def letters_in(shape: str, raw: bytes, *, patient: bool = True) -> list[dict]:
    """The letters in one delivery, as fields for `services.receive`. Raises Unreadable; Died when the process ended in any way
    but by saying that it knows no such shape (a busy machine kills it too), unless patience is over."""
    us = house()
    try:
        told = confined.ask(child.__name__, shape, us.address, us.host, us.checked_by, given=raw, seconds=SECONDS)
        return json.loads(told)
    except confined.Died as death:
        if patient and death.code != child.UNKNOWN:
            raise
        raise Unreadable from death


def _set_aside(row: Inbound) -> dict:
    """Who may have written, and that nobody could read it. The bytes stay as long as any other message set aside."""
    sender = _glance(row.raw) if row.shape == "mime" else ""
    digest = services.digest_of(row.channel, sender) if sender else ""
    return {"reason": Inbound.Reason.UNREADABLE, "sender": sender, "sender_digest": digest, "body": UNREADABLE}


def _glance(raw: bytes) -> str:
    """The address in the first line that begins with « From: », by the cheapest look there is."""
    lines = raw[:GLANCE].split(b"\n")
    header = next((line[5:FIELD] for line in lines if line[:5].lower() == b"from:"), b"")
    return address_in(decode(header, "utf-8"))
