"""What campaigns do when something happened below, and what they tell to who asks below."""

from datetime import datetime

from relais.coaching.desk.timeline import Origin, tells_origin
from relais.foundation.events import subscribe
from relais.stories.events import CopyNoted, StoryPublished
from relais.stories.models import ExternalCopy, Story
from relais.stories.studio import rights

from . import services
from .models import Touch


@subscribe(StoryPublished)
def give_a_share_touch(event: StoryPublished, now: datetime) -> None:
    services.ensure_share_touch(story=Story.objects.get(pk=event.story), now=now)


@subscribe(CopyNoted)
def give_the_copy_a_touch(event: CopyNoted, now: datetime) -> None:
    """So that who comes from an invitation below that video is counted as having come from there."""
    touch = services.ensure_copy_touch(copy=ExternalCopy.objects.select_related("story").get(pk=event.copy), now=now)
    rights.give_touch(copy=event.copy, touch=touch.code)


@tells_origin
def of_touch(code: str) -> Origin | None:
    """What a touch is, for who answers a person: the desk is below this app and cannot look."""
    touch = Touch.objects.select_related("story").filter(pk=code).first()
    if touch is None:
        return None
    label = f"{touch.get_kind_display()} : {touch.label}"
    return Origin(label, touch.story.title, touch.story.get_absolute_url()) if touch.story else Origin(label)
