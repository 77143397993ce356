"""OVHcloud's SMS service: signed calls to send, and to fetch what was answered.

SMS_URL is the address of the service (https://eu.api.ovh.com/1.0/sms/sms-xx1-1), SMS_KEY « application:secret:consumer ».
Shapes: the schema of the service (eu.api.ovh.com/1.0/sms.json) and its guide « API SMS Cookbook », read 2026-11-22.
Answers are fetched rather than pushed: a signed reading cannot be forged by whoever knows an address of ours.
"""

import json
import logging
from datetime import datetime, timedelta
from hashlib import sha1
from urllib.parse import urlencode

from django.conf import settings
from django.db import transaction
from django.utils.dateparse import parse_datetime

from relais.foundation.outbox import PermanentError, TemporaryError

from .. import http, services
from ..models import Channel, Inbound
from .inbound import keep

log = logging.getLogger(__name__)
WHO = "OVHcloud"
LOOK_BACK = timedelta(days=2)
"""Answers that are asked for again at each turn; those already kept are not read twice."""


def send(to: str, text: str) -> None:
    body = {"message": text, "receivers": [to], "noStopClause": True, "priority": "high", "coding": "7bit", "charset": "UTF-8"}
    # Only a number can be answered: without a name of our own, the service lends one.
    body |= {"sender": settings.SMS_SENDER} if settings.SMS_SENDER else {"senderForResponse": True}
    told = _call("POST", "/jobs", body)
    if not isinstance(told, dict):
        raise http.Unsure(f"{WHO} a répondu sans dire ce qui est parti.")
    if told.get("invalidReceivers") or not told.get("validReceivers"):
        raise PermanentError(f"{WHO} refuse ce numéro.")


def fetch(now: datetime) -> int:
    """Keep the answers of the last days that are not kept yet; returns how many. One that cannot be had holds back no other."""
    since = (now - LOOK_BACK).isoformat(timespec="seconds")
    numbers = [f"ovh:{number}" for number in _call("GET", f"/incoming?{urlencode({'creationDatetime.from': since})}") or []]
    there = Inbound.objects.filter(channel=Channel.SMS, provider_id__in=numbers).exclude(reason=Inbound.Reason.NOT_GIVEN)
    passed = set(there.values_list("provider_id", flat=True)) | services.waits(Channel.SMS, numbers, now)
    return sum(_kept(number, now) for number in numbers if number not in passed)


def _kept(number: str, now: datetime) -> bool:
    try:
        message = _call("GET", f"/incoming/{number.removeprefix('ovh:')}")
        # The wait is counted from when they wrote, even if this service or ours was down since.
        at = min(parse_datetime(message["creationDatetime"]), now)
        said = {"sender": str(message["sender"]), "text": str(message["message"])}
    except (TemporaryError, PermanentError, http.Unsure, KeyError, TypeError, ValueError) as error:
        log.warning("The answer %s could not be had, the others go on: %s", number, type(error).__name__)
        services.not_given(channel=Channel.SMS, number=number, now=now)
        return False
    with transaction.atomic():
        services.given(channel=Channel.SMS, number=number)
        keep(provider_id=number, at=at, **said)
    return True


def _call(method: str, path: str, body: dict | None = None):
    application, secret, consumer = settings.SMS_KEY.split(":")
    address, content = settings.SMS_URL.rstrip("/") + path, json.dumps(body) if body else ""
    # Their clock, not ours: a server a minute late would otherwise be refused.
    time = http.call("GET", settings.SMS_URL.partition("/sms/")[0] + "/auth/time", who=WHO, headers={}).body.decode().strip()
    signed = "+".join([secret, consumer, method, address, content, time])
    headers = {"X-Ovh-Application": application, "X-Ovh-Consumer": consumer, "X-Ovh-Timestamp": time, "Content-Type": "application/json"}
    headers["X-Ovh-Signature"] = "$1$" + sha1(signed.encode()).hexdigest()  # noqa: S324 (their scheme)
    return http.call(method, address, who=WHO, headers=headers, body=content.encode()).json()
