"""What is indexed of each row of the catalogue, and what a result shows of it."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date

import msgspec
from django.utils import timezone

from ..models import Certification, JobOffer, Occupation, RomeName, Structure, Training
from ..selectors import structure_points
from ..sheets import AUDIENCES
from .facets import AUDIENCE, CONTRACT, LEVEL
from .lexicon import JobName, Sheet, Source, packaged_rome, packaged_source

EPOCH = date(1970, 1, 1).toordinal()
TITLE_TIMES = 3
"""A word of the title counts as much as that many in the text."""
LONGEST = 2500
"""Characters of a description that are indexed: what an offer is about stands at its beginning."""
SHEET_SECTIONS = ("ce-que-tu-fais", "pour-qui", "une-vraie-journee", "ce-qu-il-faut-avoir-en-soi")
NOWHERE, EVERYWHERE = None, "everywhere"


class Row(msgspec.Struct, omit_defaults=True):
    """What a result shows: stored in the index as JSON."""

    kind: str
    title: str
    url: str
    rome: list[str] = []
    who: str = ""
    place: str = ""
    contract: str = ""
    day: str = ""
    origin: str = ""
    level: int | None = None
    hours: int | None = None
    duration: str = ""
    no_diploma: bool = False
    apprenticeship: bool = False
    approximate: bool = False
    demo: bool = False
    tagline: str = ""


class Doc(msgspec.Struct):
    """One result-to-be. `point`: (latitude, longitude), EVERYWHERE, or NOWHERE when the place is not known.

    `facets`: {name: numbers}. `day`: days since 1970, 0 when there is none; `starts` likewise, for a training.
    """

    id: str
    title: str
    row: Row
    point: tuple[float, float] | str | None = NOWHERE
    text: str = ""
    facets: dict[str, list[int]] = {}
    day: int = 0
    starts: int = 0
    listed: bool = True


def days(value: date | None) -> int:
    return value.toordinal() - EPOCH if value else 0


def _flags(no_diploma: bool, apprenticeship: bool) -> dict[str, list[int]]:
    return {"no_diploma": [0] if no_diploma else [], "apprenticeship": [0] if apprenticeship else []}


def _level(level: int | None) -> list[int]:
    return [LEVEL.number(str(level))] if level and 3 <= level <= 8 else []


class Audiences(dict):
    """{ROME code: numbers of the audience facet}, from the sheets: an offer says whom it serves by its occupation."""

    def __init__(self):
        super().__init__()
        found = defaultdict(set)
        for rome, audiences in Occupation.objects.active().order_by().values_list("rome", "audiences"):
            for code in rome[:1]:
                found[code].update(audience_numbers(audiences))
        self.update({code: sorted(numbers) for code, numbers in found.items()})

    def of(self, rome: Iterable[str]) -> list[int]:
        return sorted({number for code in rome for number in self.get(code, ())})


def audience_numbers(audiences: Iterable[str]) -> list[int]:
    audiences = set(audiences) & AUDIENCES.keys()
    return sorted(AUDIENCE.number(name) for name in (AUDIENCE.values if "tous" in audiences else audiences))


def source_of_jobs() -> Source:
    """The packaged ROME, what was imported since, and the sheets."""
    sheets = [
        Sheet(
            one.slug,
            one.name,
            one.rome,
            [one.name, *dict.fromkeys(filter(None, (one.masculine, one.feminine))), *one.aliases],
            " ".join(
                [one.tagline, *(section["text"] for section in one.sections if section["slug"] in SHEET_SECTIONS)]
            ),
            one.no_diploma,
        )
        for one in Occupation.objects.active().only(
            "slug", "name", "rome", "masculine", "feminine", "aliases", "tagline", "sections", "no_diploma"
        )
    ]
    source = packaged_source(sheets)
    known = set(packaged_rome()[1])
    for code, label, name in (
        RomeName.objects.filter(is_active=True).order_by().values_list("rome_id", "rome__name", "name")
    ):
        source.labels.setdefault(code, label)
        if (code, name) not in known:
            source.names.append(JobName(code, name))
    return source


def occupations() -> Iterable[Doc]:
    """The sheets, then every code of the ROME that has none: such a job leads to what the catalogue holds of it."""
    covered = set()
    for one in Occupation.objects.active().order_by("slug"):
        covered.update(one.rome[:1])
        row = Row(
            "occupation",
            one.name,
            one.get_absolute_url(),
            rome=one.rome,
            tagline=one.tagline,
            level=one.level,
            no_diploma=one.no_diploma,
        )
        facets = _flags(one.no_diploma, False) | {
            "level": _level(one.level),
            "audience": audience_numbers(one.audiences),
        }
        yield Doc(f"occupation:{one.slug}", one.name, row, EVERYWHERE, facets=facets)
    labels = source_of_jobs().labels
    for code in sorted(labels.keys() - covered):
        yield Doc(
            f"occupation:{code}",
            labels[code],
            Row("occupation", labels[code], f"/recherche?metier={code}", rome=[code]),
            EVERYWHERE,
            listed=False,
        )


_OFFER = (
    "id",
    "title",
    "description",
    "rome",
    "rome_label",
    "place",
    "latitude",
    "longitude",
    "contract",
    "contract_label",
    "is_apprenticeship",
    "level",
    "no_diploma",
    "employer",
    "published_at",
    "origin",
    "is_demo",
)


def offers(**only) -> Iterable[Doc]:
    audiences = Audiences()
    for one in JobOffer.objects.current().filter(**only).order_by("id").values_list(*_OFFER, named=True).iterator(2000):
        rome = [one.rome] if one.rome else []
        published = timezone.localdate(one.published_at)
        row = Row(
            "offer",
            one.title,
            f"/offres/{one.id}",
            rome=rome,
            who=one.employer,
            place=one.place,
            contract=one.contract_label or one.contract,
            day=published.isoformat(),
            origin=one.origin,
            level=one.level,
            no_diploma=one.no_diploma,
            apprenticeship=one.is_apprenticeship,
            demo=one.is_demo,
        )
        contract = (
            [CONTRACT.number(one.contract if one.contract in CONTRACT.values else "AUTRE")] if one.contract else []
        )
        facets = _flags(one.no_diploma, one.is_apprenticeship)
        facets |= {"contract": contract, "level": _level(one.level), "audience": audiences.of(rome)}
        text = f"{one.rome_label} {one.employer} {one.place} {one.description[:LONGEST]}"
        point = NOWHERE if one.latitude is None or one.longitude is None else (one.latitude, one.longitude)
        yield Doc(f"offer:{one.id}", one.title, row, point, text, facets, day=days(published))


_TRAINING = (
    "id",
    "title",
    "certification",
    "level",
    "rome",
    "organisation",
    "place",
    "latitude",
    "longitude",
    "starts_on",
    "ends_on",
    "hours",
    "duration_label",
    "is_apprenticeship",
    "is_remote",
    "audience",
    "origin",
    "is_demo",
)


def trainings(**only) -> Iterable[Doc]:
    audiences = Audiences()
    diplomas = dict(Certification.objects.order_by().values_list("number", "title"))
    for one in (
        Training.objects.current().filter(**only).order_by("id").values_list(*_TRAINING, named=True).iterator(2000)
    ):
        row = Row(
            "training",
            one.title,
            f"/formations/{one.id}",
            rome=one.rome,
            who=one.organisation,
            place=one.place,
            day=one.starts_on.isoformat() if one.starts_on else "",
            origin=one.origin,
            level=one.level,
            hours=one.hours,
            duration=one.duration_label,
            apprenticeship=one.is_apprenticeship,
            demo=one.is_demo,
        )
        facets = _flags(False, one.is_apprenticeship)
        facets |= {
            "level": _level(one.level),
            "audience": audiences.of(one.rome),
            "duration": _duration(one.hours, one.starts_on, one.ends_on),
        }
        text = f"{one.organisation} {one.place} {one.audience} {diplomas.get(one.certification, '')}"
        point = NOWHERE if one.latitude is None or one.longitude is None else (one.latitude, one.longitude)
        if one.is_remote:
            point = EVERYWHERE
        yield Doc(f"training:{one.id}", one.title, row, point, text, facets, starts=days(one.starts_on))


def _duration(hours: int | None, start: date | None, end: date | None) -> list[int]:
    """By the calendar when both ends are known, else by the hours, 35 a week."""
    weeks = (end - start).days / 7 if start and end and end > start else hours / 35 if hours else 0
    return [] if not weeks else [0] if weeks < 13 else [1] if weeks <= 52 else [2]


def structures(**only) -> Iterable[Doc]:
    """Those a young person may be sent to; an agency that is another point of the same house is left out (see `selectors.structure_points`)."""
    agency = Structure.Kind.AGENCY
    agencies = {point.id for point in structure_points(agency)}
    for one in (
        Structure.objects.shown()
        .filter(commune__isnull=False, **only)
        .select_related("commune")
        .order_by("pk")
        .iterator(2000)
    ):
        if one.kind == agency and one.pk not in agencies:
            continue
        label = Structure.Kind(one.kind).label
        row = Row(
            "structure",
            one.name,
            f"/structures/{one.pk}",
            who=label,
            place=str(one.commune),
            approximate=one.is_approximate,
            demo=one.is_demo,
        )
        exact = one.latitude is not None and one.longitude is not None
        point = (one.latitude, one.longitude) if exact else (one.commune.latitude, one.commune.longitude)
        yield Doc(
            f"structure:{one.pk}",
            one.name,
            row,
            point,
            f"{label} {one.commune.name} {one.address} {one.description[:LONGEST]}",
        )


MAKERS = {"occupation": occupations, "offer": offers, "training": trainings, "structure": structures}


def everything() -> Iterable[Doc]:
    for make in MAKERS.values():
        yield from make()
