"""What a person may do with what is kept about them: take it away, or have it erased at once.

Nothing is asked in exchange: whoever holds the conversation (its cookie, or the code written on paper) decides.
"""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F

from relais.accounts.models import AccessRecord
from relais.channels.models import Inbound
from relais.foundation import links, live, outbox
from relais.foundation.events import record
from relais.journeys.models import Journey
from relais.stories.models import Question

from .. import mail, services
from ..events import ConversationErased
from ..line import promise
from ..models import Conversation, DangerFile, DoorAddress, Handover

PARTED = (Handover.State.SENT, Handover.State.ACCEPTED)


@transaction.atomic
def erase(*, journey: Journey, now: datetime) -> None:
    """Erase everything that one person wrote or that was written about them, now. Events stay: they hold no words and no name.

    Partners who were sent something are told to erase it too (loi 78-17, art. 51). A file opened because of a danger is
    kept apart, for as long as the law wants, without the conversation. Safe to call twice.
    """
    conversation = Conversation.objects.filter(journey=journey).first()
    if conversation is not None:
        held = services.locked(conversation.pk)
        record(ConversationErased(**promise.conversation_ids(held)), now=now)
        letters = [(handover.pk, mail.erased(handover)) for handover in held.handovers.filter(state__in=PARTED).select_related("structure")]
        outbox.forget(held.pk)
        links.forget_about(held.pk)
        for pk, letter in letters:
            outbox.enqueue("email", key=f"erased:{pk}", payload=letter, now=now, owner=held.line.organisation_id)
        _forget_doors(held)
        Question.objects.filter(pk=held.key).exclude(state=Question.State.SHOWN).update(body="", pseudonym="")
        DangerFile.objects.filter(conversation=held).update(conversation=None)
        organisation, pk = held.line.organisation_id, held.pk
        for topic in (f"conversation:{pk}", f"desk:{pk}", f"inbox:{organisation}"):
            live.ring(topic)
    journey.delete()


def _forget_doors(conversation: Conversation) -> None:
    """What came in by other doors: its text is already gone once taken; a message not taken yet goes too."""
    digests = conversation.addresses.receiving().values_list("digest", flat=True)
    Inbound.objects.filter(sender_digest__in=list(digests)).delete()


def export(*, journey: Journey) -> dict:
    """All that is kept about one person, in plain values: what they wrote, what was written to or about them, who read it.

    Shape: {"parcours": {…}, "conversation": {…} or None, "messages": […], …}; dates are ISO 8601 in UTC.
    """
    conversation = Conversation.objects.filter(journey=journey).select_related("line").first()
    person = {
        "parcours": _fields(journey, "pseudonym", "touch", "created_at", "seen_at") | {"commune": str(journey.commune or "")},
        "appareils": [_fields(device, "created_at") for device in journey.devices.all()],
    }
    if conversation is None:
        return person
    return person | {"conversation": _conversation(conversation)} | _around(conversation)


def _conversation(conversation: Conversation) -> dict:
    said = _fields(
        conversation, "subject", "urgency", "age_band", "age_noted", "known", "employment", "guide_path", "door", "state", "opened_at", "updated_at", "closed_at", "erase_at"
    )
    return said | {"ligne": conversation.line.name}


def _around(conversation: Conversation) -> dict:
    handovers = conversation.handovers.select_related("structure")
    reads = AccessRecord.objects.filter(subject__in=[str(conversation.pk), *(str(handover.pk) for handover in handovers)])
    return {
        "messages": [_fields(m, "seq", "side", "body", "whole", "door", "doubt", "at") | {"auteur": str(m.author or "")} for m in conversation.messages.select_related("author")],
        "notes de l’équipe": [_fields(note, "body", "at") | {"auteur": str(note.author)} for note in conversation.notes.select_related("author")],
        "passages entre lignes": [
            _fields(one, "at", "reason") | {"de": one.from_line.name, "à": one.to_line.name}
            for one in conversation.transfers.exclude(to_line=None).select_related("from_line", "to_line")
        ],
        "brouillons de l’équipe": [_fields(draft, "body", "updated_at") for draft in conversation.drafts.all()],
        "rappel demandé": [_fields(callback, "kind", "value", "slot", "asked_at") for callback in _one(conversation, "callback")],
        "adresses": [_fields(address, "door", "address", "receives", "last_at") for address in DoorAddress.objects.filter(conversation=conversation)],
        "relais": [
            _fields(
                h, "summary", "shared_name", "shared_contact", "partner_email", "state", "mode", "refusal", "known_checked", "told_again",
                "proposed_at", "agreed_at", "agreed_until", "answered_at", "outcome", "outcome_at",
            ) | {"structure": h.structure.name, "à trois": [_fields(word, "side", "body", "at") for word in h.words.all()]}
            for h in handovers
        ],
        "rendez-vous": [_fields(a, "kind", "starts_at", "minutes", "place", "state", "remind_by", "address") for a in conversation.appointments.all()],
        "suites": [_fields(outcome, "code", "said_by", "milestone", "at") for outcome in conversation.outcomes.all()],
        "relances": [_fields(follow, "milestone", "by", "address", "due_at", "asked_at", "reminded_at", "answered_at") for follow in conversation.follow_ups.all()],
        "alertes": [_fields(alarm, "kinds", "raised_at", "seen_at", "is_false") for alarm in conversation.alarms.all()],
        "qui a lu": [_fields(read, "at", "action", "reason") | {"qui": str(read.user or "")} for read in reads.select_related("user").order_by(F("id"))],
    }  # fmt: skip


def _one(conversation: Conversation, name: str) -> list:
    return [found] if (found := getattr(conversation, name, None)) else []


def _fields(thing, *names: str) -> dict:
    return {name: _plain(getattr(thing, name)) for name in names}


def _plain(value):
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value
