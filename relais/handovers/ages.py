"""Who may agree alone: an age is asked, and what stood on another age ends with it (loi 78-17, article 45).

Handovers, news and addresses left for a reminder rest on the person's agreement. Answering them does not, and danger neither:
both have their own ground and never look at this.
"""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from relais.accounts.models import User
from relais.agenda import services as agenda
from relais.agenda.models import Appointment, ContactMode
from relais.coaching import thread
from relais.coaching.models import Conversation, Message
from relais.coaching.models.conversation import CONVERSATION
from relais.foundation import claims

from . import common, follow_ups, services
from .models import FollowUp, Handover

QUESTION = (
    "Quel âge as-tu ? Pas ta date de naissance, juste une tranche. Ça nous dit ce qu’on peut faire pour toi. "
    "Touche le bouton sur cette page, ou écris-le-moi."
)
STANDING = (Handover.State.PROPOSED, *common.OPEN)


@transaction.atomic
def ask(*, conversation: Conversation, user: User, now: datetime) -> Message:
    """Ask the person how old they are, once. A question is no answer: who waits goes on waiting. Raises NotAllowed."""
    held = thread.claimed_by(conversation, user)
    if already := held.messages.filter(key=held.age_key).first():
        return already
    if held.state == Conversation.State.WAITING:
        return thread.append(held, side=Message.Side.STAFF, author=user, body=QUESTION, key=held.age_key, now=now)
    return thread.answer(held, user=user, body=QUESTION, key=held.age_key, now=now)


@transaction.atomic
def enforce(pk: UUID, *, now: datetime) -> None:
    """The age of a person may have changed: end what it does not allow, or plan what it now does."""
    held = thread.locked(pk)
    if held.may_agree:
        if held.state == Conversation.State.CLOSED:
            follow_ups.plan(held, now=now)
        return
    follow_ups.drop(held)
    agenda.forget_addresses(CONVERSATION, held.pk)
    for handover in held.handovers.filter(state__in=STANDING):
        services.stop(handover=handover, now=now)
    # Also what was shared in one that had ended before: there is no agreement left to keep it for.
    held.handovers.update(shared_name="", shared_contact="")


def end_standing(now: datetime) -> int:
    """Whatever stands on an age that does not allow it, also from before this rule was kept. Returns how many conversations."""
    handed = Handover.objects.filter(state__in=STANDING)
    asked = FollowUp.objects.filter(answered_at=None)
    reminded = Appointment.objects.about(CONVERSATION).exclude(remind_by=ContactMode.DOOR).exclude(address="")
    standing = (
        Q(pk__in=handed.values("conversation"))
        | Q(pk__in=asked.values("conversation"))
        | Q(pk__in=reminded.values("subject_id"))
    )
    found = Conversation.objects.exclude(age_band__in=Conversation.MAY_AGREE).filter(standing)
    return claims.each(found.order_by("pk"), lambda conversation: enforce(conversation.pk, now=now)).done
