"""What a person may do with what is kept about them: take it away, or have it erased at once.

Nothing is asked in exchange: whoever holds the conversation (its cookie, or the code written on paper) decides. What each app
gives and erases is in its `retention.py`.
"""

from datetime import datetime

from django.db import transaction

from relais.foundation import retention
from relais.journeys.models import Journey

from .. import services
from ..models import Conversation


@transaction.atomic
def erase(*, journey: Journey, now: datetime) -> None:
    """Erase everything that one person wrote or that was written about them, now. Events stay: they hold no words and no name.

    A file opened because of a danger is kept apart, for as long as the law wants, without the conversation. Safe to call twice.
    """
    conversation = Conversation.objects.filter(journey=journey).only("pk").first()
    # Held before it is asked by what names it is known: no other may come meanwhile.
    retention.erase(_person(journey, conversation and services.locked(conversation.pk)), now)


def export(*, journey: Journey) -> dict:
    """All that is kept about one person, in plain values: what they wrote, what was written to or about them, who read it.

    Shape: {"parcours": {…}, "conversation": {…}, "messages": […], …}; dates are ISO 8601 in UTC.
    """
    return retention.export(_person(journey, Conversation.objects.filter(journey=journey).first()))


def _person(journey: Journey, conversation: Conversation | None) -> retention.Person:
    if conversation is None:
        return retention.Person(journey.pk)
    handovers = conversation.handovers.values_list("pk", flat=True)
    return retention.Person(
        journey.pk,
        conversation.pk,
        keys=(conversation.key,),
        subjects=(str(conversation.pk), *map(str, handovers)),
        senders=tuple(conversation.addresses.receiving().values_list("digest", flat=True)),
    )
