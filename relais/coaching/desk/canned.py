"""Ready answers: written once, with variables; somebody owns each and keeps it true."""

import re
from datetime import date, datetime, timedelta

from django.db import transaction

from relais.accounts.models import Role, User
from relais.foundation.events import record
from relais.foundation.jinja import clock, day
from relais.foundation.refusals import NotAcceptable, NotAllowed

from ..events import CannedReplyKept
from ..models import CannedReply, Conversation

STALE = timedelta(days=180)
"""After that somebody reads it again before it is trusted."""
VARIABLES = {
    "prenom": "votre prénom, tel que la personne le voit",
    "pseudo": "le pseudo de la personne",
    "commune": "sa commune",
    "ouverture": "quand la ligne répond : « aujourd’hui jusqu’à 18 h 00 » ou « lundi 3 mars à 9 h 00 »",
    "promesse": "le délai promis, en minutes",
    "ligne": "le nom de la ligne",
}
_VARIABLE = re.compile(r"\{([^{}]*)\}")
_BLANK = re.compile(r"\[(\w+) \?\]")


class UnknownVariable(NotAcceptable):
    """A word between braces that means nothing."""


def check_variables(body: str) -> None:
    """Raises UnknownVariable."""
    if unknown := sorted(set(_VARIABLE.findall(body)) - VARIABLES.keys()):
        known = ", ".join(f"{{{name}}}" for name in VARIABLES)
        raise UnknownVariable(f"« {{{unknown[0]}}} » ne veut rien dire ici. Les mots possibles : {known}.")


def fill(reply: CannedReply, *, conversation: Conversation, user: User, now: datetime) -> str:
    """The text for this person. What is not known is left as « [commune ?] », which cannot be sent (see `blanks`)."""
    values = values_for(conversation, user, now)
    return _VARIABLE.sub(lambda found: values.get(found[1]) or f"[{found[1]} ?]", reply.body)


def values_for(conversation: Conversation, user: User, now: datetime) -> dict[str, str]:
    """What each variable says for this person, '' when it is not known."""
    line, hours = conversation.line, conversation.line.hours()
    closes, opens = hours.closes_at(now), hours.next_opening(now)
    # A date, not « demain »: it will be read later.
    when = (
        f"aujourd’hui jusqu’à {clock(closes, hours.zone)}"
        if closes
        else f"{day(opens, hours.zone)} à {clock(opens, hours.zone)}"
        if opens
        else ""
    )
    commune = conversation.journey.commune
    return {
        "prenom": user.display_name,
        "pseudo": conversation.journey.pseudonym,
        "commune": commune.name if commune else "",
        "ouverture": when,
        "promesse": str(line.promise_minutes),
        "ligne": line.name,
    }


def blanks(body: str) -> list[str]:
    """The variables left to fill by hand in a text about to leave."""
    return [name for name in _BLANK.findall(body) if name in VARIABLES]


def is_stale(reply: CannedReply, today: date) -> bool:
    return today - reply.checked_on > STALE


@transaction.atomic
def keep(*, reply: CannedReply, user: User, today: date, now: datetime) -> CannedReply:
    """Write or change a ready answer; whoever does has checked it today. Raises UnknownVariable, NotAllowed."""
    check_variables(reply.body)
    if reply.pk:
        _refuse_stranger(CannedReply.objects.select_for_update().get(pk=reply.pk), user)
    else:
        reply.owner = user
    reply.checked_on = today
    reply.save()
    record(CannedReplyKept(reply=reply.pk), now=now)
    return reply


@transaction.atomic
def check(*, reply: CannedReply, user: User, today: date, now: datetime) -> None:
    """It was read again and is still true. Raises NotAllowed."""
    held = CannedReply.objects.select_for_update().get(pk=reply.pk)
    _refuse_stranger(held, user)
    held.checked_on = today
    held.save(update_fields=["checked_on"])
    record(CannedReplyKept(reply=held.pk), now=now)


def may_change(reply: CannedReply, user: User) -> bool:
    return reply.owner_id == user.pk or user.has(Role.SUPERVISOR, reply.organisation_id)


def _refuse_stranger(reply: CannedReply, user: User) -> None:
    if not may_change(reply, user):
        raise NotAllowed(f"Cette réponse est à {reply.owner} : demandez-lui de la changer.")
