"""The figures: each one declared once, with its definition, and counted from the event log and nothing else (see counting.py).

All figures but the first follow conversations: those opened in the period, whatever the date of what came next. So
every step is a part of the step before it, and a late answer or outcome improves the period in which the person wrote.
The touch of a conversation is the one its opening carries.
"""

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from relais.handovers.models import OutcomeCode


class Unit(enum.StrEnum):
    COUNT = "count"
    SHARE = "share"
    SECONDS = "seconds"


@dataclass(frozen=True)
class Period:
    """From `start`, included, to `end`, excluded; None is « no bound »."""

    start: datetime | None = None
    end: datetime | None = None


@dataclass(frozen=True)
class Figure:
    """`numerator`, `denominator` and `missing` are conditions on one conversation (the columns of `counting._FACTS`); '' is « does not apply ».

    The `*_text` say the same in French, for the people who read the figure.
    """

    slug: str
    name: str
    short: str
    definition: str
    unit: Unit
    numerator: str
    numerator_text: str
    denominator: str = ""
    denominator_text: str = ""
    missing: str = ""
    missing_text: str = ""


@dataclass(frozen=True)
class Value:
    """A counted figure. `value` is a share from 0 to 1, seconds, or the number itself; None when there is nothing to divide."""

    numerator: int
    denominator: int | None = None
    missing: int | None = None
    value: float | int | None = None


MONTHS = (3, 6, 12)
"""After how many months people are asked again."""

_ALL = "TRUE"
_PENDING = "NOT answered AND NOT broken AND NOT closed"
_ACCEPTED = "sent AND accepted"
_OPENED_TEXT = "conversations ouvertes dans la période"
_SENT_TEXT = "conversations ouvertes dans la période et transmises au moins une fois"
_ACCEPTED_TEXT = "conversations ouvertes dans la période et acceptées par une structure"
_NO_OUTCOME = "acceptées, dont la suite n’a pas encore été notée ; elles restent dans le total"
_AWAITING = "la structure n’a pas encore répondu au dernier envoi ; elles restent dans le total"

PLACES = (
    OutcomeCode.TRAINING,
    OutcomeCode.PREPARATION,
    OutcomeCode.APPRENTICESHIP,
    OutcomeCode.WORK_STUDY,
    OutcomeCode.SCHOOL,
    OutcomeCode.HIGHER_EDUCATION,
    OutcomeCode.JOB,
    OutcomeCode.JOB_PERMANENT,
    OutcomeCode.JOB_LONG,
    OutcomeCode.JOB_SHORT,
    OutcomeCode.JOB_SUPPORTED,
    OutcomeCode.JOB_PUBLIC,
    OutcomeCode.SELF_EMPLOYED,
    OutcomeCode.INTERNSHIP,
    OutcomeCode.CIVIC_SERVICE,
)
"""The outcomes that are a place found: somewhere to learn or to work."""

ENGAGED = (*PLACES, OutcomeCode.VOLUNTEERING, OutcomeCode.REGISTERED_ML, OutcomeCode.REGISTERED_FT, OutcomeCode.SUPPORT)
"""The outcomes of a person on their way again: a place found, a regular commitment, or somebody who accompanies them."""


def _among(kinds: Sequence[OutcomeCode]) -> str:
    return f"({', '.join(repr(kind.value) for kind in kinds)})"


_ACCOMPANIED = "(sent AND accepted OR met)"
_ACCOMPANIED_TEXT = "personnes accompagnées : une structure les a acceptées, ou un rendez-vous a eu lieu"

FOLLOWED = "followed"
OUTCOME_PREFIX = "outcome-"

