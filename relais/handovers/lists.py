"""What was addressed to a partner. No file of it: each demand is read here, one by one."""

from relais.coaching.lists import drawn
from relais.foundation.folding import Folded
from relais.foundation.lists import Choice, Column, Listing

ORIENTATIONS = Listing(
    ("demande", "demandes"),
    [
        drawn("who", "Qui"),
        drawn("state", "Où cela en est"),
        drawn("when", "Quand"),
        Column(
            "where",
            "Structure",
            lambda handover: handover.structure.name,
            order=(Folded("structure__name"), "-agreed_at", "id"),
        ),
    ],
    order=("-agreed_at", "id"),
    ordered="de la plus récente à la plus ancienne",
    filters=[
        Choice(
            "etat",
            "Où cela en est",
            [
                ("sent", "À répondre"),
                ("accepted", "Acceptée"),
                ("refused", "Vous avez dit non"),
                ("returned", "Reprise par l’équipe"),
            ],
            field="state",
        )
    ],
)
