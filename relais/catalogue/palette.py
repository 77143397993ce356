from django.urls import reverse

from relais.foundation.palette import Found, finds

from .folding import fold
from .lists import found
from .models import Occupation, Structure
from .services import CORRECTORS


@finds("Structures")
def structures(user, words):
    if not user.organisations(*CORRECTORS).exists():
        return []
    rows = Structure.objects.filter(is_active=True).select_related("commune").order_by("name", "id")
    for word in words.split():
        rows = rows.filter(found(word))
    return (Found(one.name, reverse("staff_structure", args=[one.pk]), str(one.commune or "commune inconnue")) for one in rows)


@finds("Métiers")
def occupations(user, words):
    sheets = Occupation.objects.filter(is_active=True, key__contains=fold(words)).order_by("short_name")
    return (Found(one.short_name, one.get_absolute_url()) for one in sheets)
