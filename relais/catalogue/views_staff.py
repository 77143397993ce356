"""Pages of the catalogue for people who work here: corrections, freshness of the sources, reported offers."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from relais.accounts.permissions import roles
from relais.foundation import refusals
from relais.foundation.grammar import upper_first

from .bringing import SOURCES
from .forms import CorrectionForm, DecisionForm
from .lists import SET_ASIDE, STRUCTURES
from .models import MODERATORS, ROWS_KEPT, ImportRun, JobOffer, OfferReport, Structure
from .selectors import latest_runs, reported_offers
from .services import CORRECTORS, correct_structure, decide_on_offer


@roles(*CORRECTORS)
@require_safe
def staff_structures(request):
    return STRUCTURES.answer(
        request, Structure.objects.select_related("commune").filter(is_active=True), "catalogue/staff_structures.html"
    )


@roles(*CORRECTORS)
@require_http_methods(["GET", "HEAD", "POST"])
def staff_structure(request, pk):
    structure = get_object_or_404(Structure.objects.select_related("commune"), pk=pk)
    form = CorrectionForm(request.POST if request.method == "POST" else None, instance=structure)
    if form.is_valid():
        with refusals.told(request):
            correct_structure(structure_id=pk, user=request.user, now=timezone.now(), **form.cleaned_data)
            messages.success(request, "C’est corrigé. Le prochain import gardera votre correction.")
        return redirect("staff_structure", pk=pk)
    # A form that was refused has already written what was typed on its instance.
    shown = structure if not form.is_bound else Structure.objects.select_related("commune").get(pk=pk)
    return render(request, "catalogue/staff_structure.html", {"structure": shown, "form": form})


def called(run: ImportRun) -> str:
    """Its source, as people call it."""
    return upper_first(SOURCES[run.source].words) if run.source in SOURCES else run.named


@roles(*MODERATORS)
@require_safe
def freshness(request):
    """Each source: when it last succeeded, what it did, what it set aside."""
    return render(request, "catalogue/freshness.html", {"rows": latest_runs(request.user), "called": called})


@roles(*MODERATORS)
@require_safe
def set_aside(request, pk):
    """Every row that one run could not use, with the reason."""
    outcome = get_object_or_404(ImportRun.objects.visible_to(request.user).select_related("organisation", "by"), pk=pk)
    return SET_ASIDE.answer(
        request,
        outcome.set_aside,
        "catalogue/set_aside.html",
        lambda listed: {"run": outcome, "called": called, "kept": ROWS_KEPT.days},
    )


@roles(*MODERATORS)
@require_safe
def reports(request):
    return render(request, "catalogue/reports.html", {"offers": reported_offers(request.user), "form": DecisionForm()})


@roles(*MODERATORS)
@require_POST
def decide(request, pk):
    get_object_or_404(
        JobOffer.objects.filter(reports__in=OfferReport.objects.visible_to(request.user)).distinct(), pk=pk
    )
    form = DecisionForm(request.POST)
    if not form.is_valid():
        messages.error(
            request, "Dites pourquoi, en une phrase de 200 caractères au plus, et choisissez de garder ou de retirer."
        )
        return redirect("offer_reports")
    with refusals.told(request):
        remove = form.cleaned_data["decision"] == "remove"
        decide_on_offer(
            offer_id=pk, user=request.user, remove=remove, reason=form.cleaned_data["reason"], now=timezone.now()
        )
        messages.success(request, "L’offre est retirée." if remove else "L’offre est gardée.")
    return redirect("offer_reports")
