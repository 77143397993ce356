"""What to do at each level of a danger file: the words of content/levels.toml, and the information préoccupante made from a file."""

import tomllib
from datetime import date, datetime
from functools import cache
from pathlib import Path

import msgspec
from django.utils import timezone

from relais.foundation.help import HelpNumber, help_lines
from relais.foundation.jinja import clock, day

from . import watched
from .models import DangerFile
from .watched import Watched

FILE = Path(__file__).parent / "content" / "levels.toml"


class Checklist(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    title: str
    when: str
    numbers: list[str]
    steps: list[str]

    def to_ring(self) -> list[HelpNumber]:
        return help_lines(self.numbers)


class Law(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    text: str
    reference: str
    source: str
    verified_on: date


class Levels(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    A: Checklist
    B: Checklist
    C: Checklist
    law: list[Law]

    def of(self, level: str) -> Checklist:
        return getattr(self, level)

    def all(self) -> list[tuple[str, Checklist]]:
        return [(level, self.of(level)) for level in DangerFile.Level.values]


@cache
def levels() -> Levels:
    return msgspec.convert(tomllib.loads(FILE.read_text("utf-8")), Levels)


def report(file: DangerFile, now: datetime) -> list[tuple[str, str]]:
    """The parts of an information préoccupante, (title, text), filled with what the file knows. A human completes it and sends it."""
    subject = watched.find(file)
    person = Watched.of(subject.kind).person(subject) if subject else "Non connu de l’équipe."
    entries = [
        f"{_when(entry.at)}. {entry.text}"
        for entry in file.entries.all()
        if entry.text and entry.action in ("added", "called")
    ]
    parents = file.get_parents_display() if file.parents else "Pas encore décidé."
    return [
        ("Destinataire", "Cellule de recueil des informations préoccupantes (CRIP) du département : à compléter."),
        (
            "Émetteur",
            f"{file.organisation}. Rédigé par {_name(file.opened_by)}, relu par {_name(file.second_reader) if file.second_read_at else '(à faire)'}.",
        ),
        ("Date", f"Faits recueillis {_when(file.opened_at)}. Document préparé {_when(now)}."),
        ("La personne", f"{person} Nom, adresse, établissement : à compléter s’ils sont connus."),
        ("Niveau", file.get_level_display()),
        ("Faits, mots de la personne entre guillemets", file.facts),
        ("Ce qui a été fait depuis", "\n".join(entries) or "Rien n’est encore noté."),
        ("Information des parents", " : ".join(part for part in (parents, file.parents_reason) if part)),
        ("Motifs de la transmission", file.reasons or "À compléter."),
    ]


def _when(at: datetime) -> str:
    local = timezone.localtime(at)
    return f"le {day(local)} à {clock(local)}"


def _name(user) -> str:
    return user.full_name or str(user)
