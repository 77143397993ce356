"""Words of three: the person, the mediator and the partner write in one thread, once the person has agreed.

Everything said there is also in the person's own conversation, so that it reaches them by their door, keeps the promise's
clock, and stays theirs when they take their agreement back; the partner only ever reads these words.
"""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from relais.accounts.models import User
from relais.foundation import outbox
from relais.foundation.models import Outbound
from relais.foundation.refusals import WrongState
from relais.journeys.models import Journey

from .. import mail, services
from ..models import Handover, HandoverMessage, Message
from . import baton

PAUSE = timedelta(minutes=2)
"""Before the partner's letter leaves: words written one after the other are told once."""
Side = HandoverMessage.Side


@transaction.atomic
def young_says(*, handover: Handover, journey: Journey, body: str, key: UUID, now: datetime) -> None:
    """The person writes to both; a human of the team answers as promised, whoever else does."""
    held, handover = baton.agreed(handover, journey, to=baton.TO_YOUNG)
    _check(handover)
    message = services.write(journey=held.journey, body=body, key=key, now=now)
    _keep(handover, Side.YOUNG, message, body, now)


@transaction.atomic
def staff_says(*, handover: Handover, user: User, body: str, key: UUID, now: datetime) -> None:
    """Raises NotAllowed when somebody else holds the conversation."""
    _, handover = baton.agreed(handover, to=baton.TO_STAFF)
    _check(handover)
    message = services.reply(conversation=handover.conversation, user=user, body=body, key=key, now=now)
    _keep(handover, Side.STAFF, message, body, now, user)


@transaction.atomic
def partner_says(*, handover: Handover, body: str, key: UUID, now: datetime) -> None:
    held, handover = baton.agreed(handover, to=baton.TO_PARTNER)
    _check(handover)
    already, key = services.said_already(held, key, _signed(handover, body))
    if already is None:
        message = services.notice(held, _signed(handover, body), now=now, handover=handover, key=key, leaves=True)
        _keep(handover, Side.PARTNER, message, body, now)


def _signed(handover: Handover, body: str) -> str:
    return f"{handover.structure.name} écrit :\n{body}"


def _check(handover: Handover) -> None:
    if handover.mode != Handover.Mode.JOINT or handover.state not in baton.OPEN:
        raise WrongState("Ce message à trois n’est plus ouvert : l’accord de la personne a pris fin.")


def _keep(handover: Handover, side: str, message: Message, body: str, now: datetime, user: User | None = None) -> None:
    values = {"handover": handover, "side": side, "author": user, "body": body, "at": now}
    _, created = HandoverMessage.objects.get_or_create(key=message.key, defaults=values)
    if not created:
        return
    Message.objects.filter(pk=message.pk).update(handover=handover)
    waiting = Outbound.objects.filter(key__startswith=f"words:{handover.pk}:", state=Outbound.State.WAITING)
    if side != Side.PARTNER and not waiting.exists():
        letter = mail.words(handover, baton.partner_address(handover))
        key = f"words:{handover.pk}:{message.seq}"
        outbox.enqueue("email", key=key, payload=letter, now=now, not_before=now + PAUSE, about=handover.conversation_id, owner=handover.conversation.line.organisation_id)
