"""How long what is said on the line is kept, what is given of it and what is erased of it."""

from datetime import datetime

from django.db.models import QuerySet

from relais.accounts.retention import STAFF
from relais.foundation.events import record
from relais.foundation.retention import DAY, Person, erases, exports, goes_with, kept, rule
from relais.safeguarding import watched
from relais.safeguarding.models import Alarm

from . import thread
from .events import ConversationErased
from .models import (
    Absence,
    Callback,
    CannedReply,
    ChannelAddress,
    Conversation,
    Draft,
    Line,
    LineClosure,
    LineOverride,
    Mention,
    Message,
    Note,
    OpeningWindow,
    Presence,
    RetentionRun,
    Team,
    Transfer,
)
from .models.conversation import CONVERSATION
from .rights import ending, exported, requests
from .thread import promise

STAFF.also(Team, Absence, CannedReply)
LINE = kept(
    "la ligne et ses horaires",
    Line,
    LineClosure,
    LineOverride,
    OpeningWindow,
    until="rien de personnel",
    order=60,
)


def _erase_with_path(rows: QuerySet, now: datetime) -> int:
    journeys = [conversation.journey for conversation in rows.select_related("journey")]
    for journey in journeys:
        requests.erase(journey=journey, now=now)
    return len(journeys)


@rule(
    "conversations",
    what="Conversations, avec tout ce qui s’y rattache",
    since="dernier message",
    keep=ending.REACHABLE,
    order=10,
    does=_erase_with_path,
    alone=True,
    warned=ending.silent,
    warn=ending.announce,
    why="Un an après le dernier message ; six mois quand rien ne permet de joindre la personne. La CNIL admet deux ans pour un suivi social "
    "(référentiel des durées, novembre 2023) : moins suffit ici.",
)
def conversations(before):
    """Told at least thirty days ago, and silent since: the column counts the thirty days of each."""
    return Conversation.objects.filter(erase_at__lte=before + ending.REACHABLE)


goes_with(
    "conversations",
    Message,
    Note,
    Mention,
    Transfer,
    Alarm,
    ChannelAddress,
)


@rule(
    "callbacks",
    what="Moyens de rappel laissés une fois",
    since="demande",
    keep=60 * DAY,
    order=20,
    why="Effacés dès que la personne a été rappelée, et de toute façon après deux mois.",
)
def callbacks(before):
    return Callback.objects.filter(asked_at__lte=before)


@rule(
    "drafts",
    what="Brouillons de l’équipe",
    since="dernière frappe",
    keep=30 * DAY,
    order=140,
    why="Un brouillon d’un mois ne partira plus.",
)
def drafts(before):
    return Draft.objects.filter(updated_at__lte=before)


@rule(
    "presences",
    what="Qui a quelle page ouverte",
    since="dernier signe",
    keep=DAY,
    order=150,
    why="Ne sert que dans l’instant.",
)
def presences(before):
    return Presence.objects.filter(seen_at__lte=before)


@rule(
    "reports",
    what="Comptes rendus de l’effacement automatique",
    since="passage",
    keep=3 * 365 * DAY,
    order=200,
    why="Des nombres seulement.",
)
def reports(before):
    return RetentionRun.objects.filter(at__lte=before)


exports(order=20)(exported.conversation)


@erases(
    keeps="Si l’équipe a ouvert un dossier parce que quelqu’un était en danger, on le garde à part pour protéger, deux ans après sa clôture ou, si personne ne l’a clos, après la dernière note."
)
def conversation(person: Person, now: datetime) -> None:
    """The conversation itself goes with its path."""
    if person.conversation is None:
        return
    held = thread.locked(person.conversation)
    record(ConversationErased(**promise.conversation_ids(held)), now=now)
    watched.let_go(CONVERSATION, held.pk)
    thread.end_pages(held)
