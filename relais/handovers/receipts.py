"""What a person agreed to when the baton was passed: the same words on the page and in the file to keep."""

from zoneinfo import ZoneInfo

from relais.documents import services as documents
from relais.foundation import contacts
from relais.foundation.grammar import lower_first, upper_first
from relais.foundation.jinja import clock, full_day

from .models import Handover

HOLDS = (Handover.State.SENT, Handover.State.ACCEPTED)
WAYS = {
    Handover.Mode.LETTER: "Par une lettre, avec un lien personnel",
    Handover.Mode.JOINT: "Dans un message à trois, avec nous",
    Handover.Mode.CALL: "Pour un appel à trois, avec nous",
}


def receipt(handover: Handover, zone: ZoneInfo) -> dict:
    """{holds, heading, agreed, facts: [{name, value}], summary}; nothing in it depends on the day on which it is read."""
    holds = handover.state in HOLDS
    until = full_day(handover.agreed_until, zone) if holds else f"terminé : {lower_first(handover.get_state_display())}"
    facts = {
        "À qui": _to(handover.structure),
        "De quelle manière": WAYS[handover.mode],
        "Ton pseudo": handover.conversation.journey.pseudonym,
        "Ta commune": str(getattr(handover.conversation.journey.commune, "name", "")),
        "Ton prénom": handover.shared_name,
        "Pour te joindre": contacts.shown(handover.shared_contact),
        "Jusqu’à quand": until,
    }
    agreed = f"{full_day(handover.agreed_at, zone)} à {clock(handover.agreed_at, zone)}"
    return {
        "holds": holds,
        "heading": "Ton reçu." if holds else "Ton reçu. Il ne vaut plus.",
        "agreed": f"{upper_first(agreed)}, tu as dit oui. Voici à quoi, mot pour mot.",
        "facts": [{"name": name, "value": value} for name, value in facts.items() if value],
        "summary": handover.summary,
    }


def document(handover: Handover, zone: ZoneInfo, *, site) -> documents.Made:
    """Dated of the agreement: as long as nothing changes, the same bytes whenever it is asked for."""
    said = receipt(handover, zone) | {"team": handover.conversation.line.organisation.name}
    return documents.make("handovers/receipt", said, title="Reçu de ton accord", site=site, at=handover.agreed_at)


def _to(structure) -> str:
    town = structure.commune.name if structure.commune else ""
    return structure.name if town in structure.name else f"{structure.name}, {town}"
