"""Words of three: the person, the mediator and the partner write in one thread, once the person has agreed.

Everything said there is also in the person's own conversation, so that it reaches them by their channel, keeps the promise's
clock, and stays theirs when they take their agreement back; the partner only ever reads these words.
"""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from relais.accounts.models import User
from relais.coaching import services as coaching
from relais.coaching import thread
from relais.coaching.models import Message
from relais.foundation.models import Outbound
from relais.foundation.refusals import WrongState
from relais.journeys.models import Journey

from . import common
from .models import Handover, HandoverMessage

PAUSE = timedelta(minutes=2)
"""Before the partner's letter leaves: words written one after the other are told once."""
Side = HandoverMessage.Side


@transaction.atomic
def young_says(*, handover: Handover, journey: Journey, body: str, key: UUID, now: datetime) -> None:
    """The person writes to both; a human of the team answers as promised, whoever else does."""
    held, handover = common.agreed(handover, journey, to=common.TO_YOUNG)
    _check(handover)
    message = coaching.write(journey=held.journey, body=body, key=key, now=now)
    _keep(handover, Side.YOUNG, message, body, now)


@transaction.atomic
def staff_says(*, handover: Handover, user: User, body: str, key: UUID, now: datetime) -> None:
    """Raises NotAllowed when somebody else holds the conversation."""
    _, handover = common.agreed(handover, to=common.TO_STAFF)
    _check(handover)
    message = coaching.reply(conversation=handover.conversation, user=user, body=body, key=key, now=now)
    _keep(handover, Side.STAFF, message, body, now, user)


@transaction.atomic
def partner_says(*, handover: Handover, body: str, key: UUID, now: datetime) -> None:
    held, handover = common.agreed(handover, to=common.TO_PARTNER)
    _check(handover)
    already, key = thread.said_already(held, key, _signed(handover, body))
    if already is None:
        message = thread.system_message(held, _signed(handover, body), now=now, topic=handover.pk, key=key, leaves=True)
        _keep(handover, Side.PARTNER, message, body, now)


def _signed(handover: Handover, body: str) -> str:
    return f"{handover.structure.name} écrit :\n{body}"


def _check(handover: Handover) -> None:
    if handover.mode != Handover.Mode.JOINT or handover.state not in common.OPEN:
        raise WrongState("Ce message à trois n’est plus ouvert : l’accord de la personne a pris fin.")


def _keep(handover: Handover, side: str, message: Message, body: str, now: datetime, user: User | None = None) -> None:
    values = {"handover": handover, "side": side, "author": user, "body": body, "at": now}
    _, created = HandoverMessage.objects.get_or_create(key=message.key, defaults=values)
    if not created:
        return
    Message.objects.filter(pk=message.pk).update(topic=handover.pk)
    waiting = Outbound.objects.filter(key__startswith=f"words:{handover.pk}:", state=Outbound.State.WAITING)
    if side != Side.PARTNER and not waiting.exists():
        key, link = f"words:{handover.pk}:{message.seq}", common.partner_address(handover)
        common.write_to_partner("words", handover, key=key, now=now, not_before=now + PAUSE, address=link)
