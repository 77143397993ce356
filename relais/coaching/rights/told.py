"""What is kept of a person, in words: the export of `foundation.retention` as they read it on paper or on a screen.

The export itself keeps the names of our columns and our codes, for programs (`?fichier=json`). Here each of them is said in French, and a
test holds the two against each other: whatever is given has its words.
"""

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.utils.dateparse import parse_datetime

from relais.accounts import reading
from relais.accounts.models import Why
from relais.channels.models import OptOut
from relais.documents import services as documents
from relais.foundation.grammar import upper_first
from relais.foundation.jinja import clock, full_day
from relais.safeguarding.detection.labels import DANGERS

from ..models import Callback, Conversation, Message

READS = {
    "read": "lecture",
    "search": "recherche dans les messages",
    "merge": "réunion de deux conversations",
    "note-age": "âge noté",
    "export": "copie",
}
BY = {"": "", reading.SEARCH: "recherche de mots : ", reading.REPORT: "information préoccupante : "}
SIDES = {"young": "Toi", "staff": "L’équipe", "notice": "Message automatique", "partner": "La structure"}
DATES = ("at", "slot", "agreed_until")


class Column(NamedTuple):
    """What a value is called, and how it reads. `words`: {code: words}, or a function of the value."""

    name: str
    words: dict | Callable | None = None


def choices(of) -> dict:
    """{code: words} of these choices."""
    return dict(of.choices)


def _steps(value: list) -> str:
    return "\n".join(f"{step['node']} {step['choice']}" for step in value)


def _why(value: str) -> str:
    """A code of `Why`, with what it was read by; what else stands in the register is in words."""
    by, _, code = value.rpartition(":")
    if code not in Why or by not in BY:
        return value
    return f"{BY[by]}{Why(code).label}"


def _dangers(value: list) -> str:
    return ", ".join(DANGERS.get(kind, "à lire par quelqu’un") for kind in value)


CHANNEL, AT = Column("par", choices(Conversation.Channel)), Column("le")
SAYS = {"side": Column("de", SIDES), "body": Column("")}
COLUMNS: dict[str, dict[str, Column]] = {
    "parcours": {
        "pseudonym": Column("ton pseudo"),
        "touch": Column("le code de la vidéo ou de l’affiche du début"),
        "created_at": Column("première visite"),
        "seen_at": Column("dernière visite"),
        "commune": Column("ta commune"),
    },
    "appareils": {"created_at": Column("ouvert le")},
    "conversation": {
        "subject": Column("ton sujet", choices(Conversation.Subject)),
        "urgency": Column("c’est pour quand", choices(Conversation.Urgency)),
        "age_band": Column("ton âge", choices(Conversation.AgeBand)),
        "age_noted": Column("ton âge, noté par l’équipe et à confirmer", choices(Conversation.AgeBand)),
        "known": Column("la mission locale ou France Travail te suit", choices(Conversation.Known)),
        "employment": Column("école ou travail", choices(Conversation.Employment)),
        "guide_path": Column("ce que tu as choisi au début", _steps),
        "channel": Column("tu écris par", choices(Conversation.Channel)),
        "state": Column("où elle en est", choices(Conversation.State)),
        "opened_at": Column("commencée le"),
        "updated_at": Column("dernier changement"),
        "closed_at": Column("terminée le"),
        "erase_at": Column("s’efface le"),
        "ligne": Column("l’équipe qui te répond"),
    },
    "messages": SAYS
    | {
        "seq": Column("message n°"),
        "whole": Column("la lettre entière, avec ce qu’elle citait"),
        "channel": CHANNEL,
        "doubt": Column("remarque", choices(Message.Doubt)),
        "at": AT,
        "auteur": Column("de la part de"),
    },
    "notes de l’équipe": {"body": Column(""), "at": AT, "auteur": Column("de la part de")},
    "passages": {
        "at": AT,
        "reason": Column("raison"),
        "de": Column("de"),
        "à": Column("à"),
    },
    "brouillons de l’équipe": {"body": Column(""), "updated_at": AT},
    "rappel demandé": {
        "kind": Column("comment", choices(Callback.Kind)),
        "value": Column("à"),
        "slot": Column("quand"),
        "asked_at": Column("demandé le"),
    },
    "adresses": {
        "channel": CHANNEL,
        "address": Column("adresse ou numéro"),
        "receives": Column("ce qui en vient arrive dans ta conversation"),
        "last_at": Column("dernière fois"),
    },
    "refus de recevoir nos messages": {
        "channel": CHANNEL,
        "how": Column("de quelle manière", choices(OptOut.How)),
        "at": AT,
    },
    "alertes": {
        "kinds": Column("ce qui a été repéré", _dangers),
        "raised_at": AT,
        "seen_at": Column("lue par quelqu’un le"),
        "is_false": Column("c’était une erreur"),
    },
    "qui a lu": {
        "at": AT,
        "action": Column("quoi", READS),
        "reason": Column("raison", _why),
        "qui": Column("qui"),
    },
}


def also(columns: dict[str, dict[str, Column]]) -> None:
    """What an app above gives of a person, in words: said in its `retention.py`, beside its `@exports`."""
    COLUMNS.update(columns)


def sections(kept: dict, zone: ZoneInfo) -> list[dict]:
    """What `requests.export` gives as [{title, rows: [{head, facts: [{name, value}], words, mine}]}], in its order; what is empty is left out.

    `head`: who and when, of something said; `words`: a text of somebody, as it stands; `mine`: of the reader.
    """
    return [
        {
            "title": upper_first(title),
            "rows": [_row(title, row, zone) for row in ([held] if isinstance(held, dict) else held)],
        }
        for title, held in kept.items()
    ]


def document(kept: dict, *, site, until: datetime, zone: ZoneInfo, now: datetime) -> documents.Made:
    """The same, to keep or print."""
    lead = f"Copie du {full_day(now, zone)}. Sans nouvelles de toi, tout s’efface le {full_day(until, zone)}."
    data = {"lead": lead, "sections": sections(kept, zone)}
    return documents.make("coaching/own_data", data, title="Ce qu’on garde de toi", site=site, at=now)


def _row(title: str, row: dict, zone: ZoneInfo) -> dict:
    columns, facts, words = COLUMNS[title], [], ""
    zone = ZoneInfo(row["zone"]) if "zone" in row else zone
    said = "side" in row and "at" in row
    for key, value in row.items():
        name, spoken = columns[key].name, _spoken(key, columns[key], value, zone)
        if not name:
            words = spoken
        elif spoken and not (said and key in ("side", "at", "seq")):
            facts.append({"name": upper_first(name), "value": spoken})
    head = f"{SIDES[row['side']]}, {_moment(parse_datetime(row['at']), zone)}" if said else ""
    return {"head": head, "facts": facts, "words": words, "mine": row.get("side") == "young"}


def _spoken(key: str, column: Column, value, zone: ZoneInfo) -> str:
    if value is None or value == "":
        return ""
    if callable(column.words):
        return column.words(value) if value != [] else ""
    if isinstance(column.words, dict):
        return column.words.get(value, str(value))
    if isinstance(value, bool):
        return "oui" if value else "non"
    return _moment(parse_datetime(value), zone) if key in DATES or key.endswith("_at") else str(value)


def _moment(at: datetime, zone: ZoneInfo) -> str:
    return f"{full_day(at, zone)} à {clock(at, zone)}"
