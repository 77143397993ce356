"""The young person's side of the answer line: no account, no name, one page."""

import math
from datetime import datetime

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from relais.accounts.permissions import public
from relais.foundation import refusals, sites
from relais.foundation.forms import form_of
from relais.foundation.help import help_lines
from relais.foundation.jinja import duration, touch_of
from relais.foundation.ratelimit import origin_of, refused_until
from relais.journeys import services as journeys

from .. import hooks, services, web
from ..forms import BodyForm
from ..guide import UnknownChoice, Walk, script
from ..line import breach, directory, routing
from ..messaging.forms import ReachForm
from ..thread import outbound, screening, selectors
from ..web import after_of, remember, with_conversation
from .forms import OpenForm, ResumeForm

LOOKS = "voir"
"""The button of the first form that asks who would answer: it sends nothing, keeps what was typed, and puts none of it in an address."""
SLOW_DOWN = "Beaucoup de messages partent de ton réseau. Réessaie dans {} : ton texte est toujours dans la case."
OTHER_CONVERSATION = "Rien n’est parti : ce texte était pour une conversation qui n’est plus ouverte sur cet appareil. Recharge la page, et relis-le avant de l’envoyer ici."


@public
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def talk(request):
    """Write for the first time, or see one's conversation."""
    journey = journeys.by_cookie(request.COOKIES.get(settings.JOURNEY_COOKIE_NAME))
    conversation = journey and selectors.own_conversation(journey)
    if conversation:
        # The first form sent from an old tab, or twice: what was typed joins the conversation (once, by its key).
        sends = request.method == "POST" and LOOKS not in request.POST
        return (
            write(request)
            if sends
            else _conversation_page(request, conversation, BodyForm(initial={"body": request.POST.get("body", "")}))
        )
    asked = request.POST.get("guide") if request.method == "POST" else request.GET.get("guide")
    walk = _walk(asked or "")
    form = OpenForm(request.POST or None, initial={"guide": walk.code})
    sent = form.is_valid() and LOOKS not in request.POST
    commune = form.cleaned_data.get("commune") if form.is_bound else None
    if LOOKS in request.POST:
        form.judge_only("commune")
    choice = directory.choice_for(_case(walk, commune, request))
    if choice is None:
        # The last line may have closed while somebody typed.
        typed = [text for text in [request.POST.get("body", "").strip()] if text]
        return render(request, "coaching/no_line.html", {"typed": typed}, status=409 if typed else 200)
    if sent:
        now = timezone.now()
        if until := refused_until("open", origin_of(request), now=now):
            form.add_error(None, _slow_down(until, now))
        else:
            where = {"touch": touch_of(request), "origin": origin_of(request)}
            opened = services.open_conversation(line=choice.line, now=now, **where, **form.cleaned_data)
            return remember(_to_talk(opened.conversation, now), opened.cookie)
    now = timezone.now()
    line, hours = choice.line, choice.line.hours()
    context = {
        "form": form,
        "walk": walk,
        "line": line,
        "said": bool(commune or walk.said),
        "why": choice.why if choice.by else "",
        "several": directory.are_several(),
        "is_open": hours.is_open(now),
        "opens_at": hours.next_opening(now),
        "usual": selectors.usual_wait(line, now),
        "later": selectors.later_than_promised(line, now),
        "urgent": help_lines(("119", "3114", "15")),
    }
    return render(request, "coaching/open.html", context, status=422 if form.errors else 200)


def _slow_down(until: datetime, now: datetime) -> str:
    return SLOW_DOWN.format(_minutes(until, now))


def _minutes(until: datetime, now: datetime) -> str:
    """How long that is, never less: « 12 min »."""
    return duration(max(60, math.ceil((until - now).total_seconds() / 60) * 60))


def _walk(codes: str) -> Walk:
    """The choices made with the program before; none when the script has changed since."""
    try:
        return script().walk(codes[:120])
    except UnknownChoice:
        return script().walk("")


def _case(walk: Walk, commune, request) -> routing.Case:
    """What is known of somebody who has not written yet: their commune, what they chose with the program, the site they are on."""
    said = {name: walk.said.get(name, "") for name in ("subject", "age_band", "employment")}
    return routing.case(commune, **said, organisation=sites.site_of(request).organisation_id)


@public
@never_cache
@form_of("talk")
@with_conversation
def write(request, conversation):
    """One more message. From the page's module the answer is JSON; without it, the page again."""
    form = BodyForm(request.POST)
    now = timezone.now()
    # A page that was open before somebody else came back here with their own code: its words are not for theirs.
    if form.is_valid() and request.POST.get("de", str(conversation.pk)) != str(conversation.pk):
        form.add_error(None, OTHER_CONVERSATION)
    if form.is_valid() and (until := refused_until("write", origin_of(request), now=now)):
        form.add_error(None, _slow_down(until, now))
    if not form.is_valid():
        if refusals.wants_json(request):
            return JsonResponse({"error": refusals.sentence(form)}, status=422)
        return _conversation_page(request, conversation, form, status=422)
    where = {"journey": conversation.journey, "origin": origin_of(request)}
    message = services.write(now=timezone.now(), **where, **form.cleaned_data)
    if refusals.wants_json(request):
        lines = _first_help(message.conversation, message.at)
        told = {"key": str(BodyForm()["key"].value()), "seq": message.seq}
        return JsonResponse(
            told | {"help": render_to_string("coaching/_help.html", {"help_lines": lines}, request, using="jinja")}
            if lines
            else told
        )
    return _to_talk(message.conversation, message.at)


