"""Without an agreement: the person reaches a structure by themselves, or with a mediator beside them. Relais sends it nothing."""

from datetime import datetime
from uuid import UUID

from django.db import models, transaction

from relais.accounts.models import User
from relais.catalogue.models import Structure
from relais.coaching import thread
from relais.coaching.models import Conversation, Message
from relais.coaching.thread import promise
from relais.foundation.contacts import shown
from relais.foundation.events import record

from .events import TogetherDone, TogetherGiven


class Way(models.TextChoices):
    CALL = "call", "On a appelé ensemble"
    WRITE = "write", "Elle a écrit, avec moi"


NOT_IN_HAND = "on ne le connaît pas"
HOURS = "on ne les connaît pas"
"""No source of the catalogue says when a structure is open."""
_DONE = {Way.CALL: "Vous avez appelé ensemble", Way.WRITE: "Tu as écrit toi-même, avec {user} à côté"}


def card(structure: Structure) -> list[tuple[str, str]]:
    """How to reach it: what is known, and honestly what is not."""
    known = [
        ("Téléphone", shown(structure.phone) or NOT_IN_HAND),
        ("Adresse", structure.address or (structure.commune.name if structure.commune else "on ne la connaît pas")),
        ("Horaires", HOURS),
    ]
    return known + ([("Site", structure.website)] if structure.website else [])


@transaction.atomic
def give(*, conversation: Conversation, user: User, structure: Structure, key: UUID, now: datetime) -> Message:
    """Give the person how to reach a structure themselves. Raises NotAllowed."""
    held = thread.claimed_by(conversation, user)
    lines = "\n".join(f"{name} : {value}" for name, value in card(structure))
    body = (
        f"{structure.name}\n{lines}\nTu peux les contacter toi-même. Si tu préfères, on le fait ensemble : dis-le moi."
    )
    already, key = thread.said_already(held, key, body)
    if already:
        return already
    record(TogetherGiven(**promise.conversation_ids(held)), now=now)
    return thread.answer(held, user=user, body=body, key=key, now=now)


@transaction.atomic
def done(
    *, conversation: Conversation, user: User, structure: Structure, way: str, key: UUID, now: datetime
) -> Message:
    """The person called or wrote with a mediator beside them: kept in their thread, where they can say otherwise. Raises NotAllowed."""
    held = thread.claimed_by(conversation, user)
    body = f"{_DONE[Way(way)].format(user=user)} : {structure.name}. {user} l’a noté. Si ce n’est pas ça, écris-le ici."
    already, key = thread.said_already(held, key, body)
    if already:
        return already
    record(TogetherDone(**promise.conversation_ids(held), kind=way), now=now)
    return thread.system_message(held, body, now=now, key=key)
