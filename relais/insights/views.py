"""The funnel: every figure, by touch, and what stands behind each."""

from django.http import Http404, HttpResponse, HttpResponseBadRequest
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from relais.accounts.models import Role
from relais.accounts.permissions import roles

from . import figures, selectors
from .export import as_csv
from .forms import PeriodForm

READERS = (Role.CAMPAIGN_MANAGER, Role.FUNDER, Role.SUPERVISOR, Role.ADMINISTRATOR)


@require_safe
@roles(*READERS)
def funnel(request):
    form = PeriodForm(request.GET)
    period = form.period()
    context = {
        "form": form,
        "period": selectors.in_words(period),
        "query": form.query(),
        "lines": selectors.funnel(request.user, period),
        "figures": selectors.FUNNEL,
        "outcomes": selectors.OUTCOMES,
        "shown": selectors.shown,
        "number": selectors.number,
        "counted_at": timezone.now(),
    }
    return render(request, "insights/funnel.html", context, status=400 if form.errors else 200)


@require_safe
@roles(*READERS)
def figure(request, slug):
    """One figure for one line: definition, numerator, denominator, missing, period."""
    found = figures.BY_SLUG.get(slug)
    form = PeriodForm(request.GET)
    period = form.period()
    contact = request.GET.get("contact", "")
    lines = {line.contact: line for line in selectors.funnel(request.user, period)} if found else {}
    if contact not in lines:
        raise Http404
    context = {
        "figure": found,
        "line": lines[contact],
        "value": lines[contact].values[slug],
        "form": form,
        "period": selectors.in_words(period),
        "query": form.query(),
        "shown": selectors.shown,
        "number": selectors.number,
        "counted_at": timezone.now(),
    }
    return render(request, "insights/figure.html", context, status=400 if form.errors else 200)


@require_safe
@roles(*READERS)
def export(request):
    form = PeriodForm(request.GET)
    period = form.period()
    if form.errors:
        return HttpResponseBadRequest(
            "Cette période ne peut pas être lue. Revenez à l’entonnoir et choisissez-la à nouveau.",
            content_type="text/plain; charset=utf-8",
        )
    name = f"relais-entonnoir-{timezone.localdate():%Y-%m-%d}.csv"
    return HttpResponse(
        as_csv(selectors.funnel(request.user, period), period),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
