"""News of the person, months after: one press, no account."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from relais.accounts.permissions import public
from relais.coaching.thread import outbound
from relais.coaching.web import with_conversation
from relais.foundation import link_pages

from . import common, follow_ups, outcomes
from .forms import NewsForm, PressForm


@public
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@link_pages.opens(follow_ups.NEWS)
def news(request, secret):
    """The page of a question. Opening it changes nothing: programs open links too."""
    now = timezone.now()
    follow_up = follow_ups.by_link(secret, now=now)
    done = _press(request, follow_up, now) if request.method == "POST" else ""
    context = {
        "follow_up": follow_up,
        "done": done,
        "words": outcomes.WORDS,
        "first": outcomes.FIRST,
        "jobs": outcomes.JOBS,
        "rest": [code for code in outcomes.OFFERED if code not in outcomes.FIRST],
        "name": follow_ups.NAMES.get(follow_up.milestone, ""),
        "told": follow_up.milestone == follow_ups.TOLD,
    }
    return render(request, "handovers/news.html", context)


def _press(request, follow_up, now) -> str:
    """What was pressed, done; the word of it for the page."""
    choice = request.POST.get("choice")
    if choice == "stop":
        follow_ups.stop(conversation=follow_up.conversation, now=now)
    elif choice in ("again", "once"):
        follow_ups.tell(follow_up=follow_up, again=choice == "again", now=now)
    elif follow_up.milestone != follow_ups.TOLD and (form := PressForm(request.POST)).is_valid():
        follow_ups.answer(follow_up=follow_up, code=form.cleaned_data["code"], now=now)
        return form.cleaned_data["code"]
    else:
        raise Http404
    return choice


@public
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@with_conversation
def choose(request, conversation):
    """By which channel to be asked for news, or not at all."""
    first = conversation.follow_ups.exclude(milestone=follow_ups.TOLD).order_by("milestone").first()
    by_sms = outbound.has_sms(conversation)
    form = NewsForm(request.POST or None, initial={"by": first.by} if first else {}, by_sms=by_sms)
    if request.method == "POST" and form.is_valid():
        try:
            messages.success(request, _keep_choice(conversation, form.cleaned_data, timezone.now()))
        except common.NoAgreement:
            # The page says why.
            return render(
                request, "handovers/news_choice.html", {"form": form, "conversation": conversation}, status=422
            )
        return redirect("talk")
    return render(
        request,
        "handovers/news_choice.html",
        {"form": form, "conversation": conversation},
        status=422 if form.errors else 200,
    )


def _keep_choice(conversation, values: dict, now) -> str:
    """The sentence that says it is kept. Raises common.NoAgreement."""
    if values["by"] == NewsForm.NEVER:
        follow_ups.stop(conversation=conversation, now=now)
        return "Entendu : on ne te demandera rien."
    follow_ups.choose(journey=conversation.journey, by=values["by"], address=values["address"], now=now)
    return "C’est noté. Tu peux changer d’avis ici."
