"""A sheet to hang or to hand out: what leads a passer-by to the code, and, small, what tells the team where it hangs."""

from relais.documents import services as documents
from relais.foundation import sites

from . import qr
from .addresses import address_of
from .models import Touch


def sheet(touch: Touch, per_page: int) -> documents.Made:
    """One sheet of paper (A4), or four to cut (A6). Dated of the touch: printed again, it is the same."""
    story = touch.story if touch.target() != "/" else None
    address = address_of(touch)
    data = {
        "headline": story.title if story else "Et toi, qu’est-ce qui t’attire ?",
        "address": address.split("://", 1)[1],
        "link": address,
        "place": touch.label if "démonstration" in touch.label else f"{touch.label}{', démonstration' * touch.is_demo}",
        "kind": touch.get_kind_display(),
        "code": touch.code,
        "organisation": touch.organisation.name,
        "per_page": per_page,
    }
    return documents.make(
        "campaigns/sheet",
        data,
        title=f"Affiche {touch.code}",
        site=sites.of(touch.organisation_id),
        at=touch.created_at,
        pictures={"qr.svg": qr.drawn(touch)},
    )
