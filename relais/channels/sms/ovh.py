"""OVHcloud's SMS service: signed calls to send, to fetch what was answered, and to ask what became of what left.

The `url` of an account is the address of the service (https://eu.api.ovh.com/1.0/sms/sms-xx1-1), its `key` « application:secret:consumer ».
Shapes: the schema of the service (eu.api.ovh.com/1.0/sms.json) and its guide « API SMS Cookbook », read 2026-11-22.
What became of one: the schema's `sms.Outgoing`, and the tables « ptt codes » and « DLR IDs » of the guide on SMS users, read 2026-12-01.
Answers and reports are fetched rather than pushed: a signed reading cannot be forged by whoever knows an address of ours.
"""

import json
import logging
import re
from datetime import datetime, timedelta
from hashlib import sha1
from itertools import islice
from time import monotonic
from urllib.parse import urlencode

from django.db import transaction
from django.utils.dateparse import parse_datetime

from relais.foundation import web
from relais.foundation.outbox import PermanentError, TemporaryError

from .. import accounts, services
from ..models import Channel, ChannelAccount, Inbound
from . import reports
from .inbound import keep
from .reports import NOT_DELIVERED, Report, number_in

log = logging.getLogger(__name__)
WHO = "OVHcloud"
LOOK_BACK = timedelta(days=2)
"""Answers that are asked for again at each turn; those already kept are not read twice."""
MOST, LONGEST = 50, 30.0
"""Answers that are brought from one account in one turn, and seconds after which no more is asked for: the other accounts wait meanwhile."""


DELIVERED = (1, 4)
"""Receipt and ptt of what the operator says it delivered."""
GIVEN_UP = (2, 16)
"""Receipts of what is tried no more; 0, 4 and 8: it waits."""
GOES_ON = (0, 1, 2, 3, 4, 6)
"""Codes that say no failure: on its way, with the operator, delivered; 6: nobody can say."""
WHY = {
    8: "délai dépassé",
    20: "impossible à remettre sous cette forme",
    21: "crédit épuisé chez le destinataire",
    23: "numéro inconnu de l’opérateur, ou bloqué",
    24: "téléphone éteint ou hors réseau",
    25: "panne passagère de l’opérateur",
    26: "téléphone occupé, ou mémoire pleine",
    27: "ce téléphone ne reçoit pas ces messages",
    28: "l’opérateur l’a pris pour du démarchage",
    29: "contenu refusé par l’opérateur",
}


def send(account: dict, to: str, text: str) -> str:
    body = {
        "message": text,
        "receivers": [to],
        "noStopClause": True,
        "priority": "high",
        "coding": "7bit",
        "charset": "UTF-8",
    }
    # Only a number can be answered: without a name of our own, the service lends one.
    body |= {"sender": account["sender"]} if account["sender"] else {"senderForResponse": True}
    told = _call(account, "POST", "/jobs", body).told()
    if not isinstance(told, dict):
        raise web.Unsure(f"{WHO} a répondu sans dire ce qui est parti.")
    if told.get("invalidReceivers") or not told.get("validReceivers"):
        raise PermanentError(f"{WHO} refuse ce numéro.")
    ids = told.get("ids")
    return number_in(ids[0]) if isinstance(ids, list) and len(ids) == 1 else ""


def is_asked(account: dict) -> bool:
    """The others bring what they have."""
    return account.get("dialect") == "ovh"


def read(account: ChannelAccount, now: datetime) -> None:
    """What was answered, then what became of what left. Raises as `fetch`."""
    fetch(account, now)
    reports.fetch(report, account, now)


