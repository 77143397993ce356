"""Pages of the catalogue: occupation sheets, structures near a commune, and the corrections of the team."""

from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import Http404, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from relais.accounts.permissions import public, roles

from .folding import fold
from .forms import CorrectionForm
from .models import Occupation, RomeCode, Structure
from .selectors import UnknownCommune, commune_from, find_communes, find_occupations, nearest_structures, rome_source
from .services import CORRECTORS, NothingToCorrect, correct_structure
from .sheets import AUDIENCES

LEVELS = {3: "Niveau CAP", 4: "Niveau bac", 5: "Bac + 2", 6: "Bac + 3", 7: "Bac + 5", 8: "Bac + 8"}
PAGE = 24
STAFF_PAGE = 50


def near(text: str, limit: int) -> dict:
    """What a page needs to answer « près de chez toi »: {"text", "commune", "suggestions", "structures", "unknown"}."""
    found = {"text": text, "commune": None, "suggestions": [], "structures": [], "unknown": False}
    if not text:
        return found
    try:
        found["commune"] = commune_from(text)
        found["structures"] = nearest_structures(found["commune"], limit)
    except UnknownCommune as error:
        found |= {"suggestions": error.suggestions, "unknown": True}
    return found


def _text(request, name: str, length: int = 100) -> str:
    return request.GET.get(name, "").replace("\x00", "").strip()[:length]


@public
@require_safe
def occupation_list(request):
    query, audience, no_diploma = _text(request, "q"), _text(request, "pour"), "sans-diplome" in request.GET
    found = find_occupations(query) if query else list(Occupation.objects.active().order_by("key", "slug"))
    if audience in AUDIENCES:
        found = [one for one in found if audience in one.audiences or "tous" in one.audiences]
    if no_diploma:
        found = [one for one in found if one.no_diploma]
    kept = {name: value for name, value in request.GET.items() if name != "page"}
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    filters = {"query": query, "audience": audience, "no_diploma": no_diploma, "audiences": AUDIENCES, "levels": LEVELS}
    return render(request, "catalogue/occupation_list.html", filters | {"page": page, "kept": urlencode(kept)})


@public
@require_safe
def occupation(request, slug):
    sheet = get_object_or_404(Occupation.objects.active(), slug=slug)
    return render(
        request,
        "catalogue/occupation.html",
        {
            "sheet": sheet,
            "levels": LEVELS,
            "audiences": [AUDIENCES[name] for name in sheet.audiences if name in AUDIENCES],
            "rome": RomeCode.objects.filter(code__in=sheet.rome),
            "rome_source": rome_source(),
            "near": near(_text(request, "commune"), 3),
            "today": timezone.localdate().isoformat(),
        },
    )


@public
@require_safe
def structure_list(request):
    return render(request, "catalogue/structure_list.html", {"near": near(_text(request, "commune"), 10)})


@public
@require_safe
def communes(request):
    """Suggestions for a commune field: {"results": [{"name", "label", "postcodes", "insee"}], "total"}."""
    found = find_communes(_text(request, "q"))
    rows = [{"insee": one.insee, "name": one.name, "label": str(one), "postcodes": one.postcodes} for one in found]
    return JsonResponse({"results": rows, "total": len(rows)})


@roles(*CORRECTORS)
@require_safe
def staff_structures(request):
    query, approximate = _text(request, "q"), "approximatif" in request.GET
    found = Structure.objects.select_related("commune").filter(is_active=True)
    if approximate:
        found = found.shown().filter(placement=Structure.Placement.APPROXIMATE)
    for word in query.replace("'", "’").split():
        found = found.filter(Q(name__icontains=word) | Q(commune__key__contains=fold(word)) | Q(departement__iexact=word))
    kept = urlencode({name: value for name, value in request.GET.items() if name != "page"})
    page = Paginator(found, STAFF_PAGE).get_page(request.GET.get("page"))
    return render(request, "catalogue/staff_structures.html", {"page": page, "query": query, "approximate": approximate, "kept": kept})


@roles(*CORRECTORS)
@require_http_methods(["GET", "HEAD", "POST"])
def staff_structure(request, pk):
    structure = get_object_or_404(Structure.objects.select_related("commune"), pk=pk)
    form = CorrectionForm(request.POST if request.method == "POST" else None, instance=structure)
    if form.is_valid():
        try:
            correct_structure(structure_id=pk, user=request.user, now=timezone.now(), **form.cleaned_data)
            messages.success(request, "C’est corrigé. Le prochain import gardera votre correction.")
        except NothingToCorrect:
            messages.info(request, "Rien n’a changé : c’est déjà ce qui est enregistré.")
        except Structure.DoesNotExist:
            raise Http404 from None
        return redirect("staff_structure", pk=pk)
    # A form that was refused has already written what was typed on its instance.
    shown = structure if not form.is_bound else Structure.objects.select_related("commune").get(pk=pk)
    return render(request, "catalogue/staff_structure.html", {"structure": shown, "form": form})
