"""Answers that go back to Discord: to the person alone, within a quarter of an hour of what they sent, or not at all.

No private message is ever sent there: it would stay in an account that others may read, and a minor is never written to first.
Once the quarter of an hour is over the answer waits behind the private link of the conversation.
"""

import json
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from relais.foundation import web
from relais.foundation.outbox import PermanentError, TemporaryError, Unwanted, transport

from .. import accounts, opt_outs
from ..models import Channel, ChannelAccount, OptOut
from .commands import register
from .interactions import EPHEMERAL

WHO = "Discord"
LONGEST = 2000
TOO_LATE = "Le quart d’heure que Discord accorde pour répondre est passé : la réponse attend derrière le lien privé."
ENDED = "Ce compte Discord n’est plus relié : la réponse attend derrière le lien privé."
# What Discord says of a token that is over: unknown webhook, invalid token.
_OVER = {10015, 50027}
# They blocked us, or refuse messages.
_BLOCKED = {50007}


def fitting(text: str, link: str) -> str:
    """`text` in one message of Discord; when it is longer, its beginning and where the rest is."""
    if len(text) <= LONGEST:
        return text
    end = f"…\nLa suite est ici : {link}"
    return text[: LONGEST - len(end)].rstrip() + end


@transport("discord")
def send(payload: dict) -> None:
    """Payload: `to` (the person's number, for the trace), `token`, `until` (ISO instant), `text` of at most LONGEST characters, `account_of`
    (hexadecimal: the organisation to whose account they wrote; '' for that of the installation). Or `account` (a number): it is told our commands.

    Raises PermanentError when the quarter of an hour is over, or that account serves no more; otherwise as `web.call`.
    """
    if tried := payload.get("account"):
        return _tell_commands(tried, payload["owner"])
    if timezone.now() >= datetime.fromisoformat(payload["until"]):
        raise PermanentError(TOO_LATE)
    if len(payload["text"]) > LONGEST:
        raise PermanentError(f"Discord ne prend pas plus de {LONGEST} signes.")
    whose = payload.get("account_of")
    account = accounts.of(Channel.DISCORD, owner := UUID(whose) if whose else None)
    if account is None:
        raise PermanentError(ENDED)
    address = f"{settings.DISCORD_API_URL}/webhooks/{account.values['application_id']}/{payload['token']}?wait=true"
    body = {"content": payload["text"], "flags": EPHEMERAL, "allowed_mentions": {"parse": []}}
    try:
        web.call("POST", address, who=WHO, headers={"Content-Type": "application/json"}, body=json.dumps(body).encode())
    except web.Rejected as refusal:
        told = refusal.answer.told()
        code = told.get("code") if isinstance(told, dict) else None
        if code in _OVER:
            raise PermanentError(TOO_LATE) from None
        if code in _BLOCKED:
            opt_outs.add(
                channel=Channel.DISCORD, address=payload["to"], how=OptOut.How.BLOCK, now=timezone.now(), owner=owner
            )
            raise Unwanted from None
        raise


def _tell_commands(number: str, owner: UUID | None) -> None:
    """In service or not yet: whoever asks for an account tries it before another agrees."""
    account = ChannelAccount.objects.filter(pk=number, channel=Channel.DISCORD, owner=owner).first()
    if account is None:
        raise PermanentError(ENDED)
    try:
        register(account.values)
    except web.Unsure as error:
        # Told twice they are the same.
        raise TemporaryError(f"{WHO} n’a pas répondu.") from error
