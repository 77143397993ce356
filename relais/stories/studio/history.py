"""Who did what to a story, and when: read from the event log, with the reasons kept beside it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid5

from relais.accounts.models import User
from relais.foundation.events import Event, record
from relais.foundation.timeline import Step, timeline

from ..events import StoryMoved
from ..models import Story

NAMESPACE = UUID("6f0f4f0e-6a0b-5d0c-9a51-0b7a0c2f6a11")
"""The log finds an event by its `subject`, a UUID: that of a story is derived from its slug."""


@dataclass(frozen=True)
class Told:
    """`who` is None when the program itself did it."""

    step: Step
    who: User | None
    reason: str = ""


def subject_of(slug: str) -> UUID:
    return uuid5(NAMESPACE, slug)


def tell(event: type[Event], story: Story, *, now: datetime, **fields) -> None:
    """Record something that happened to a story."""
    record(event(story=story.slug, subject=subject_of(story.slug), **fields), now=now)


def history(story: Story, limit: int = 100) -> list[Told]:
    """The last steps, the newest first (four queries)."""
    clips = story.clips.values_list("pk", flat=True)
    steps = timeline(subject_of(story.slug), *clips, limit=limit)
    people = User.objects.in_bulk({step.by for step in steps if step.by})
    reasons = dict(story.traces.filter(question=None, answer=None).values_list("at", "reason"))
    return [
        Told(step, people.get(step.by), reasons.get(step.at, "") if step.name == StoryMoved.name else "")
        for step in steps
    ]
