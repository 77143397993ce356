"""What a person says of their situation, each answer optional; and the doors that their age opens, with the reason.

The doors are suggestions read from dated rules, never a decision: a human looks, and the place itself says yes or no.
"""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from relais.catalogue.models import Commune, Structure
from relais.catalogue.selectors import nearest_structures

from .. import services
from ..models import Conversation

Age, Known = Conversation.AgeBand, Conversation.Known
FIELDS = {"subject": Conversation.Subject, "urgency": Conversation.Urgency, "age_band": Age, "known": Known}


def cleaned(said: dict[str, str]) -> dict[str, str]:
    """Only the fields of the situation, and only their codes; an empty answer is an answer not given."""
    return {name: value for name, value in said.items() if name in FIELDS and (value == "" or value in FIELDS[name].values)}


@transaction.atomic
def describe(*, conversation: Conversation, said: dict[str, str], by: str, now: datetime) -> Conversation:
    """Write what is said of the situation, `by` « young » or « staff ». What is not in `said` stays."""
    held = services.locked(conversation.pk)
    changed = {name: value for name, value in cleaned(said).items() if getattr(held, name) != value}
    if changed:
        for name, value in changed.items():
            setattr(held, name, value)
        held.save(update_fields=list(changed))
        services.record_situation(held, by=by, now=now)
        services.tell(held)
    return held


@dataclass(frozen=True)
class Door:
    """Whom it is for, and who says so. `kinds` are those of Structure; none when the place is not in the catalogue."""

    name: str
    ages: tuple[str, ...]
    reason: str
    source: str
    url: str
    checked: date
    kinds: tuple[str, ...] = ()


_NEW_CHANCES = ("ONISEP, Nouvelles chances", "https://www.nouvelles-chances.gouv.fr/un-pas-vers-l-emploi/les-missions-locales-et-autres-acteurs", date(2026, 11, 22))
DOORS = (
    Door(
        "La mission locale", (Age.UNDER_18, Age.UNDER_26), "De 16 à 25 ans, quand on n’est plus à l’école : emploi, formation, santé, logement, transports.",
        *_NEW_CHANCES, kinds=(Structure.Kind.MISSION_LOCALE, Structure.Kind.AGENCY),
    ),
    Door(
        "Ton établissement, ou le centre d’information et d’orientation (CIO)", (Age.UNDER_15, Age.UNDER_18),
        "Tant que tu vas à l’école ou que tu as moins de 16 ans : un conseiller t’aide à t’orienter, sans rien payer.", *_NEW_CHANCES,
    ),
    Door(
        "France Travail", (Age.UNDER_26, Age.ADULT), "Pour chercher un emploi ou une formation : c’est là qu’on s’inscrit comme demandeur d’emploi.",
        "Ministère du Travail, le contrat d’engagement jeune", "https://code.travail.gouv.fr/fiche-ministere-travail/garantie-jeunes-fiche-pratique",
        date(2026, 11, 22),
    ),
)  # fmt: skip
NEAREST = 2


def doors_for(age_band: str, commune: Commune | None) -> list[tuple[Door, list[Structure]]]:
    """The doors open at this age (all of them when it is not known), each with the nearest places of the catalogue."""
    found = []
    for door in DOORS:
        if age_band and age_band not in door.ages:
            continue
        places = [place for kind in door.kinds for place in nearest_structures(commune, limit=NEAREST, kind=kind)] if commune else []
        found.append((door, sorted(places, key=lambda place: place.distance_km)[:NEAREST]))
    return found
