from django.db.models import Q
from django.urls import reverse

from relais.foundation.folding import contains, every
from relais.foundation.palette import LOOKED_AT, Found, finds

from .models import Conversation


@finds("Vos conversations")
def conversations(user, words):
    """Those that one holds, or that whoever comes first may take: what the list names without asking why. Their names, never their words."""
    waiting = Q(claimed_by=None, state=Conversation.State.WAITING)
    own = (
        Conversation.objects.visible_to(user)
        .filter(Q(claimed_by=user) | waiting, every(words, contains("journey__pseudonym")))
        .select_related("journey")
    )
    return (
        Found(one.journey.pseudonym, reverse("desk", args=[one.pk]), one.get_state_display())
        for one in own.order_by("-updated_at", "id")[:LOOKED_AT]
    )
