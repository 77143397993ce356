"""What a person may do with what is kept about them: take it away, or have it erased at once.

Nothing is asked in exchange: whoever holds the conversation (its cookie, or the code written on paper) decides. What each app
gives and erases is in its `retention.py`.
"""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from relais.foundation import contacts, retention
from relais.foundation.models import EventRecord
from relais.journeys.models import Journey

from .. import hooks, thread
from ..events import ConversationMerged
from ..models import Callback, Conversation, Message


@transaction.atomic
def erase(*, journey: Journey, now: datetime) -> None:
    """Erase everything that one person wrote or that was written about them, now. Events stay: they hold no words and no name.

    A file opened because of a danger is kept apart, for as long as the law wants, without the conversation. Safe to call twice.
    """
    conversation = Conversation.objects.filter(journey=journey).only("pk").first()
    # Held before it is asked by what names it is known: no other may come meanwhile.
    retention.erase(_person(journey, conversation and thread.locked(conversation.pk)), now)


def export(*, journey: Journey) -> dict:
    """All that is kept about one person, in plain values: what they wrote, what was written to or about them, who read it.

    Shape: {"parcours": {…}, "conversation": {…}, "messages": […], …}; dates are ISO 8601 in UTC.
    """
    return retention.export(_person(journey, Conversation.objects.filter(journey=journey).first()))


def _person(journey: Journey, conversation: Conversation | None) -> retention.Person:
    if conversation is None:
        return retention.Person(journey.pk)
    return retention.Person(
        journey.pk,
        conversation.pk,
        conversation.line.organisation_id,
        # Also of questions whose conversation has ended in this one.
        keys=(conversation.key, *_asked(conversation)),
        subjects=tuple(map(str, (conversation.pk, *_ended_in(conversation.pk), *hooks.subjects(conversation)))),
        senders=tuple(conversation.addresses.receiving().values_list("digest", flat=True)),
        left=tuple(
            (contacts.digest(one.kind, one.value), one.asked_at)
            for one in Callback.objects.filter(conversation=conversation).exclude(kind=Callback.Kind.PHONE)
        ),
    )


def _asked(conversation: Conversation) -> QuerySet:
    theirs = conversation.messages.filter(side=Message.Side.YOUNG, channel=Conversation.Channel.QUESTION)
    return theirs.order_by().values_list("key", flat=True)


def _ended_in(*into: UUID) -> list[UUID]:
    """The conversations that a human joined to it, and to those before: their files were opened too."""
    merged = EventRecord.objects.filter(name=ConversationMerged.name, data__into__in=[str(pk) for pk in into])
    found = list(merged.order_by("pk").values_list("subject", flat=True))
    return [*found, *_ended_in(*found)] if found else []
