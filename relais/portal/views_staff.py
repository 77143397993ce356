"""The first page of those who work here."""

from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from relais.foundation import today


@require_safe
def home(request):
    """What awaits this person, from every app, by deadline."""
    now = timezone.now()
    if not request.user.roles():
        return render(request, "portal/no_role.html")
    return render(request, "portal/today.html", {"tasks": today.tasks(request.user, now), "at": now})
