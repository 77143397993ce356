"""The lists of the answer line for those who work here. None gives a file: what they hold is read here, one by one."""

from relais.channels.models import Channel, Inbound
from relais.foundation.lists import Choice, Listing, drawn
from relais.foundation.models import Outbound
from relais.stories.models import Channel as Network

WAYS = [*Channel.choices, *Network.choices]
"""Every way by which something leaves."""


TRIED_AGAIN = "waiting"


def _in_state(letters, value: str):
    return letters.tried_again() if value == TRIED_AGAIN else letters.filter(state=value)


LETTERS = Listing(
    ("lettre à vérifier", "lettres à vérifier"),
    [
        drawn("to", "À"),
        drawn("by", "Par"),
        drawn("subject", "Objet"),
        drawn("at", "Écrite", ("-created_at", "id")),
        drawn("state", "État"),
        drawn("act", "Décider"),
    ],
    order=("-created_at", "id"),
    ordered="de la plus récente à la plus ancienne",
    filters=[
        Choice("par", "Par", WAYS, field="channel"),
        Choice(
            "etat",
            "État",
            [
                *((one.value, one.label) for one in (*Outbound.STUCK, Outbound.State.STOPPED)),
                (TRIED_AGAIN, "Pas encore partie"),
            ],
            by=_in_state,
        ),
    ],
)

ARRIVALS = Listing(
    ("message mis de côté", "messages mis de côté"),
    [
        drawn("at", "Arrivé", ("-received_at", "id")),
        drawn("by", "Par"),
        drawn("why", "Pourquoi"),
        drawn("text", "Texte"),
        drawn("act", "Décider"),
    ],
    order=("-danger", "-received_at", "id"),
    ordered="le danger d’abord, puis du plus récent au plus ancien",
    filters=[
        Choice("par", "Par", Channel.choices, field="channel"),
        Choice("raison", "Pourquoi", Inbound.Reason.choices, field="reason"),
    ],
)