FIGURES = (
    Figure(
        FOLLOWED,
        "Contacts suivis",
        "Suivis",
        "Nombre de fois où une adresse ou un QR code a été suivi dans la période, sans les aperçus et les robots connus. "
        "Une personne qui revient compte à chaque fois : ce nombre ne se divise donc pas par des personnes.",
        Unit.COUNT,
        "",
        "adresses suivies dans la période",
    ),
    Figure(
        "opened",
        "Conversations ouvertes",
        "Ouvertes",
        "Nombre de conversations dont le premier message a été écrit dans la période. "
        "Chaque conversation compte une fois ; ce n’est pas une part des contacts suivis.",
        Unit.COUNT,
        _ALL,
        _OPENED_TEXT,
    ),
    Figure(
        "answered",
        "Conversations répondues",
        "Répondues",
        "Part des conversations ouvertes dans la période auxquelles une personne de l’équipe a répondu au moins une fois, "
        "même tard. Chaque conversation compte une fois.",
        Unit.SHARE,
        "answered",
        "conversations qui ont reçu au moins une réponse",
        _ALL,
        _OPENED_TEXT,
        _PENDING,
        "attendent encore leur première réponse, dans le délai promis ; elles restent dans le total",
    ),
    Figure(
        "first-delay",
        "Délai médian de la première réponse",
        "Délai médian",
        "La moitié des premières réponses est arrivée plus vite, l’autre moitié plus tard. Le délai se compte en heures "
        "d’ouverture de la ligne, depuis le premier message sans réponse ; les conversations sans réponse n’y sont pas.",
        Unit.SECONDS,
        "first_seconds IS NOT NULL",
        "premières réponses mesurées, une par conversation",
        _ALL,
        _OPENED_TEXT,
        "first_seconds IS NULL",
        "n’ont pas encore de première réponse",
    ),
    Figure(
        "within-30",
        "Première réponse en 30 minutes",
        "En 30 min",
        "Part des premières attentes qui ont fini par une réponse en 30 minutes d’ouverture au plus. Une attente close sans "
        "réponse, ou qui a dépassé le délai promis, compte comme une attente trop longue.",
        Unit.SHARE,
        "first_seconds <= 1800",
        "premières réponses en 30 minutes d’ouverture au plus",
        f"NOT ({_PENDING})",
        "conversations dont la première attente a fini ou a dépassé le délai promis",
        _PENDING,
        "attendent encore, dans le délai promis ; elles ne sont pas dans le total",
    ),
    Figure(
        "broken",
        "Promesses rompues",
        "Rompues",
        "Part des conversations ouvertes dans la période où le délai promis a été dépassé au moins une fois, à n’importe "
        "quel message. Chaque conversation compte une fois.",
        Unit.SHARE,
        "broken",
        "conversations où une attente au moins a dépassé le délai promis",
        _ALL,
        _OPENED_TEXT,
        "waiting AND NOT broken",
        "attendent une réponse en ce moment, sans dépassement jusqu’ici ; elles restent dans le total",
    ),
    Figure(
        "handed-over",
        "Conversations transmises",
        "Transmises",
        "Part des conversations ouvertes dans la période qui ont été transmises au moins une fois à une structure, avec "
        "l’accord de la personne. Chaque conversation compte une fois, même transmise à plusieurs structures.",
        Unit.SHARE,
        "sent",
        "conversations transmises au moins une fois",
        _ALL,
        _OPENED_TEXT,
        "NOT sent AND baton = 'handover.proposed'",
        "transmission proposée, la personne n’a pas encore répondu ; elles restent dans le total",
    ),
    Figure(
        "accepted",
        "Transmissions acceptées",
        "Acceptées",
        "Part des conversations transmises qu’une structure a acceptées au moins une fois, même si une autre avait refusé "
        "ou si la personne a ensuite retiré son accord.",
        Unit.SHARE,
        _ACCEPTED,
        "conversations acceptées par une structure au moins",
        "sent",
        _SENT_TEXT,
        "baton = 'handover.sent' AND NOT accepted",
        _AWAITING,
    ),
    Figure(
        "refused",
        "Transmissions refusées",
        "Refusées",
        "Part des conversations transmises qu’une structure a refusées au moins une fois. Une conversation refusée puis "
        "acceptée ailleurs compte ici et dans les acceptées.",
        Unit.SHARE,
        "sent AND refused",
        "conversations refusées par une structure au moins",
        "sent",
        _SENT_TEXT,
        "baton = 'handover.sent' AND NOT refused",
        _AWAITING,
    ),
    Figure(
        "returned",
        "Transmissions revenues",
        "Revenues",
        "Part des conversations transmises qui sont revenues au moins une fois à l’équipe, faute de réponse de la structure "
        "dans le délai convenu. Une conversation revenue puis acceptée compte ici et dans les acceptées.",
        Unit.SHARE,
        "sent AND returned",
        "conversations revenues sans réponse au moins une fois",
        "sent",
        _SENT_TEXT,
        "baton = 'handover.sent' AND NOT returned",
        _AWAITING,
    ),
    Figure(
        "outcome",
        "Suites connues",
        "Suites",
        "Part des conversations acceptées dont la suite est connue, quelle qu’elle soit, même « pas de suite » : dite par la structure, "
        "par l’équipe ou par la personne, sur le moment ou des mois après.",
        Unit.SHARE,
        f"{_ACCEPTED} AND outcome IS NOT NULL",
        "conversations acceptées dont la suite est notée",
        _ACCEPTED,
        _ACCEPTED_TEXT,
        f"{_ACCEPTED} AND outcome IS NULL",
        _NO_OUTCOME,
    ),
    Figure(
        "placed",
        "Places trouvées",
        "Places",
        "Part des conversations acceptées dont la dernière suite notée est une formation (qualifiante ou préparatoire), un contrat en "
        "alternance, des études, un emploi ou une création d’activité, un stage ou une immersion, ou un service civique. Une inscription, "
        "une aide ou un bénévolat n’en sont pas.",
        Unit.SHARE,
        f"{_ACCEPTED} AND outcome IN {_among(PLACES)}",
        "conversations acceptées qui ont mené à une place",
        _ACCEPTED,
        _ACCEPTED_TEXT,
        f"{_ACCEPTED} AND outcome IS NULL",
        _NO_OUTCOME,
    ),
    Figure(
        "accompanied",
        "Personnes accompagnées",
        "Accompagnées",
        "Part des conversations ouvertes dans la période où la personne a été accompagnée au-delà d’une réponse : une structure l’a acceptée "
        "avec son accord, ou un rendez-vous, avec l’équipe ou avec une structure, a eu lieu. Une réponse écrite ne suffit pas. Chaque "
        "conversation compte une fois.",
        Unit.SHARE,
        _ACCOMPANIED,
        "conversations acceptées par une structure, ou avec un rendez-vous tenu",
        _ALL,
        _OPENED_TEXT,
        f"NOT {_ACCOMPANIED} AND (baton = 'handover.sent' OR booked AND NOT missed)",
        "une structure n’a pas encore répondu, ou un rendez-vous choisi n’est pas encore noté ; elles restent dans le total",
    ),
    Figure(
        "re-engaged",
        "Personnes remises en chemin",
        "En chemin",
        "Part des personnes accompagnées dont la dernière suite connue est une place (formation, alternance, études, emploi, création "
        "d’activité, stage, service civique), un bénévolat régulier, une inscription à la mission locale ou à France Travail, ou "
        "l’accompagnement par une structure. Une aide ou un déménagement n’en sont pas ; la dernière suite dite remplace les autres.",
        Unit.SHARE,
        f"{_ACCOMPANIED} AND outcome IN {_among(ENGAGED)}",
        "personnes accompagnées, en chemin à la dernière nouvelle",
        _ACCOMPANIED,
        _ACCOMPANIED_TEXT,
        f"{_ACCOMPANIED} AND outcome IS NULL",
        "accompagnées, sans nouvelle jusqu’ici ; elles restent dans le total",
    ),
    Figure(
        "unknown-before",
        "Inconnues auparavant",
        "Inconnues avant",
        "Part des personnes acceptées par une structure dont cette structure dit, après vérification, que ni la mission locale ni France "
        "Travail ne les connaissaient. Ce que la personne en dit elle-même ne compte pas ; « nous ne pouvons pas le savoir » non plus.",
        Unit.SHARE,
        f"{_ACCEPTED} AND known_before = 'unknown'",
        "personnes inconnues auparavant, vérifié par la structure",
        f"{_ACCEPTED} AND known_before IN ('unknown', 'known', 'accompanied')",
        "personnes acceptées dont la structure a pu vérifier la situation",
        f"{_ACCEPTED} AND coalesce(known_before, 'unsure') = 'unsure'",
        "acceptées, sans vérification ; elles ne sont pas dans le total",
    ),
    Figure(
        "told-once",
        "Sans avoir à se répéter",
        "Sans se répéter",
        "Part des personnes acceptées par une structure qui, interrogées ensuite, disent n’avoir pas eu à raconter leur histoire une "
        "deuxième fois. Seules les réponses comptent ; la dernière remplace les autres.",
        Unit.SHARE,
        f"{_ACCEPTED} AND told = 'false'",
        "personnes qui n’ont pas eu à se répéter",
        f"{_ACCEPTED} AND told IS NOT NULL",
        "personnes acceptées qui ont répondu à la question",
        f"{_ACCEPTED} AND told IS NULL",
        "acceptées, sans réponse à cette question ; elles ne sont pas dans le total",
    ),
    Figure(
        "met",
        "Rendez-vous tenus",
        "Rendez-vous",
        "Part des conversations avec un rendez-vous noté (tenu ou manqué) où un rendez-vous au moins a eu lieu. Un rendez-vous annulé "
        "n’y est pas. Chaque conversation compte une fois.",
        Unit.SHARE,
        "met",
        "conversations avec un rendez-vous tenu au moins",
        "met OR missed",
        "conversations avec un rendez-vous noté comme tenu ou manqué",
        "booked AND NOT met AND NOT missed",
        "un rendez-vous choisi, à venir, annulé ou pas encore noté ; elles ne sont pas dans le total",
    ),
    *(
        Figure(
            f"placed-{month}",
            f"En place après {month} mois",
            f"À {month} mois",
            f"Parmi les personnes à qui on a redemandé des nouvelles après {month} mois, part de celles qui ont alors une place, dite par "
            "elles, par l’équipe ou par la structure : formation, alternance, études, emploi, activité, stage ou service civique. Une "
            "personne sans réponse reste dans le total.",
            Unit.SHARE,
            f"asked_{month} AND outcome_{month} IN {_among(PLACES)}",
            f"personnes en place après {month} mois",
            f"asked_{month}",
            f"personnes à qui on a redemandé des nouvelles après {month} mois",
            f"asked_{month} AND outcome_{month} IS NULL",
            "sans nouvelle à cette date ; elles restent dans le total",
        )
        for month in MONTHS
    ),
    *(
        Figure(
            f"{OUTCOME_PREFIX}{kind.value}",
            f"Suite : {kind.label.lower()}",
            kind.label,
            f"Part des conversations acceptées dont la dernière suite notée est « {kind.label.lower()} ». "
            "Chaque conversation compte une fois ; une nouvelle suite remplace la précédente.",
            Unit.SHARE,
            f"{_ACCEPTED} AND outcome = '{kind.value}'",
            f"conversations acceptées, dernière suite « {kind.label.lower()} »",
            _ACCEPTED,
            _ACCEPTED_TEXT,
            f"{_ACCEPTED} AND outcome IS NULL",
            _NO_OUTCOME,
        )
        for kind in OutcomeCode
    ),
)
BY_SLUG = {figure.slug: figure for figure in FIGURES}
