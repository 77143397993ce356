"""What the answer line publishes. `subject` is the conversation; `touch` follows the person to the end."""

from uuid import UUID

from relais.foundation.events import Code, Event


class ConversationOpened(Event):
    """`line` is its number; `door` by which the person came."""

    name = "conversation.opened"
    open_line: bool
    line: int
    door: Code


class ConversationClaimed(Event):
    name = "conversation.claimed"


class WaitStarted(Event):
    """The person wrote and nobody has answered yet: the clock starts. `line` is its number."""

    name = "wait.started"
    line: int


class ConversationAnswered(Event):
    """A human answered. `seconds` of opening time since the first unanswered message; `kept`: within the promise."""

    name = "conversation.answered"
    seconds: int
    kept: bool
    first: bool
    line: int


class PromiseAlerted(Event):
    name = "promise.alerted"


class PromiseEscalated(Event):
    name = "promise.escalated"


class PromiseBroken(Event):
    """Nobody answered in time. Written once per wait, and never hidden."""

    name = "promise.broken"
    line: int


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


class HandoverStopped(Event):
    """The person is under fifteen, or their age is not said any more: an agreement of theirs does not hold."""

    name = "handover.stopped"


class TogetherGiven(Event):
    """A mediator gave the person how to reach a structure by themselves. Nothing went to the structure."""

    name = "together.given"


class TogetherDone(Event):
    """The person and a mediator called a structure, or wrote to it, together. `kind`: call or write."""

    name = "together.done"
    kind: Code


class OutcomeRecorded(Event):
    """What came of it, said by the person, the team or the partner. `milestone` 0: when it happened; else months after."""

    name = "outcome.recorded"
    kind: Code
    again: bool
    milestone: int = 0
    said: Code = "partner"


class PromiseOncalled(Event):
    """The structure on call was told."""

    name = "promise.oncalled"


class DeadlineMoved(Event):
    """The line was opened or closed at once: who waits has other deadlines."""

    name = "promise.moved"


class LineChanged(Event):
    """A supervisor changed the hours or the delays of the line (`what` « settings »), or its days off (« closed », « reopened »); or it gets the rest now (« fallback »)."""

    name = "line.changed"
    line: int
    what: Code
    waiting: int


class LineForced(Event):
    """A supervisor opened or closed the line at once (`state`), or gave it back to its hours (« usual »). `waiting`: how many waited."""

    name = "line.forced"
    line: int
    state: Code
    minutes: int
    waiting: int


class BreachChosen(Event):
    """After a broken promise, the person chose how to go on (« stay », or a kind of call back)."""

    name = "breach.chosen"
    choice: Code


class ConversationMerged(Event):
    """This conversation went on in another one of the same person. Rows of old also say `by_code`: a code could once join two."""

    name = "conversation.merged"
    into: UUID


class ConversationErased(Event):
    """The person erased everything, or its time was over. What they had written is gone; this row says that it was."""

    name = "conversation.erased"


class NoteAdded(Event):
    """Between colleagues. `mentions`: how many were told."""

    name = "note.added"
    mentions: int


class ConversationTransferred(Event):
    """From one hand to another, or back to the team (`to_team`); `why` is « hand », « absence », « closed-account » or « load »."""

    name = "conversation.transferred"
    to_team: bool
    why: Code


class ConversationRerouted(Event):
    """It went from the line numbered `before` to `line`: because of what the person said (`why` « situation »), or by « hand »."""

    name = "conversation.rerouted"
    line: int
    before: int
    why: Code


class AbsenceDeclared(Event):
    name = "absence.declared"
    user: UUID
    days: int


class AbsenceEnded(Event):
    """Taken back, or made shorter."""

    name = "absence.ended"
    user: UUID


class CannedReplyKept(Event):
    """A ready answer was written, changed or checked again."""

    name = "canned.kept"
    reply: int


class TeamKept(Event):
    """A team was made or changed."""

    name = "team.kept"
    team: int


class DangerSignalled(Event):
    """A message bears signs of danger, of this kind first (a code of foundation.signs). A human is told; nothing else happens."""

    name = "danger.signalled"
    kind: Code
    urgent: bool


class DangerSeen(Event):
    """A human has read what was signalled, `seconds` after; `false`: they say that it was none."""

    name = "danger.seen"
    seconds: int
    false: bool


class ContactOffered(Event):
    """Somebody of the team wrote a phone, an address or an account that is not public."""

    name = "contact.offered"
    minor: bool


class DangerFileOpened(Event):
    """`subject` is the file: nothing ties it to a person once their conversation is erased."""

    name = "danger-file.opened"
    level: Code


class DangerFileLate(Event):
    """Nobody has read it a second time within the hour."""

    name = "danger-file.late"


class DangerFileReadTwice(Event):
    name = "danger-file.read-twice"
    seconds: int
    level: Code


class DangerFileDecided(Event):
    name = "danger-file.decided"
    decision: Code
    parents: Code


class DangerFileSent(Event):
    """Somebody noted that it was passed on, by hand: the program sends nothing to anybody."""

    name = "danger-file.sent"


class DangerFileClosed(Event):
    name = "danger-file.closed"


class ConversationEntrusted(Event):
    """A supervisor gave it to a volunteer, under their own eyes."""

    name = "conversation.entrusted"
    minor: bool


class HandoverChecked(Event):
    """The partner looked: was this person known to the public employment service before? `known` as in Conversation.Known."""

    name = "handover.checked"
    known: Code


class HandoverTold(Event):
    """The person says whether they had to tell their story `again` to the partner."""

    name = "handover.told"
    again: bool


class AppointmentProposed(Event):
    name = "appointment.proposed"
    kind: Code
    slots: int


class AppointmentChosen(Event):
    name = "appointment.chosen"
    kind: Code


class AppointmentDeclined(Event):
    """None of the slots proposed together suited the person."""

    name = "appointment.declined"


class AppointmentCancelled(Event):
    name = "appointment.cancelled"
    said: Code


class AppointmentHeld(Event):
    name = "appointment.held"
    kind: Code
    said: Code


class AppointmentMissed(Event):
    name = "appointment.missed"
    kind: Code
    said: Code


class FollowUpAsked(Event):
    """The person was asked what became of them, `milestone` months after; 0: whether they had to tell their story again."""

    name = "follow-up.asked"
    milestone: int


class FollowUpStopped(Event):
    """The person does not want to be asked any more."""

    name = "follow-up.stopped"


class TriageRecorded(Event):
    """The situation as it is known now, in codes; « not-said » for what nobody said. `by`: young or staff."""

    name = "triage.recorded"
    topic: Code
    urgency: Code
    age_band: Code
    known: Code
    by: Code
    employment: Code = "not-said"
