"""The touches of a campaign, for those who run it and those who pay for it."""

import io

import segno
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from relais.accounts.models import Role
from relais.accounts.permissions import roles
from relais.foundation import refusals

from . import selectors, services
from .addresses import address_of
from .forms import TouchForm
from .lists import TOUCHES
from .models import Touch

QUIET_ZONE = 4
"""Modules of white around the QR code: less, and some telephones do not see it on a dark wall."""


def _may_create(request) -> bool:
    return request.user.organisations(Role.CAMPAIGN_MANAGER).exists()


@require_safe
@roles(Role.CAMPAIGN_MANAGER, Role.FUNDER)
def touches(request):
    visible = selectors.with_follows(Touch.objects.visible_to(request.user).select_related("story"))
    return TOUCHES.answer(request, visible, "campaigns/touches.html", lambda listed: {"may_create": _may_create(request)})


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
    """The QR code as SVG, black on white with its quiet zone, one millimetre a module: ready for the printer."""
    found = get_object_or_404(Touch.objects.visible_to(request.user), pk=code)
    out = io.BytesIO()
    title = f"{found.label} : {address_of(found)}"
    segno.make(address_of(found), error="m", micro=False).save(
        out, kind="svg", border=QUIET_ZONE, unit="mm", dark="#000", light="#fff", title=title, svgclass=None, lineclass=None
    )
    return HttpResponse(out.getvalue(), content_type="image/svg+xml", headers={"Content-Disposition": f'inline; filename="relais-{found.code}.svg"'})
