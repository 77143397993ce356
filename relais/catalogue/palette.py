from django.db.models import Q
from django.urls import reverse

from relais.foundation.folding import Folded, every
from relais.foundation.palette import Found, finds

from .folding import fold
from .lists import found
from .models import Occupation, Structure
from .services import CORRECTORS


@finds("Structures")
def structures(user, words):
    if not user.organisations(*CORRECTORS).exists():
        return []
    rows = Structure.objects.filter(every(words, found), is_active=True).select_related("commune").order_by(Folded("name"), "id")
    return (Found(one.name, reverse("staff_structure", args=[one.pk]), str(one.commune or "commune inconnue")) for one in rows)


@finds("Métiers")
def occupations(user, words):
    sheets = Occupation.objects.filter(every(words, lambda word: Q(key__contains=fold(word))), is_active=True).order_by(Folded("short_name"))
    return (Found(one.short_name, one.get_absolute_url()) for one in sheets)
