"""Reads over several tables of the catalogue."""

import re
from math import asin, cos, radians, sin, sqrt
from typing import NamedTuple
from uuid import UUID

from django.db.models import Case, IntegerField, Min, Prefetch, Q, QuerySet, Value, When

from relais.accounts.models import User
from relais.foundation.refusals import NotAcceptable

from .folding import ARTICLES, fold
from .models import Certification, Commune, ImportRun, JobOffer, OfferReport, Structure

EARTH_KM = 6371.0088
UNCERTAIN_KM = 30
"""About half the width of a département."""
CITIES_IN_PARTS = ("13055", "69123", "75056")
POSTCODE = re.compile(r"\d{2,5}\Z")


class UnknownCommune(NotAcceptable):
    """No commune, or several, answer to what was typed. `suggestions` holds communes to choose from."""

    def __init__(self, text: str, suggestions: list[Commune]):
        self.text = text
        self.suggestions = suggestions
        super().__init__(f"Nous ne savons pas quelle commune est « {text[:60]} ».")


def distance_km(one, other) -> float:
    """Great-circle kilometres between two objects that have `latitude` and `longitude` in degrees."""
    lat1, lat2 = radians(one.latitude), radians(other.latitude)
    half = sin((lat2 - lat1) / 2) ** 2 + cos(lat1) * cos(lat2) * sin(radians(other.longitude - one.longitude) / 2) ** 2
    return 2 * EARTH_KM * asin(min(1.0, sqrt(half)))


def find_communes(text: str, limit: int = 8) -> list[Commune]:
    """Communes whose name or postcode begins with `text`, whatever its accents, capitals, hyphens or « St ».

    An exact name comes first, then the biggest. « 64000 Pau » and « Pau (64) » find Pau.
    """
    text = text.strip()[:100]
    postcode = next(iter(re.findall(r"\b\d{5}\b", text)), "") or (text if POSTCODE.match(text) else "")
    departement = next(iter(re.findall(r"\(\s*(\d[\dAB]\d?)\s*\)", text.upper())), "")
    key = fold(re.sub(r"\([^)]*\)|\b\d{5}\b", " ", text)) if text != postcode else ""
    if not key and not postcode:
        return []
    found = Commune.objects.all()
    if postcode:
        found = found.filter(_postcode(postcode))
    if departement:
        found = found.filter(departement=departement)
    if key:
        starts = Q(key__startswith=key)
        for article in ARTICLES:
            starts |= Q(key__startswith=f"{article} {key}")
        exact = Q(key=key) | Q(key__in=[f"{article} {key}" for article in ARTICLES])
        found = found.filter(starts)
    else:
        exact = Q(postcodes__contains=[postcode])
        # Whoever types 75011 means the eleventh arrondissement, not all of Paris.
        found = found.exclude(insee__in=CITIES_IN_PARTS)
    rank = Case(When(exact, then=Value(0)), default=Value(1), output_field=IntegerField())
    return list(found.annotate(rank=rank).order_by("rank", "-population", "insee")[:limit])


def _postcode(start: str) -> Q:
    if len(start) == 5:
        return Q(postcodes__contains=[start])
    # No index serves the beginning of a postcode, but the INSEE code nearly always begins like it; 20 is Corsica.
    heads = ("2A", "2B") if start.startswith("20") else (start[:2],)
    head = Q(pk__in=[])
    for prefix in heads:
        head |= Q(insee__startswith=prefix)
    return head & Q(postcodes__0__startswith=start)


def commune_from(text: str) -> Commune:
    """The commune a person means. Raises `UnknownCommune`, with suggestions, when it is none or more than one.

    A full name is enough, unless another commune of that name is not ten times smaller, or one whose name only begins so is
    ten times bigger: « Évry » is a village of the Yonne, and what everybody says of Évry-Courcouronnes.
    """
    found = find_communes(text, limit=20)
    exact = [commune for commune in found if commune.rank == 0]
    longer = found[len(exact) :]
    if len(found) == 1:
        return found[0]
    if exact and all(exact[0].population >= 10 * other.population for other in exact[1:]):
        if not longer or longer[0].population < 10 * exact[0].population:
            return exact[0]
        exact = [exact[0], longer[0]]
    raise UnknownCommune(text.strip(), exact or found or _close_names(text))


def _close_names(text: str, limit: int = 5) -> list[Commune]:
    """Names that begin like what was typed, for a slip near the end (« Marseile »)."""
    key = fold(re.sub(r"\d", " ", text[:100]))
    for length in range(len(key) - 1, 2, -1):
        found = list(Commune.objects.filter(key__startswith=key[:length]).order_by("-population", "insee")[:limit])
        if found:
            return found
    return []


