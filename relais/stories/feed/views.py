"""Testimonies, for everybody: the list, and what a person does with one. Nothing is kept here about who."""

from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import Http404, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from relais.accounts.permissions import public
from relais.catalogue.models import Occupation
from relais.foundation.jinja import TOUCH_PARAMETER, touch_of
from relais.foundation.ratelimit import allowed, origin_of

from ..models import ReactionCount, Story
from . import preferences, reactions
from .feed import about, panels, places
from .same_origin import from_our_pages

PER_PAGE = 12
JOBS = 200
"""Occupations one may choose from."""


@public
@require_safe
def story_list(request):
    """« Explorer »: every story, by whom one works with and by place."""
    now, own = timezone.now(), preferences.read(request)
    where = places(now)
    audience, place = request.GET.get("avec", ""), request.GET.get("ou", "")
    audience, place = audience if audience in Story.Audience.values else "", place if place in where else ""
    stories = Story.objects.published(now)
    stories = about(stories, audience) if audience else stories
    stories = stories.filter(commune__departement=place) if place else stories
    page = Paginator(stories.order_by("-published_at", "slug"), PER_PAGE).get_page(request.GET.get("page"))
    kept = {
        name: value
        for name, value in (("avec", audience), ("ou", place), (TOUCH_PARAMETER, touch_of(request)))
        if value
    }
    context = {
        "page": page,
        "panels": panels(page.object_list, own),
        "audience": audience,
        "place": place,
        "places": where,
    }
    return preferences.personal(
        render(request, "stories/list.html", context | {"audiences": Story.Audience.choices, "kept": urlencode(kept)}),
        own,
    )


@public
@require_safe
def choices(request):
    """« Mes choix »: all that the device keeps, to change or to forget."""
    own = preferences.read(request)
    followed = list(Occupation.objects.active().filter(slug__in=own.occupations).order_by("name", "slug"))
    saved = list(Story.objects.published(timezone.now()).filter(slug__in=own.saved).select_related("occupation"))
    others = (
        Occupation.objects.active()
        .filter(stories__in=Story.objects.published(timezone.now()))
        .distinct()
        .order_by("name", "slug")
    )
    context = {"preferences": own, "audiences": Story.Audience.choices, "followed": followed, "saved": saved}
    context["others"] = [one for one in others[:JOBS] if one.slug not in own.occupations]
    return preferences.personal(render(request, "stories/choices.html", context), own)


@public
@require_POST
@from_our_pages
def choose(request):
    """The audiences and occupations ticked on « Mes choix » replace those ticked before."""
    own = preferences.Preferences(saved=preferences.read(request).saved, said=preferences.read(request).said)
    known = set(
        Occupation.objects.active()
        .filter(slug__in=request.POST.getlist("metier")[:JOBS])
        .values_list("slug", flat=True)
    )
    for audience in Story.Audience.values:
        if audience in request.POST.getlist("avec"):
            own = own.with_("audiences", audience)
    for slug in dict.fromkeys(request.POST.getlist("metier")):
        if slug in known:
            own = own.with_("occupations", slug)
    return preferences.write(redirect(_back(request, "/")), own)


@public
@require_POST
@from_our_pages
def forget(request):
    return preferences.write(redirect(_back(request, "/gouts")), preferences.Preferences())


@public
@require_POST
@from_our_pages
def follow(request, slug):
    """Follow an occupation (`oui=1`), or no longer (`oui=0`)."""
    get_object_or_404(Occupation.objects.active(), slug=slug)
    return _kept(request, "occupations", slug)


@public
@require_POST
@from_our_pages
def keep(request, slug):
    """Keep a story on this device, or no longer. One that was withdrawn can still be let go."""
    if request.POST.get("oui") == "1":
        get_object_or_404(Story.objects.published(timezone.now()), slug=slug)
    return _kept(request, "saved", slug)


@public
@require_POST
@from_our_pages
def react(request, slug):
    """Counted once a device and kind: the device remembers, we do not."""
    now, own, kind = timezone.now(), preferences.read(request), request.POST.get("kind", "")
    if kind not in ReactionCount.Kind.values:
        raise Http404
    if kind not in own.kinds_said(slug):
        if not allowed("react", origin_of(request), now=now):
            return _slow_down(request)
        reactions.react(story=slug, kind=kind, touch=touch_of(request), now=now)
    return _answer(request, own.with_("said", f"{slug}:{kind}"), {"said": kind}, reverse("story", args=[slug]))


def _kept(request, name: str, slug: str):
    on = request.POST.get("oui") == "1"
    return _answer(request, preferences.read(request).with_(name, slug, on=on), {"on": on}, "/gouts")


def _answer(request, own: preferences.Preferences, said: dict, page: str):
    """To the page's module in JSON; to a plain form, the page it was on."""
    as_json = request.headers.get("accept", "").startswith("application/json")
    return preferences.write(JsonResponse(said) if as_json else redirect(_back(request, page)), own)


def _slow_down(request):
    if request.headers.get("accept", "").startswith("application/json"):
        return JsonResponse({"error": "Doucement ! Réessaie plus tard."}, status=429)
    return render(request, "stories/slow.html", {"back": _back(request, "/")}, status=429)


def _back(request, otherwise: str) -> str:
    """The page of ours the form names in `retour`."""
    wanted = request.POST.get("retour", "")
    is_ours = wanted.startswith("/") and url_has_allowed_host_and_scheme(wanted, None)
    return wanted if is_ours else otherwise
