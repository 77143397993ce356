"""The first page of those who work here."""

from django.http import JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from relais.foundation import menu, palette, today


@require_safe
def home(request):
    """What awaits this person, from every app, by deadline."""
    now = timezone.now()
    if not request.user.roles():
        return render(request, "portal/no_role.html")
    return render(request, "portal/today.html", {"tasks": today.tasks(request.user, now), "at": now})


@never_cache
@require_safe
def waiting(request):
    """How many things await this person at each place of the menu: for pages that stay open."""
    return JsonResponse(menu.waiting(request))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def go_to(request):
    """What one may open, by its name. By POST: a name that is sought stays out of addresses and logs. JSON for Ctrl + K."""
    words = request.POST.get("mots", "")
    kinds = palette.search(request, words)
    if request.headers.get("accept", "").startswith("application/json"):
        found = [
            {"kind": kind, "found": [{"words": one.words, "hint": one.hint, "address": one.address} for one in things]}
            for kind, things in kinds
        ]
        return JsonResponse({"token": get_token(request), "kinds": found})
    return render(request, "portal/go_to.html", {"kinds": kinds, "words": words})
