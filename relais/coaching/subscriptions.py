"""What the answer line does when something happened below."""

from datetime import datetime
from uuid import UUID

from relais.accounts import providers
from relais.channels.events import InboundKept, InboundReceived
from relais.foundation.events import subscribe
from relais.stories.events import QuestionMadePrivate
from relais.stories.models import Question

from .desk import absent, drafts, opening
from .line import directory
from .messaging import intake

HEEDING = (absent, drafts, opening)
"""They say below, as soon as they are read, who is away, what those who leave had begun, and whose work a conversation is."""
NO_LINE = "Cette organisation n’a pas encore de ligne : ce qu’on lui écrirait par SMS n’irait à personne. Il lui faut d’abord une ligne."


@subscribe(QuestionMadePrivate)
def open_in_private(event: QuestionMadePrivate, now: datetime) -> None:
    """The clock of the promise starts here. Without a line yet, it starts when the person comes to see."""
    intake.open_from_question(question=Question.objects.get(pk=event.subject), now=now)


@providers.lacks.append
def lacks_a_line(organisation: UUID) -> str:
    """What came in by its account would wait for ever."""
    return "" if directory.own_line(organisation) else NO_LINE


@subscribe(InboundKept)
@subscribe(InboundReceived)
def give_it_to_a_line(event: InboundKept | InboundReceived, now: datetime) -> None:
    """Whatever becomes of it, it is seen by the people of that line only."""
    intake.own(event.subject, now)
