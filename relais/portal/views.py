"""Help, legal pages, the site map, health, and the answers when something went wrong.

The help page and the error pages read nothing from the database: they must work when it is down.
"""

import sys

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Paginator
from django.db import DatabaseError, OperationalError
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_safe

from relais.catalogue.search.service import is_indexed
from relais.foundation import failures, retention, schedule, sites
from relais.foundation.help import help_groups
from relais.foundation.middleware import is_lost, unavailable
from relais.foundation.outage import unanswered

from . import privacy, selectors
from .forms import Specimen


@login_not_required
@require_safe
def help_numbers(request):
    return render(request, "portal/help.html", {"groups": help_groups()})


@login_not_required
@require_safe
def legal(request):
    return render(request, "portal/legal.html")


@login_not_required
@require_safe
def confidentiality(request):
    context = {
        "grounds": list(privacy.Ground),
        "purposes": privacy.PURPOSES,
        "readers": privacy.READERS,
        "carriers": privacy.carriers(sites.site_of(request).organisation_id),
        "durations": privacy.durations(),
        "rules": retention.rules(),
        "stays": retention.stays(),
    }
    return render(request, "portal/privacy.html", context)


@login_not_required
@require_safe
def accessibility(request):
    return render(request, "portal/accessibility.html")


@login_not_required
@require_safe
def components(request):
    """Every component in every state, for those who write pages: not a page of the site."""
    if not settings.LOCAL:
        raise Http404
    wrong = Specimen({"pseudonym": "", "message": "x", "level": "9"})
    page = Paginator(range(30), 10).get_page(2)
    return render(request, "portal/components.html", {"form": Specimen(), "wrong": wrong, "page": page})


@login_not_required
@require_safe
def robots(request):
    closed = "".join(f"Disallow: {path}\n" for path in ("/pro/", "/compte/", "/r/", "/demo", "/orientation/"))
    return HttpResponse(
        f"User-agent: *\n{closed}Sitemap: {sites.absolute('/sitemap.xml', request=request)}\n",
        content_type="text/plain; charset=utf-8",
    )


@login_not_required
@require_safe
def sitemap(request):
    addresses = [
        sites.absolute(path, request=request)
        for path in selectors.public_addresses(timezone.now(), sites.site_of(request))
    ]
    return render(request, "portal/sitemap.xml", {"addresses": addresses}, content_type="application/xml")


@login_not_required
@require_safe
def health_ready(request):
    """200 when everything a visitor needs is there, else 503; the JSON says what is missing."""
    state = {"database": "ok", "migrations": "ok", "worker": {}, "schedule": "unknown"}
    try:
        if is_lost(request):
            raise OperationalError
        state["migrations"] = "ok" if selectors.migrations_applied() else "missing"
        state["worker"] = selectors.worker_state(timezone.now())
        state["schedule"] = "failed" if schedule.failing().exists() else "ok"
    except DatabaseError:
        state["database"] = "down"
    # Of the schedule nothing: visitors miss nothing of an import that failed.
    ready = [state["database"], state["migrations"], *state["worker"].values()]
    # Without an index PostgreSQL answers, slower: told, and no reason to turn visitors away.
    state["search"] = "ok" if is_indexed() else "slow"
    return JsonResponse(state, status=200 if set(ready) == {"ok"} else 503)


def bad_request(request, exception=None):
    return failures.page(request, "400", 400)


def forbidden(request, exception=None):
    return failures.page(request, "403", 403)


def not_found(request, exception=None):
    return failures.page(request, "404", 404)


def server_error(request):
    """Also where a database that went away is met before the view: in the session, or in who is signed in."""
    error = sys.exc_info()[1]
    return unavailable(request, error) if unanswered(error) else failures.page(request, "500", 500)


def stale_form(request, reason=""):
    """The form's secret is not the one we gave: an old tab, or cookies refused. What was typed is shown again."""
    came_from = request.headers.get("Referer", "")
    here = url_has_allowed_host_and_scheme(came_from, {request.get_host()}, require_https=request.is_secure())
    return failures.page(
        request, "stale_form", 403, retry=came_from if here else "/pro/" if failures.is_of_work(request) else "/"
    )
