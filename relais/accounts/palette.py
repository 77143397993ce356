from django.urls import reverse

from relais.foundation.folding import Folded, contains, every
from relais.foundation.palette import LOOKED_AT, Found, finds

from .models import User


@finds("Comptes")
def accounts(user, words):
    """Their page opens to who administers them."""
    named = every(words, contains("full_name", "display_name", "email"))
    looked_after = (
        User.objects.administered_by(user).filter(named).order_by(Folded("full_name"), "email")
        if user.administered()
        else []
    )
    return (
        Found(one.full_name or one.display_name or one.email, reverse("member", args=[one.pk]), one.email)
        for one in looked_after[:LOOKED_AT]
    )
