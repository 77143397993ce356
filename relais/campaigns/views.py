"""The touches of a campaign, for those who run it and those who pay for it."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from relais.accounts.models import Role
from relais.accounts.permissions import roles
from relais.documents import services as documents
from relais.foundation import refusals

from . import selectors, services, sheets
from .addresses import address_of
from .forms import TouchForm
from .lists import TOUCHES
from .models import Touch
from .qr import drawn


def _may_create(request) -> bool:
    return request.user.organisations(Role.CAMPAIGN_MANAGER).exists()


@require_safe
@roles(Role.CAMPAIGN_MANAGER, Role.FUNDER)
def touches(request):
    visible = selectors.with_follows(Touch.objects.visible_to(request.user).select_related("story"))
    return TOUCHES.answer(
        request, visible, "campaigns/touches.html", lambda listed: {"may_create": _may_create(request)}
    )


@require_http_methods(["GET", "HEAD", "POST"])
@roles(Role.CAMPAIGN_MANAGER)
def new_touch(request):
    form = TouchForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        with refusals.on(form, "label"):
            touch = services.create_touch(user=request.user, **form.cleaned_data, now=timezone.now())
            messages.success(request, "Le contact est prêt. Son code ne changera plus.")
            return redirect("campaigns:touch", touch.code)
    return render(request, "campaigns/new_touch.html", {"form": form}, status=422 if form.errors else 200)


@require_safe
@roles(Role.CAMPAIGN_MANAGER, Role.FUNDER)
def touch(request, code):
    found = get_object_or_404(Touch.objects.visible_to(request.user).select_related("story"), pk=code)
    context = {"touch": found, "address": address_of(found), "follows": selectors.follows(code)}
    return render(request, "campaigns/touch.html", context)


@require_safe
@roles(Role.CAMPAIGN_MANAGER, Role.FUNDER)
def qr(request, code):
    """The QR code as SVG, for the printer."""
    found = get_object_or_404(Touch.objects.visible_to(request.user), pk=code)
    return HttpResponse(
        drawn(found),
        content_type="image/svg+xml",
        headers={"Content-Disposition": f'inline; filename="relais-{found.code}.svg"'},
    )


@require_safe
@roles(Role.CAMPAIGN_MANAGER, Role.FUNDER)
def sheet(request, code):
    """A sheet to print, or four small ones (?par-page=4)."""
    found = get_object_or_404(Touch.objects.visible_to(request.user).select_related("story", "organisation"), pk=code)
    per_page = {"1": 1, "4": 4}.get(request.GET.get("par-page", "1"))
    if per_page is None:
        raise Http404
    return documents.answer(sheets.sheet(found, per_page), f"affiche-{found.code}")
