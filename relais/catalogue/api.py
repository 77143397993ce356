"""The open door of the catalogue: read only, no key."""

from typing import Annotated

from ninja import Query, Router, Schema

from relais.safeguarding import first_aid

from .models import Occupation
from .search.api import HelpNumber
from .search.api import router as search
from .search.service import occupations as occupations_for

Text = Annotated[str, Query(max_length=200, description="Mots cherchés, sans se soucier des accents")]

router = Router(tags=["catalogue"])
router.add_router("", search)


class OccupationOut(Schema):
    slug: str
    name: str
    rome: list[str]
    short_name: str
    feminine: str
    masculine: str
    tagline: str
    aliases: list[str]
    level: int | None
    no_diploma: bool
    entry: str
    url: str


class Occupations(Schema):
    results: list[OccupationOut]
    total: int
    help: list[HelpNumber] | None = None


class Refusal(Schema):
    error: str


@router.get(
    "/occupations",
    response={200: Occupations, 400: Refusal, 422: Refusal},
    exclude_unset=True,
    summary="Occupation sheets, all or those that answer to q",
)
def occupations(request, q: Text = ""):
    found = occupations_for(q) if q.strip() else list(Occupation.objects.active())
    fields = (
        "slug",
        "name",
        "rome",
        "short_name",
        "feminine",
        "masculine",
        "tagline",
        "aliases",
        "level",
        "no_diploma",
        "entry",
    )
    rows = [{name: getattr(one, name) for name in fields} | {"url": one.get_absolute_url()} for one in found]
    help_lines = first_aid.as_data(first_aid.help_for(q))
    return {"results": rows, "total": len(rows)} | ({"help": help_lines} if help_lines else {})
