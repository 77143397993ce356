"""The young person's side of the answer line: no account, no name, one page."""

from datetime import timedelta
from functools import wraps

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from relais.accounts.permissions import public
from relais.foundation import refusals, sites
from relais.foundation.help import help_lines
from relais.foundation.jinja import touch_of
from relais.foundation.ratelimit import allowed, origin_of
from relais.journeys import services as journeys

from . import live, selectors, services
from .doors.forms import ReachForm
from .forms import BodyForm, OpenForm, ResumeForm
from .guide import UnknownChoice, Walk, script
from .handover import appointments
from .line import breach, routing
from .safeguarding import watch

REMEMBER = timedelta(days=90)
LOOKS = "voir"
"""The button of the first form that asks who would answer: it sends nothing, keeps what was typed, and puts none of it in an address."""
SLOW_DOWN = "Tu vas très vite ! Attends une minute, puis réessaie : ton texte est toujours dans la case."


def with_conversation(view):
    """The view receives the conversation of this browser; without one, the visitor is sent to write first."""

    @wraps(view)
    def guarded(request, *args, **kwargs):
        journey = journeys.by_cookie(request.COOKIES.get(settings.JOURNEY_COOKIE_NAME))
        conversation = journey and selectors.own_conversation(journey)
        if not conversation:
            return redirect("talk")
        return view(request, conversation, *args, **kwargs)

    return guarded


def form_of(page: str):
    """For an address that only takes a form: opened as a page (a reload, an address kept), it leads to `page`, where the form is."""

    def decorate(view):
        @wraps(view)
        def guarded(request, *args, **kwargs):
            if request.method in ("GET", "HEAD"):
                return redirect(page, *args, **kwargs)
            return require_POST(view)(request, *args, **kwargs)

        return guarded

    return decorate


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
        return write(request) if sends else _conversation_page(request, conversation, BodyForm(initial={"body": request.POST.get("body", "")}))
    asked = request.POST.get("guide") if request.method == "POST" else request.GET.get("guide")
    walk = _walk(asked or "")
    form = OpenForm(request.POST or None, initial={"guide": walk.code})
    sent = form.is_valid() and LOOKS not in request.POST
    commune = form.cleaned_data.get("commune") if form.is_bound else None
    if LOOKS in request.POST:
        form.judge_only("commune")
    choice = selectors.choice_for(_case(walk, commune, request))
    if choice is None:
        # The last line may have closed while somebody typed.
        typed = [text for text in [request.POST.get("body", "").strip()] if text]
        return render(request, "coaching/no_line.html", {"typed": typed}, status=409 if typed else 200)
    if sent:
        now = timezone.now()
        if not allowed("open", origin_of(request), now=now):
            form.add_error(None, SLOW_DOWN)
        else:
            opened = services.open_conversation(line=choice.line, touch=touch_of(request), now=now, **form.cleaned_data)
            return remember(_to_talk(opened.conversation, now), opened.cookie)
    now = timezone.now()
    line, hours = choice.line, choice.line.hours()
    context = {
        "form": form,
        "walk": walk,
        "line": line,
        "said": bool(commune or walk.said),
        "why": choice.why if choice.by else "",
        "several": selectors.are_several(),
        "is_open": hours.is_open(now),
        "opens_at": hours.next_opening(now),
        "usual": selectors.usual_wait(line, now),
        "urgent": help_lines(("119", "3114", "15")),
    }
    return render(request, "coaching/open.html", context, status=422 if form.errors else 200)


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
    if form.is_valid() and not allowed("write", origin_of(request), now=timezone.now()):
        form.add_error(None, SLOW_DOWN)
    if not form.is_valid():
        if refusals.wants_json(request):
            return JsonResponse({"error": refusals.sentence(form)}, status=422)
        return _conversation_page(request, conversation, form, status=422)
    message = services.write(journey=conversation.journey, now=timezone.now(), **form.cleaned_data)
    if refusals.wants_json(request):
        lines = _first_help(message.conversation, message.at)
        told = {"key": str(BodyForm()["key"].value()), "seq": message.seq}
        return JsonResponse(
            told | {"help": render_to_string("coaching/_help.html", {"help_lines": lines}, request, using="jinja")} if lines else told
        )
    return _to_talk(message.conversation, message.at)


@public
@never_cache
@require_safe
@with_conversation
def news(request, conversation):
    """The messages after number `apres`, as HTML: for browsers that cannot keep a stream open."""
    return HttpResponse("".join(live.render(message, "young") for message in selectors.thread(conversation, after=after_of(request))))


@public
@never_cache
@require_safe
@with_conversation
def wait(request, conversation):
    """Where the person stands in the queue now, as HTML."""
    context = {"conversation": conversation, "wait": selectors.wait_of(conversation, timezone.now()), "zone": conversation.line.hours().zone}
    return render(request, "coaching/_wait.html", context)


def after_of(request) -> int:
    after = request.GET.get("apres", "0")
    if not after.isascii() or not after.isdigit() or len(after) > 9:
        raise Http404
    return int(after)


@public
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def resume(request):
    """Come back on another device with the code written on paper."""
    form = ResumeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        now = timezone.now()
        if not allowed("resume", origin_of(request), now=now):
            form.add_error(None, "Trop d’essais. Attends une heure, ou écris-nous comme si c’était la première fois.")
        else:
            with refusals.on(form, "code"):
                _, cookie = services.resume(code=form.cleaned_data["code"], now=now)
                return remember(redirect("talk"), cookie)
    return render(request, "coaching/resume.html", {"form": form}, status=422 if form.errors else 200)


@public
@form_of("talk")
def leave(request):
    """Forget the conversation on this device only."""
    if secret := request.COOKIES.get(settings.JOURNEY_COOKIE_NAME):
        journeys.leave_device(secret=secret)
    response = redirect("home")
    response.delete_cookie(settings.JOURNEY_COOKIE_NAME, samesite="Lax")
    return response


@public
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@with_conversation
def callback(request, conversation):
    """Leave an e-mail or a number, to be reached once; after a broken promise, choose how to go on."""
    now, broken = timezone.now(), conversation.broken_at is not None
    options = {"slots": breach.slots(conversation.line, now), "zone": conversation.line.hours().zone, "broken": broken}
    form = ReachForm(request.POST if request.method == "POST" else None, **options)
    if request.method == "POST" and form.is_valid():
        with refusals.kept() as heard:
            (breach.choose if broken else services.ask_callback)(journey=conversation.journey, now=now, **form.cleaned_data)
            stays = form.cleaned_data["kind"] == breach.STAY
            messages.success(request, "On reste avec toi." if stays else "C’est noté. On te recontacte pendant nos heures d’ouverture.")
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
    return [] if watch.is_answered(conversation, now) else watch.help_for(conversation, now)


def _conversation_page(request, conversation, form, status=200):
    now = timezone.now()
    context = {
        "conversation": conversation,
        "thread": selectors.thread(conversation),
        "wait": selectors.wait_of(conversation, now),
        "form": form,
        "code": journeys.resume_code(conversation.journey_id),
        "help_lines": watch.help_for(conversation, now),
        "is_answered": watch.is_answered(conversation, now),
        "agenda": appointments.agenda(conversation, now),
        "several": selectors.are_several(),
        "zone": conversation.line.hours().zone,
    }
    return render(request, "coaching/conversation.html", context, status=status)


def remember(response, cookie: str):
    """Keep the path on this browser."""
    response.set_cookie(settings.JOURNEY_COOKIE_NAME, cookie, max_age=REMEMBER, httponly=True, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE)
    return response
