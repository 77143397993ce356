"""What campaigns do when something happened below."""

from datetime import datetime

from relais.foundation.events import subscribe
from relais.stories.events import StoryPublished
from relais.stories.models import Story

from . import services


@subscribe(StoryPublished)
def give_a_share_touch(event: StoryPublished, now: datetime) -> None:
    services.ensure_share_touch(story=Story.objects.get(pk=event.story), now=now)
