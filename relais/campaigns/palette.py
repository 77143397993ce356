from django.db.models import Q
from django.urls import reverse

from relais.foundation.folding import Folded, contains, every
from relais.foundation.palette import LOOKED_AT, Found, finds

from .models import Touch


@finds("Contacts de campagne")
def touches(user, words):
    own = (
        Touch.objects.visible_to(user)
        .filter(every(words, contains("label")) | Q(code=words.upper()))
        .order_by(Folded("label"), "code")
    )
    return (
        Found(touch.label, reverse("campaigns:touch", args=[touch.code]), f"{touch.get_kind_display()}, {touch.code}")
        for touch in own[:LOOKED_AT]
    )
