"""Private links, questions that go on in private, and what the staff sees of the doors."""

from datetime import timedelta

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from relais.accounts.models import Role
from relais.accounts.permissions import public, record_access, roles
from relais.channels import services as channels
from relais.channels.models import Inbound
from relais.foundation.ratelimit import address_of, allowed
from relais.journeys import services as journeys
from relais.stories import comments

from .. import services
from ..desk.views import PAGE, team_roles, visible
from ..models import Conversation
from ..views import remember
from . import intake, links, merging
from .forms import MergeForm

CANDIDATES = 10
WRONG_LINKS = 30
"""Wrong links an hour from one address, after which none opens from there."""


@public
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def private_link(request, secret):
    """The link of a letter or an SMS."""
    return _enter(request, secret, lambda: links.opened_by(secret, now=timezone.now()))


@public
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def question(request, secret):
    """The secret address of a question, once it goes on in private."""
    return _enter(request, secret, lambda: intake.question_conversation(secret, now=timezone.now()))


def _enter(request, secret: str, find):
    """Opened, it shows a button: programs open links too. Pressed, this browser holds the conversation."""
    now = timezone.now()
    conversation = find()
    if conversation is None:
        if not allowed("link", address_of(request), limit=WRONG_LINKS, per=timedelta(hours=1), now=now):
            return render(request, "coaching/link_over.html", {"slow": True}, status=429)
        return render(request, "coaching/link_over.html", {"slow": False}, status=404)
    here = journeys.by_cookie(request.COOKIES.get(settings.JOURNEY_COOKIE_NAME))
    if here and here.pk == conversation.journey_id:
        return redirect("talk")
    if request.method == "POST":
        return remember(redirect("talk"), services.enter(conversation=conversation, now=now))
    code = journeys.resume_code(here.pk) if here else ""
    return render(request, "coaching/link.html", {"conversation": conversation, "other_code": code})


@team_roles
@require_http_methods(["GET", "HEAD", "POST"])
def merge(request, pk):
    """Join another conversation of the same person to this one."""
    conversation = visible(request, pk)
    now = timezone.now()
    typed = request.GET.get("pseudo", "").strip()[:30]
    others = Conversation.objects.visible_to(request.user).filter(line=conversation.line_id).exclude(pk=pk).select_related("journey")
    others = others.filter(journey__pseudonym__icontains=typed) if typed else others.filter(updated_at__gte=now - timedelta(days=30))
    numbers = list(others.order_by("-updated_at", "id").values_list("pk", flat=True)[:CANDIDATES])
    form = MergeForm(request.POST or None, others=others.filter(pk__in=numbers).order_by("-updated_at", "id"))
    if request.method == "POST" and form.is_valid():
        try:
            merging.merge(keep=conversation, user=request.user, now=now, **form.cleaned_data)
        except services.CoachingError as error:
            form.add_error(None, str(error))
        else:
            record_access(request.user, "merge", conversation, now=now)
            messages.success(request, "Réunies. Les messages de l’autre sont à la suite, avec leurs dates.")
            return redirect("desk", pk=pk)
    context = {"conversation": conversation, "form": form, "typed": typed, "any": bool(numbers)}
    return render(request, "coaching/merge.html", context, status=422 if form.errors else 200)


@roles(Role.SUPERVISOR, Role.ADMINISTRATOR)
@require_safe
def arrivals(request):
    """Messages that came in and are in no conversation: set aside with their reason, or stuck. Senders are not shown, but for
    those whom no program can answer: there, how they signed is all a human has."""
    aside = Inbound.objects.set_aside().defer("raw").order_by("-received_at", "id")
    page = Paginator(aside, PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "reasons": dict(Inbound.Reason.choices), "coming": Inbound.objects.coming_in().count(), "standings": comments.standings()}
    return render(request, "coaching/arrivals.html", context)


@roles(Role.SUPERVISOR, Role.ADMINISTRATOR)
@require_POST
def look_again(request, pk):
    """A human says that it is a message after all."""
    inbound = get_object_or_404(Inbound, pk=pk)
    if inbound.state == Inbound.State.TAKEN:
        raise Http404
    try:
        channels.look_again(inbound=inbound, now=timezone.now())
    except channels.WrongState as error:
        messages.warning(request, str(error))
    else:
        record_access(request.user, "look-again", "inbound", pk, now=timezone.now())
        messages.success(request, "Le message entre dans une conversation dans un instant.")
    return redirect("arrivals")
