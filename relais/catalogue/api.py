"""The open door of the catalogue: read only, no key."""

from typing import Annotated, Literal
from urllib.parse import urlencode

from ninja import Query, Router, Schema
from ninja.errors import HttpError

from .folding import fold
from .models import Occupation
from .selectors import UnknownCommune, commune_from, distance_km, doors, find_occupations

PAGE = 20
Text = Annotated[str, Query(max_length=200, description="Mots cherchés, sans se soucier des accents")]

router = Router(tags=["catalogue"])


class OccupationOut(Schema):
    slug: str
    name: str
    rome: list[str]
    short_name: str
    tagline: str
    aliases: list[str]
    level: int | None
    no_diploma: bool
    url: str


class Occupations(Schema):
    results: list[OccupationOut]
    total: int


class Found(Schema):
    kind: Literal["occupation", "structure"]
    title: str
    url: str
    why: str
    distance_km: int | None = None
    is_approximate: bool | None = None


class Results(Schema):
    results: list[Found]
    total: int


class Refusal(Schema):
    error: str


@router.get("/occupations", response={200: Occupations, 422: Refusal}, summary="Occupation sheets, all or those that answer to q")
def occupations(request, q: Text = ""):
    _no_nul(q)
    found = find_occupations(q) if q.strip() else list(Occupation.objects.active())
    fields = ("slug", "name", "rome", "short_name", "tagline", "aliases", "level", "no_diploma")
    rows = [{name: getattr(one, name) for name in fields} | {"url": one.get_absolute_url()} for one in found]
    return {"results": rows, "total": len(rows)}


@router.get(
    "/search", response={200: Results, 422: Refusal}, exclude_none=True, summary="Occupations and structures; distances in km when near is given"
)
def search(
    request,
    q: Text = "",
    near: Annotated[str, Query(max_length=100, description="Une commune ou un code postal")] = "",
    radius: Annotated[int, Query(ge=1, le=200, description="Kilomètres autour de near")] = 50,
    kind: Literal["", "occupation", "structure"] = "",
    page: Annotated[int, Query(ge=1, le=1000)] = 1,
):
    _no_nul(q, near)
    if not q.strip() and not near.strip():
        raise HttpError(422, "Donnez au moins des mots (q) ou un lieu (near).")
    place = _place(near)
    results = []
    if kind != "structure" and q.strip():
        results += [_occupation(one, fold(q)) for one in find_occupations(q)]
    if kind != "occupation":
        results += _structures(fold(q).split(), place, radius)
    return {"results": results[(page - 1) * PAGE : page * PAGE], "total": len(results)}


def _no_nul(*texts: str) -> None:
    if any("\x00" in text for text in texts):
        raise HttpError(422, "Ce texte contient un caractère qui n’en est pas un.")


def _place(near: str):
    if not near.strip():
        return None
    try:
        return commune_from(near)
    except UnknownCommune as error:
        choices = ", ".join(str(commune) for commune in error.suggestions)
        raise HttpError(422, f"{error} Précisez : {choices}." if choices else str(error)) from None


def _occupation(sheet: Occupation, phrase: str) -> dict:
    alias = next((alias for alias in sheet.aliases if phrase in fold(alias)), "")
    why = f"s’appelle aussi « {alias} »" if alias and phrase not in fold(sheet.name) else "le nom du métier"
    return {"kind": "occupation", "title": sheet.name, "url": sheet.get_absolute_url(), "why": why}


def _structures(words: list[str], place, radius: int) -> list[dict]:
    found = []
    for one in doors():
        text = f"{fold(one.name)} {one.commune_key}"
        if not all(word in text for word in words):
            continue
        url = f"/structures/?{urlencode({'commune': f'{one.commune_name} ({one.departement})'})}"
        row = {"kind": "structure", "title": one.name, "url": url, "is_approximate": one.is_approximate}
        row["why"] = "le nom ou la commune" if words else "près du lieu demandé"
        if place:
            row["distance_km"] = round(distance_km(place, one))
            if row["distance_km"] > radius:
                continue
            row["why"] = f"à environ {row['distance_km']} km de {place.name}"
        found.append(row)
    return sorted(found, key=lambda row: (row.get("distance_km", 0), row["title"], row["url"]))
