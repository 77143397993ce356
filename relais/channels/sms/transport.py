"""SMS that leave, one segment each, in the dialect of the provider that SMS_DIALECT names."""

import json
from base64 import b64encode
from collections.abc import Callable

from django.conf import settings

from relais.foundation.outbox import PermanentError, transport
from relais.foundation.phones import international

from .. import http, services
from ..models import Channel
from . import ovh
from .numbers import is_mobile
from .segment import one_segment


def _allmysms(to: str, text: str) -> None:
    """SMS_URL https://api.allmysms.com/sms/send/, SMS_KEY « login:key »."""
    body = {"to": to.lstrip("+"), "text": text} | ({"from": settings.SMS_SENDER} if settings.SMS_SENDER else {})
    headers = {"Authorization": f"Basic {b64encode(settings.SMS_KEY.encode()).decode()}", "Content-Type": "application/json"}
    told = http.call("POST", settings.SMS_URL, who="allmySMS", headers=headers, body=json.dumps(body).encode()).json()
    # They answer 200 to what they refuse, without a number for the message.
    if not isinstance(told, dict) or not told.get("smsId"):
        raise PermanentError("allmySMS a refusé ce message.")


def _json(to: str, text: str) -> None:
    """A gateway of one's own: POST {to, from, text} with SMS_KEY as a bearer; any 2xx means that it took the message."""
    headers = {"Authorization": f"Bearer {settings.SMS_KEY}", "Content-Type": "application/json"}
    body = {"to": to, "from": settings.SMS_SENDER, "text": text}
    http.call("POST", settings.SMS_URL, who="La passerelle SMS", headers=headers, body=json.dumps(body).encode())


DIALECTS: dict[str, Callable[[str, str], None]] = {"ovh": ovh.send, "allmysms": _allmysms, "json": _json}


@transport("sms")
def send(payload: dict) -> None:
    """Payload: `to` (a number), `text`. Raises PermanentError on a number that may not be written to, on somebody who wrote
    STOP, on a text that is no safe single SMS; otherwise as `http.call`."""
    if settings.SMS_DIALECT not in DIALECTS:
        raise PermanentError("Aucun service de SMS n’est réglé.")
    try:
        to, text = international(payload["to"]), one_segment(payload["text"])
    except ValueError as error:
        raise PermanentError(str(error)) from error
    if not is_mobile(to):
        raise PermanentError("Ce numéro n’est pas un mobile français.")
    if services.has_stopped(Channel.SMS, to):
        raise PermanentError("Cette personne a écrit STOP.")
    DIALECTS[settings.SMS_DIALECT](to, text)