@public
@never_cache
@require_safe
@with_conversation
def news(request, conversation):
    """The messages after number `apres`, as HTML: for browsers that cannot keep a stream open.

    `de`: the conversation that the page shows. Of another one (they were joined, somebody else took the telephone) it gets nothing.
    """
    if request.GET.get("de") != str(conversation.pk):
        return HttpResponse(status=410)
    return HttpResponse(
        "".join(web.render(message, "young") for message in selectors.thread(conversation, after=after_of(request)))
    )


@public
@never_cache
@require_safe
@with_conversation
def wait(request, conversation):
    """Where the person stands in the queue now, as HTML."""
    context = {
        "conversation": conversation,
        "wait": selectors.wait_of(conversation, timezone.now()),
        "zone": conversation.line.hours().zone,
    }
    return render(request, "coaching/_wait.html", context)


@public
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def resume(request):
    """Come back on another device with the code written on paper."""
    form = ResumeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        now = timezone.now()
        with refusals.on(form, "code"):
            _, cookie = services.resume(code=form.cleaned_data["code"], now=now)
            return remember(redirect("talk"), cookie)
        if until := refused_until("resume", origin_of(request), now=now):
            words = f"Trop de codes faux depuis ton réseau. Réessaie dans {_minutes(until, now)}, ou écris-nous comme si c’était la première fois."
            form.add_error(None, words)
    return render(request, "coaching/resume.html", {"form": form}, status=422 if form.errors else 200)


@public
@form_of("talk")
def leave(request):
    """Forget the conversation on this device only."""
    if secret := request.COOKIES.get(settings.JOURNEY_COOKIE_NAME):
        services.leave(secret=secret)
    response = redirect("home")
    response.delete_cookie(settings.JOURNEY_COOKIE_NAME, samesite="Lax")
    return response


@public
@form_of("talk")
@with_conversation
def change_code(request, conversation):
    """Somebody has seen the code, or holds another telephone on which the conversation is open."""
    cookie = request.COOKIES[settings.JOURNEY_COOKIE_NAME]
    services.change_code(conversation=conversation, cookie=cookie, now=timezone.now())
    messages.success(
        request,
        "C’est fait : ta conversation n’est plus ouverte qu’ici. Note ton nouveau code, l’ancien n’ouvre plus rien.",
    )
    return redirect(reverse("talk") + "#code-titre")


@public
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@with_conversation
def callback(request, conversation):
    """Leave an e-mail or a number, to be reached once; after a broken promise, choose how to go on."""
    now, broken = timezone.now(), conversation.broken_at is not None
    options = {"slots": breach.slots(conversation.line, now), "zone": conversation.line.hours().zone, "broken": broken}
    options["by_sms"] = outbound.has_sms(conversation)
    form = ReachForm(request.POST if request.method == "POST" else None, **options)
    if request.method == "POST" and form.is_valid():
        with refusals.kept() as heard:
            (breach.choose if broken else services.ask_callback)(
                journey=conversation.journey, now=now, **form.cleaned_data
            )
            stays = form.cleaned_data["kind"] == breach.STAY
            messages.success(
                request,
                "On reste avec toi." if stays else "C’est noté. On te recontacte pendant nos heures d’ouverture.",
            )
            return redirect("talk")
        if isinstance(heard.refusal, refusals.WrongState):
            # Good news: somebody has answered.
            messages.success(request, str(heard.refusal))
            return redirect("talk")
        form.add_error("slot", str(heard.refusal))
    context = {"form": form, "conversation": conversation, "broken": broken, "zone": options["zone"]}
    return render(request, "coaching/callback.html", context, status=422 if form.errors else 200)


def _to_talk(conversation, now):
    """Back to the conversation; where the help numbers are, when they are to be seen first."""
    return redirect(reverse("talk") + ("#secours" if _first_help(conversation, now) else ""))


def _first_help(conversation, now):
    """The help numbers to show before what was said; none once somebody answered."""
    return [] if screening.is_answered(conversation, now) else screening.help_for(conversation, now)


def _conversation_page(request, conversation, form, status=200):
    now = timezone.now()
    context = {
        "conversation": conversation,
        "thread": selectors.thread(conversation),
        "wait": selectors.wait_of(conversation, now),
        "form": form,
        "code": journeys.resume_code(conversation.journey),
        "help_lines": screening.help_for(conversation, now),
        "is_answered": screening.is_answered(conversation, now),
        "agenda": hooks.next_steps(conversation, now),
        "several": directory.are_several(),
        "zone": conversation.line.hours().zone,
    }
    return render(request, "coaching/conversation.html", context, status=status)
