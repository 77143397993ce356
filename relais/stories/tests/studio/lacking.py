"""Stories that lack one thing, for tests of gates."""

from datetime import timedelta

from django.utils import timezone

from relais.media.models import Clip
from relais.stories.models import Story
from relais.stories.studio import gates, services
from relais.stories.tests.making import again

WRONG = "Les professionnels qui soutiens les familles sont là."


def closed(story, now):
    return [gate.name for gate in gates.missing(again(story), now)]


def set_(**values):
    return lambda story, now: Story.objects.filter(pk=story.pk).update(**values)


def no_clip_ready(story, now):
    Clip.objects.filter(folder=story.folder).update(state=Clip.State.REFUSED, reason="Ce fichier est abîmé.")


def without(kind):
    return lambda story, now: story.consents.filter(kind=kind).update(withdrawn_at=now)


def not_on_site(kind):
    return lambda story, now: story.consents.filter(kind=kind).update(channels=["tiktok"])


def over(kind):
    yesterday = timedelta(days=1)
    return lambda story, now: story.consents.filter(kind=kind).update(
        starts=timezone.localdate(now) - 2 * yesterday, ends=timezone.localdate(now) - yesterday
    )


def mistaken(story, now):
    set_(transcript=WRONG)(story, now)
    services.proofread(story=story, now=now)
