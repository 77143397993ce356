"""The list of the touches."""

from relais.foundation.folding import Folded, contains
from relais.foundation.lists import Choice, Column, Listing, Words, by_choice

from .addresses import address_of
from .models import Touch

TOUCHES = Listing(
    ("contact", "contacts"),
    [
        Column("nom", "Nom", lambda touch: touch.label, order=(Folded("label"), "code")),
        Column("code", "Code", lambda touch: touch.code, order=("code",)),
        Column("suivis", "Suivis", lambda touch: touch.followed, order=("-followed", "code"), number=True),
        Column(
            "sorte",
            "Sorte",
            lambda touch: touch.get_kind_display(),
            order=(by_choice("kind", Touch.Kind.choices), Folded("label"), "code"),
        ),
        Column("vers", "Mène à", lambda touch: touch.story.title if touch.story else "La page d’accueil"),
        Column("creation", "Créé", lambda touch: touch.created_at, order=("created_at", "code")),
        Column("adresse", "Adresse", address_of, only_file=True),
    ],
    order=("-created_at", "code"),
    ordered="du plus récent au plus ancien",
    filters=[
        Words("q", "Nom ou code", contains("label", "code")),
        Choice("sorte", "Sorte", Touch.Kind.choices, field="kind"),
    ],
    file="contacts",
)
