"""From an address to a question. A page forgives what it cannot read; the API says what is wrong in a sentence."""

from urllib.parse import urlencode

from relais.foundation.typed import one_line

from ..selectors import UnknownCommune, commune_from
from .facets import CHOSEN, FAR, KINDS, RADII
from .query import DEEPEST, RADIUS, SORTS, Question

LONGEST = 200
WORDS = {"q": "q", "near": "lieu", "radius": "rayon", "kind": "type", "rome": "metier", "sort": "tri", "page": "page"}
"""What each part of a question is called in the page's address."""


def place(text: str):
    """The commune, or None for no text. Raises `UnknownCommune`."""
    return commune_from(text) if text.strip() else None


def from_page(data) -> tuple[Question, dict]:
    """(question, {"near": the text of the place, "suggestions": communes to choose from, "unknown": bool}).

    Whatever cannot be read is left out: an address cut by a message still opens a page.
    """
    where = {"near": one_line(data.get("lieu", "")[:100]), "suggestions": [], "unknown": False}
    commune = None
    try:
        commune = place(where["near"])
    except UnknownCommune as error:
        where |= {"suggestions": error.suggestions, "unknown": True}
    chosen = {
        facet.name: tuple(value for value in facet.values if value in data.getlist(facet.word)) for facet in CHOSEN
    }
    kind, sort = data.get("type", ""), data.get("tri", "")
    question = Question(
        text=one_line(data.get("q", "")[:LONGEST]),
        commune=commune,
        radius=_whole(data.get("rayon"), RADIUS, (*RADII, *FAR)),
        kind=kind if kind in KINDS else "",
        rome=data.get("metier", "")[:5],
        chosen={name: values for name, values in chosen.items() if values},
        sort=sort if sort in SORTS and (sort != "distance" or commune) else "relevance",
        page=_whole(data.get("page"), 1, range(1, DEEPEST + 1)),
    )
    return question, where


def _whole(text, default: int, allowed) -> int:
    return (
        int(text) if text and text.isascii() and text.isdigit() and len(text) < 6 and int(text) in allowed else default
    )


def address(data, **changes) -> str:
    """The address of the same page with some parts changed; a part set to None goes, and so does the page number."""
    kept = {name: data.getlist(name) for name in sorted(data) if name not in ("page", *changes)}
    kept |= {
        name: [value] if isinstance(value, str | int) else value for name, value in changes.items() if value is not None
    }
    return "/recherche?" + urlencode(
        {name: [value for value in values if value != ""] for name, values in kept.items()}, doseq=True
    )
