"""The hours of a line, its delays and its days off, for those who supervise it."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from relais.accounts.models import Role
from relais.accounts.permissions import roles
from relais.foundation import refusals

from ..desk.views import organisation_of
from ..desk.wall import supervised_lines
from ..models import Conversation, Line
from . import opening
from .forms import DaysForm, LineForm

supervisors = roles(Role.SUPERVISOR)


@supervisors
@require_http_methods(["GET", "HEAD", "POST"])
def settings(request, pk=None):
    """Open the line of this installation, or change it."""
    if pk is None and request.method != "POST" and (existing := Line.objects.first()):
        if supervised_lines(request.user).filter(pk=existing.pk).exists():
            return redirect("line_settings", existing.pk)
        messages.warning(request, f"La ligne de ce site est tenue par {existing.organisation}.")
        return redirect("wall")
    line = None if pk is None else get_object_or_404(supervised_lines(request.user), pk=pk)
    form = LineForm(request.POST or None, instance=line or Line())
    if request.method == "POST" and form.is_valid():
        with refusals.on(form):
            opening.keep(line=form.line(organisation_of(request, Role.SUPERVISOR)), user=request.user, week=form.week, now=timezone.now())
            messages.success(request, "C’est gardé. Les délais de celles et ceux qui attendent suivent." if line else "La ligne est ouverte.")
            return redirect("wall")
    return _page(request, line, form, DaysForm())


@supervisors
@require_POST
def close_days(request, pk):
    line = get_object_or_404(supervised_lines(request.user), pk=pk)
    form = DaysForm(request.POST)
    if not form.is_valid():
        return _page(request, line, LineForm(instance=line), form)
    opening.close_days(line=line, user=request.user, now=timezone.now(), **form.cleaned_data)
    messages.success(request, "Ces jours sont notés fermés.")
    return redirect("line_settings", pk)


@supervisors
@require_POST
def reopen_days(request, pk, number):
    line = get_object_or_404(supervised_lines(request.user), pk=pk)
    opening.reopen_days(closure=get_object_or_404(line.closures.select_related("line"), pk=number), user=request.user, now=timezone.now())
    messages.success(request, "La ligne suit de nouveau sa semaine ces jours-là.")
    return redirect("line_settings", pk)


def _page(request, line: Line | None, form: LineForm, days: DaysForm):
    today = timezone.localdate()
    closures = line.closures.filter(last__gte=today) if line else ()
    waiting = Conversation.objects.waiting().filter(line=line).count() if line else 0
    context = {"line": line, "form": form, "days": days, "closures": closures, "waiting": waiting}
    return render(request, "coaching/line.html", context, status=422 if form.errors or days.errors else 200)
