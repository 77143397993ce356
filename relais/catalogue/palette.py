from django.db.models import Q
from django.urls import reverse

from relais.foundation.folding import Folded, every, words_in
from relais.foundation.folding import fold as letters
from relais.foundation.palette import LOOKED_AT, Found, finds
from relais.foundation.typed import one_line

from .folding import fold
from .lists import found
from .models import Occupation, Structure
from .search.query import Question
from .search.service import search
from .services import CORRECTORS


@finds("Structures")
def structures(user, words):
    if not user.organisations(*CORRECTORS).exists():
        return []
    rows = (
        Structure.objects.filter(every(words, found), is_active=True)
        .select_related("commune")
        .order_by(Folded("name"), "id")
    )
    return (
        Found(one.name, reverse("staff_structure", args=[one.pk]), str(one.commune or "commune inconnue"))
        for one in rows[:LOOKED_AT]
    )


@finds("Métiers")
def occupations(user, words):
    sheets = Occupation.objects.filter(every(words, lambda word: Q(key__contains=fold(word))), is_active=True).order_by(
        Folded("short_name")
    )
    return (Found(one.short_name, one.get_absolute_url()) for one in sheets[:LOOKED_AT])


@finds("Offres d’emploi")
def offers(user, words):
    """By the search, which also knows what words mean; here a name is sought, so its words have to be there."""
    asked, wanted = one_line(words), words_in(words)
    rows = [result.row for result in search(Question(asked, kind="offer")).results] if asked else []
    named = (row for row in rows if all(word in letters(f"{row.title} {row.who}") for word in wanted))
    return (Found(row.title, row.url, ", ".join(filter(None, (row.who, row.place)))) for row in named)
