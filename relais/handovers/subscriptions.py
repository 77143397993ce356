"""What happens to handovers and news when something happened in the conversation."""

from datetime import datetime

from relais.agenda import services as agenda
from relais.agenda import sessions as agenda_sessions
from relais.coaching.events import ConversationClosed, ConversationMerged, TriageRecorded
from relais.coaching.models import Conversation
from relais.coaching.models.conversation import CONVERSATION
from relais.coaching.thread import locked
from relais.foundation.events import subscribe

from . import ages, booked, follow_ups, sessions
from .models import FollowUp, OutcomeReport

HEEDING = (booked, sessions)
"""They say, as soon as they are read, what happens to an appointment and to a place at a session."""


@subscribe(ConversationClosed)
def ask_again_later(event: ConversationClosed, now: datetime) -> None:
    """News are asked of everybody who was answered and may agree to it, not only of those whom a structure took in."""
    held = locked(event.subject)
    if held.may_agree:
        follow_ups.plan(held, now=now)


@subscribe(TriageRecorded)
def keep_to_their_age(event: TriageRecorded, now: datetime) -> None:
    ages.enforce(event.subject, now=now)


@subscribe(ConversationMerged)
def follow_the_person(event: ConversationMerged, now: datetime) -> None:
    """What was said of them, where they meet, and what they are to be asked, unless the one that stays has its own questions."""
    path = Conversation.objects.values_list("journey", flat=True).get(pk=event.into)
    agenda.carry(CONVERSATION, old=event.subject, new=event.into, person=path)
    agenda_sessions.carry(CONVERSATION, old=event.subject, new=event.into, person=path)
    OutcomeReport.objects.filter(conversation=event.subject).update(conversation=event.into)
    if not FollowUp.objects.filter(conversation=event.into).exists():
        FollowUp.objects.filter(conversation=event.subject).update(conversation=event.into)
