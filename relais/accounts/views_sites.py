"""The page where an administrator says how a site looks and what it says, and what its pages fetch to look so."""

from base64 import b64encode
from email.utils import parseaddr

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import register_converter
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from relais.foundation import colours, refusals
from relais.foundation.jinja import logo_of
from relais.foundation.sites import table

from . import sites as services
from .forms_sites import OpenSiteForm, SiteForm
from .models import AccessRecord, Organisation, Role, Site
from .permissions import public, roles

HISTORY = 30
FOR_EVER = "public, max-age=31536000, immutable"
HOUSE = "maison"
"""The look of a site that has no colours of its own, in the address of a specimen."""


class LookConverter:
    """« ff5a2c-10122a »: the two colours of a site in an address; for a specimen, also those of the house."""

    regex = f"[0-9a-f]{{6}}-[0-9a-f]{{6}}|{HOUSE}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(LookConverter, "look")


def _colours(look: str) -> tuple[str, str]:
    signal, _, deep = look.partition("-")
    return f"#{signal}", f"#{deep}"


@public
@require_safe
def look(request, look):
    """The custom properties of a site. Only those of a site: nobody paints ours with what they like."""
    if look not in {site.look for site in (table().default, *table().by_host.values())}:
        raise Http404
    text = colours.stylesheet(*_colours(look))
    return HttpResponse(text, content_type="text/css; charset=utf-8", headers={"Cache-Control": FOR_EVER})


@public
@require_safe
def picture(request, version):
    """The logo of a site, by the digest of what it shows."""
    found = get_object_or_404(
        Site.objects.filter(logo__isnull=False).values_list("logo", flat=True), logo_version=version
    )
    return HttpResponse(bytes(found), content_type="image/webp", headers={"Cache-Control": FOR_EVER})


@roles(Role.ADMINISTRATOR)
@require_safe
def specimen(request, look):
    """Two colours in light and in dark, side by side, before they are anybody's."""
    text = colours.specimen(*(("", "") if look == HOUSE else _colours(look)))
    return HttpResponse(text, content_type="text/css; charset=utf-8")


def _visible(request):
    return Site.objects.visible_to(request.user).defer("logo").select_related("organisation")


def _list(request, form=None, status=200):
    opens = request.user.administers_all()
    context = {
        "sites": list(_visible(request)),
        "form": (form or OpenSiteForm(organisations=Organisation.objects.all())) if opens else None,
    }
    return render(request, "accounts/sites.html", context, status=status)


@roles(Role.ADMINISTRATOR)
@require_safe
def sites(request):
    """The sites of the organisations that one administers. One site alone is shown at once, to who cannot open another."""
    found = list(_visible(request)[:2])
    if len(found) == 1 and not request.user.administers_all():
        return redirect("site", found[0].pk)
    return _list(request)


@roles(Role.ADMINISTRATOR)
@require_POST
def open_site(request):
    if not request.user.administers_all():
        raise Http404
    form = OpenSiteForm(request.POST, organisations=Organisation.objects.all())
    if not form.is_valid():
        return _list(request, form, 422)
    with refusals.on(form, "host"):
        opened = services.open_site(actor=request.user, now=timezone.now(), **form.cleaned_data)
        messages.success(request, f"Le site {opened.host} est ouvert. Dites maintenant comment il s’appelle.")
        return redirect("site", opened.pk)
    return _list(request, form, 422)


@roles(Role.ADMINISTRATOR)
@require_http_methods(["GET", "HEAD", "POST"])
def site(request, site_id):
    """Everything that a site says of itself, seen before it is kept."""
    found = get_object_or_404(_visible(request), pk=site_id)
    form = SiteForm(request.POST or None, request.FILES or None, instance=found)
    if request.method != "POST":
        return _page(request, found, form)
    if not form.is_valid():
        return _page(request, found, form, status=422)
    if "look" in request.POST:
        return _page(request, found, form, shown=form.instance)
    with refusals.on(form):
        services.change_site(
            actor=request.user,
            site_id=site_id,
            values=form.values(),
            seen=form.cleaned_data["seen"],
            now=timezone.now(),
        )
        messages.success(request, "C’est enregistré, et visible en quelques secondes.")
        return redirect("site", site_id)
    form.shows_again(get_object_or_404(_visible(request), pk=site_id))
    return _page(request, found, form, status=refusals.status(form))


def _logo_asked(form: SiteForm) -> str:
    """The logo as it would be: the one just sent is on no page yet, and goes along with this one."""
    values = form.values()
    if values.get("logo"):
        return f"data:image/webp;base64,{b64encode(values['logo']).decode()}"
    return logo_of(Site() if "logo" in values else form.instance)


def _page(request, found: Site, form: SiteForm, *, shown: Site | None = None, status=200):
    """`shown`: what the specimen shows; what is kept when nothing else was asked for, or what was asked for is wrong."""
    kept = shown or get_object_or_404(_visible(request), pk=found.pk)
    context = {
        "edited": found,
        "form": form,
        "shown": kept,
        "shown_logo": _logo_asked(form) if shown else logo_of(kept),
        "is_asked": shown is not None,
        "sent_again": "logo" in form.files and "logo" not in form.errors,
        "specimen": kept.look or HOUSE,
        "machine": parseaddr(settings.DEFAULT_FROM_EMAIL)[1],
        "lists": request.user.administers_all() or _visible(request).count() > 1,
        "runs_all": request.user.administers_all(),
        "called": services.called,
        "history": AccessRecord.objects.filter(kind="site", subject=str(found.pk)).select_related("user")[:HISTORY],
    }
    return render(request, "accounts/site.html", context, status=status)


@roles(Role.ADMINISTRATOR)
@require_POST
def make_default(request, site_id):
    return _of_the_host(request, site_id, services.make_default, "C’est maintenant le site par défaut.")


@roles(Role.ADMINISTRATOR)
@require_http_methods(["GET", "HEAD", "POST"])
def close_site(request, site_id):
    """What closing does and what stays; then close."""
    if request.method != "POST":
        if not request.user.administers_all():
            raise Http404
        found = get_object_or_404(_visible(request), pk=site_id)
        others = Site.objects.exclude(pk=site_id).exists()
        return render(
            request,
            "accounts/close_site.html",
            {"edited": found, "told": services.told(found), "is_needed": found.is_default and others},
        )
    return _of_the_host(request, site_id, services.close_site, "Le site est fermé : plus rien ne répond à ce nom.")


def _of_the_host(request, site_id, service, done: str):
    """What only those who run the installation do to a site."""
    if not request.user.administers_all():
        raise Http404
    with refusals.told(request):
        service(actor=request.user, site_id=site_id, now=timezone.now())
        messages.success(request, done)
    return redirect("sites")
