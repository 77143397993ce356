"""Two conversations of one person become one. Only a human decides it."""

from datetime import datetime
from uuid import uuid4

from django.db import transaction
from django.db.models import F

from relais.accounts.models import User
from relais.foundation.events import record
from relais.journeys.models import Device

from ..events import ConversationMerged, WaitStarted
from ..line import promise
from ..models import Conversation, Note
from ..services import CoachingError, WrongState, locked, notice

MOVED = ("addresses", "alarms", "appointments", "danger_files", "links", "notes", "outcomes", "transfers")
"""What follows the messages as it is. Drafts, presences and questions to be asked again later end with their conversation."""


class CannotMerge(CoachingError):
    """Their handovers, or their lines, keep them apart."""


@transaction.atomic
def merge(*, keep: Conversation, other: Conversation, user: User, reason: str, now: datetime) -> Conversation:
    """A human sees that two conversations are one person's: the messages of `other` join `keep` with their dates, and `other` ends.

    Raises CannotMerge, or WrongState when one of them is no longer there. Both must be `visible_to(user)`.
    """
    seen = Conversation.objects.visible_to(user).filter(pk__in=[keep.pk, other.pk]).count()
    if keep.pk == other.pk or seen != 2:
        raise WrongState("L’une de ces conversations n’est plus là.")
    name = other.journey.pseudonym
    kept = _join(keep, other, now=now)
    Note.objects.create(conversation=kept, author=user, body=f"Réunie avec la conversation de {name} : {reason}", key=uuid4(), at=now)
    return kept


def _join(keep: Conversation, other: Conversation, *, now: datetime) -> Conversation:
    # Always in the same order, so that two people who merge the same pair do not wait for each other for ever.
    held = {pk: locked(pk) for pk in sorted((keep.pk, other.pk))}
    kept, gone = held[keep.pk], held[other.pk]
    if kept.line_id != gone.line_id:
        raise CannotMerge("Ces deux conversations ne sont pas sur la même ligne.")
    if gone.handovers.exists():
        # What was passed on, and counted, belongs to the path that the person agreed on.
        raise CannotMerge("Cette conversation a une orientation : ouvrez-la, et joignez-lui l’autre.")
    _carry_wait(kept, gone, now)
    shift = kept.seq
    gone.messages.update(conversation=kept, seq=F("seq") + shift)
    kept.seq += gone.seq
    for name in MOVED:
        getattr(gone, name).update(conversation=kept)
    if hasattr(gone, "callback") and not hasattr(kept, "callback"):
        type(gone.callback).objects.filter(pk=gone.callback.pk).update(conversation=kept)
    Device.objects.filter(journey=gone.journey_id).update(journey=kept.journey_id)
    kept.is_alarming |= gone.is_alarming
    kept.opened_at = min(kept.opened_at, gone.opened_at)
    if not kept.follow_ups.exists():
        gone.follow_ups.update(conversation=kept)
    _carry_facts(kept, gone)
    record(ConversationMerged(**promise.conversation_ids(gone), into=kept.pk), now=now)
    gone.journey.delete()
    notice(kept, "Tes deux conversations n’en font plus qu’une.", now=now)
    return kept


def _carry_facts(kept: Conversation, gone: Conversation) -> None:
    """What only the other one knew; of two ages, the one that protects more."""
    for column in ("subject", "urgency", "age_band", "known", "team", "guide_path", "claimed_by", "claimed_at", "supervised_by"):
        if not getattr(kept, column):
            setattr(kept, column, getattr(gone, column))
    if gone.age_band and gone.is_minor:
        kept.age_band = gone.age_band
    if not kept.journey.commune_id and gone.journey.commune_id:
        kept.journey.commune_id = gone.journey.commune_id
        kept.journey.save(update_fields=["commune"])


def _carry_wait(kept: Conversation, gone: Conversation, now: datetime) -> None:
    """Who waited in either waits in the one that stays, from the earliest instant, and nothing is told twice."""
    if gone.state != Conversation.State.WAITING:
        return
    waits = kept.state == Conversation.State.WAITING
    if not waits:
        kept.state, kept.closed_at = Conversation.State.WAITING, None
        record(WaitStarted(**promise.conversation_ids(kept), line=kept.line_id), now=now)
    if not waits or gone.waiting_since < kept.waiting_since:
        for column in ("waiting_since", *promise.DEADLINES, *promise.MARKS):
            setattr(kept, column, getattr(gone, column))
