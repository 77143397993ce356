"""Volunteers answer what a supervisor entrusts to them; a minor, only while their check is valid and under that supervisor's eyes.

What they may see is `Conversation.objects.visible_to`; here, who gives and who takes back.
"""

from datetime import date, datetime
from functools import partial

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from relais.accounts import ends
from relais.accounts.models import Membership, Role, User, VolunteerCheck
from relais.accounts.scope import people
from relais.foundation import claims
from relais.foundation.events import record
from relais.foundation.refusals import NotAllowed

from .. import thread
from ..events import ConversationEntrusted
from ..models import Conversation
from ..models.conversation import TEAM
from ..thread import promise
from . import transfers

WHY = "check-over"


def of(organisation_id) -> QuerySet:
    """The volunteers of an organisation who may answer at all."""
    return people(organisation_id, Role.VOLUNTEER).order_by("display_name", "email")


def checked_until(volunteer: User, now: datetime) -> date | None:
    """The day from which their check counts no longer; None when they have none today."""
    return (
        volunteer.checks.valid(timezone.localdate(now))
        .order_by("-expires_on")
        .values_list("expires_on", flat=True)
        .first()
    )


@transaction.atomic
def entrust(*, conversation: Conversation, volunteer: User, by: User, reason: str, now: datetime) -> Conversation:
    """A supervisor gives a conversation to a volunteer and answers for it. Raises NotAllowed, WrongState, transfers.CannotReceive."""
    held = thread.locked(conversation.pk)
    if not by.has(Role.SUPERVISOR, held.line.organisation_id):
        raise NotAllowed("Seule une personne responsable confie une conversation à un ou une bénévole.")
    held.supervised_by = by
    held.save(update_fields=["supervised_by"])
    if held.is_minor and not volunteer.checks.valid(timezone.localdate(now)).exists():
        raise transfers.CannotReceive(
            f"{volunteer} n’a pas de vérification valable aujourd’hui : une personne mineure ne peut pas lui être confiée."
        )
    held = transfers.transfer(conversation=held, by=by, receiver=volunteer, team=None, reason=reason, now=now)
    record(ConversationEntrusted(**promise.conversation_ids(held), minor=held.is_minor), now=now)
    return held


def take_back(now: datetime) -> int:
    """Give back to the team what a volunteer may no longer hold (a check that ended, a minor without a supervisor), so that
    somebody answers. They have not been able to open it since that very instant. Returns how many."""
    is_volunteer = Membership.objects.filter(user=OuterRef("claimed_by"), role=Role.VOLUNTEER)
    is_staff = Membership.objects.filter(
        user=OuterRef("claimed_by"), role__in=TEAM, organisation=OuterRef("line__organisation")
    )
    checked = VolunteerCheck.objects.valid(timezone.localdate(now)).filter(user=OuterRef("claimed_by"))
    held = Conversation.objects.filter(Exists(is_volunteer), ~Exists(is_staff), age_band__in=Conversation.MINOR)
    held = held.exclude(state=Conversation.State.CLOSED).filter(Q(supervised_by=None) | ~Exists(checked))
    return claims.each(held.order_by("pk"), partial(_take_back, now=now)).done


def _take_back(due: Conversation, *, now: datetime) -> bool:
    conversation = thread.locked(due.pk)
    holder = conversation.claimed_by
    if Conversation.objects.visible_to(holder).filter(pk=due.pk).exists():
        return False
    transfers._give(
        conversation,
        receiver=None,
        team=conversation.team,
        by=holder,
        reason="vérification à refaire",
        why=WHY,
        now=now,
    )
    ends.ended(holder)
    return True
