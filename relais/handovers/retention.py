"""How long what was passed on is kept, what is given of it and what is erased of it: as long as the conversation it comes from."""

from datetime import datetime

from relais.agenda.models import Appointment, Registration
from relais.coaching.models import Conversation
from relais.coaching.retention import LINE
from relais.foundation.retention import Person, erases, exports, fields, goes_with

from . import common, told
from .models import FollowUp, Handover, HandoverMessage, OutcomeReport, PartnerCapacity

IN_WORDS = (told,)
"""Says each column in words, as soon as it is read."""
PARTED = (Handover.State.SENT, Handover.State.ACCEPTED)

LINE.also(PartnerCapacity)
goes_with("conversations", Appointment, Registration, Handover, HandoverMessage, OutcomeReport, FollowUp)


@exports(order=21)
def passed_on(person: Person) -> dict:
    """What left for whom, and what became of it."""
    if not Conversation.objects.filter(pk=person.conversation).exists():
        return {}
    of_them = {"conversation": person.conversation}
    handovers = Handover.objects.filter(**of_them).select_related("structure").prefetch_related("words")
    return {
        "relais": [
            fields(
                h,
                "summary",
                "shared_name",
                "shared_contact",
                "partner_email",
                "state",
                "mode",
                "refusal",
                "known_checked",
                "told_again",
                "proposed_at",
                "agreed_at",
                "agreed_until",
                "answered_at",
                "outcome",
                "outcome_at",
            )
            | {"structure": h.structure.name, "à trois": [fields(word, "side", "body", "at") for word in h.words.all()]}
            for h in handovers
        ],
        "suites": [
            fields(outcome, "code", "said_by", "milestone", "at") for outcome in OutcomeReport.objects.filter(**of_them)
        ],
        "relances": [
            fields(follow, "milestone", "by", "address", "due_at", "asked_at", "reminded_at", "answered_at")
            for follow in FollowUp.objects.filter(**of_them)
        ],
    }


@erases()
def handovers(person: Person, now: datetime) -> None:
    """Partners who were sent something are told to erase it too (loi 78-17, art. 51); one whose letter had not left never hears of it.

    The rows go with their conversation.
    """
    sent = Handover.objects.filter(conversation=person.conversation, state__in=PARTED)
    for handover in sent.select_related("structure", "conversation__line__organisation"):
        if not common.take_back(handover):
            common.write_to_partner("erased", handover, key=f"erased:{handover.pk}", now=now, goes_with=False)
