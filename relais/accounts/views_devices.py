"""One's own devices: where the account is open, closed from another one; and the question a page asks while somebody looks at it."""

from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from relais.foundation import refusals

from . import devices
from .models import Role
from .permissions import roles


@require_safe
def here(request):
    """Somebody looks at a page (asked each minute, see lock.js): whose session it is now, which a page of somebody else does not show to them.
    As a page: where one lands who opened the session again in another tab."""
    if refusals.wants_json(request):
        return HttpResponse(status=204, headers={"X-Who": request.who})
    return render(request, "accounts/here.html")


@require_safe
def own_devices(request):
    """Where this account is open."""
    context = {
        "devices": devices.open_ones(request.user, now=timezone.now()),
        "this_one": request.session.session_key,
        "passkeys": [
            one.wrap() for one in Authenticator.objects.filter(user=request.user, type=Authenticator.Type.WEBAUTHN)
        ],
    }
    return render(request, "accounts/devices.html", context)


@require_POST
def close_device(request, pk):
    closed = devices.close(user=request.user, pk=pk, now=timezone.now())
    if closed.session_id == request.session.session_key:
        return redirect("account_login")
    messages.success(request, f"C’est fermé : {closed.device}.")
    return redirect("devices")


@require_POST
def close_other_devices(request):
    devices.close_others(user=request.user, but=request.session.session_key, now=timezone.now())
    messages.success(request, "C’est fermé partout, sauf ici.")
    return redirect("devices")


@roles(Role.ADMINISTRATOR)
@require_POST
def close_sessions(request, user_id):
    """A colleague's telephone is lost."""
    with refusals.told(request):
        user = devices.close_all_of(actor=request.user, user_id=user_id, now=timezone.now())
        messages.success(request, f"Le compte de {user} est déconnecté de tous ses appareils. Un e-mail le lui dit.")
    return redirect("member", user_id)
