"""Who did what to a story, and when: read from the event log, with the reasons kept beside it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid5

from relais.accounts.models import User
from relais.foundation.events import Event, record
from relais.foundation.models import EventRecord

from .models import Consent, Story

NAMESPACE = UUID("6f0f4f0e-6a0b-5d0c-9a51-0b7a0c2f6a11")
"""The log finds an event by its `subject`, a UUID: that of a story is derived from its slug."""

MOVED = {
    ("none", "draft"): "Créé",
    ("draft", "in-review"): "Envoyé en relecture",
    ("in-review", "draft"): "Renvoyé en brouillon",
    ("in-review", "approved"): "Approuvé",
    ("approved", "draft"): "Modifié : à relire de nouveau",
    ("approved", "published"): "Publié",
    ("published", "withdrawn"): "Retiré",
    ("withdrawn", "draft"): "Repris en brouillon",
}
KINDS = {Consent.Kind.PERSON: "de la personne montrée", Consent.Kind.PARENT: "d’un parent", Consent.Kind.EMPLOYER: "de l’employeur"}


@dataclass(frozen=True)
class Step:
    """`who` is None when the program itself did it."""

    at: datetime
    what: str
    who: User | None
    reason: str = ""


def subject_of(slug: str) -> UUID:
    return uuid5(NAMESPACE, slug)


def tell(event: type[Event], story: Story, *, now: datetime, **fields) -> None:
    """Record something that happened to a story."""
    record(event(story=story.slug, subject=subject_of(story.slug), **fields), now=now)


def history(story: Story, limit: int = 100) -> list[Step]:
    """The last steps, the newest first (four queries)."""
    clips = story.clips.values_list("pk", flat=True)
    rows = list(EventRecord.objects.filter(subject__in=[subject_of(story.slug), *clips]).order_by("-id")[:limit])
    people = User.objects.in_bulk({by for row in rows if (by := row.data.get("by"))})
    people = {str(pk): user for pk, user in people.items()}
    reasons = dict(story.traces.filter(question=None, answer=None).values_list("at", "reason"))
    return [
        Step(row.at, what, people.get(row.data.get("by")), reasons.get(row.at, "") if row.name == "story.moved" else "")
        for row in rows
        if (what := _words(row))
    ]


def _words(row: EventRecord) -> str:
    if row.name == "story.moved":
        return MOVED.get((row.data["before"], row.data["after"]), "")
    if row.name in ("consent.recorded", "consent.withdrawn"):
        done = "enregistré" if row.name == "consent.recorded" else "retiré"
        return f"Accord {KINDS[row.data['kind']]} {done}"
    if row.name == "clip.prepared":
        return "Fichier préparé" if row.data["ready"] else "Fichier refusé"
    return "Faute possible écartée" if row.name == "mistake.waived" else ""
