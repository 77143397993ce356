"""What the line gives of a person who takes their data away: what they wrote, what was written to or about them."""

from relais.foundation.retention import Person, fields

from ..models import Conversation, DoorAddress


def conversation(person: Person) -> dict:
    held = Conversation.objects.filter(pk=person.conversation).select_related("line").first()
    return {"conversation": _itself(held)} | _around(held) if held else {}


def _itself(conversation: Conversation) -> dict:
    said = fields(
        conversation,
        "subject",
        "urgency",
        "age_band",
        "age_noted",
        "known",
        "employment",
        "guide_path",
        "door",
        "state",
        "opened_at",
        "updated_at",
        "closed_at",
        "erase_at",
    )
    return said | {"ligne": conversation.line.name}


def _around(conversation: Conversation) -> dict:
    handovers = conversation.handovers.select_related("structure")
    return {
        "messages": [fields(m, "seq", "side", "body", "whole", "door", "doubt", "at") | {"auteur": str(m.author or "")} for m in conversation.messages.select_related("author")],
        "notes de l’équipe": [fields(note, "body", "at") | {"auteur": str(note.author)} for note in conversation.notes.select_related("author")],
        "passages entre lignes": [
            fields(one, "at", "reason") | {"de": one.from_line.name, "à": one.to_line.name}
            for one in conversation.transfers.exclude(to_line=None).select_related("from_line", "to_line")
        ],
        "brouillons de l’équipe": [fields(draft, "body", "updated_at") for draft in conversation.drafts.all()],
        "rappel demandé": [fields(callback, "kind", "value", "slot", "asked_at") for callback in _one(conversation, "callback")],
        "adresses": [fields(address, "door", "address", "receives", "last_at") for address in DoorAddress.objects.filter(conversation=conversation)],
        "relais": [
            fields(
                h, "summary", "shared_name", "shared_contact", "partner_email", "state", "mode", "refusal", "known_checked", "told_again",
                "proposed_at", "agreed_at", "agreed_until", "answered_at", "outcome", "outcome_at",
            ) | {"structure": h.structure.name, "à trois": [fields(word, "side", "body", "at") for word in h.words.all()]}
            for h in handovers
        ],
        "rendez-vous": [fields(a, "kind", "starts_at", "minutes", "place", "state", "remind_by", "address") for a in conversation.appointments.all()],
        "suites": [fields(outcome, "code", "said_by", "milestone", "at") for outcome in conversation.outcomes.all()],
        "relances": [fields(follow, "milestone", "by", "address", "due_at", "asked_at", "reminded_at", "answered_at") for follow in conversation.follow_ups.all()],
        "alertes": [fields(alarm, "kinds", "raised_at", "seen_at", "is_false") for alarm in conversation.alarms.all()],
    }  # fmt: skip


def _one(conversation: Conversation, name: str) -> list:
    return [found] if (found := getattr(conversation, name, None)) else []
