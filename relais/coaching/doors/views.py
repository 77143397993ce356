"""Private links, questions that go on in private, and what the staff sees of the doors."""

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from relais.accounts.permissions import public, record_access, roles
from relais.accounts.scope import owned
from relais.channels import services as channels
from relais.channels.models import Inbound
from relais.foundation import link_pages, refusals
from relais.journeys import services as journeys
from relais.stories import comments
from relais.stories.models import QUESTION

from .. import services
from ..desk import opening
from ..desk.undelivered import DECIDE
from ..desk.views import team_roles, visible
from ..lists import ARRIVALS
from ..models import Conversation
from ..views import remember
from . import intake, links, merging
from .forms import MergeForm, SoughtForm

CANDIDATES = 10


@public
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@link_pages.opens(links.CONVERSATION)
def private_link(request, secret):
    """The link of a letter or an SMS."""
    return _enter(request, links.opened_by(secret, now=timezone.now()))


@public
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@link_pages.opens(QUESTION)
def question(request, secret):
    """The secret address of a question, once it goes on in private."""
    return _enter(request, intake.question_conversation(secret, opening=request.method == "POST", now=timezone.now()))


def _enter(request, conversation: Conversation | None):
    """Opened, it shows a button: programs open links too. Pressed, this browser holds the conversation."""
    here = journeys.by_cookie(request.COOKIES.get(settings.JOURNEY_COOKIE_NAME))
    if here and conversation and here.pk == conversation.journey_id:
        return redirect("talk")
    if request.method == "POST":
        return remember(redirect("talk"), services.enter(conversation=conversation, now=timezone.now()))
    code = journeys.resume_code(here.pk) if here else ""
    return render(request, "coaching/link.html", {"other_code": code})


@team_roles
@require_http_methods(["GET", "HEAD", "POST"])
def merge(request, pk):
    """Join another conversation of the same person to this one: choose it, look at both, confirm."""
    conversation, now, user = visible(request, pk), timezone.now(), request.user
    line = Conversation.objects.visible_to(user).filter(line=conversation.line_id).select_related("journey", "claimed_by")
    if not merging.ready(user, line.filter(pk=pk), now).exists():
        messages.warning(request, "Prenez cette conversation, et ouvrez-la, avant de la réunir à une autre.")
        return redirect("desk", pk=pk)
    others = line.exclude(pk=pk).order_by("-updated_at", "id")
    form = MergeForm(request.POST if "reason" in request.POST else None, others=merging.ready(user, others, now))
    if form.is_valid():
        other = form.cleaned_data["other"]
        if not form.cleaned_data["seen"]:
            return _confirm(request, conversation, other, form)
        with refusals.kept() as heard:
            merging.merge(keep=conversation, user=user, now=now, **form.cleaned_data)
            messages.success(request, "Réunies. Les messages de l’autre sont à la suite, avec leurs dates.")
            return redirect("desk", pk=pk)
        if isinstance(heard.refusal, refusals.WrongState):
            return _confirm(request, visible(request, pk), line.filter(pk=other.pk).first() or other, form, str(heard.refusal))
        form.add_error(None, str(heard.refusal))
    sought = SoughtForm(request.POST if "pseudonym" in request.POST else None)
    context = {"conversation": conversation, "form": form, "sought": sought, "found": _found(request, sought, others, now)}
    return render(request, "coaching/merge.html", context, status=422 if form.errors or sought.errors else 200)


def _found(request, sought: SoughtForm, others, now) -> list[Conversation] | None:
    """Those of that pseudonym, to be opened first: nothing of what they say. Sought by POST, and traced."""
    if not sought.is_valid():
        return None
    record_access(request.user, "search", opening.KIND, "pseudonym", now=now)
    return list(others.filter(journey__pseudonym__icontains=sought.cleaned_data["pseudonym"])[:CANDIDATES])


def _confirm(request, conversation, other, form: MergeForm, problem: str = ""):
    """Both, as they are now; what is confirmed is this."""
    context = {"conversation": conversation, "other": other, "form": form, "problem": problem, "seen": merging.state_of(conversation, other)}
    return render(request, "coaching/merge_confirm.html", context, status=422 if problem else 200)


@roles(*DECIDE)
@require_safe
def arrivals(request):
    """Messages that came in and are in no conversation: set aside with their reason, or stuck. Senders are not shown, but for
    those whom no program can answer: there, how they signed is all a human has."""
    mine = owned(Inbound.objects.all(), request.user, *DECIDE)
    listed = ARRIVALS.of(request, mine.set_aside().defer("raw"))
    if listed.total:
        record_access(request.user, "read", "inbound", "set-aside", now=timezone.now())
    context = {"listed": listed, "reasons": dict(Inbound.Reason.choices), "coming": mine.coming_in().count(), "standings": comments.standings()}
    return render(request, "coaching/arrivals.html", context)


@roles(*DECIDE)
@require_safe
def letter(request, pk):
    """The bytes of a letter that no program could read, for whoever can: to be kept as a file, never shown as a page."""
    unread = owned(Inbound.objects.filter(reason=Inbound.Reason.UNREADABLE).exclude(raw=b""), request.user, *DECIDE)
    inbound = get_object_or_404(unread, pk=pk)
    record_access(request.user, "read", "inbound", pk, now=timezone.now())
    name = {"Content-Disposition": f'attachment; filename="lettre-{pk}.eml"', "Cache-Control": "no-store"}
    return HttpResponse(inbound.raw, content_type="application/octet-stream", headers=name)


@roles(*DECIDE)
@require_POST
def look_again(request, pk):
    """A human says that it is a message after all."""
    inbound = get_object_or_404(owned(Inbound.objects.all(), request.user, *DECIDE), pk=pk)
    if inbound.state == Inbound.State.TAKEN:
        raise Http404
    with refusals.told(request):
        channels.look_again(inbound=inbound, now=timezone.now())
        record_access(request.user, "look-again", "inbound", pk, now=timezone.now())
        messages.success(request, "Le message entre dans une conversation dans un instant.")
    return redirect("arrivals")
