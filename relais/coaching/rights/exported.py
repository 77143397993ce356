"""What the line gives of a person who takes their data away: what they wrote, what was written to or about them."""

from relais.foundation.retention import Person, fields

from ..models import ChannelAddress, Conversation

TEAM = "l’équipe"


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
        "channel",
        "state",
        "opened_at",
        "updated_at",
        "closed_at",
        "erase_at",
    )
    return said | {"ligne": conversation.line.name}


def _around(conversation: Conversation) -> dict:
    return {
        "messages": [
            fields(m, "seq", "side", "body", "whole", "channel", "doubt", "at") | {"auteur": str(m.author or "")}
            for m in conversation.messages.select_related("author")
        ],
        "notes de l’équipe": [
            fields(note, "body", "at") | {"auteur": str(note.author)}
            for note in conversation.notes.select_related("author")
        ],
        "passages": [
            fields(one, "at", "reason")
            | {"de": str(one.from_line or one.giver or TEAM), "à": str(one.to_line or one.receiver or one.team or TEAM)}
            for one in conversation.transfers.select_related("from_line", "to_line", "giver", "receiver", "team")
        ],
        "brouillons de l’équipe": [fields(draft, "body", "updated_at") for draft in conversation.drafts.all()],
        "rappel demandé": [
            fields(callback, "kind", "value", "slot", "asked_at") for callback in _one(conversation, "callback")
        ],
        "adresses": [
            fields(address, "channel", "address", "receives", "last_at")
            for address in ChannelAddress.objects.filter(conversation=conversation)
        ],
    }


def _one(conversation: Conversation, name: str) -> list:
    return [found] if (found := getattr(conversation, name, None)) else []
