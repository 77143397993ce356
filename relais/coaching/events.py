"""What the answer line publishes. `subject` is the conversation; `touch` follows the person to the end."""

from relais.foundation.events import Code, Event


class ConversationOpened(Event):
    name = "conversation.opened"
    open_line: bool


class ConversationClaimed(Event):
    name = "conversation.claimed"


class WaitStarted(Event):
    """The person wrote and nobody has answered yet: the clock starts."""

    name = "wait.started"


class ConversationAnswered(Event):
    """A human answered. `seconds` of opening time since the first unanswered message; `kept`: within the promise."""

    name = "conversation.answered"
    seconds: int
    kept: bool
    first: bool


class PromiseAlerted(Event):
    name = "promise.alerted"


class PromiseEscalated(Event):
    name = "promise.escalated"


class PromiseBroken(Event):
    """Nobody answered in time. Written once per wait, and never hidden."""

    name = "promise.broken"


class ConversationClosed(Event):
    name = "conversation.closed"


class CallbackAsked(Event):
    name = "callback.asked"


class ConversationResumed(Event):
    """The person came back with their code on another device."""

    name = "conversation.resumed"


class HandoverProposed(Event):
    name = "handover.proposed"


class HandoverDeclined(Event):
    name = "handover.declined"


class HandoverSent(Event):
    """The person agreed, on record, and the partner's letter is on its way."""

    name = "handover.sent"


class HandoverAccepted(Event):
    name = "handover.accepted"
    seconds: int


class HandoverRefused(Event):
    name = "handover.refused"


class HandoverReturned(Event):
    """No answer within the working hours agreed: it came back by itself."""

    name = "handover.returned"


class HandoverWithdrawn(Event):
    name = "handover.withdrawn"


class OutcomeRecorded(Event):
    name = "outcome.recorded"
    kind: Code
    again: bool
