"""The page /recherche, and what its box suggests while one types."""

from dataclasses import replace

from django.core.paginator import Paginator
from django.http import JsonResponse
from django.shortcuts import render
from django.utils.cache import add_never_cache_headers
from django.views.decorators.http import require_safe

from relais.accounts.permissions import public
from relais.foundation.typed import one_line
from relais.safeguarding import first_aid

from .facets import APPRENTICESHIP, AUDIENCE, CHOSEN, CONTRACT, DATE, DURATION, FAR, KINDS, LEVEL, NO_DIPLOMA, RADII
from .forms import address, from_page
from .query import DEEPEST, PAGE, SORTS, Answer, Question, Result
from .service import search, suggestions

FARTHEST, NEAREST = 1200, 5
# Which choices mean something for which kind of result.
OF_KIND = {
    "": (NO_DIPLOMA, APPRENTICESHIP, AUDIENCE, LEVEL, CONTRACT, DATE, DURATION),
    "occupation": (NO_DIPLOMA, AUDIENCE, LEVEL),
    "training": (APPRENTICESHIP, LEVEL, DURATION, AUDIENCE),
    "offer": (NO_DIPLOMA, APPRENTICESHIP, CONTRACT, LEVEL, DATE, AUDIENCE),
    "structure": (),
}


class _Pages(Paginator):
    """The pages of an answer that holds one of them."""

    def __init__(self, count: int):
        super().__init__((), PAGE)
        self.count = min(count, PAGE * DEEPEST)


@public
@require_safe
def results(request):
    question, where = from_page(request.GET)
    help_lines = first_aid.help_for(question.text)
    answer = search(question)
    wider, nearest = _when_empty(question, answer)
    shown = [
        facet
        for facet in OF_KIND[question.kind]
        if facet.name in question.chosen or any(answer.facets[facet.name].values())
    ]
    context = {
        "question": question,
        "help_lines": help_lines,
        "answer": answer,
        "where": where,
        "kinds": KINDS,
        "facets": shown,
        "radii": (*RADII, *FAR),
        "sorts": {name: label for name, label in SORTS.items() if name != "distance" or question.commune},
        "page": _Pages(answer.total).get_page(question.page),
        "chosen": sum(map(len, question.chosen.values())),
        "wider": wider,
        "nearest": nearest,
        "without": {facet.word: None for facet in CHOSEN},
        "nowhere": address(request.GET, lieu=None, rayon=None),
        "kept": address(request.GET).partition("?")[2],
        "address": lambda **changes: address(request.GET, **changes),
    }
    return unkept(render(request, "catalogue/search.html", context), help_lines)


def unkept(response, help_lines):
    """Words that are signs of danger stay in no cache of the browser, which others may look at."""
    if help_lines:
        add_never_cache_headers(response)
    return response


def _when_empty(question: Question, answer: Answer) -> tuple[dict[int, int], list[Result]]:
    """What to offer when nothing is found: the next radius that holds something with its count, and the nearest results beyond."""
    if answer.total or not question.commune:
        return {}, []
    counted = answer.distances | {
        radius: search(replace(question, radius=radius)).total for radius in FAR if not any(answer.distances.values())
    }
    wider = dict([(radius, count) for radius, count in counted.items() if count and radius > question.radius][:1])
    far = replace(question, radius=FARTHEST, sort="distance", page=1)
    return wider, search(far).results[:NEAREST]


@public
@require_safe
def suggest(request):
    """{"results": ["Aide-soignant / Aide-soignante", …]}: names to go on with, from the second letter on.

    With "help", numbers to call (see first_aid.as_data), where the words are signs of danger.
    """
    text = one_line(request.GET.get("q", "")[:100])
    found = {"results": suggestions(text) if len(text) > 1 else []}
    help_lines = first_aid.help_for(text)
    return unkept(JsonResponse(found | ({"help": first_aid.as_data(help_lines)} if help_lines else {})), help_lines)
