"""The lists of the answer line for those who work here. None gives a file: what they hold is read here, one by one."""

from django.db.models import F

from relais.channels.models import Channel, Inbound
from relais.foundation.folding import Folded
from relais.foundation.lists import Choice, Column, Listing
from relais.foundation.models import Outbound
from relais.stories.models import Channel as Network

from .models import DangerFile

WAYS = [*Channel.choices, *Network.choices]
"""Every way by which something leaves."""


TRIED_AGAIN = "waiting"


def _in_state(letters, value: str):
    return letters.tried_again() if value == TRIED_AGAIN else letters.filter(state=value)


def drawn(key: str, label: str, order=()) -> Column:
    """A column that its template draws."""
    return Column(key, label, lambda row: "", order=order)


LETTERS = Listing(
    ("lettre à vérifier", "lettres à vérifier"),
    [drawn("to", "À"), drawn("by", "Par"), drawn("subject", "Objet"), drawn("at", "Écrite", ("-created_at", "id")), drawn("state", "État"), drawn("act", "Décider")],
    order=("-created_at", "id"),
    ordered="de la plus récente à la plus ancienne",
    filters=[
        Choice("par", "Par", WAYS, field="channel"),
        Choice(
            "etat",
            "État",
            [*((one.value, one.label) for one in (Outbound.State.AMBIGUOUS, Outbound.State.FAILED)), (TRIED_AGAIN, "Pas encore partie")],
            by=_in_state,
        ),
    ],
)

ARRIVALS = Listing(
    ("message mis de côté", "messages mis de côté"),
    [drawn("at", "Arrivé", ("-received_at", "id")), drawn("by", "Par"), drawn("why", "Pourquoi"), drawn("text", "Texte"), drawn("act", "Décider")],
    order=("-danger", "-received_at", "id"),
    ordered="le danger d’abord, puis du plus récent au plus ancien",
    filters=[Choice("par", "Par", Channel.choices, field="channel"), Choice("raison", "Pourquoi", Inbound.Reason.choices, field="reason")],
)

DANGER = Listing(
    ("dossier", "dossiers"),
    [
        drawn("opened", "Ouvert", ("-opened_at", "id")),
        Column("level", "Niveau", lambda file: file.get_level_display(), order=("level", "-opened_at", "id")),
        Column("state", "État", lambda file: file.get_state_display()),
        Column("by", "Ouvert par", lambda file: file.opened_by),
        drawn("reading", "Relecture", ("second_due_at", "id")),
    ],
    order=(F("closed_at").desc(nulls_first=True), "-opened_at", "id"),
    ordered="ceux qui ne sont pas clos d’abord, du plus récent au plus ancien",
    filters=[Choice("niveau", "Niveau", DangerFile.Level.choices, field="level"), Choice("etat", "État", DangerFile.State.choices, field="state")],
)

ORIENTATIONS = Listing(
    ("demande", "demandes"),
    [
        drawn("who", "Qui"),
        drawn("state", "Où cela en est"),
        drawn("when", "Quand"),
        Column("where", "Structure", lambda handover: handover.structure.name, order=(Folded("structure__name"), "-agreed_at", "id")),
    ],
    order=("-agreed_at", "id"),
    ordered="de la plus récente à la plus ancienne",
    filters=[
        Choice(
            "etat",
            "Où cela en est",
            [("sent", "À répondre"), ("accepted", "Acceptée"), ("refused", "Vous avez dit non"), ("returned", "Reprise par l’équipe")],
            field="state",
        )
    ],
)
