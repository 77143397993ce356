"""SMS brought by a provider.

Each account has two webhooks and one secret (`channels.accounts`); what comes in by them is of its organisation:
* `/entree/sms` for the account of the installation, `/entree/sms/compte/NUMBER` for that of an organisation: JSON {id, from, text} signed by a
  gateway of one's own. `X-Relais-Signature: t=SECONDS,s=HEX`, where HEX is HMAC-SHA256(secret, SECONDS + "." + body).
  What became of one that left by it comes there too: {id, status}, where `id` is what its answer said when it took the message.
* `/entree/sms/SECRET`: a form with from, message and (where there is one) id, for providers that sign nothing (46elks.se/docs/receive-sms,
  read 2026-11-22), or with id and status. Set the path to be left out of the logs of the proxy.
"""

import hmac
import json
import re
from contextlib import suppress
from datetime import datetime
from uuid import UUID

from django.http import Http404, JsonResponse, QueryDict
from django.utils import timezone

from relais.foundation import contacts, keys

from .. import accounts, services, webhooks
from ..models import Channel, ChannelAccount, Inbound
from . import reports

LARGEST = 100_000
FRESH = 300
"""Seconds, before and after, during which a signature counts."""


def keep(*, account_of: UUID | None, provider_id: str, sender: str, text: str, at: datetime) -> None:
    """Keep one SMS, under the number it came from in its one form. `account_of`: the organisation to whose account it came."""
    try:
        sender, reason = _number(sender), ""
    except ValueError:
        # A name or a short number: nobody can be answered there.
        sender, reason = sender[:254], Inbound.Reason.NO_SENDER
    services.receive(
        channel=Channel.SMS,
        provider_id=provider_id,
        sender=sender,
        body=text,
        at=at,
        reason=reason,
        account_of=account_of,
    )


@webhooks.webhook()
def signed_webhook(request, owner: UUID | None = None):
    account = accounts.of(Channel.SMS, owner)
    try:
        body = webhooks.whole_text(request, LARGEST)
    except webhooks.TooLong:
        return webhooks.too_long()
    now = timezone.now()
    if not account or not _is_signed(account.webhook_secret, request.headers.get("x-relais-signature", ""), body, now):
        return webhooks.wrong_key(request)
    try:
        told = json.loads(body)
        if _is_report(account, told, now):
            return _reported(account, _text(told["id"]), _text(told["status"]), now)
        fields = {"sender": _text(told["from"]), "text": _text(told["text"])}
        number = accounts.numbered(owner, _text(_text(told["id"]).strip()))
    except (ValueError, KeyError, TypeError, RecursionError):
        return webhooks.unreadable()
    keep(account_of=owner, provider_id=number, at=now, **fields)
    return JsonResponse({"kept": 1})


@webhooks.webhook()
def secret_webhook(request, secret: str):
    account, now = accounts.behind(Channel.SMS, secret), timezone.now()
    if account is None:
        return webhooks.wrong_key(request)
    try:
        form = QueryDict(webhooks.whole_text(request, LARGEST), encoding="utf-8")
        if _is_report(account, form, now):
            return _reported(account, form["id"], form["status"], now)
        fields = {"sender": form["from"], "text": form["message"]}
        number = form.get("id", "").strip() or _unnumbered(
            during="%Y%m%d" if request.is_odd else "%Y%m%d%H%M", now=now, **fields
        )
    except webhooks.TooLong:
        return webhooks.too_long()
    except (ValueError, KeyError):
        return webhooks.unreadable()
    keep(account_of=account.owner, provider_id=accounts.numbered(account.owner, number), at=now, **fields)
    return JsonResponse({"kept": 1})


def _is_report(account: ChannelAccount, told, now: datetime) -> bool:
    """A gateway may repeat in its report what it is about: our own words are no message of somebody."""
    if "status" not in told:
        return False
    return not {"text", "message"} & set(told) or reports.known(account, reports.number_in(told["id"]), now).exists()


def _reported(account: ChannelAccount, number: str, status: str, now: datetime) -> JsonResponse:
    """404 only while a letter is just leaving: the provider may be quicker than our own note of it, and tries again. A number that no letter
    bears (erased, given twice, of long ago) is heard and moves nothing: whoever gets 404 again and again brings no message any more."""
    if reports.heed(account, reports.number_in(number), reports.WORDS.get(status.strip().casefold()), now):
        return JsonResponse({"kept": 1})
    if reports.may_be_quicker(account):
        raise Http404
    return JsonResponse({"kept": 0})


def _unnumbered(*, sender: str, text: str, now: datetime, during: str) -> str:
    """What stands for the number that a provider does not give: the same words from the same sender in one minute are one delivery; in one
    day where the provider is told that something is wrong with it, and tries again."""
    return keys.sign(f"sms|{now:{during}}|{sender}|{text}")[:40]


def _number(sender: str) -> contacts.ContactPoint:
    """Of who sent it. Providers that leave the + out write no number as it is dialled here: « 687751234 » is a mobile of Nouméa, not one of the
    mainland without its 0. One with signs that nobody sees is not taken for who bears almost the same. Raises ValueError."""
    if not sender.isascii():
        raise ValueError("Not a number as providers write them.")
    if sender.isdecimal() and not sender.startswith("0"):
        with suppress(ValueError):
            if (abroad := contacts.number(f"+{sender}")).takes_sms:
                return abroad
    return contacts.number(sender)


def _is_signed(secret: str, header: str, body: bytes, now: datetime) -> bool:
    found = re.fullmatch(r"t=(\d{1,12}),s=([0-9a-f]{64})", header)
    if not secret or not found or abs(now.timestamp() - int(found[1])) > FRESH:
        return False
    expected = hmac.new(secret.encode(), found[1].encode() + b"." + body, "sha256").hexdigest()
    return webhooks.same(found[2], expected)


def _text(value) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int) or value == "":
        raise ValueError("Not a text.")
    return str(value)
