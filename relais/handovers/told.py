"""What is given of handovers, appointments and news to the person who asks, in words (see `coaching/rights/told.py`)."""

from relais.agenda.models import Appointment, ContactMode, Registration
from relais.coaching.models import Conversation
from relais.coaching.rights.told import AT, SIDES, Column, also, choices

from .models import Handover, OutcomeCode, OutcomeReport

MONTHS = {0: "tout de suite"}


def _months(value: int) -> str:
    return MONTHS.get(value, f"après {value} mois")


def _three(word: dict) -> str:
    return f"{SIDES[word['side']]} : {word['body']}"


also(
    {
        "relais": {
            "summary": Column(""),
            "shared_name": Column("ton prénom"),
            "shared_contact": Column("pour te joindre"),
            "partner_email": Column("envoyé à"),
            "state": Column("où il en est", choices(Handover.State)),
            "mode": Column("de quelle manière", choices(Handover.Mode)),
            "refusal": Column("raison du refus"),
            "known_checked": Column("la structure te connaissait", choices(Conversation.Known)),
            "told_again": Column("tu as dû raconter ton histoire de nouveau"),
            "proposed_at": Column("proposé le"),
            "agreed_at": Column("tu as dit oui le"),
            "agreed_until": Column("ton accord vaut jusqu’au"),
            "answered_at": Column("réponse de la structure le"),
            "outcome": Column("ce qu’il en est sorti", choices(OutcomeCode)),
            "outcome_at": Column("noté le"),
            "structure": Column("à qui"),
            "à trois": Column("messages à trois", lambda value: "\n".join(map(_three, value))),
        },
        "rendez-vous": {
            "kind": Column("sorte", choices(Appointment.Kind)),
            "starts_at": Column("quand"),
            "zone": Column("à l’heure de", lambda zone: zone.rpartition("/")[2].replace("_", " ")),
            "minutes": Column("durée", lambda value: f"{value}\u00a0min"),
            "place": Column("lieu, lien ou numéro"),
            "state": Column("où il en est", choices(Appointment.State)),
            "remind_by": Column("rappel", choices(ContactMode)),
            "address": Column("adresse du rappel"),
        },
        "séances": {
            "title": Column("quoi"),
            "starts_at": Column("quand"),
            "zone": Column("à l’heure de", lambda zone: zone.rpartition("/")[2].replace("_", " ")),
            "minutes": Column("durée", lambda value: f"{value}\u00a0min"),
            "place": Column("lieu"),
            "state": Column("où tu en es", choices(Registration.State)),
        },
        "suites": {
            "code": Column("ce qui s’est passé", choices(OutcomeCode)),
            "said_by": Column("dit par", choices(OutcomeReport.Said)),
            "milestone": Column("à quel moment", _months),
            "at": AT,
        },
        "relances": {
            "milestone": Column("à quel moment", _months),
            "by": Column("comment", choices(ContactMode)),
            "address": Column("à"),
            "due_at": Column("prévue le"),
            "asked_at": Column("envoyée le"),
            "reminded_at": Column("rappelée le"),
            "answered_at": Column("ta réponse le"),
        },
    }
)
