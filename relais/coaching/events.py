"""What the answer line publishes. `subject` is the conversation; `touch` follows the person to the end."""

from uuid import UUID

from relais.foundation.events import Code, Event

WHY = {
    "absence": " (absence)",
    "closed-account": " (compte fermé)",
    "load": " (trop de conversations)",
    "right-ended": " (droit terminé)",
}


class ConversationOpened(Event):
    """`line` is its number; `door` by which the person came."""

    name = "conversation.opened"
    words = "La personne a écrit pour la première fois"
    open_line: bool
    line: int
    door: Code


class ConversationClaimed(Event):
    name = "conversation.claimed"
    unsaid = "who holds it stands at the head of the page"


class WaitStarted(Event):
    """The person wrote and nobody has answered yet: the clock starts. `line` is its number."""

    name = "wait.started"
    unsaid = "every message has one, and the thread shows it"
    line: int


class ConversationAnswered(Event):
    """A human answered. `seconds` of opening time since the first unanswered message; `kept`: within the promise."""

    name = "conversation.answered"
    unsaid = "every message has one, and the thread shows it"
    seconds: int
    kept: bool
    first: bool
    line: int


class PromiseAlerted(Event):
    name = "promise.alerted"
    unsaid = "a step of the clock; what it comes to is the broken promise"


class PromiseEscalated(Event):
    name = "promise.escalated"
    unsaid = "a step of the clock; what it comes to is the broken promise"


class PromiseBroken(Event):
    """Nobody answered in time. Written once per wait, and never hidden."""

    name = "promise.broken"
    words = "Promesse rompue : personne n’a répondu à temps"
    line: int


class ConversationClosed(Event):
    name = "conversation.closed"
    words = "Conversation terminée"


class CallbackAsked(Event):
    name = "callback.asked"
    words = "La personne a demandé à être recontactée"


class ConversationResumed(Event):
    name = "conversation.resumed"
    words = "La personne est revenue sur un autre appareil"


class ResumeCodeChanged(Event):
    name = "conversation.code-changed"
    words = "La personne a changé son code, et fermé la conversation sur ses autres appareils"


class PromiseOncalled(Event):
    """The structure on call was told."""

    name = "promise.oncalled"
    unsaid = "a step of the clock; what it comes to is the broken promise"


class DeadlineMoved(Event):
    """The line was opened or closed at once: who waits has other deadlines."""

    name = "promise.moved"
    unsaid = "a step of the clock; what it comes to is the broken promise"


class LineChanged(Event):
    """A supervisor changed the hours or the delays of the line (`what` « settings »), or its days off (« closed », « reopened »); or it gets the rest now (« fallback »)."""

    name = "line.changed"
    unsaid = "of a line, not of somebody: the page of its hours shows it"
    line: int
    what: Code
    waiting: int


class LineForced(Event):
    """A supervisor opened or closed the line at once (`state`), or gave it back to its hours (« usual »). `waiting`: how many waited."""

    name = "line.forced"
    unsaid = "of a line, not of somebody: the page of its hours shows it"
    line: int
    state: Code
    minutes: int
    waiting: int


class BreachChosen(Event):
    """After a broken promise, the person chose how to go on (« stay », or a kind of call back)."""

    name = "breach.chosen"
    choice: Code

    @property
    def words(self) -> str:
        return "Après la promesse rompue, la personne a choisi d’attendre ici" if self.choice == "stay" else ""


class ConversationMerged(Event):
    """This conversation went on in another one of the same person. Rows of old also say `by_code`: a code could once join two."""

    name = "conversation.merged"
    words = "Ses deux conversations ont été réunies"
    into: UUID


class ConversationErased(Event):
    """The person erased everything, or its time was over. What they had written is gone; this row says that it was."""

    name = "conversation.erased"
    unsaid = "nothing is left to show it on"


class NoteAdded(Event):
    """Between colleagues. `mentions`: how many were told."""

    name = "note.added"
    unsaid = "notes stand on the page, with who wrote them"
    mentions: int


class ConversationTransferred(Event):
    """From one hand to another, or back to the team (`to_team`); `why` is « hand », « absence », « closed-account », « right-ended »,
    « check-over » or « load »."""

    name = "conversation.transferred"
    to_team: bool
    why: Code

    @property
    def words(self) -> str:
        what = "La conversation est revenue à l’équipe" if self.to_team else "La conversation a changé de main"
        return what + WHY.get(self.why, "")


class ConversationRerouted(Event):
    """It went from the line numbered `before` to `line`: because of what the person said (`why` « situation »), or by « hand »."""

    name = "conversation.rerouted"
    words = "La conversation est passée à une autre ligne"
    line: int
    before: int
    why: Code


class AbsenceDeclared(Event):
    name = "absence.declared"
    unsaid = "of somebody who works here: the page of absences shows it"
    user: UUID
    days: int


class AbsenceEnded(Event):
    """Taken back, or made shorter."""

    name = "absence.ended"
    unsaid = "of somebody who works here: the page of absences shows it"
    user: UUID


class CannedReplyKept(Event):
    """A ready answer was written, changed or checked again."""

    name = "canned.kept"
    unsaid = "of a ready answer, which shows when it was checked"
    reply: int


class TeamKept(Event):
    """A team was made or changed."""

    name = "team.kept"
    unsaid = "of a team, which has no history"
    team: int


class ContactOffered(Event):
    """Somebody of the team wrote a phone, an address or an account that is not public."""

    name = "contact.offered"
    unsaid = "for the figures of supervision; the message itself is in the thread"
    minor: bool


class ConversationEntrusted(Event):
    """A supervisor gave it to a volunteer, under their own eyes."""

    name = "conversation.entrusted"
    words = "Confiée à une personne bénévole"
    minor: bool


class TriageRecorded(Event):
    """The situation as it is known now, in codes; « not-said » for what nobody said. `by`: young or staff."""

    name = "triage.recorded"
    unsaid = "the situation stands on the page as it is now"
    topic: Code
    urgency: Code
    age_band: Code
    known: Code
    by: Code
    employment: Code = "not-said"
