"""GET /api/v1/search: the same answers as the page, for programs. Refuses in a sentence what it cannot read."""

from typing import Annotated, Literal

from ninja import Query, Router, Schema
from ninja.errors import HttpError

from relais.foundation.typed import one_line
from relais.safeguarding import first_aid

from ..selectors import UnknownCommune
from .facets import CHOSEN
from .forms import LONGEST, place
from .query import DEEPEST, RADIUS, Question
from .service import search

router = Router(tags=["catalogue"])
Kind = Literal["", "occupation", "training", "offer", "structure"]


class Found(Schema):
    kind: Literal["occupation", "training", "offer", "structure"]
    title: str
    url: str
    why: str
    rome: list[str] | None = None
    distance_km: int | None = None
    place: str | None = None
    organisation: str | None = None
    contract: str | None = None
    date: str | None = None
    origin: str | None = None
    is_approximate: bool | None = None
    is_demo: bool | None = None


class Understood(Schema):
    """An occupation that the words name or describe."""

    name: str
    rome: list[str]
    url: str
    named: bool


class HelpNumber(Schema):
    """A number to call now, free; `url` is tel: or sms:."""

    number: str
    name: str
    hours: str
    url: str


class Results(Schema):
    """`help` holds numbers when the words are signs of danger (show them before anything else), else null."""

    results: list[Found]
    total: int
    kinds: dict[str, int]
    facets: dict[str, dict[str, int]]
    understood: list[Understood]
    help: list[HelpNumber] | None = None


class Refusal(Schema):
    error: str


class Choices(Schema):
    contract: list[Literal["CDI", "CDD", "MIS", "SAI", "LIB", "AUTRE"]] = []
    level: list[Literal["3", "4", "5", "6", "7", "8"]] = []
    audience: list[Literal["enfants", "adultes-handicap", "difficulte-sociale", "personnes-agees", "malades"]] = []
    duration: list[Literal["courte", "moyenne", "longue"]] = []
    date: Literal["", "1", "7", "30"] = ""
    no_diploma: bool = False
    apprenticeship: bool = False

    def chosen(self) -> dict[str, tuple[str, ...]]:
        told = {name: tuple(getattr(self, name)) for name in ("contract", "level", "audience", "duration")}
        told |= {
            "date": (self.date,) if self.date else (),
            "no_diploma": ("oui",) * self.no_diploma,
            "apprenticeship": ("oui",) * self.apprenticeship,
        }
        return {facet.name: told[facet.name] for facet in CHOSEN if told[facet.name]}


@router.get(
    "/search",
    response={200: Results, 400: Refusal, 422: Refusal},
    exclude_none=True,
    summary="Occupations, trainings, job offers and places that help; exact counts; distances in km when near is given",
)
def find(
    request,
    choices: Query[Choices],
    q: Annotated[str, Query(max_length=LONGEST, description="Mots cherchés, comme on les dit")] = "",
    near: Annotated[str, Query(max_length=100, description="Une commune ou un code postal")] = "",
    radius: Annotated[int, Query(ge=1, le=200, description="Kilomètres autour de near")] = RADIUS,
    kind: Kind = "",
    rome: Annotated[
        str, Query(pattern=r"^([A-N][0-9]{4})?$", description="Seulement cette famille de métiers du ROME")
    ] = "",
    sort: Literal["relevance", "distance", "date"] = "relevance",
    page: Annotated[int, Query(ge=1, le=DEEPEST)] = 1,
):
    text, where = one_line(q), one_line(near)
    if not text and not where and not rome:
        raise HttpError(422, "Donnez au moins des mots (q) ou un lieu (near).")
    try:
        commune = place(where)
    except UnknownCommune as error:
        choice = ", ".join(str(one) for one in error.suggestions)
        raise HttpError(422, f"{error} Précisez : {choice}." if choice else str(error)) from None
    if sort == "distance" and not commune:
        raise HttpError(422, "Pour trier par distance, donnez un lieu (near).")
    answer = search(Question(text, commune, radius, kind, rome, choices.chosen(), sort, page))
    distances = (
        {"distance": {str(radius): count for radius, count in answer.distances.items()}} if answer.distances else {}
    )
    return {
        "results": [_found(result) for result in answer.results],
        "total": answer.total,
        "kinds": answer.kinds,
        "facets": {"kind": answer.kinds} | answer.facets | distances,
        "understood": [
            {
                "name": one.name,
                "rome": one.rome,
                "url": f"/metiers/{one.slug}" if one.slug else f"/recherche?metier={one.code}",
                "named": one.named,
            }
            for one in answer.understood
        ],
        "help": first_aid.as_data(first_aid.help_for(text)) or None,
    }


def _found(result) -> dict:
    row = result.row
    return {
        "kind": row.kind,
        "title": row.title,
        "url": row.url,
        "why": ", ".join(result.why),
        "rome": row.rome or None,
        "distance_km": result.distance_km,
        "place": row.place or None,
        "organisation": row.who or None,
        "contract": row.contract or None,
        "date": row.day or None,
        "origin": row.origin or None,
        "is_approximate": row.approximate or None,
        "is_demo": row.demo or None,
    }
