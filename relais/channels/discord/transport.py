"""Answers that go back to Discord: to the person alone, within a quarter of an hour of what they sent, or not at all.

No private message is ever sent there: it would stay in an account that others may read, and a minor is never written to first.
Once the quarter of an hour is over the answer waits behind the private link of the conversation.
"""

import json
from datetime import datetime

from django.conf import settings
from django.utils import timezone

from relais.foundation.outbox import PermanentError, transport

from .. import http
from .interactions import EPHEMERAL

WHO = "Discord"
LONGEST = 2000
TOO_LATE = "Le quart d’heure que Discord accorde pour répondre est passé : la réponse attend derrière le lien privé."
# What Discord says of a token that is over: unknown webhook, invalid token.
_OVER = {10015, 50027}


def fitting(text: str, link: str) -> str:
    """`text` in one message of Discord; when it is longer, its beginning and where the rest is."""
    if len(text) <= LONGEST:
        return text
    end = f"…\nLa suite est ici : {link}"
    return text[: LONGEST - len(end)].rstrip() + end


@transport("discord")
def send(payload: dict) -> None:
    """Payload: `to` (the person's number, for the trace), `token`, `until` (ISO instant), `text` of at most LONGEST characters.

    Raises PermanentError when the quarter of an hour is over; otherwise as `http.call`.
    """
    if timezone.now() >= datetime.fromisoformat(payload["until"]):
        raise PermanentError(TOO_LATE)
    if len(payload["text"]) > LONGEST:
        raise PermanentError(f"Discord ne prend pas plus de {LONGEST} signes.")
    address = f"{settings.DISCORD_API_URL}/webhooks/{settings.DISCORD_APPLICATION_ID}/{payload['token']}?wait=true"
    body = {"content": payload["text"], "flags": EPHEMERAL, "allowed_mentions": {"parse": []}}
    try:
        http.call("POST", address, who=WHO, headers={"Content-Type": "application/json"}, body=json.dumps(body).encode())
    except http.Rejected as refusal:
        told = refusal.answer.json()
        if isinstance(told, dict) and told.get("code") in _OVER:
            raise PermanentError(TOO_LATE) from None
        raise
