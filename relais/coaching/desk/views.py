"""The desk: the inbox by deadline, one conversation, and what to do with it."""

from datetime import datetime, timedelta
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from relais.accounts import reading
from relais.accounts.forms import WhyForm
from relais.accounts.models import Role, Why
from relais.accounts.permissions import record_access, roles
from relais.foundation import outbox, refusals
from relais.foundation.forms import form_of
from relais.foundation.jinja import plural
from relais.foundation.lists import ticked
from relais.foundation.subjects import subject_of
from relais.safeguarding.views import alarms_of

from .. import hooks, services, web
from ..access import desk_roles, opened, opened_first, organisation_of, team_roles, visible
from ..guide import triage
from ..guide.forms import SituationForm
from ..lists import LETTERS, WAYS
from ..models import Callback, CannedReply, Conversation, Draft
from ..models.conversation import CONVERSATION, TEAM
from ..thread import outbound, selectors, unreached
from ..web import after_of
from . import canned, drafts, notes, opening, presence, timeline, undelivered
from . import inbox as inboxes
from .forms import AnswerForm, NoteForm, beside_of, numbers_of

PAGE = 50
STOPPED_SHOWN = timedelta(days=30)
"""How long the list of letters shows those that nobody wanted: there is nothing to decide about them."""
REASONS = "reasons-to-read"


def watched_by(request) -> UUID | None:
    """Whose inbox this person sees change; a volunteer sees only what is entrusted to them, and looks again."""
    return organisation_of(request, *TEAM)


def _inbox(request) -> dict:
    now, user = timezone.now(), request.user
    wanted = request.GET.get("voir") if request.GET.get("voir") in inboxes.FILTERS else "ouvertes"
    teams, organisation = inboxes.teams_for(user), organisation_of(request)
    here, parts = presence.present([organisation], now), inboxes.listing(user, wanted, teams, now)
    return {
        "page": Paginator(parts, PAGE).get_page(request.GET.get("page")),
        "several": parts.several,
        "people": parts.people,
        "wanted": wanted,
        "filters": inboxes.FILTERS,
        "teams": teams,
        "here": list({page.user.pk: page.user for page in here if page.user != user}.values()),
        "pages": here,
        "mentions": inboxes.unread_mentions(user),
        "at": now,
        "organisation": watched_by(request),
    }


@desk_roles
@require_safe
def inbox(request):
    """All conversations one may see, those who wait first, by deadline."""
    return render(request, "coaching/inbox.html", _inbox(request))


@desk_roles
@never_cache
@require_safe
def inbox_list(request):
    """The list alone, to refresh an open inbox."""
    return render(request, "coaching/_inbox.html", _inbox(request))


@desk_roles
@require_safe
def desk(request, pk):
    """One conversation. Reading it leaves a trace."""
    return desk_page(request, visible(request, pk))


@team_roles
@form_of("desk")
@opened_first
def situation(request, pk):
    """What the person says of their situation, noted by who answers."""
    conversation = visible(request, pk)
    form = SituationForm(request.POST, known=conversation.journey.commune)
    if form.is_valid():
        with refusals.told(request):
            triage.note(conversation=conversation, said=form.cleaned_data, user=request.user, now=timezone.now())
        if not Conversation.objects.visible_to(request.user).filter(pk=pk).exists():
            messages.success(
                request, "C’est noté. Cette personne est servie par une autre ligne : la conversation y est passée."
            )
            return redirect("inbox")
    elif "commune" in form.errors:
        messages.warning(request, "Rien n’a été noté : cette commune n’est pas reconnue. Essayez le code postal.")
    return redirect("desk", pk=pk)


@desk_roles
@form_of("desk")
def why(request, pk):
    """Why one opens a file that is not, at first sight, one's own work; asked once a session."""
    conversation, form = visible(request, pk), WhyForm(request.POST)
    if not form.is_valid():
        return render(
            request, "coaching/why.html", {"conversation": conversation, "form": form, "refused": None}, status=422
        )
    request.session[REASONS] = request.session.get(REASONS, {}) | {str(conversation.pk): form.cleaned_data["reason"]}
    return redirect("desk", pk=pk)


@desk_roles
@never_cache
@require_safe
def news(request, pk):
    conversation = opened(request, pk)
    return HttpResponse(
        "".join(web.render(message, "staff") for message in selectors.thread(conversation, after=after_of(request)))
    )


