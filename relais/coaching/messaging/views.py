"""Private links, questions that go on in private, and what the staff sees of the channels."""

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from relais.accounts.models import Role
from relais.accounts.permissions import public, record_access, roles
from relais.accounts.scope import owned
from relais.channels import opt_outs
from relais.channels import services as channels
from relais.channels.models import Inbound
from relais.foundation import link_pages, refusals
from relais.journeys import services as journeys
from relais.stories.models import QUESTION
from relais.stories.questions import comments

from .. import services
from ..access import team_roles, visible
from ..desk.undelivered import DECIDE
from ..lists import ARRIVALS
from ..models import Conversation
from ..models.conversation import CONVERSATION
from ..thread import links
from ..web import remember
from . import intake, merging, refused
from .forms import MergeForm, RefusalForm, SoughtForm

CANDIDATES = 10
AT_ONCE = 300
"""Characters of a message set aside that the list shows; a longer one is read on its own page."""
HEARD = (Role.MEDIATOR, *DECIDE)
"""Who may be told by somebody that they want nothing more."""


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
    code = journeys.resume_code(here) if here else ""
    return render(request, "coaching/link.html", {"other_code": code})


@team_roles
@require_http_methods(["GET", "HEAD", "POST"])
def merge(request, pk):
    """Join another conversation of the same person to this one: choose it, look at both, confirm."""
    conversation, now, user = visible(request, pk), timezone.now(), request.user
    line = (
        Conversation.objects.visible_to(user).filter(line=conversation.line_id).select_related("journey", "claimed_by")
    )
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
            return _confirm(
                request, visible(request, pk), line.filter(pk=other.pk).first() or other, form, str(heard.refusal)
            )
        form.add_error(None, str(heard.refusal))
    sought = SoughtForm(request.POST if "pseudonym" in request.POST else None)
    context = {
        "conversation": conversation,
        "form": form,
        "sought": sought,
        "found": _found(request, sought, others, now),
    }
    return render(request, "coaching/merge.html", context, status=422 if form.errors or sought.errors else 200)


def _found(request, sought: SoughtForm, others, now) -> list[Conversation] | None:
    """Those of that pseudonym, to be opened first: nothing of what they say. Sought by POST, and traced."""
    if not sought.is_valid():
        return None
    record_access(request.user, "search", CONVERSATION, "pseudonym", now=now)
    return list(others.filter(journey__pseudonym__icontains=sought.cleaned_data["pseudonym"])[:CANDIDATES])


def _confirm(request, conversation, other, form: MergeForm, problem: str = ""):
    """Both, as they are now; what is confirmed is this."""
    context = {
        "conversation": conversation,
        "other": other,
        "form": form,
        "problem": problem,
        "seen": merging.state_of(conversation, other),
    }
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
    if request.method == "GET":
        channels.see(rows=[row for row in listed.page if _is_shown_whole(row)], now=timezone.now())
    context = {
        "listed": listed,
        "heard": _heard,
        "reasons": dict(Inbound.Reason.choices),
        "at_once": AT_ONCE,
        "is_cut": lambda one: not (_is_shown_whole(one) or _is_file(one)),
        "coming": mine.coming_in().count(),
        "standings": comments.standings(request.user),
    }
    return render(request, "coaching/arrivals.html", context)


def _heard(one: Inbound) -> bool:
    return opt_outs.holds(one.channel, one.sender, owner=one.account_of)


def _is_file(one: Inbound) -> bool:
    """Whether nobody reads it here: it is there as a file, or not at all."""
    return one.reason == Inbound.Reason.UNREADABLE and bool(one.shape)


def _is_shown_whole(one: Inbound) -> bool:
    """Whether who looks at the list has read it."""
    return not (one.whole or one.attachments or _is_file(one)) and len(one.body) <= AT_ONCE


@roles(*DECIDE)
@require_safe
def arrival(request, pk):
    """All the words of one message that was set aside."""
    mine = owned(Inbound.objects.all(), request.user, *DECIDE)
    one = get_object_or_404(mine.set_aside().defer("raw"), pk=pk)
    if _is_file(one):
        raise Http404
    record_access(request.user, "read", "inbound", pk, now=timezone.now())
    if request.method == "GET":
        channels.see(rows=[one], now=timezone.now())
    context = {"one": one, "heard": _heard, "reasons": dict(Inbound.Reason.choices)}
    return render(request, "coaching/arrival.html", context)


@roles(*DECIDE)
@require_safe
def letter(request, pk):
    """The bytes of a letter that no program could read, for whoever can: to be kept as a file, never shown as a page."""
    unread = owned(Inbound.objects.filter(reason=Inbound.Reason.UNREADABLE).exclude(raw=b""), request.user, *DECIDE)
    inbound = get_object_or_404(unread, pk=pk)
    record_access(request.user, "read", "inbound", pk, now=timezone.now())
    if request.method == "GET":
        channels.see(rows=[inbound], now=timezone.now())
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


@roles(*HEARD)
@require_http_methods(["GET", "HEAD", "POST"])
def opt_out(request):
    """Somebody told the team that they want no more messages. The answer is the same whether it was noted before or not."""
    form = RefusalForm(request.POST or None)
    decides = request.user.organisations(*DECIDE).exists()
    if request.method == "POST" and form.is_valid():
        if "withdraw" in request.POST:
            if not decides:
                raise Http404
            _withdraw(request, form.cleaned_data["contact"])
        else:
            refused.note(user=request.user, contact=form.cleaned_data["contact"], roles=HEARD, now=timezone.now())
            messages.success(request, "C’est noté : rien ne part plus de votre équipe vers cette adresse ou ce numéro.")
        return redirect("opt_out")
    back = (reverse("letters"), "Lettres à vérifier") if decides else (reverse("inbox"), "Conversations")
    context = {"form": form, "back": back, "decides": decides}
    return render(request, "coaching/opt_out.html", context, status=422 if form.errors else 200)


def _withdraw(request, contact) -> None:
    """Of what the person said themself nothing is told: it may have been said to another organisation."""
    if refused.withdraw(user=request.user, contact=contact, roles=DECIDE, now=timezone.now()):
        messages.success(request, "C’est retiré : le refus noté par votre équipe ne tient plus.")
    else:
        messages.warning(
            request, "Rien n’a changé : votre équipe n’a noté aucun refus pour cette adresse ou ce numéro."
        )
