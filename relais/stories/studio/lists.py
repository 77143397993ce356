"""The lists of the studio, one for each tab."""

from django.db.models import Case, F, When

from relais.foundation.folding import Folded, contains
from relais.foundation.lists import Choice, Column, Listing, Words

from ..models import Story

State = Story.State
URGENCY = Case(
    *(When(state=state, then=place) for place, state in enumerate((State.IN_REVIEW, State.APPROVED, State.DRAFT)))
)


def _listing(middle: str, order, ordered: str) -> Listing:
    """`middle`: what is told beside the state, drawn by the page."""
    return Listing(
        ("témoignage", "témoignages"),
        [
            Column("titre", "Titre", lambda story: story.title, order=(Folded("title"), "slug")),
            Column("etat", "État", lambda story: story.get_state_display()),
            Column("milieu", middle, lambda story: ""),
            Column("forme", "Forme", lambda story: story.get_form_display()),
            Column(
                "metier",
                "Métier",
                lambda story: story.occupation.short_name,
                order=(Folded("occupation__short_name"), "slug"),
            ),
        ],
        order=(*order, "slug"),
        ordered=ordered,
        filters=[
            Words(
                "q",
                "Titre, personne ou métier",
                contains("title", "person", "occupation__name", "occupation__short_name"),
            ),
            Choice("forme", "Forme", Story.Form.choices, field="form"),
        ],
    )


LISTS = {
    "en-cours": _listing("Il manque", (URGENCY, "-created_at"), "à relire d’abord, puis prêts, puis brouillons"),
    "publies": _listing(
        "Jusqu’au", (F("expires_at").asc(nulls_last=True), "-published_at"), "ce qui finit le plus tôt d’abord"
    ),
    "retires": _listing("Pourquoi", ("-withdrawn_at",), "du plus récemment retiré au plus ancien"),
}
