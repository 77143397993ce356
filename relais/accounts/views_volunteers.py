"""Volunteers and the checks without which they meet no minor."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from relais.foundation import refusals
from relais.foundation.jinja import day

from . import volunteers
from .forms import CheckForm
from .models import Role, VolunteerCheck
from .permissions import roles

checkers = roles(Role.SUPERVISOR, Role.ADMINISTRATOR)


@checkers
@require_http_methods(["GET", "HEAD", "POST"])
def checks(request):
    """Who is a volunteer, until when their check is valid, and a form for a new one."""
    now, today = timezone.now(), timezone.localdate()
    people = volunteers.looked_after_by(request.user)
    initial = {"verified_on": today, "expires_on": volunteers.last_day(today)}
    form = CheckForm(request.POST or None, people=people.exclude(pk=request.user.pk), initial=initial)
    if request.method == "POST" and form.is_valid():
        with refusals.on(form):
            check = volunteers.record_check(by=request.user, now=now, **form.cleaned_data)
            messages.success(request, f"Vérification notée : {check.user}, à refaire avant le {day(check.expires_on)}.")
            return redirect("volunteers")
    rows = [
        (person, person.checks.all())
        for person in people.prefetch_related("checks__verified_by").order_by("full_name", "email")
    ]
    return render(
        request,
        "accounts/volunteers.html",
        {"people": rows, "form": form, "today": today},
        status=422 if form.errors else 200,
    )


@checkers
@require_POST
def revoke(request, pk):
    """A check that counts no longer."""
    check = get_object_or_404(VolunteerCheck.objects.filter(user__in=volunteers.looked_after_by(request.user)), pk=pk)
    volunteers.revoke(check=check, by=request.user, now=timezone.now())
    messages.success(
        request,
        f"La vérification de {check.user} ne compte plus. Ses conversations avec des mineurs reviennent à l’équipe.",
    )
    return redirect("volunteers")