@desk_roles
@form_of("desk")
def claim(request, pk):
    """Take in hand; who lost the race is told who won, and stays on a page that works."""
    return _act(request, pk, drafts.take)


@desk_roles
@form_of("desk")
def release(request, pk):
    return _act(request, pk, services.release)


@desk_roles
@form_of("desk")
def close(request, pk):
    return _act(request, pk, services.close)


@desk_roles
@form_of("desk")
def callback_done(request, pk):
    return _act(request, pk, services.callback_done)


@desk_roles
@form_of("desk")
def leave_unreached(request, pk):
    """What did not arrive was seen: the person is told otherwise, or reads it on the site."""
    conversation, shown = opened(request, pk), numbers_of(request.POST.getlist("letter"))
    with refusals.told(request):
        unreached.leave(conversation=conversation, user=request.user, shown=shown, now=timezone.now())
    return redirect("desk", pk=pk)


@desk_roles
@form_of("desk")
def reply(request, pk):
    """Answer, taking the conversation in hand if nobody has. Whatever is refused, the text stays in the box, and as a draft."""
    conversation, form = visible(request, pk), AnswerForm(request.POST)
    if form.is_valid():
        beside, taking = form.cleaned_data.pop("beside"), form.cleaned_data.pop("take")
        with refusals.on(form):
            message = drafts.answer(
                conversation=conversation, user=request.user, taking=taking, now=timezone.now(), **form.cleaned_data
            )
            if refusals.wants_json(request):
                return JsonResponse({"key": str(AnswerForm()["key"].value()), "seq": message.seq, "reload": taking})
            return redirect(beside_address(beside_of(beside)) if beside_of(beside) else reverse("desk", args=[pk]))
        kept = {"body": form.cleaned_data["body"], "key": form.cleaned_data["key"]}
        drafts.keep_draft(conversation=conversation, user=request.user, now=timezone.now(), **kept)
    if refusals.wants_json(request):
        return JsonResponse({"error": refusals.sentence(form)}, status=422)
    return desk_page(request, visible(request, pk), form, status=422)


@roles(*undelivered.DECIDE)
@require_safe
def letters(request):
    """Letters that did not leave, or of which nobody knows: a human decides. Those tried again by themselves are shown too."""
    letters = undelivered.letters_of(request.user)

    def context(listed) -> dict:
        shown = {one.letter.pk: one for one in undelivered.shown(listed.page.object_list, request.user)}
        failing = undelivered.failing(timezone.now()) if request.user.administers_all() else []
        decided = {pk for pk, one in shown.items() if one.is_to_decide}
        return {
            "ways": dict(WAYS),
            "shown": shown,
            "decided": decided,
            "failing": failing,
            "on_their_way": letters.not_left().exists(),
        }

    letters_shown = letters.needing_a_human() | letters.tried_again() | letters.stopped(timezone.now() - STOPPED_SHOWN)
    return LETTERS.answer(request, letters_shown, "coaching/letters.html", context)


@roles(*undelivered.DECIDE)
@require_POST
def send_again(request, pk):
    get_object_or_404(undelivered.letters_of(request.user), pk=pk)
    if _sent_again(request, pk):
        messages.success(request, "La lettre repart dans un instant.")
    return redirect("letters")


@roles(*undelivered.DECIDE)
@require_POST
def send_ticked(request):
    """Those that were ticked, after an outage of a provider for instance; each by itself."""
    letters = ticked(request, undelivered.letters_of(request.user).needing_a_human())
    number = sum(_sent_again(request, pk) for pk in letters.values_list("pk", flat=True))
    if number:
        messages.success(request, f"{number} {plural(number, 'lettre repart', 'lettres repartent')} dans un instant.")
    else:
        messages.error(request, "Rien n’est reparti : cochez les lettres à renvoyer.")
    return redirect("letters")


@roles(*undelivered.DECIDE)
@require_POST
def leave_letter(request, pk):
    """Nothing of it is to be sent any more: it arrived after all, or somebody was told otherwise."""
    letter = get_object_or_404(undelivered.letters_of(request.user), pk=pk)
    if outbox.leave(undelivered.letters_of(request.user).filter(pk=letter.pk)):
        record_access(request.user, "leave", "outbound", pk, now=timezone.now())
        messages.success(request, "La lettre est laissée : elle ne partira plus.")
    return redirect("letters")


def _sent_again(request, pk) -> bool:
    done = outbox.send_again(pk, now=timezone.now())
    if done:
        record_access(request.user, "send-again", "outbound", pk, now=timezone.now())
    return done