class StructurePoint(NamedTuple):
    """What must be known of a structure to place it: ten times lighter than the structure itself."""

    id: UUID
    name: str
    kind: str
    placement: str
    commune: str
    commune_name: str
    commune_key: str
    departement: str
    latitude: float
    longitude: float

    @property
    def is_approximate(self) -> bool:
        return self.placement == Structure.Placement.APPROXIMATE


_POINT = (
    "id",
    "name",
    "kind",
    "placement",
    "commune_id",
    *(f"commune__{name}" for name in ("name", "key", "departement", "latitude", "longitude")),
)


WELCOME = (Structure.Kind.MISSION_LOCALE, Structure.Kind.AGENCY)
"""Kinds that take in any young person; schools, loans and housing are found by the search."""


def structure_points(kind: str = "") -> list[StructurePoint]:
    """Every place that takes a young person in, or those of one kind, once. One query.

    An agency standing where a mission locale stands is the same point under another name, and is left out; so is an agency
    whose place is not known.
    """
    kinds = {kind, *WELCOME} if kind else WELCOME
    shown = [
        StructurePoint(*row)
        for row in Structure.objects.shown().filter(commune__isnull=False, kind__in=kinds).values_list(*_POINT)
    ]
    agency = Structure.Kind.AGENCY
    seats = {point.commune for point in shown if point.kind != agency}
    shown = [
        point for point in shown if point.kind != agency or (point.commune not in seats and not point.is_approximate)
    ]
    return [point for point in shown if kind in ("", point.kind)]


def nearest_structures(commune: Commune, limit: int = 3, kind: str = "") -> list[Structure]:
    """The structures nearest to `commune`, with `.distance_km`, rounded to the kilometre, and `.is_approximate`.

    Of an approximate one only the département is known: its distance is that of the département's seat, and for the order
    it counts UNCERTAIN_KM further, so that it never passes before a point that is known to be close. Two queries.
    """
    distances = {point: round(distance_km(commune, point)) for point in structure_points(kind)}
    nearest = sorted(
        distances, key=lambda point: (distances[point] + UNCERTAIN_KM * point.is_approximate, point.name, point.id)
    )[:limit]
    whole = Structure.objects.select_related("commune").in_bulk([point.id for point in nearest])
    for point in nearest:
        whole[point.id].distance_km = distances[point]
    return [whole[point.id] for point in nearest]


def latest_runs(user: User) -> list[dict]:
    """What `user` may see, by source: {"source", "last" (its last run), "success" (its last finished one, or None)}. Two queries."""
    runs = ImportRun.objects.visible_to(user).select_related("organisation", "by")
    last = {run.source: run for run in runs.order_by("source", "-started_at", "-id").distinct("source")}
    finished = runs.filter(error="", finished_at__isnull=False)
    success = {run.source: run for run in finished.order_by("source", "-started_at", "-id").distinct("source")}
    return [{"source": source, "last": run, "success": success.get(source)} for source, run in sorted(last.items())]


def offers_to_decide(user: User) -> QuerySet[JobOffer]:
    """Offers with reports that wait for the decision of `user`, the oldest first: `.first`, when it was first reported."""
    waiting = OfferReport.objects.visible_to(user).waiting().order_by()
    offers = JobOffer.objects.filter(reports__in=waiting).annotate(first=Min("reports__reported_at"))
    return offers.order_by("first", "id")


def reported_offers(user: User) -> list[JobOffer]:
    """The same, each with `.waiting`, its reports. Two queries."""
    waiting = OfferReport.objects.visible_to(user).waiting().order_by("reported_at", "id")
    offers = offers_to_decide(user).select_related("commune")
    return list(offers.prefetch_related(Prefetch("reports", waiting, to_attr="waiting")))


def certification_now(number: str) -> tuple[Certification | None, list[Certification]]:
    """The certification of that number, and those that replace it today, followed through every renumbering."""
    start = Certification.objects.filter(pk=number).first() if number else None
    found, step, seen = [], [start] if start and not start.is_active else [], {number}
    while step:
        numbers = {after for one in step for after in one.successors} - seen
        seen |= numbers
        following = list(Certification.objects.filter(pk__in=numbers).order_by("number"))
        found += [one for one in following if one.is_active]
        step = [one for one in following if not one.is_active]
    return start, found


def rome_source() -> str:
    """The line the licence of the ROME asks for, or '' before the first import."""
    run = ImportRun.objects.filter(source="rome", error="", finished_at__isnull=False).first()
    return f"Source : France Travail, {run.version}" if run and run.version else ""
