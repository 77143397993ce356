"""Discord's interactions endpoint: `/parler`, « En parler en privé » on a message, and the form that both open.

Everything is answered to the person alone (ephemeral): the server where they were keeps nothing about them, its other members
see nothing. Shapes: discord.com/developers/docs, « Receiving and responding » and « Component reference », read 2026-11-22.
"""

import json
from datetime import datetime, timedelta
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.http import JsonResponse
from django.utils import timezone

from .. import accounts, services, webhooks
from ..models import Channel, ChannelAccount, Inbound

LARGEST = 200_000
FRESH = 300
"""Seconds, before and after, during which a signature counts."""
TOKEN_LIFE = timedelta(minutes=15)
PING, COMMAND, FORM = 1, 2, 5
PONG, MESSAGE, MODAL = 1, 4, 9
EPHEMERAL = 64
FORM_ID, FIELD = "talk", "message"
TALK, IN_PRIVATE = "parler", "En parler en privé"
MOST = 4000
"""Characters that Discord lets one type in a form."""

RECEIVED = (
    "C’est bien arrivé. Une personne va te lire et te répondre.\n"
    "Sa réponse s’affiche ici si elle arrive dans le quart d’heure. Ensuite, Discord ne nous laisse plus t’écrire ici : tu reçois un "
    "lien privé pour continuer. Si tu l’as perdu, tape /parler : tu en auras un autre.\n"
    "Personne d’autre sur ce serveur ne voit ce que tu écris.\n"
    "Si tu es en danger, appelle le 112, ou écris au 114 par SMS."
)
STOPPED = "C’est noté : plus rien ne part d’ici vers toi sur Discord. Tape /parler pour recommencer."
EMPTY = "Ton message est vide. Tape /parler pour recommencer."
UNKNOWN = "Cette commande n’existe plus. Tape /parler pour écrire à quelqu’un."


@webhooks.webhook()
def discord_webhook(request, owner: UUID | None = None):
    """Discord tries wrong signatures on purpose, and closes an endpoint that accepts one: those answer 401.

    Each account has an address of its own, which says by whose key it is signed: no key of one is tried for another.
    """
    account = accounts.of(Channel.DISCORD, owner)
    if account is None:
        return webhooks.wrong_key(request)
    try:
        body = webhooks.whole_text(request, LARGEST)
    except webhooks.TooLong:
        return webhooks.too_long()
    now = timezone.now()
    signature, timestamp = (request.headers.get(f"x-signature-{name}", "") for name in ("ed25519", "timestamp"))
    if not is_signed(account.values["public_key"], signature, timestamp, body, now):
        return JsonResponse({"error": "Signature refusée."}, status=401)
    try:
        interaction = json.loads(body)
        return JsonResponse(answer(interaction, account, now))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return webhooks.unreadable()


def is_signed(public_key: str, signature: str, timestamp: str, body: bytes, now: datetime) -> bool:
    """Whether `body` was signed with this key less than FRESH seconds ago (or ahead, clocks differ)."""
    if not timestamp.isascii() or not timestamp.isdigit() or abs(now.timestamp() - int(timestamp[:12])) > FRESH:
        return False
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key))
        key.verify(bytes.fromhex(signature), timestamp.encode() + body)
    except (ValueError, InvalidSignature):
        return False
    return True


def answer(interaction: dict, account: ChannelAccount, now: datetime) -> dict:
    """What Discord shows. The same interaction again gets the same answer, and its message stays one message."""
    kind = interaction["type"]
    if kind == PING:
        return {"type": PONG}
    if str(interaction["application_id"]) != account.values["application_id"]:
        raise ValueError("An interaction of another application.")
    if kind == COMMAND and interaction["data"]["name"] in (TALK, IN_PRIVATE):
        return _form(_own_words(interaction))
    if kind == FORM and interaction["data"]["custom_id"] == FORM_ID:
        return _say(_keep(interaction, account, now))
    return _say(UNKNOWN)


def _keep(interaction: dict, account: ChannelAccount, now: datetime) -> str:
    text = _typed(interaction["data"]["components"])
    if not text.strip():
        return EMPTY
    # Discord hands the token over once; it opens this one answer for a quarter of an hour, and nothing else.
    row, _ = services.receive(
        channel=Channel.DISCORD,
        account_of=account.owner,
        provider_id=accounts.numbered(account.owner, str(interaction["id"])),
        sender=str(_user(interaction)["id"]),
        body=text,
        at=now,
        verified=True,
        reply_token=str(interaction["token"])[:400],
        reply_until=now + TOKEN_LIFE,
    )
    return STOPPED if row.reason == Inbound.Reason.STOP else RECEIVED


def _user(interaction: dict) -> dict:
    """Who did it: inside a server they come as a member, in a private conversation as themselves."""
    return interaction["member"]["user"] if "member" in interaction else interaction["user"]


def _own_words(interaction: dict) -> str:
    """What the chosen message says, if its author is the one who chose it: nobody passes on the words of others."""
    data = interaction["data"]
    message = data.get("resolved", {}).get("messages", {}).get(str(data.get("target_id")), {})
    own = message and str(message["author"]["id"]) == str(_user(interaction)["id"])
    return str(message.get("content", ""))[:MOST] if own else ""


def _typed(components: list) -> str:
    """The text of the form's one field, inside a label or, as older clients send it, a row."""
    for outer in components:
        for field in [outer.get("component") or {}, *(outer.get("components") or [])]:
            if field.get("custom_id") == FIELD:
                return str(field.get("value", ""))
    raise ValueError("The form came without its field.")


def _form(text: str) -> dict:
    field = {"type": 4, "custom_id": FIELD, "style": 2, "required": True, "min_length": 1, "max_length": MOST}
    field |= {"placeholder": "Avec tes mots. Pas besoin de donner ton nom."} | ({"value": text} if text else {})
    label = {
        "type": 18,
        "label": "Qu’est-ce qui t’amène ?",
        "description": "Une personne te lit. Ce serveur ne voit rien.",
        "component": field,
    }
    return {"type": MODAL, "data": {"custom_id": FORM_ID, "title": "En parler en privé", "components": [label]}}


def _say(text: str) -> dict:
    return {"type": MESSAGE, "data": {"content": text, "flags": EPHEMERAL, "allowed_mentions": {"parse": []}}}
