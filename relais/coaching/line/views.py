"""The hours of a line, its delays and its days off, for those who supervise it."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from relais.accounts.models import Role
from relais.accounts.permissions import roles
from relais.foundation import meanwhile, refusals

from ..models import Line
from . import changed_hours, directory, opening, serving
from .directory import supervised
from .forms import DaysForm, FallbackForm, LineForm

supervisors = roles(Role.SUPERVISOR)


@supervisors
@require_http_methods(["GET", "HEAD", "POST"])
def settings(request, pk=None):
    """Open a line, or change one: its hours, its delays, whom it serves."""
    line = None if pk is None else get_object_or_404(supervised(request.user), pk=pk)
    form = LineForm(
        request.POST or None, instance=line or Line(), organisations=request.user.organisations(Role.SUPERVISOR)
    )
    if request.method == "POST" and form.is_valid():
        seen = form.cleaned_data["seen"] if line else None
        with refusals.on(form) as heard:
            kept = opening.keep(line=form.line(), user=request.user, week=form.week, seen=seen, now=timezone.now())
            done = (
                f"C’est gardé. {_follow_in_words(changed_hours.waiting_on(kept))}" if line else "La ligne est ouverte."
            )
            messages.success(request, f"{done} {serving.in_words(kept, serving.names_of([kept]))}")
            if overlap := serving.overlap_in_words(kept, directory.lines()):
                messages.warning(request, overlap)
            return redirect("wall")
        if isinstance(heard.refusal, refusals.ChangedMeanwhile):
            form.shows_again(Line.objects.get(pk=pk))
    return _page(request, line, form, DaysForm())


@roles(Role.SUPERVISOR, Role.ADMINISTRATOR)
@require_http_methods(["GET", "HEAD", "POST"])
def lines(request):
    """Every line of the site and what it gets; who administers the site chooses the one that gets the rest."""
    if request.method == "POST" and not request.user.administers_all():
        raise Http404
    every = list(directory.lines())
    rest = next((line for line in every if line.is_fallback), None)
    seen = meanwhile.fingerprint(serving.rest_told(rest))
    form = FallbackForm(request.POST or None, initial={"line": rest and rest.pk, "seen": seen})
    if request.method == "POST" and form.is_valid():
        with refusals.on(form):
            serving.choose_fallback(user=request.user, now=timezone.now(), **form.cleaned_data)
            messages.success(
                request, f"« {form.cleaned_data['line']} » reçoit maintenant tout ce qu’aucune autre ligne ne prend."
            )
            return redirect("lines")
        # Told which one another person chose, who presses again has decided.
        form.data = form.data.copy()
        form.data["seen"] = seen
    names, mine = serving.names_of(every), set(supervised(request.user).values_list("pk", flat=True))
    rows = [
        (line, serving.in_words(line, names), serving.overlap_in_words(line, every), line.pk in mine) for line in every
    ]
    context = {
        "rows": rows,
        "form": form,
        "role": Role.SUPERVISOR.label,
        "may_choose": request.user.administers_all() and len(every) > 1,
        "supervises": request.user.organisations(Role.SUPERVISOR).exists(),
    }
    return render(request, "coaching/lines.html", context, status=refusals.status(form))


@supervisors
@require_POST
def close_days(request, pk):
    line = get_object_or_404(supervised(request.user), pk=pk)
    form = DaysForm(request.POST)
    if not form.is_valid():
        return _page(request, line, LineForm(instance=line), form)
    opening.close_days(line=line, user=request.user, now=timezone.now(), **form.cleaned_data)
    messages.success(request, "Ces jours sont notés fermés.")
    return redirect("line_settings", pk)


@supervisors
@require_POST
def reopen_days(request, pk, number):
    line = get_object_or_404(supervised(request.user), pk=pk)
    opening.reopen_days(
        closure=get_object_or_404(line.closures.select_related("line"), pk=number),
        user=request.user,
        now=timezone.now(),
    )
    messages.success(request, "La ligne suit de nouveau sa semaine ces jours-là.")
    return redirect("line_settings", pk)


def _follow_in_words(waiting: changed_hours.Waiting) -> str:
    if not waiting.total:
        return "Personne n’attend sur cette ligne."
    if not waiting.follows + waiting.held:
        return "Aucun délai ne change\u00a0: ceux de qui attend ici sont déjà dépassés."
    return "Les délais de celles et ceux qui attendent suivent" + (
        ", sans dépasser ce qui leur a déjà été promis." if waiting.held else "."
    )


def _page(request, line: Line | None, form: LineForm, days: DaysForm):
    today = timezone.localdate()
    closures = line.closures.filter(last__gte=today) if line else ()
    waiting = changed_hours.waiting_on(line) if line else None
    first = not Line.objects.exclude(pk=line and line.pk).exists()
    kept = Line.objects.get(pk=line.pk) if line else None
    gets = serving.in_words(kept, serving.names_of([kept])) if kept else ""
    context = {
        "line": line,
        "gets": gets,
        "is_first": first,
        "form": form,
        "days": days,
        "closures": closures,
        "waiting": waiting,
    }
    return render(request, "coaching/line.html", context, status=422 if days.errors else refusals.status(form))
