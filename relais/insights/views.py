"""The funnel: every figure, by touch, and what stands behind each."""

from django.http import Http404, HttpResponseBadRequest
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from relais.accounts.permissions import roles
from relais.foundation import spreadsheets
from relais.foundation.jinja import number

from . import figures, selectors
from .asked import Asked, asked
from .export import HEADINGS
from .export import rows as export_rows
from .forms import PeriodForm

READERS = selectors.READERS


def _asked(request) -> Asked:
    return asked(request.GET, selectors.lines_of(request.user))


def _query(form: PeriodForm, of: Asked) -> str:
    return "&".join(filter(None, (form.query(), of.query)))


@require_safe
@roles(*READERS)
def funnel(request):
    form, of = PeriodForm(request.GET), _asked(request)
    period = form.period()
    lines = selectors.funnel(request.user, period, of.numbers)
    context = {
        "form": form,
        "of": of,
        "period": selectors.in_words(period),
        "query": _query(form, of),
        "lines": lines,
        "figures": [figure for figure in selectors.FUNNEL if figure.slug in lines[0].values],
        "outcomes": selectors.OUTCOMES,
        "shown": selectors.shown,
        "number": number,
        "counted_at": timezone.now(),
    }
    return render(request, "insights/funnel.html", context, status=400 if form.errors else 200)


@require_safe
@roles(*READERS)
def figure(request, slug):
    """One figure for one line: definition, numerator, denominator, missing, period."""
    found = figures.BY_SLUG.get(slug)
    form, of = PeriodForm(request.GET), _asked(request)
    period = form.period()
    contact = request.GET.get("contact", "")
    lines = {line.contact: line for line in selectors.funnel(request.user, period, of.numbers)} if found else {}
    if contact not in lines or slug not in lines[contact].values:
        raise Http404
    context = {
        "figure": found,
        "line": lines[contact],
        "value": lines[contact].values[slug],
        "form": form,
        "of": of,
        "period": selectors.in_words(period),
        "query": _query(form, of),
        "shown": selectors.shown,
        "number": number,
        "counted_at": timezone.now(),
    }
    return render(request, "insights/figure.html", context, status=400 if form.errors else 200)


@require_safe
@roles(*READERS)
def export(request, kind):
    form, of = PeriodForm(request.GET), _asked(request)
    period = form.period()
    if form.errors:
        return HttpResponseBadRequest(
            "Cette période ne peut pas être lue. Revenez à l’entonnoir et choisissez-la à nouveau.",
            content_type="text/plain; charset=utf-8",
        )
    where = f"-{of.departement or of.line.slug}" if of.chosen else ""
    name = f"relais-entonnoir{where}-{timezone.localdate():%Y-%m-%d}"
    rows = export_rows(selectors.funnel(request.user, period, of.numbers), period)
    return spreadsheets.response(kind, name, "Entonnoir", HEADINGS, rows)
