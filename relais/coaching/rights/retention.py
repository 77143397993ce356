"""How long each kind of data is kept, and the broom that erases the rest.

One table, RULES: what, counted from when, for how long, why. The broom (`sweep`) runs every night, tells people thirty
days before where there is a way to tell them, and writes a report. Every model of the house is in a rule or in KEPT,
with its reason (a test holds the two lists against the models).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.sessions.models import Session
from django.db import connection, transaction
from django.db.models import Q, QuerySet

from relais.accounts.models import ReadingStop
from relais.channels.models import Inbound, Stopped
from relais.foundation.models import Outbound
from relais.stories.models import Comment, Notice, Question

from .. import services
from ..models import Callback, Conversation, DangerFile, Draft, FollowUp, Presence, PrivateLink, RetentionRun
from . import requests

DAY = timedelta(days=1)
NOTICE = 30 * DAY
"""How long before the end a person is told."""
ANONYMOUS, REACHABLE = 183 * DAY, 365 * DAY
_REACHED = Q(addresses__isnull=False) | Q(follow_ups__in=FollowUp.objects.exclude(address=""))
"""They wrote by a door, or left an address to be asked for news within the year."""
UNSENT = 275 * DAY
"""How much longer than a letter that left we keep one that never did: a human may still send it, within the year."""
BATCH = 200


@dataclass(frozen=True)
class Rule:
    """`older(before)`: the rows whose time began before that; `erase(rows, now)` erases them and returns how many."""

    slug: str
    what: str
    since: str
    keep: timedelta
    why: str
    older: Callable[[datetime], QuerySet]
    erase: Callable[[QuerySet, datetime], int]
    models: tuple[str, ...] = ()

    def ripe(self, now: datetime) -> QuerySet:
        """The rows whose time is over."""
        return self.older(now - self.keep)


def end_of(conversation: Conversation) -> datetime:
    """When a conversation is erased if nothing more is said in it."""
    return conversation.erase_at or conversation.updated_at + _keep(conversation)


def _keep(conversation: Conversation) -> timedelta:
    """Shorter for somebody whom nothing but a cookie or a code ties to it."""
    return REACHABLE if Conversation.objects.filter(_REACHED, pk=conversation.pk).exists() else ANONYMOUS


def _conversations(before: datetime) -> QuerySet:
    """Told at least thirty days ago, and silent since: the column counts the thirty days of each."""
    return Conversation.objects.filter(erase_at__lte=before + REACHABLE).order_by("erase_at", "id")


def _erase_conversations(rows: QuerySet, now: datetime) -> int:
    journeys = [conversation.journey for conversation in rows.select_related("journey")[:BATCH]]
    for journey in journeys:
        requests.erase(journey=journey, now=now)
    return len(journeys)


def _delete(rows: QuerySet, now: datetime) -> int:
    return rows.model.objects.filter(pk__in=list(rows.order_by().values_list("pk", flat=True)[: 10 * BATCH])).delete()[0]


def _empty_questions(rows: QuerySet, now: datetime) -> int:
    return rows.update(body="", pseudonym="")


def _empty_notices(rows: QuerySet, now: datetime) -> int:
    return rows.update(email="", details="")


def _set_aside(before: datetime) -> QuerySet:
    aside = [Inbound.State.IGNORED, Inbound.State.REFUSED]
    return Inbound.objects.filter(state__in=aside, received_at__lte=before, erased_at=None)


def _empty_inbound(rows: QuerySet, now: datetime) -> int:
    return rows.update(**Inbound.ERASED, erased_at=now)


def _outbound(before: datetime) -> QuerySet:
    """Sent; or written long before, whatever became of it."""
    return Outbound.objects.filter(Q(sent_at__lte=before) | Q(created_at__lte=before - UNSENT))


RULES = (
    Rule(
        "conversations", "Conversations, avec tout ce qui s’y rattache", "dernier message", REACHABLE,
        "Un an après le dernier message ; six mois quand rien ne permet de joindre la personne. La CNIL admet deux ans pour un suivi social "
        "(référentiel des durées, novembre 2023) : moins suffit ici.",
        _conversations, _erase_conversations,
        ("Journey", "Device", "Conversation", "Message", "Handover", "HandoverMessage", "Appointment", "OutcomeReport", "FollowUp", "Note", "Mention",
         "Transfer", "Alarm", "DoorAddress"),
    ),
    Rule(
        "callbacks", "Moyens de rappel laissés une fois", "demande", 60 * DAY, "Effacés dès que la personne a été rappelée, et de toute façon après deux mois.",
        lambda before: Callback.objects.filter(asked_at__lte=before), _delete, ("Callback",),
    ),
    Rule(
        "drafts", "Brouillons des médiateurs", "dernière frappe", 30 * DAY, "Un brouillon d’un mois ne partira plus.",
        lambda before: Draft.objects.filter(updated_at__lte=before), _delete, ("Draft",),
    ),
    Rule(
        "presences", "Qui a quelle page ouverte", "dernier signe", DAY, "Ne sert que dans l’instant.",
        lambda before: Presence.objects.filter(seen_at__lte=before), _delete, ("Presence",),
    ),
    Rule(
        "links", "Liens personnels envoyés par e-mail, SMS ou messagerie", "fin du lien", timedelta(), "Un lien fini n’ouvre plus rien.",
        lambda before: PrivateLink.objects.filter(expires_at__lte=before), _delete, ("PrivateLink",),
    ),
    Rule(
        "inbound", "Messages reçus par e-mail, SMS ou Discord", "réception", 90 * DAY,
        "Le texte vit dans la conversation ; l’enveloppe ne sert qu’à reconnaître une deuxième livraison.",
        lambda before: Inbound.objects.exclude(state=Inbound.State.NEW).filter(received_at__lte=before), _delete, ("Inbound",),
    ),
    Rule(
        "set-aside", "Texte des messages mis de côté (réponses automatiques, messages refusés)", "réception", 30 * DAY,
        "Le temps qu’une personne regarde si c’en était un ; l’enveloppe reste, comme pour les autres.",
        _set_aside, _empty_inbound, ("Inbound",),
    ),
    Rule(
        "stopped", "Numéros qui ont écrit STOP (empreinte)", "demande", 3 * 365 * DAY, "Trois ans sans nouveau message : le refus a fait son temps.",
        lambda before: Stopped.objects.filter(at__lte=before), _delete, ("Stopped",),
    ),
    Rule(
        "letters", "Lettres que le site a envoyées, ou n’a pas pu envoyer", "envoi", 90 * DAY, "Le texte est effacé dès l’envoi ; il reste qu’une lettre est partie, pour ne rien envoyer deux fois.",
        _outbound, _delete, ("Outbound",),
    ),
    Rule(
        "danger", "Dossiers de danger", "clôture", 2 * 365 * DAY, "Deux ans, accès restreint (référentiel CNIL 2022-008, protection de l’enfance).",
        lambda before: DangerFile.objects.filter(closed_at__lte=before), _delete, ("DangerFile", "DangerEntry"),
    ),
    Rule(
        "questions", "Questions non publiées sous les témoignages", "décision", 183 * DAY, "Six mois pour répondre à une contestation.",
        lambda before: Question.objects.filter(decided_at__lte=before).exclude(state=Question.State.SHOWN).exclude(body=""), _empty_questions, ("Question",),
    ),
    Rule(
        "comments", "Ce qui désigne un commentaire sur son réseau", "décision", 183 * DAY, "Ne sert plus une fois les mots effacés ici.",
        lambda before: Comment.objects.filter(question__decided_at__lte=before, question__body=""), _delete, ("Comment",),
    ),
    Rule(
        "notices", "Adresses laissées avec un signalement de contenu", "décision", 183 * DAY,
        "Six mois de recours interne (règlement UE 2022/2065, article 20) : au-delà, l’adresse ne sert plus.",
        lambda before: Notice.objects.filter(decided_at__lte=before).exclude(email="", details=""), _empty_notices, ("Notice",),
    ),
    Rule(
        "reading-stops", "Blocages d’un compte professionnel qui ouvrait trop de dossiers", "levée", 3 * 365 * DAY, "Comme le journal des accès.",
        lambda before: ReadingStop.objects.filter(lifted_at__lte=before), _delete, ("ReadingStop",),
    ),
    Rule(
        "sessions", "Sessions des professionnels", "fin de la session", timedelta(), "Une session finie n’ouvre plus rien.",
        lambda before: Session.objects.filter(expire_date__lte=before), _delete,
    ),
    Rule(
        "reports", "Comptes rendus de l’effacement automatique", "passage", 3 * 365 * DAY, "Des nombres seulement.",
        lambda before: RetentionRun.objects.filter(at__lte=before), _delete, ("RetentionRun",),
    ),
)  # fmt: skip


def announce(now: datetime) -> int:
    """Tell those whose conversation ends in thirty days, once; a new message puts the end off. Returns how many."""
    told = 0
    with_address = Conversation.objects.filter(_REACHED).values("pk")
    silent = Conversation.objects.filter(erase_at=None).filter(
        Q(updated_at__lte=now - REACHABLE + NOTICE) | Q(updated_at__lte=now - ANONYMOUS + NOTICE) & ~Q(pk__in=with_address)
    )
    for pk in silent.order_by("updated_at", "id").values_list("pk", flat=True)[:BATCH]:
        with transaction.atomic():
            held = services.locked(pk)
            if held.erase_at is None:
                services.announce_end(held, at=now + NOTICE, now=now)
                told += 1
    return told


def sweep(now: datetime, *, dry: bool = False) -> RetentionRun:
    """One turn: announce, erase, report. `dry` changes nothing and counts what would go. Safe in two processes at once."""
    counts = {} if dry else {"announced": announce(now)}
    for rule in RULES:
        ripe = rule.ripe(now).count()
        erased = 0
        while not dry and ripe and (gone := rule.erase(rule.ripe(now), now)):
            erased += gone
        counts[rule.slug] = {"ripe": ripe, "erased": erased}
    counts["access-log"] = _trim_access_log(dry=dry)
    return RetentionRun.objects.create(at=now, is_dry=dry, counts=counts)


def _trim_access_log(*, dry: bool) -> dict:
    """By the clock of the database, which alone may shorten its own trace."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM accounts_access WHERE at < now() - interval '3 years'")
        (ripe,) = cursor.fetchone()
        if not dry and ripe:
            cursor.execute("SELECT relais_trim_access()")
    return {"ripe": ripe, "erased": 0 if dry else ripe}


