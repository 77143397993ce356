"""What a person says of their situation, each answer optional; and the referrals that their age opens, with the reason.

The referrals are suggestions read from dated rules, never a decision: a human looks, and the place itself says yes or no.
"""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from relais.accounts.models import Role, User
from relais.accounts.permissions import record_access
from relais.catalogue.models import Commune, Structure
from relais.catalogue.selectors import nearest_structures
from relais.foundation.refusals import NotAllowed

from .. import thread
from ..line import rerouting
from ..models import Conversation

Age, Known = Conversation.AgeBand, Conversation.Known
FIELDS = {
    "subject": Conversation.Subject,
    "urgency": Conversation.Urgency,
    "age_band": Age,
    "employment": Conversation.Employment,
    "known": Known,
}


def cleaned(said: dict) -> dict:
    """Only the fields of the situation, and only their codes; an empty answer is an answer not given. « commune » is a Commune, or None."""
    values = {
        name: value for name, value in said.items() if name in FIELDS and (value == "" or value in FIELDS[name].values)
    }
    return values | ({"commune": said["commune"]} if "commune" in said else {})


def said_by(conversation: Conversation) -> dict:
    """What is known, as a form shows it."""
    return {name: getattr(conversation, name) for name in FIELDS} | {"commune": str(conversation.journey.commune or "")}


@transaction.atomic
def describe(*, conversation: Conversation, said: dict, by: str, now: datetime) -> Conversation:
    """Write what is said of the situation, `by` « young » (`note` for the others). What is not in `said` stays."""
    values = cleaned(said)
    # An age that they say, or take back, leaves nothing to confirm.
    return _write(
        thread.locked(conversation.pk), values | ({"age_noted": ""} if "age_band" in values else {}), by=by, now=now
    )


@transaction.atomic
def note(*, conversation: Conversation, said: dict, user: User, now: datetime) -> Conversation:
    """Write what the person told `user`, who holds the conversation or supervises it. Raises NotAllowed.

    An age that would lift a protection is only noted (`age_noted`) until the person says it themself; they are told of any change.
    """
    held = thread.locked(conversation.pk)
    if held.claimed_by_id != user.pk and not user.has(Role.SUPERVISOR, held.line.organisation_id):
        raise NotAllowed(
            "Seule la personne qui tient cette conversation, ou une personne responsable, note sa situation."
        )
    values, before = cleaned(said), held.age_noted or held.age_band
    band = values.pop("age_band", before)
    if band == before:
        return _write(held, values, by="staff", now=now)
    confirmed = _rank(band) <= _rank(held.age_band)
    values |= {"age_band": band, "age_noted": ""} if confirmed else {"age_noted": band}
    record_access(user, "note-age", held, reason=f"{before or 'not-said'} > {band or 'not-said'}", now=now)
    thread.system_message(held, _told(user, band, confirmed), now=now, key=held.age_noted_key(held.seq + 1))
    return _write(held, values, by="staff", now=now)


def _rank(band: str) -> int:
    """The higher, the fewer protections; an age that nobody gave is protected as the lowest."""
    return Age.values.index(band) if band else 0


def _told(user: User, band: str, confirmed: bool) -> str:
    if not band:
        return f"{user} a effacé l’âge qui était noté. Si tu veux, dis-le ici."
    said = f"{user} a noté ton âge : {Age(band).label.lower()}."
    return (
        f"{said} Si ce n’est pas ça, change-le ici."
        if confirmed
        else f"{said} C’est à toi de le dire : confirme-le ici. Si ce n’est pas ça, change-le."
    )


def _write(held: Conversation, values: dict[str, str], *, by: str, now: datetime) -> Conversation:
    moved = _keep_commune(held, values.pop("commune")) if "commune" in values else False
    changed = {name: value for name, value in values.items() if getattr(held, name) != value}
    if changed:
        for name, value in changed.items():
            setattr(held, name, value)
        held.save(update_fields=list(changed))
        thread.record_situation(held, by=by, now=now)
    if changed or moved:
        thread.notify_pages(held)
        held = rerouting.follow(held.pk, now=now) or held
    return held


def _keep_commune(held: Conversation, commune: Commune | None) -> bool:
    """Whether it is another one."""
    if held.journey.commune_id == (commune and commune.pk):
        return False
    held.journey.commune = commune
    held.journey.save(update_fields=["commune"])
    return True


@dataclass(frozen=True)
class Referral:
    """Whom it is for, and who says so. `kinds` are those of Structure; none when the place is not in the catalogue."""

    name: str
    ages: tuple[str, ...]
    reason: str
    source: str
    url: str
    checked: date
    kinds: tuple[str, ...] = ()


_NEW_CHANCES = (
    "ONISEP, Nouvelles chances",
    "https://www.nouvelles-chances.gouv.fr/un-pas-vers-l-emploi/les-missions-locales-et-autres-acteurs",
    date(2026, 11, 22),
)
REFERRALS = (
    Referral(
        "La mission locale",
        (Age.UNDER_18, Age.UNDER_26),
        "De 16 à 25 ans, quand on n’est plus à l’école : emploi, formation, santé, logement, transports.",
        *_NEW_CHANCES,
        kinds=(Structure.Kind.MISSION_LOCALE, Structure.Kind.AGENCY),
    ),
    Referral(
        "Ton établissement, ou le centre d’information et d’orientation (CIO)",
        (Age.UNDER_15, Age.UNDER_18),
        "Tant que tu vas à l’école ou que tu as moins de 16 ans : un conseiller t’aide à t’orienter, sans rien payer.",
        *_NEW_CHANCES,
    ),
    Referral(
        "France Travail",
        (Age.UNDER_26, Age.ADULT),
        "Pour chercher un emploi ou une formation : c’est là qu’on s’inscrit comme demandeur d’emploi.",
        "Ministère du Travail, le contrat d’engagement jeune",
        "https://code.travail.gouv.fr/fiche-ministere-travail/garantie-jeunes-fiche-pratique",
        date(2026, 11, 22),
    ),
)
NEAREST = 2


def referrals_for(age_band: str, commune: Commune | None) -> list[tuple[Referral, list[Structure]]]:
    """The referrals open at this age (all of them when it is not known), each with the nearest places of the catalogue."""
    found = []
    for referral in REFERRALS:
        if age_band and age_band not in referral.ages:
            continue
        places = (
            [place for kind in referral.kinds for place in nearest_structures(commune, limit=NEAREST, kind=kind)]
            if commune
            else []
        )
        found.append((referral, sorted(places, key=lambda place: place.distance_km)[:NEAREST]))
    return found
