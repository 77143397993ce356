"""Public pages of the catalogue: occupation sheets, offers, trainings, structures near a commune."""

from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from relais.accounts.permissions import public
from relais.foundation import refusals
from relais.foundation.ratelimit import allowed, origin_of
from relais.safeguarding import first_aid

from .forms import ReportForm
from .models import JobOffer, Occupation, RomeCode, Structure, Training
from .search.service import occupations
from .search.views import unkept
from .selectors import UnknownCommune, certification_now, commune_from, find_communes, nearest_structures, rome_source
from .services import report_offer
from .sheets import AUDIENCES

LEVELS = {3: "Niveau CAP", 4: "Niveau bac", 5: "Bac + 2", 6: "Bac + 3", 7: "Bac + 5", 8: "Bac + 8"}
EXPERIENCES = {"D": "Débutants acceptés", "S": "Expérience souhaitée", "E": "Expérience demandée"}
PAGE = 24


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


def asked(request, name: str, length: int = 100) -> str:
    return request.GET.get(name, "").replace("\x00", "").strip()[:length]


@public
@require_safe
def occupation_list(request):
    query, audience, no_diploma = asked(request, "q"), asked(request, "pour"), "sans-diplome" in request.GET
    found = occupations(query) if query else list(Occupation.objects.active().order_by("key", "slug"))
    if audience in AUDIENCES:
        found = [one for one in found if audience in one.audiences or "tous" in one.audiences]
    if no_diploma:
        found = [one for one in found if one.no_diploma]
    kept = {name: value for name, value in request.GET.items() if name != "page"}
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    help_lines = first_aid.help_for(query)
    filters = {
        "query": query,
        "help_lines": help_lines,
        "audience": audience,
        "no_diploma": no_diploma,
        "chosen": bool(query or audience or no_diploma),
        "audiences": AUDIENCES,
        "levels": LEVELS,
    }
    return unkept(
        render(request, "catalogue/occupation_list.html", filters | {"page": page, "kept": urlencode(kept)}), help_lines
    )


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
            "near": near(asked(request, "commune"), 3),
            "today": timezone.localdate().isoformat(),
        },
    )


@public
@require_safe
def structure_list(request):
    return render(request, "catalogue/structure_list.html", {"near": near(asked(request, "commune"), 10)})


@public
@require_safe
def communes(request):
    """Suggestions for a commune field: {"results": [{"name", "label", "postcodes", "insee"}], "total"}."""
    found = find_communes(asked(request, "q"))
    rows = [{"insee": one.insee, "name": one.name, "label": str(one), "postcodes": one.postcodes} for one in found]
    return JsonResponse({"results": rows, "total": len(rows)})


@public
@require_safe
def structure(request, pk):
    found = get_object_or_404(Structure.objects.shown().select_related("commune"), pk=pk)
    return render(request, "catalogue/structure.html", {"structure": found})


@public
@require_safe
def offer(request, pk):
    """One offer. One that left or was taken down says so (410) and leads on."""
    found = get_object_or_404(JobOffer.objects.select_related("commune"), pk=pk)
    gone = found.left_at is not None or found.hidden_at is not None
    shown = {
        "offer": found,
        "gone": gone,
        "levels": LEVELS,
        "experiences": EXPERIENCES,
        "sheets": _sheets([found.rome]),
    }
    return render(request, "catalogue/offer.html", shown, status=410 if gone else 200)


@public
@require_http_methods(["GET", "HEAD", "POST"])
def report(request, pk):
    """« Signaler cette offre »: five grounds, no account, and no more than a few an hour from one address."""
    found = get_object_or_404(JobOffer.objects.current(), pk=pk)
    form, now = ReportForm(request.POST if request.method == "POST" else None), timezone.now()
    if form.is_valid() and not allowed("report-offer", origin_of(request), now=now):
        form.add_error(None, "Tu as déjà envoyé plusieurs signalements. Réessaie dans une heure.")
    if form.is_valid():
        with refusals.told(request):
            report_offer(offer_id=pk, now=now, **form.cleaned_data)
            messages.success(request, "Merci. Quelqu’un de l’équipe va regarder cette offre.")
        return redirect("offer", pk=pk)
    return render(
        request, "catalogue/report.html", {"offer": found, "form": form}, status=422 if form.is_bound else 200
    )


@public
@require_safe
def training(request, pk):
    found = get_object_or_404(Training.objects.select_related("commune"), pk=pk)
    diploma, replacements = certification_now(found.certification)
    shown = {
        "training": found,
        "levels": LEVELS,
        "diploma": diploma,
        "replacements": replacements,
        "sheets": _sheets(found.rome),
    }
    return render(
        request,
        "catalogue/training.html",
        shown | {"gone": found.left_at is not None},
        status=410 if found.left_at else 200,
    )


def _sheets(codes: list[str]) -> list[Occupation]:
    """Sheets of these trades, three at most."""
    return list(
        Occupation.objects.active().filter(rome__overlap=[code for code in codes if code]).order_by("name", "slug")[:3]
    )
