"""The lists of the catalogue for those who work here."""

from django.db.models import Q

from relais.foundation.contacts import shown
from relais.foundation.folding import Folded, contains
from relais.foundation.lists import Choice, Column, Listing, Words, by_choice

from .folding import fold
from .models import Structure


def found(word: str) -> Q:
    return contains("name")(word) | Q(commune__key__contains=fold(word)) | Q(departement__iexact=word)


STRUCTURES = Listing(
    ("structure", "structures"),
    [
        Column("nom", "Nom", lambda one: one.name, order=(Folded("name"), "id")),
        Column(
            "sorte",
            "Type",
            lambda one: one.get_kind_display() + (", entrée temporaire" if one.is_temporary else ""),
            order=(by_choice("kind", Structure.Kind.choices), Folded("name"), "id"),
        ),
        Column(
            "commune",
            "Commune",
            lambda one: one.commune.name if one.commune else "Inconnue",
            order=(Folded("commune__name"), Folded("name"), "id"),
        ),
        Column("departement", "Département", lambda one: one.departement, order=("departement", Folded("name"), "id")),
        Column("lieu", "Lieu", lambda one: one.get_placement_display()),
        Column("joindre", "Joindre", lambda one: one.email or shown(one.phone) or "À compléter"),
        Column("e-mail", "E-mail", lambda one: one.email, only_file=True),
        Column("telephone", "Téléphone", lambda one: shown(one.phone), only_file=True),
    ],
    order=(Folded("name"), "id"),
    ordered="par nom",
    filters=[
        Words("q", "Nom, commune ou département", found),
        Choice("sorte", "Type", Structure.Kind.choices, field="kind"),
        Choice("lieu", "Lieu", Structure.Placement.choices, field="placement"),
    ],
    file="structures",
)

SET_ASIDE = Listing(
    ("ligne", "lignes"),
    [Column("ligne", "Ligne", lambda row: row["row"]), Column("raison", "Raison", lambda row: row["reason"])],
    file="mises-de-cote",
)
