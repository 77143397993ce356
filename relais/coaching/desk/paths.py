"""The way a person came, for who answers them: what met them, what they chose, what happened since. Nothing that is not needed."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from relais.foundation.models import EventRecord

from ..models import Conversation

STEPS = {
    "conversation.opened": "a écrit pour la première fois",
    "conversation.resumed": "est revenue sur un autre appareil",
    "conversation.merged": "ses deux conversations ont été réunies",
    "conversation.transferred": "la conversation a changé de main",
    "conversation.closed": "conversation terminée",
    "callback.asked": "a demandé à être recontactée",
    "promise.broken": "promesse rompue",
    "handover.proposed": "relais proposé",
    "handover.declined": "a refusé le relais",
    "handover.sent": "a accepté le relais, lettre envoyée",
    "handover.accepted": "le partenaire a dit oui",
    "handover.refused": "le partenaire a dit non",
    "handover.returned": "relais revenu sans réponse",
    "handover.withdrawn": "a retiré son accord",
    "handover.stopped": "relais arrêté : moins de 15 ans, ou âge non dit",
    "together.given": "a reçu les coordonnées d’une structure",
    "together.done": "une structure a été contactée ensemble",
    "outcome.recorded": "suite notée",
}
LAST = 30


@dataclass(frozen=True)
class Origin:
    """What a touch is: its name, and the testimony it shows, if any."""

    label: str
    story: str = ""
    address: str = ""


_tellers: list[Callable[[str], Origin | None]] = []


def tells_origin(function: Callable[[str], Origin | None]):
    """Decorator for the app that knows touches, above this one: a function of a touch's code."""
    _tellers.append(function)
    return function


def origin_of(code: str) -> Origin | None:
    """None without a code, or when nobody knows it any more."""
    return next((origin for teller in _tellers if (origin := teller(code))), None) if code else None


def steps(conversation: Conversation) -> list[tuple[datetime, str]]:
    """The last events of this conversation, the oldest first, in words."""
    rows = EventRecord.objects.filter(subject=conversation.pk, name__in=STEPS).order_by("-id").values_list("at", "name")[:LAST]
    return [(at, STEPS[name]) for at, name in reversed(rows)]
