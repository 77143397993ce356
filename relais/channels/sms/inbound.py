"""SMS brought by a provider.

Two doors, one secret (SMS_INBOUND_SECRET):
* `/entree/sms`: JSON {id, from, text} signed by a gateway of one's own. `X-Relais-Signature: t=SECONDS,s=HEX`, where HEX is
  HMAC-SHA256(secret, SECONDS + "." + body).
* `/entree/sms/SECRET`: a form with id, from and message, for providers that sign nothing (46elks.se/docs/receive-sms,
  read 2026-11-22). Set the path to be left out of the logs of the proxy.
"""

import hmac
import json
import re
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.http import JsonResponse, QueryDict
from django.utils import timezone

from relais.foundation.phones import international

from .. import doors, services
from ..models import Channel, Inbound

LARGEST = 100_000
FRESH = 300
"""Seconds, before and after, during which a signature counts."""
_STOP = re.compile(r"^\W*(stop|arret|arrêt|stop sms|unsubscribe|desabonnement|désabonnement)\W*$", re.IGNORECASE)


@transaction.atomic
def keep(*, provider_id: str, sender: str, text: str, at: datetime) -> None:
    """Keep one SMS. « STOP » ends what we send; anything else from the same number begins it again, since who writes waits
    for an answer. A second delivery changes neither."""
    reason = Inbound.Reason.STOP if _STOP.match(text) else ""
    try:
        sender = international(sender)
    except ValueError:
        # A name or a short number: nobody can be answered there.
        sender, reason = sender[:254], Inbound.Reason.NO_SENDER
    _, first = services.receive(channel=Channel.SMS, provider_id=provider_id, sender=sender, body=text, at=at, reason=reason)
    if first and reason == Inbound.Reason.STOP:
        services.stop(channel=Channel.SMS, sender=sender, now=at)
    elif first and not reason:
        services.go_on(channel=Channel.SMS, sender=sender)


@doors.door("SMS_INBOUND_SECRET")
def signed_door(request):
    try:
        body = doors.whole_body(request, LARGEST)
    except doors.TooLong:
        return doors.too_long()
    now = timezone.now()
    if not _is_signed(request.headers.get("x-relais-signature", ""), body, now):
        return doors.wrong_key(request)
    try:
        told = json.loads(body)
        fields = {"provider_id": _text(told["id"]), "sender": _text(told["from"]), "text": _text(told["text"])}
    except (ValueError, KeyError, TypeError, RecursionError):
        return doors.unreadable()
    keep(at=now, **fields)
    return JsonResponse({"kept": 1})


@doors.door("SMS_INBOUND_SECRET")
def secret_door(request, secret: str):
    if not doors.same(secret, settings.SMS_INBOUND_SECRET):
        return doors.wrong_key(request)
    try:
        form = QueryDict(doors.whole_body(request, LARGEST), encoding="utf-8")
        fields = {"provider_id": form["id"], "sender": form["from"], "text": form["message"]}
    except doors.TooLong:
        return doors.too_long()
    except (ValueError, KeyError):
        return doors.unreadable()
    keep(at=timezone.now(), **fields)
    return JsonResponse({"kept": 1})


def _is_signed(header: str, body: bytes, now: datetime) -> bool:
    found = re.fullmatch(r"t=(\d{1,12}),s=([0-9a-f]{64})", header)
    if not found or abs(now.timestamp() - int(found[1])) > FRESH:
        return False
    expected = hmac.new(settings.SMS_INBOUND_SECRET.encode(), found[1].encode() + b"." + body, "sha256").hexdigest()
    return doors.same(found[2], expected)


def _text(value) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int) or value == "":
        raise ValueError("Not a text.")
    return str(value)
