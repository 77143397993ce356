"""What the answer line does when something happened below."""

from datetime import datetime

from relais.channels.events import InboundKept, InboundReceived
from relais.foundation.events import subscribe
from relais.stories.events import QuestionMadePrivate
from relais.stories.models import Question

from . import services
from .desk import opening  # noqa: F401  (says whose work a conversation is)
from .doors import intake
from .events import ConversationClosed, TriageRecorded
from .handover import ages, follow_ups


@subscribe(QuestionMadePrivate)
def open_in_private(event: QuestionMadePrivate, now: datetime) -> None:
    """The clock of the promise starts here. Without a line yet, it starts when the person comes to see."""
    intake.open_from_question(question=Question.objects.get(pk=event.subject), now=now)


@subscribe(InboundKept)
@subscribe(InboundReceived)
def give_it_to_a_line(event: InboundKept | InboundReceived, now: datetime) -> None:
    """Whatever becomes of it, it is seen by the people of that line only."""
    intake.own(event.subject, now)


@subscribe(ConversationClosed)
def ask_again_later(event: ConversationClosed, now: datetime) -> None:
    """News are asked of everybody who was answered and may agree to it, not only of those whom a structure took in."""
    held = services.locked(event.subject)
    if held.may_agree:
        follow_ups.plan(held, now=now)


@subscribe(TriageRecorded)
def keep_to_their_age(event: TriageRecorded, now: datetime) -> None:
    ages.look(event.subject, now=now)