def _act(request, pk, service):
    conversation = visible(request, pk)
    with refusals.told(request):
        service(conversation=conversation, user=request.user, now=timezone.now())
    return redirect("desk", pk=pk)


def not_open(
    request, conversation: Conversation, now: datetime, refused: AnswerForm | None = None
) -> HttpResponse | None:
    """The answer to give instead of this conversation: why is it opened? None once it may be shown; a trace is kept. Raises TooMany.

    `refused`: an answer that could not be given; its author finds their words there too.
    """
    plain = opening.plain_reasons(request.user, [conversation])[conversation.pk]
    reason = plain or request.session.get(REASONS, {}).get(str(conversation.pk), "")
    if reason not in Why:
        context = {"conversation": conversation, "form": WhyForm(), "refused": refused}
        return render(request, "coaching/why.html", context, status=422 if refused else 200)
    reading.open_file(user=request.user, kind=CONVERSATION, subject=conversation.pk, reason=reason, now=now)
    return None


def beside_address(pks: list) -> str:
    return f"{reverse('beside')}?{urlencode([('c', pk) for pk in pks])}"


def column(request, conversation: Conversation, now: datetime, form: AnswerForm | None = None, replies=None) -> dict:
    """What a conversation that may be shown needs to be read and answered. `replies`: the ready answers, when already read."""
    user = request.user
    mine = conversation.claimed_by_id == user.pk
    if replies is None:
        replies = list(CannedReply.objects.visible_to(user).filter(is_active=True))
    filled = {reply.pk: canned.fill(reply, conversation=conversation, user=user, now=now) for reply in replies}
    if form is None:
        draft = Draft.objects.filter(conversation=conversation, user=user).first()
        body = draft.body if draft else ""
        chosen = request.GET.get("modele", "")
        if chosen.isdecimal() and (ready := filled.get(int(chosen))):
            body = f"{body}\n\n{ready}" if body else ready
        form = AnswerForm(initial={"body": body}, auto_id=f"id_{conversation.pk.hex[:8]}_%s")
    lost = unreached.of(conversation)
    return {
        "conversation": conversation,
        "thread": selectors.thread(conversation),
        "form": form,
        "mine": mine,
        "may_answer": mine or conversation.claimed_by_id is None,
        "may_take": conversation.claimed_by_id is None or user.has(Role.SUPERVISOR, conversation.line.organisation_id),
        "replies": [(reply, filled[reply.pk]) for reply in replies],
        "beside": presence.others_here(conversation, user, now),
        "refused": outbound.refused(conversation),
        "unreached": lost,
        "other_ways": unreached.other_ways(conversation) if lost else [],
    } | alarms_of(subject_of(conversation), user)


def _situation(conversation: Conversation) -> SituationForm:
    return SituationForm(
        known=conversation.journey.commune,
        initial=triage.said_by(conversation) | {"age_band": conversation.age_noted or conversation.age_band},
        auto_id="situation_%s",
    )


def desk_page(
    request, conversation: Conversation, form: AnswerForm | None = None, status: int = 200, note: NoteForm | None = None
):
    now, user = timezone.now(), request.user
    if instead := not_open(request, conversation, now, form):
        return instead
    supervises = user.has(Role.SUPERVISOR, conversation.line.organisation_id)
    context = column(request, conversation, now, form)
    context |= {
        "panels": hooks.panels(conversation, now),
        # A way to be reached is for the team: a volunteer says everything here.
        "callback": Callback.objects.filter(conversation=conversation).first() if context["is_team"] else None,
        "notes": list(conversation.notes.select_related("author")),
        "note": note or NoteForm(auto_id="note_%s"),
        "transfers": list(
            conversation.transfers.select_related("giver", "receiver", "team", "from_line", "to_line", "by")
        ),
        "teams": inboxes.teams_for(user).of(conversation),
        "origin": timeline.origin_of(conversation.journey.touch),
        "steps": timeline.steps(conversation),
        "mentions": inboxes.unread_mentions(user),
        "may_pass": conversation.claimed_by_id == user.pk or supervises,
        "may_entrust": supervises and conversation.state != Conversation.State.CLOSED,
        "situation": _situation(conversation),
        "at": now,
    }
    answer = render(request, "coaching/desk.html", context, status=status)
    notes.see_mentions(conversation=conversation, user=user, now=now)
    return answer