def is_due(now: datetime) -> bool:
    """Once a day."""
    return not RetentionRun.objects.filter(is_dry=False, at__gt=now - DAY).exists()


KEPT = {
    "le journal des événements": ("EventRecord", "sans limite : ni mot, ni nom, ni adresse ; les chiffres publiés en viennent"),
    "le journal des accès": ("AccessRecord", "trois ans, puis effacé par la base elle-même"),
    "les comptes des professionnels": (
        "User, Membership, Invitation, Organisation, RightRequest, VolunteerCheck, Team, Absence, CannedReply",
        "le temps de leur travail ici ; fermés, ils ne gardent que leur nom sur ce qu’ils ont fait",
    ),
    "les témoignages et les accords": (
        "Story, Clip, Photo, Upload, Consent, ExternalCopy, Proofreading, Waiver, ReactionCount, Answer, CommentReply, ModerationTrace",
        "le temps de l’accord, puis cinq ans pour pouvoir le prouver (code civil, article 2224)",
    ),
    "la ligne et ses horaires": ("Line, LineClosure, LineOverride, OpeningWindow, PartnerCapacity", "rien de personnel"),
    "le catalogue": (
        "Certification, Commune, ImportRun, ImportSlice, JobOffer, Occupation, OfferReport, RomeCode, RomeMobility, RomeName, SearchChange, Structure, Training",
        "des données publiques, tenues à jour par les imports",
    ),
    "les tableaux apportés": ("BroughtTable, ColumnMatch", "scellés, effacés dès l’import, et d’eux-mêmes dans les 24 heures ; reste quelle colonne contenait quoi"),
    "les sites": ("Site", "le temps du site ; on n’y écrit que ce qu’il dit à tout le monde"),
    "les contacts de campagne": ("Touch", "rien de personnel"),
    "la machine": ("HouseSecret, Heartbeat, NetworkAccount, RateBucket", "des clés chiffrées, et des compteurs contre les abus qui s’effacent d’eux-mêmes"),
}
"""What no rule erases: {what: (models, until when and why)}."""
