"""What a young person may do with what is kept about them: read it, take it away, erase it; and what the team sees of how long it is kept."""

import json

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from relais.accounts.models import Role
from relais.accounts.permissions import public, roles
from relais.documents import services as documents
from relais.foundation import retention, sites

from ..models import RetentionRun
from ..web import with_conversation
from . import broom, ending, requests, told

TURNS = 14


@public
@never_cache
@require_safe
@with_conversation
def own_data(request, conversation):
    """What is kept, until when, who read it; with ?fichier=json, html or pdf, to take away."""
    kept = requests.export(journey=conversation.journey)
    wanted = request.GET.get("fichier")
    if wanted == "json":
        body = json.dumps(kept, ensure_ascii=False, indent=2)
        return _file(HttpResponse(body, content_type="application/json; charset=utf-8"), "relais-mes-donnees.json")
    zone = conversation.line.hours().zone
    context = {"conversation": conversation, "kept": kept, "until": ending.end_of(conversation), "zone": zone}
    if wanted == "html":
        context["sections"] = told.sections(kept, zone)
        return _file(render(request, "coaching/own_data_file.html", context), "relais-mes-donnees.html")
    if wanted == "pdf":
        site, now = sites.site_of(request), timezone.now()
        documents.count(request, conversation.pk, now)
        made = told.document(kept, site=site, until=context["until"], zone=zone, now=now)
        return documents.answer(made, "relais-mes-donnees")
    return render(request, "coaching/own_data.html", context)


@public
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@with_conversation
def erase(request, conversation):
    """Ask once, then erase at once."""
    if request.method == "POST" and request.POST.get("sure") == "oui":
        requests.erase(journey=conversation.journey, now=timezone.now())
        response = redirect("erased")
        response.delete_cookie(settings.JOURNEY_COOKIE_NAME, samesite="Lax")
        return response
    return render(request, "coaching/erase.html", {"conversation": conversation, "left": retention.left()})


@public
@require_safe
def erased(request):
    return render(request, "coaching/erased.html")


def _file(response, name: str):
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@roles(Role.SUPERVISOR, Role.ADMINISTRATOR)
@require_safe
def report(request):
    """What is kept, for how long, and what the last turns of the broom did: for those who answer for it."""
    turns = list(RetentionRun.objects.order_by("-at", "-id")[:TURNS])
    last = next((turn for turn in turns if not turn.is_dry), None)
    rules = [(rule, (last.counts.get(rule.slug) if last else None)) for rule in retention.rules()]
    context = {
        "rules": rules,
        "last": last,
        "turns": turns,
        "stays": retention.stays(),
        "not_erased": broom.not_erased(),
    }
    return render(request, "coaching/retention.html", context)
