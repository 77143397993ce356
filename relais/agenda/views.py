"""The agenda of who works here, and the calendar their own subscribes to."""

from hashlib import sha256

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from relais.accounts.permissions import public, roles
from relais.foundation import link_pages, refusals

from . import clashes, feed, services, subjects
from .busy import reading
from .forms import BusyForm
from .models import Appointment, BusyFeed


@roles(*feed.READERS)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def agenda(request):
    """What is coming, what is still to be said of those that are over, and the address to subscribe to."""
    now, form = timezone.now(), BusyForm()
    if request.method == "POST" and request.POST.get("action") == "read":
        form = BusyForm(request.POST)
        if form.is_valid():
            with refusals.on(form, "address"):
                reading.keep(user=request.user, now=now, **form.cleaned_data)
                messages.success(request, "C’est noté : votre agenda est lu dans les minutes qui viennent.")
                return redirect("agenda")
    elif request.method == "POST":
        with refusals.told(request):
            messages.success(request, _do(request.POST.get("action"), request.user, now))
        return redirect("agenda")
    chosen = feed.mine(request.user).filter(state=Appointment.State.CHOSEN).order_by("starts_at", "id")
    context = {
        "clashes": _clashing(clashes.chosen(feed.mine(request.user), request.user, now)),
        "spent": _shown(clashes.spent(feed.mine(request.user), request.user, now)),
        "coming": _shown(chosen.filter(starts_at__gt=now)[: feed.MOST]),
        "over": _shown(chosen.filter(starts_at__lte=now)[: feed.MOST]),
        "to_review": {one.pk: why for one, why in clashes.led(feed.led(request.user), now)},
        "sessions": feed.led(request.user).filter(starts_at__gt=now).select_related("room").counted()[: feed.MOST],
        "address": feed.address_of(request.user, now),
        "busy": BusyFeed.objects.visible_to(request.user).first(),
        "weeks": reading.AHEAD.days // 7,
        "form": form,
    }
    return render(request, "agenda/mine.html", context, status=422 if form.errors else 200)


def _do(action: str | None, user, now) -> str:
    """Do it; the sentence that says it was."""
    if action == "renew":
        feed.renew(user=user, now=now)
        return "Votre adresse est prête. Si vous en aviez une autre, elle n’ouvre plus rien."
    if action == "stop":
        feed.stop(user=user, now=now)
        return "C’est fait : votre adresse n’ouvre plus rien."
    if action == "unread":
        reading.stop(user=user)
        return "C’est fait : votre agenda n’est plus lu, et ce qui en était connu est effacé."
    raise refusals.NotAcceptable("Choisissez ce que vous voulez faire de votre agenda.")


def _shown(appointments) -> list[tuple]:
    """(the appointment, its words, whom with, where it is looked after)."""
    worded = services.worded(appointments)
    names = subjects.names(one for one, _ in worded)
    return [(one, words, names.get(one.pk, ""), subjects.of(one).page(one.subject_id)) for one, words in worded]


def _clashing(found) -> list[tuple]:
    """As `_shown`, each with why it has to be moved."""
    rows = _shown(one.appointment for one in found)
    return [(*row, clash.words) for row, clash in zip(rows, found, strict=True)]


@public
@require_safe
@link_pages.opens(feed.FEED)
def subscribed(request, secret):
    """Asked by programs, every hour: it changes nothing, and says of nobody that they read."""
    now = timezone.now()
    body = feed.calendar(feed.owner(secret, now), now)
    response = HttpResponse(body, content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = 'inline; filename="agenda.ics"'
    response["Cache-Control"] = "private, no-cache"
    response["X-Robots-Tag"] = "noindex"
    response["ETag"] = f'"{sha256(body).hexdigest()[:32]}"'
    return get_conditional_response(request, etag=response["ETag"], response=response)
