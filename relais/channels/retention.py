"""How long what comes in by the channels is kept."""

from collections.abc import Callable
from datetime import datetime

from django.db.models import Q

from relais.foundation import links, states
from relais.foundation.retention import DAY, erases, exports, fields, kept, rule
from relais.foundation.retention.own import MACHINE

from . import opt_outs
from .models import AccountReading, ChannelAccount, Inbound, OptOut

MACHINE.also(AccountReading)
ASIDE = (Inbound.State.IGNORED, Inbound.State.REFUSED)
UNSEEN, NOTICE = 183 * DAY, 30 * DAY
"""How long what nobody looked at is kept, as a conversation without an address; and how long before its team is told."""
_telling: list[Callable[[Inbound, datetime], bool]] = []


def tells_of_unseen(function):
    """Decorator for a function that is told of each message that will be erased NOTICE from now although nobody looked, and answers whether it
    told anybody: what nobody was told of stays."""
    _telling.append(function)
    return function


@rule(
    "inbound",
    what="Messages reçus par e-mail, SMS ou Discord",
    since="réception",
    keep=90 * DAY,
    order=30,
    why="Le texte vit dans la conversation ; l’enveloppe ne sert qu’à reconnaître une deuxième livraison.",
)
def inbound(before):
    over = Q(state=Inbound.State.TAKEN) | Q(state__in=ASIDE, erased_at__isnull=False)
    return Inbound.objects.filter(over, received_at__lte=before)


def _empty(rows, now) -> int:
    return rows.update(**Inbound.ERASED, erased_at=now)


@rule(
    "set-aside",
    what="Texte des messages mis de côté (réponses automatiques, messages refusés) qu’une personne de l’équipe a regardés",
    since="premier regard de l’équipe",
    keep=30 * DAY,
    order=40,
    does=_empty,
    why="Le temps de revenir sur sa décision ; l’enveloppe reste, comme pour les autres.",
)
def set_aside(before):
    return Inbound.objects.filter(state__in=ASIDE, seen_at__lte=before, erased_at=None)


def soon_over(now):
    """Those whose team was not told yet."""
    return _unseen().filter(received_at__lte=now - UNSEEN + NOTICE, told_at=None)


def _tell(rows, now) -> int:
    """Returns 0: those who are told are people of the team, and what is counted are persons whose rows end."""
    told = []
    for row in rows:
        heard = [tell(row, now) for tell in _telling]
        if any(heard):
            told.append(row.pk)
    Inbound.objects.filter(pk__in=told).update(told_at=now)
    return 0


@rule(
    "unseen",
    what="Texte des messages mis de côté que personne de l’équipe n’a regardés",
    since="réception",
    keep=UNSEEN,
    order=41,
    does=_empty,
    warned=soon_over,
    warn=_tell,
    why="Rien de mis de côté ne s’efface sans avoir été vu, sauf au bout de la durée d’une conversation sans adresse : l’équipe est prévenue trente "
    "jours avant.",
)
def unseen(before):
    """Told late, the team still has its thirty days."""
    return _unseen().filter(received_at__lte=before, told_at__lte=before + UNSEEN - NOTICE)


def _unseen():
    return Inbound.objects.filter(state__in=ASIDE, erased_at=None, seen_at=None)


@rule(
    "opt-outs",
    what="Refus de recevoir nos messages, par STOP ou par le lien d’un e-mail (empreinte de l’adresse ou du numéro)",
    since="demande",
    keep=3 * 365 * DAY,
    order=70,
    why="Trois ans sans nouveau message : le refus a fait son temps.",
)
def refusals(before):
    return OptOut.objects.filter(at__lte=before)


kept(
    "les comptes chez les fournisseurs (SMS, Discord, boîtes e-mail, réseaux)",
    ChannelAccount,
    until="le temps du service ; arrêtés ou refusés, ils sont effacés avec leurs clés chiffrées",
    order=85,
)


@rule(
    "accounts-asked",
    what="Demandes de compte chez un fournisseur que personne n’a acceptées",
    since="demande",
    keep=ChannelAccount.LIFE,
    order=175,
    why="Une clé que personne n’a voulue ne reste pas.",
)
def asked_in_vain(before):
    return ChannelAccount.objects.filter(confirmed_at=None, asked_at__lte=before)


@exports(order=70)
def refused(person) -> dict:
    """Known by digests only: of where they write from, and of where they asked to be reached, since they did."""
    theirs = Q(digest__in=opt_outs.digests_of(person.senders))
    for digest, since in person.left:
        theirs |= Q(digest__in=opt_outs.digests_of((digest,)), at__gte=since)
    rows = OptOut.objects.filter(theirs).order_by("at")
    return {"refus de recevoir nos messages": [fields(row, "channel", "how", "at") for row in rows]}


@erases(
    keeps="Si tu as écrit STOP, on garde l’empreinte de ton adresse ou de ton numéro, trois ans : sans elle, on t’écrirait de nouveau."
)
def what_came_in(person, now):
    """What came in by other channels, a message not taken yet too. That it came is kept, or its provider would bring it again."""
    theirs = Inbound.objects.filter(sender_digest__in=person.senders, owner=person.owner)
    states.move_all(theirs.new(), Inbound.State.REFUSED)
    theirs.update(**Inbound.ERASED, sender_digest="", erased_at=now)
    links.forget(opt_outs.LINK, *opt_outs.digests_of(person.senders))
