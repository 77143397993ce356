"""The partner's side: a link that expires, or an account; only what the person agreed to pass on."""

from datetime import timedelta

from django.contrib import messages
from django.core.paginator import Paginator
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from relais.accounts.models import Role
from relais.accounts.permissions import public, record_access, roles
from relais.foundation.ratelimit import address_of, allowed

from . import handovers, services
from .forms import OutcomeForm, RefusalForm
from .models import Handover


@public
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def by_link(request, secret):
    now = timezone.now()
    if not allowed("partner", address_of(request), limit=100, per=timedelta(hours=1), now=now):
        return render(
            request, "coaching/partner_refused.html", {"sentence": "Trop d’essais depuis votre adresse. Réessayez dans une heure."}, status=429
        )
    try:
        handover = handovers.by_link(secret=secret, now=now)
    except handovers.LinkUnknown as error:
        return render(request, "coaching/partner_refused.html", {"sentence": str(error)}, status=404)
    except handovers.LinkExpired as error:
        return render(request, "coaching/partner_refused.html", {"sentence": str(error)}, status=410)
    return _page(request, handover)


@roles(Role.PARTNER)
@require_safe
def listing(request):
    """What was addressed to this partner, newest first."""
    found = Handover.objects.sent_to(request.user).select_related("structure", "conversation__journey__commune").order_by("-agreed_at", "id")
    return render(request, "coaching/orientations.html", {"page": Paginator(found, 50).get_page(request.GET.get("page")), "at": timezone.now()})


@roles(Role.PARTNER)
@require_http_methods(["GET", "HEAD", "POST"])
def one(request, pk):
    found = Handover.objects.sent_to(request.user).select_related("structure", "conversation__line__organisation", "conversation__journey__commune")
    handover = get_object_or_404(found, pk=pk)
    record_access(request.user, "read", handover, now=timezone.now())
    return _page(request, handover)


def _page(request, handover):
    """Read, accept, refuse with a reason, tell the outcome. Whatever is refused is said in a sentence."""
    now, refusal, outcome = timezone.now(), RefusalForm(), OutcomeForm(initial={"outcome": handover.outcome})
    if request.method == "POST":
        action = request.POST.get("action")
        try:
            if action == "accept":
                handovers.accept(handover=handover, now=now)
                messages.success(request, "Merci. Un second lien, pour nous dire la suite, vous est envoyé par e-mail.")
                return redirect(request.path)
            if action == "refuse" and (refusal := RefusalForm(request.POST)).is_valid():
                handovers.refuse(handover=handover, reason=refusal.cleaned_data["reason"], now=now)
                messages.success(request, "C’est noté. L’équipe Relais reprend la demande.")
                return redirect(request.path)
            if action == "outcome" and (outcome := OutcomeForm(request.POST)).is_valid():
                handovers.record_outcome(handover=handover, outcome=outcome.cleaned_data["outcome"], now=now)
                messages.success(request, "Merci, la suite est notée. Vous pourrez la corriger avec ce lien.")
                return redirect(request.path)
        except services.WrongState as error:
            messages.warning(request, str(error))
            return redirect(request.path)
    errors = refusal.errors or outcome.errors
    context = {"handover": handover, "refusal": refusal, "outcome": outcome, "at": now}
    return render(request, "coaching/partner.html", context, status=422 if errors else 200)
