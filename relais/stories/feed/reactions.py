"""A reaction: one more of its kind, and nothing about who."""

from datetime import datetime

from django.db import transaction
from django.db.models import F

from relais.foundation.events import record
from relais.foundation.refusals import Gone

from ..events import StoryReacted
from ..models import ReactionCount, Story

SHOWN_FROM = 5
"""Under five, a number says more about the people than about the story."""


@transaction.atomic
def react(*, story: str, kind: str, touch: str, now: datetime) -> None:
    """One more reaction of `kind` (ReactionCount.Kind) to the story named `story`. Raises Gone."""
    if not Story.objects.published(now).select_for_update(no_key=True).filter(pk=story).first():
        raise Gone("Ce témoignage n’est plus là.")
    count, _ = ReactionCount.objects.get_or_create(story_id=story, kind=kind)
    ReactionCount.objects.filter(pk=count.pk).update(number=F("number") + 1)
    record(StoryReacted(story=story, kind=kind, touch=touch), now=now)
