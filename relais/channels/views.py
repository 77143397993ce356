"""The page of « ne plus recevoir », below every letter, and the press of a mail program on its header (RFC 8058).

Opening it does nothing: programs that check links open it too. Only a press acts, by whoever holds the letter: no cookie is needed.
"""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from relais.foundation import link_pages, links
from relais.foundation.ratelimit import allowed

from . import opt_outs
from .models import OptOut

ONE_CLICK = ("List-Unsubscribe", "One-Click")


@csrf_exempt
@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@link_pages.opens(opt_outs.LINK)
def no_more(request, secret):
    now = timezone.now()
    link = links.opened(secret, opt_outs.LINK, now=now)
    if request.method != "POST":
        return _page(request, link)
    name, said = ONE_CLICK
    if request.POST.get(name) == said:
        opt_outs.stop_by(link, how=OptOut.How.HEADER, now=now)
        return HttpResponse("OK", content_type="text/plain")
    # Stopping is always heard; beginning again, as often as somebody may change their mind.
    if request.POST.get("act") == "stop":
        opt_outs.stop_by(link, how=OptOut.How.LINK, now=now)
    elif request.POST.get("act") == "again":
        if not allowed("mail-again", link.subject, now=now):
            return _page(request, link, slow=True)
        opt_outs.begin_again_by(link)
    return redirect(request.path)


def _page(request, link, *, slow: bool = False):
    context = {"is_stopped": opt_outs.is_stopped(link), "slow": slow}
    return render(request, "channels/no_more.html", context, status=429 if slow else 200)


no_more.is_public = True
