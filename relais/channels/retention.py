"""How long what comes in by the doors is kept."""

from relais.foundation.retention import DAY, erases, rule
from relais.foundation.retention.own import MACHINE

from .models import Inbound, NetworkAccount, Stopped

MACHINE.also(NetworkAccount)


@rule(
    "inbound", what="Messages reçus par e-mail, SMS ou Discord", since="réception", keep=90 * DAY, order=30,
    why="Le texte vit dans la conversation ; l’enveloppe ne sert qu’à reconnaître une deuxième livraison.",
)  # fmt: skip
def inbound(before):
    return Inbound.objects.exclude(state=Inbound.State.NEW).filter(received_at__lte=before)


def _empty(rows, now) -> int:
    return rows.update(**Inbound.ERASED, erased_at=now)


@rule(
    "set-aside", what="Texte des messages mis de côté (réponses automatiques, messages refusés)", since="réception", keep=30 * DAY, order=40, does=_empty,
    why="Le temps qu’une personne regarde si c’en était un ; l’enveloppe reste, comme pour les autres.",
)  # fmt: skip
def set_aside(before):
    aside = [Inbound.State.IGNORED, Inbound.State.REFUSED]
    return Inbound.objects.filter(state__in=aside, received_at__lte=before, erased_at=None)


@rule(
    "stopped", what="Numéros qui ont écrit STOP (empreinte)", since="demande", keep=3 * 365 * DAY, order=70,
    why="Trois ans sans nouveau message : le refus a fait son temps.",
)  # fmt: skip
def stopped(before):
    return Stopped.objects.filter(at__lte=before)


@erases()
def at_the_door(person, now):
    """What came in by other doors: its text is already gone once taken; a message not taken yet goes too."""
    Inbound.objects.filter(sender_digest__in=person.senders).delete()
