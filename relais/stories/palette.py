from django.urls import reverse

from relais.foundation.folding import Folded, contains, every
from relais.foundation.palette import LOOKED_AT, Found, finds

from .models import Story
from .studio.services import MAKERS


@finds("Témoignages")
def stories(user, words):
    own = (
        Story.objects.visible_to(user)
        .filter(every(words, contains("title")), organisation__in=user.organisation_ids(*MAKERS))
        .order_by(Folded("title"), "slug")
    )
    return (
        Found(story.title, reverse("studio_story", args=[story.slug]), story.get_state_display())
        for story in own[:LOOKED_AT]
    )
