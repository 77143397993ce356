"""Two conversations of one person become one. Only a human decides it."""

from datetime import datetime
from uuid import uuid4

from django.db import transaction
from django.db.models import F, QuerySet

from relais.accounts import reading
from relais.accounts.models import User, Why
from relais.accounts.permissions import record_access
from relais.foundation import links, outbox, states
from relais.foundation.events import record
from relais.foundation.refusals import NotAcceptable, WrongState
from relais.journeys.models import Device
from relais.safeguarding import watched

from .. import hooks
from ..events import ConversationMerged, WaitStarted
from ..models import Conversation, Note
from ..models.conversation import CONVERSATION
from ..thread import end_pages, locked, promise, record_situation, system_message

MOVED = ("addresses", "notes", "transfers")
"""What follows the messages as it is. What apps above keep follows at `ConversationMerged`. Drafts and presences end with their conversation."""


def ready(user: User, conversations: QuerySet, now: datetime) -> QuerySet:
    """Of these, those that `user` may join to another: they hold them, and have opened them today with their reason."""
    held = conversations.filter(claimed_by=user)
    opened = reading.open_now(user=user, kind=CONVERSATION, subjects=held.values_list("pk", flat=True), now=now)
    return held.filter(pk__in=opened)


def state_of(keep: Conversation, other: Conversation) -> str:
    """What was shown of both when somebody decides: a message more, and they look again."""
    return f"{keep.pk}:{keep.seq}:{other.pk}:{other.seq}"


def merge(
    *, keep: Conversation, other: Conversation, user: User, reason: str, seen: str, now: datetime
) -> Conversation:
    """A human sees that two conversations are one person's: the messages of `other` join `keep` with their dates, and `other` ends.

    It cannot be undone, so `user` must hold both, have both open, and say what they saw (`seen`, of `state_of`).
    Both are traced and counted as opened. Raises NotAcceptable, TooMany, or WrongState when they are no longer what was seen.
    """
    if keep.pk == other.pk or ready(user, _seen_by(user, keep, other), now).count() != 2:
        raise NotAcceptable("Pour réunir deux conversations, tenez les deux et ouvrez les deux.")
    reading.open_files(user=user, kind=CONVERSATION, subjects=[keep.pk, other.pk], reason=Why.MERGING, now=now)
    with transaction.atomic():
        held = {
            pk: locked(pk) for pk in sorted((keep.pk, other.pk)) if _seen_by(user, keep, other).filter(pk=pk).exists()
        }
        if (
            len(held) != 2
            or any(one.claimed_by_id != user.pk for one in held.values())
            or state_of(held[keep.pk], held[other.pk]) != seen
        ):
            raise WrongState("L’une des deux a changé depuis que vous les avez regardées : relisez-les.")
        name, gone = other.journey.pseudonym, other.pk
        kept = _join(keep, other, now=now)
        Note.objects.create(
            conversation=kept,
            author=user,
            body=f"Réunie avec la conversation de {name} : {reason}",
            key=uuid4(),
            at=now,
        )
        record_access(user, "merge", CONVERSATION, kept.pk, reason=f"elle reçoit {gone}", now=now)
        record_access(user, "merge", CONVERSATION, gone, reason=f"elle finit dans {kept.pk}", now=now)
    return kept


def _seen_by(user: User, *conversations: Conversation) -> QuerySet:
    return Conversation.objects.visible_to(user).filter(pk__in=[one.pk for one in conversations])


def _join(keep: Conversation, other: Conversation, *, now: datetime) -> Conversation:
    # Always in the same order, so that two people who merge the same pair do not wait for each other for ever.
    held = {pk: locked(pk) for pk in sorted((keep.pk, other.pk))}
    kept, gone = held[keep.pk], held[other.pk]
    if kept.line_id != gone.line_id:
        raise NotAcceptable("Ces deux conversations ne sont pas sur la même ligne.")
    if why_not := hooks.kept_apart(gone):
        raise NotAcceptable(why_not)
    _carry_wait(kept, gone, now)
    shift = kept.seq
    gone.messages.update(conversation=kept, seq=F("seq") + shift)
    kept.seq += gone.seq
    for name in MOVED:
        getattr(gone, name).update(conversation=kept)
    links.move(old=gone.pk, new=kept.pk)
    outbox.move(old=gone.pk, new=kept.pk)
    watched.joined(CONVERSATION, old=gone.pk, new=kept.pk)
    if hasattr(gone, "callback") and not hasattr(kept, "callback"):
        type(gone.callback).objects.filter(pk=gone.callback.pk).update(conversation=kept)
    Device.objects.filter(journey=gone.journey_id).update(journey=kept.journey_id)
    kept.is_alarming |= gone.is_alarming
    if kept.alarm_group_id != gone.alarm_group_id:
        kept.alarm_group = None
    kept.opened_at = min(kept.opened_at, gone.opened_at)
    _carry_facts(kept, gone)
    record(ConversationMerged(**promise.conversation_ids(gone), into=kept.pk), now=now)
    end_pages(gone)
    gone.journey.delete()
    system_message(kept, "Tes deux conversations n’en font plus qu’une.", now=now)
    # Told as it is known now: what stood on another age ends with this.
    record_situation(kept, by="staff", now=now)
    return kept


def _carry_facts(kept: Conversation, gone: Conversation) -> None:
    """What only the other one knew; of two ages, the one that protects more."""
    for column in (
        "subject",
        "urgency",
        "age_band",
        "known",
        "employment",
        "team",
        "guide_path",
        "claimed_by",
        "claimed_at",
        "supervised_by",
    ):
        if not getattr(kept, column):
            setattr(kept, column, getattr(gone, column))
    kept.age_band = _youngest(kept.age_band, gone.age_band)
    if not kept.journey.commune_id and gone.journey.commune_id:
        kept.journey.commune_id = gone.journey.commune_id
        kept.journey.save(update_fields=["commune"])


def _youngest(*bands: str) -> str:
    """Of the ages that were said, the lowest; '' when none was."""
    return next((band for band in Conversation.AgeBand.values if band in bands), "")


def _carry_wait(kept: Conversation, gone: Conversation, now: datetime) -> None:
    """Who waited in either waits in the one that stays: from the earliest instant, no longer than either page said, and nothing is told twice."""
    if gone.state != Conversation.State.WAITING:
        return
    if kept.state == Conversation.State.WAITING:
        # Two pages said when: no hours counted again later may go beyond (see promise.set_deadlines).
        kept.promised_until = _earliest(kept.promised_until, kept.due_at, gone.promised_until, gone.due_at)
    else:
        states.turn(kept, Conversation.State.WAITING)
        kept.closed_at = None
        record(WaitStarted(**promise.conversation_ids(kept), line=kept.line_id), now=now)
    for column in promise.OF_A_WAIT:
        setattr(kept, column, _earliest(getattr(kept, column), getattr(gone, column)))


def _earliest(*instants: datetime | None) -> datetime | None:
    return min((at for at in instants if at), default=None)
