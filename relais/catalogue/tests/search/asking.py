"""What the tests of the index ask of it, and how an answer is told."""

from relais.catalogue.models import Commune
from relais.catalogue.search import service, snapshot_reader
from relais.catalogue.search.query import Question


def pau():
    return Commune.objects.get(insee="64445")


def titles(question: Question, kind: str = "offer") -> list[str]:
    return [result.row.title for result in service.search(question).results if result.row.kind == kind]


CHOICES = [
    {},
    {"contract": ("CDI",)},
    {"no_diploma": ("oui",)},
    {"level": ("4",), "apprenticeship": ("oui",)},
    {"date": ("7",)},
    {"contract": ("CDI", "CDD"), "audience": ("enfants", "malades")},
    {"duration": ("longue",)},
    {"contract": ("CDI", "LIB"), "no_diploma": ("oui",), "date": ("30",)},
]


def near(*texts: str):
    """The answers of some questions around Pau and Marseille, without what orders equals: the same from any way to hold them."""
    asked = [
        Question(text, place, 50, chosen=chosen)
        for text in texts
        for place in Commune.objects.filter(insee__in=("64445", "13055"))
        for chosen in CHOICES
    ]
    for question in asked:
        answer = snapshot_reader.answer(question)
        yield (
            answer.total,
            answer.kinds,
            answer.facets,
            answer.distances,
            sorted((one.row.url, one.distance_km) for one in answer.results),
        )
