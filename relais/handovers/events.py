"""What becomes of a baton. `subject` is the conversation; `touch` follows the person to the end."""

from relais.agenda.events import SAID
from relais.foundation.events import Code, Event


class HandoverProposed(Event):
    name = "handover.proposed"
    words = "Relais proposé"


class HandoverDeclined(Event):
    name = "handover.declined"
    words = "La personne a refusé le relais"


class HandoverSent(Event):
    """The person agreed, on record, and the partner's letter is on its way."""

    name = "handover.sent"
    words = "La personne a accepté le relais, lettre envoyée"


class HandoverAccepted(Event):
    name = "handover.accepted"
    words = "Le partenaire a dit oui"
    seconds: int


class HandoverRefused(Event):
    name = "handover.refused"
    words = "Le partenaire a dit non"


class HandoverReturned(Event):
    """No answer within the working hours agreed: it came back by itself."""

    name = "handover.returned"
    words = "Relais revenu sans réponse"


class HandoverWithdrawn(Event):
    name = "handover.withdrawn"
    words = "La personne a retiré son accord"


class HandoverStopped(Event):
    name = "handover.stopped"
    words = "Relais arrêté : moins de 15 ans, ou âge non dit"


class TogetherGiven(Event):
    """A mediator gave the person how to reach a structure by themselves. Nothing went to the structure."""

    name = "together.given"
    words = "La personne a reçu les coordonnées d’une structure"


class TogetherDone(Event):
    """The person and a mediator called a structure, or wrote to it, together. `kind`: call or write."""

    name = "together.done"
    words = "Une structure a été contactée ensemble"
    kind: Code


class OutcomeRecorded(Event):
    """What came of it, said by the person, the team or the partner. `milestone` 0: when it happened; else months after."""

    name = "outcome.recorded"
    kind: Code
    again: bool
    milestone: int = 0
    said: Code = "partner"

    @property
    def words(self) -> str:
        when = f", {self.milestone} mois après" if self.milestone else ""
        return f"Suite notée par {SAID.get(self.said, 'la structure')}{when}"


class HandoverChecked(Event):
    """The partner looked: was this person known to the public employment service before? `known` as in Conversation.Known."""

    name = "handover.checked"
    words = "Le partenaire a vérifié si la personne était déjà connue"
    known: Code


class HandoverTold(Event):
    """The person says whether they had to tell their story `again` to the partner."""

    name = "handover.told"
    again: bool

    @property
    def words(self) -> str:
        return f"La personne {'a dû' if self.again else 'n’a pas eu à'} raconter son histoire de nouveau"


class FollowUpAsked(Event):
    """The person was asked what became of them, `milestone` months after; 0: whether they had to tell their story again."""

    name = "follow-up.asked"
    milestone: int

    @property
    def words(self) -> str:
        if self.milestone == 0:
            return "On a demandé à la personne si elle a dû tout raconter de nouveau"
        return f"Nouvelles demandées, {self.milestone} mois après"


class FollowUpStopped(Event):
    """The person does not want to be asked any more."""

    name = "follow-up.stopped"
    words = "La personne ne veut plus qu’on lui demande de nouvelles"
