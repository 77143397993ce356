"""How long what is said on the line is kept, what is given of it and what is erased of it."""

from datetime import datetime

from django.db.models import QuerySet

from relais.accounts.retention import STAFF
from relais.foundation import live, outbox
from relais.foundation.events import record
from relais.foundation.retention import DAY, Person, erases, exports, goes_with, kept, rule

from . import mail, services
from .events import ConversationErased
from .line import promise
from .models import (
    Absence,
    Alarm,
    Appointment,
    Callback,
    CannedReply,
    Conversation,
    DangerEntry,
    DangerFile,
    DoorAddress,
    Draft,
    FollowUp,
    Handover,
    HandoverMessage,
    Line,
    LineClosure,
    LineOverride,
    Mention,
    Message,
    Note,
    OpeningWindow,
    OutcomeReport,
    PartnerCapacity,
    Presence,
    RetentionRun,
    Team,
    Transfer,
)
from .rights import ending, exported, requests

PARTED = (Handover.State.SENT, Handover.State.ACCEPTED)

STAFF.also(Team, Absence, CannedReply)
kept("la ligne et ses horaires", Line, LineClosure, LineOverride, OpeningWindow, PartnerCapacity, until="rien de personnel", order=60)


def _erase_with_path(rows: QuerySet, now: datetime) -> int:
    journeys = [conversation.journey for conversation in rows.select_related("journey")]
    for journey in journeys:
        requests.erase(journey=journey, now=now)
    return len(journeys)


@rule(
    "conversations", what="Conversations, avec tout ce qui s’y rattache", since="dernier message", keep=ending.REACHABLE, order=10,
    does=_erase_with_path, alone=True, warned=ending.silent, warn=ending.announce,
    why="Un an après le dernier message ; six mois quand rien ne permet de joindre la personne. La CNIL admet deux ans pour un suivi social "
    "(référentiel des durées, novembre 2023) : moins suffit ici.",
)  # fmt: skip
def conversations(before):
    """Told at least thirty days ago, and silent since: the column counts the thirty days of each."""
    return Conversation.objects.filter(erase_at__lte=before + ending.REACHABLE)


goes_with("conversations", Message, Handover, HandoverMessage, Appointment, OutcomeReport, FollowUp, Note, Mention, Transfer, Alarm, DoorAddress)


@rule(
    "callbacks", what="Moyens de rappel laissés une fois", since="demande", keep=60 * DAY, order=20,
    why="Effacés dès que la personne a été rappelée, et de toute façon après deux mois.",
)  # fmt: skip
def callbacks(before):
    return Callback.objects.filter(asked_at__lte=before)


@rule(
    "danger", what="Dossiers de danger", since="clôture", keep=2 * 365 * DAY, order=110,
    why="Deux ans, accès restreint (référentiel CNIL 2022-008, protection de l’enfance).",
)  # fmt: skip
def danger(before):
    return DangerFile.objects.filter(closed_at__lte=before)


goes_with("danger", DangerEntry)


@rule("drafts", what="Brouillons des médiateurs", since="dernière frappe", keep=30 * DAY, order=140, why="Un brouillon d’un mois ne partira plus.")
def drafts(before):
    return Draft.objects.filter(updated_at__lte=before)


@rule("presences", what="Qui a quelle page ouverte", since="dernier signe", keep=DAY, order=150, why="Ne sert que dans l’instant.")
def presences(before):
    return Presence.objects.filter(seen_at__lte=before)


@rule("reports", what="Comptes rendus de l’effacement automatique", since="passage", keep=3 * 365 * DAY, order=200, why="Des nombres seulement.")
def reports(before):
    return RetentionRun.objects.filter(at__lte=before)


exports(order=20)(exported.conversation)


@erases(keeps="Si l’équipe a ouvert un dossier parce que quelqu’un était en danger, on le garde à part, deux ans après sa clôture, pour protéger.")
def conversation(person: Person, now: datetime) -> None:
    """Partners who were sent something are told to erase it too (loi 78-17, art. 51). The conversation itself goes with its path."""
    if person.conversation is None:
        return
    held = services.locked(person.conversation)
    record(ConversationErased(**promise.conversation_ids(held)), now=now)
    for handover in held.handovers.filter(state__in=PARTED).select_related("structure"):
        outbox.enqueue("email", key=f"erased:{handover.pk}", payload=mail.erased(handover), now=now, owner=held.line.organisation_id)
    DangerFile.objects.filter(conversation=held).update(conversation=None)
    for topic in (f"conversation:{held.pk}", f"desk:{held.pk}", f"inbox:{held.line.organisation_id}"):
        live.ring(topic)
