"""What campaigns do when something happened below, and what they tell to who asks below."""

from datetime import datetime

from relais.coaching.desk.paths import Origin, tells_origin
from relais.foundation.events import subscribe
from relais.stories.events import StoryPublished
from relais.stories.models import Story

from . import services
from .models import Touch


@subscribe(StoryPublished)
def give_a_share_touch(event: StoryPublished, now: datetime) -> None:
    services.ensure_share_touch(story=Story.objects.get(pk=event.story), now=now)


@tells_origin
def of_touch(code: str) -> Origin | None:
    """What a touch is, for who answers a person: the desk is below this app and cannot look."""
    touch = Touch.objects.select_related("story").filter(pk=code).first()
    if touch is None:
        return None
    label = f"{touch.get_kind_display()} : {touch.label}"
    return Origin(label, touch.story.title, touch.story.get_absolute_url()) if touch.story else Origin(label)