def fetch(account: ChannelAccount, now: datetime) -> int:
    """Keep the answers of the last days that are not kept yet, MOST at once; returns how many. One that cannot be had holds back no other.

    Raises TemporaryError, PermanentError, web.Unsure.
    """
    numbers = [accounts.numbered(account.owner, f"ovh:{number}") for number in _listed(account, now - LOOK_BACK)]
    there = Inbound.objects.filter(channel=Channel.SMS, provider_id__in=numbers).exclude(
        reason=Inbound.Reason.NOT_GIVEN
    )
    passed = set(there.values_list("provider_id", flat=True)) | services.waits(Channel.SMS, numbers, now)
    new, until = islice((number for number in numbers if number not in passed), MOST), monotonic() + LONGEST
    return sum(_kept(account, number, now) for number in new if monotonic() < until)


def report(account: ChannelAccount, number: str) -> Report | None:
    """What became of the one of this number; None while nothing sure is known. Raises as `web.call`."""
    told = _call(account.values, "GET", f"/outgoing/{number}").told()
    if not isinstance(told, dict) or str(told.get("id")) != number:
        return None
    receipt, code = told.get("deliveryReceipt"), told.get("ptt")
    if (receipt, code) == DELIVERED:
        return Report(True)
    if receipt not in GIVEN_UP or not isinstance(code, int) or code in GOES_ON:
        return None
    return Report(False, f"L’opérateur n’a pas remis le SMS ({WHY[code]})." if code in WHY else NOT_DELIVERED)


def _listed(account: ChannelAccount, since: datetime) -> list[str]:
    """The numbers of the answers, each once; what cannot be one is left out."""
    asked = urlencode({"creationDatetime.from": since.isoformat(timespec="seconds")})
    try:
        found = _call(account.values, "GET", f"/incoming?{asked}").json(list[int | str])
    except web.NotJson as error:
        raise web.Unsure(f"{WHO} n’a pas donné de liste.") from error
    numbers = [number for number in dict.fromkeys(map(str, found)) if re.fullmatch(r"[0-9A-Za-z-]{1,40}", number)]
    if len(numbers) < len(set(map(str, found))):
        log.warning("Numbers that are none in the list of the account %s, the others go on", account.pk)
    return numbers


def _kept(account: ChannelAccount, number: str, now: datetime) -> bool:
    try:
        message = _call(account.values, "GET", f"/incoming/{number.rpartition(':')[2]}").told()
        # The wait is counted from when they wrote, even if this service or ours was down since.
        at = max(min(parse_datetime(message["creationDatetime"]), now), now - LOOK_BACK)
        said = {"sender": str(message["sender"]), "text": str(message["message"])}
    except (TemporaryError, PermanentError, web.Unsure, KeyError, TypeError, ValueError) as error:
        log.warning("The answer %s could not be had, the others go on: %s", number, type(error).__name__)
        services.not_given(channel=Channel.SMS, number=number, now=now, account_of=account.owner)
        return False
    with transaction.atomic():
        services.given(channel=Channel.SMS, number=number)
        keep(account_of=account.owner, provider_id=number, at=at, **said)
    return True


def _call(account: dict, method: str, path: str, body: dict | None = None) -> web.Answer:
    application, secret, consumer = account["key"].split(":")
    address, content = account["url"].rstrip("/") + path, json.dumps(body) if body else ""
    time = _clock(account)
    signed = "+".join([secret, consumer, method, address, content, time])
    headers = {
        "X-Ovh-Application": application,
        "X-Ovh-Consumer": consumer,
        "X-Ovh-Timestamp": time,
        "Content-Type": "application/json",
    }
    headers["X-Ovh-Signature"] = "$1$" + sha1(signed.encode()).hexdigest()  # noqa: S324 (their scheme)
    return web.call(method, address, who=WHO, headers=headers, body=content.encode(), guarded=True)


def _clock(account: dict) -> str:
    """Theirs, not ours: a server a minute late would otherwise be refused."""
    address = account["url"].partition("/sms/")[0] + "/auth/time"
    said = re.fullmatch(rb"\s*([0-9]{1,12})\s*", web.call("GET", address, who=WHO, headers={}, guarded=True).body)
    if not said:
        raise TemporaryError(f"{WHO} ne dit pas l’heure.")
    return said[1].decode()
