"""SMS that leave, one segment each, by the account of the organisation that says them (`channels.accounts`).

What an account of SMS holds (`values`): `dialect`, one of DIALECTS; `url`, `key` and `sender`, whose form is that dialect's. The address was
typed by somebody: nothing inside is reached by it (`inner`).
"""

import json
from base64 import b64encode
from collections.abc import Callable

from relais.foundation import contacts, inner, web
from relais.foundation.outbox import PermanentError, transport

from .. import accounts
from ..models import Channel, ChannelAccount
from . import ovh, reports
from .segment import one_segment


def _allmysms(account: dict, to: str, text: str) -> str:
    """It has reports, whose shape could not be checked: none is asked for. `url` https://api.allmysms.com/sms/send/, `key` « login:key »."""
    body = {"to": to.lstrip("+"), "text": text} | ({"from": account["sender"]} if account["sender"] else {})
    headers = {
        "Authorization": f"Basic {b64encode(account['key'].encode()).decode()}",
        "Content-Type": "application/json",
    }
    told = web.call(
        "POST", account["url"], who="allmySMS", headers=headers, body=json.dumps(body).encode(), guarded=True
    ).told()
    # They answer 200 to what they refuse, without a number for the message.
    if not isinstance(told, dict) or not told.get("smsId"):
        raise PermanentError("allmySMS a refusé ce message.")
    return ""


def _json(account: dict, to: str, text: str) -> str:
    """A gateway of one's own: POST {to, from, text} with `key` as a bearer; any 2xx means that it took the message. Where its answer
    is JSON with an `id`, it may report by it what became of the message (`reports`)."""
    headers = {"Authorization": f"Bearer {account['key']}", "Content-Type": "application/json"}
    body = {"to": to, "from": account["sender"], "text": text}
    told = web.call(
        "POST", account["url"], who="La passerelle SMS", headers=headers, body=json.dumps(body).encode(), guarded=True
    ).told()
    return reports.number_in(told.get("id")) if isinstance(told, dict) else ""


DIALECTS: dict[str, Callable[[dict, str, str], str]] = {"ovh": ovh.send, "allmysms": _allmysms, "json": _json}
"""Each returns the number by which its provider reports on that message, or ''."""
TITLES = {"ovh": "OVHcloud", "allmysms": "allmySMS", "json": "Votre propre passerelle"}


@transport("sms")
def send(payload: dict) -> str:
    """Payload: `to` (a number), `text`; `account` (a number) where one account is tried. Raises PermanentError on a number that may not be
    written to, on a text that is no safe single SMS; otherwise as `web.call`."""
    account = _account_of(payload)
    if account is None:
        raise PermanentError("Aucun service de SMS n’est réglé pour cette organisation.")
    try:
        to, text = contacts.number(payload["to"]), one_segment(payload["text"])
    except ValueError as error:
        raise PermanentError(str(error)) from error
    if not to.takes_sms:
        raise PermanentError("Ce numéro n’est pas un mobile français.")
    try:
        number = DIALECTS[account.values["dialect"]](account.values, to, text)
    except inner.Forbidden as error:
        raise PermanentError(
            "L’adresse de ce service est à l’intérieur du réseau de la machine, qui ne la laisse pas joindre (INNER_ADDRESSES)."
        ) from error
    return reports.name_of(account, number) if number else ""


def _account_of(payload: dict) -> ChannelAccount | None:
    if tried := payload.get("account"):
        return ChannelAccount.objects.filter(pk=tried, channel=Channel.SMS, owner=payload["owner"]).first()
    return accounts.serving(Channel.SMS, payload["owner"])
