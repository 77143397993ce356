"""Moderation: what waits to be read, and what is decided about it."""

from functools import partial
from uuid import uuid4

from django.contrib import messages
from django.core.paginator import Paginator
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from relais.accounts.permissions import record_access, roles
from relais.foundation import links, meanwhile, refusals
from relais.safeguarding import first_aid

from ..models import ANSWER, Answer, CommentReply, ContentReport, Question
from ..models.questions import MODERATORS
from . import comments, content_reports, moderation, moderation_hints, questions
from .forms import AnswerForm, DecisionForm, ReasonForm, ReplyForm, SendAgainForm, ShowForm, TextForm

PER_PAGE = 50
State = Question.State
TABS = {
    "a-lire": "À lire",
    "signalements": "Signalements",
    "publiees": "Publiées",
    "repondues": "Répondues ailleurs",
    "ecartees": "Écartées",
    "reseaux": "Réseaux",
}
DECIDED = {
    "publiees": (State.SHOWN,),
    "repondues": (State.ANSWERED,),
    "ecartees": (State.REFUSED, State.PRIVATE, State.REMOVED),
}
DONE = {
    "show": "C’est publié.",
    "refuse": "Ce n’est pas publié. La personne lit la raison sur sa page.",
    "make_private": "Passé en privé. La personne trouve la conversation sur sa page.",
    "hide": "C’est retiré. Plus personne ne peut le lire.",
    "delete": "C’est effacé.",
    "edit": "C’est modifié.",
    "answer": "La réponse est en ligne.",
    "give_link": "Voici le lien, bon quatorze jours. Envoyez-le à la personne montrée.",
    "reply": "Votre réponse part sous le commentaire, dans un instant.",
    "invite": "Votre invitation part sous le commentaire, dans un instant.",
    "hide_there": "C’est écarté, et le commentaire va être masqué là-bas.",
    "send_again": "Elle repart dans un instant.",
}
# What each button of a question (or of an answer) calls, with the form that goes with it.
ON_QUESTION = {
    "show": (moderation.show, ShowForm),
    "refuse": (moderation.refuse, ReasonForm),
    "make_private": (moderation.make_private, None),
    "hide": (moderation.hide, ReasonForm),
    "edit": (moderation.edit, TextForm),
    "delete": (moderation.delete, ReasonForm),
    "answer": (moderation.answer, AnswerForm),
    "give_link": (moderation.give_link, None),
    # Of a comment read on a network.
    "reply": (partial(comments.reply, kind=CommentReply.Kind.ANSWER), ReplyForm),
    "invite": (partial(comments.reply, kind=CommentReply.Kind.INVITATION), ReplyForm),
    "hide_there": (comments.hide, ReasonForm),
    "send_again": (comments.send_again, SendAgainForm),
}
STAY = ("show", "edit", "answer", "give_link", "reply", "invite", "send_again")
ON_ANSWER = {
    "show": (moderation.show_answer, TextForm),
    "hide": (moderation.hide_answer, ReasonForm),
    "edit": (moderation.edit_answer, TextForm),
    "delete": (moderation.delete_answer, ReasonForm),
}
moderators = roles(*MODERATORS)


@moderators
@require_safe
def queue(request):
    """What waits, the nearest deadline first; then what was decided."""
    now, user = timezone.now(), request.user
    tab = request.GET.get("voir") if request.GET.get("voir") in TABS else "a-lire"
    waiting, answers, reported = (
        moderation.waiting_questions(user),
        moderation.waiting_answers(user),
        content_reports.waiting(user),
    )
    counts = {"a-lire": waiting.count() + answers.count(), "signalements": len(reported)}
    context = {
        "tab": tab,
        "tabs": [(key, name, counts.get(key)) for key, name in TABS.items()],
        "at": now,
        "promise_hours": questions.PROMISE_HOURS,
    }
    if tab == "a-lire":
        context["page"] = page = Paginator(waiting, PER_PAGE).get_page(request.GET.get("page"))
        context["rows"] = [(one, moderation_hints.marked(one.body), moderation_hints.flags(one.body)) for one in page]
        context["answers"] = [
            (one, questions.due(one.at), moderation_hints.marked(one.body)) for one in answers[:PER_PAGE]
        ]
    elif tab == "signalements":
        context["notices"] = [(one, content_reports.text_of(one), questions.due(one.received_at)) for one in reported]
        decided = (
            ContentReport.objects.visible_to(user)
            .exclude(decision="")
            .select_related("story", "question", "answer", "decided_by")
        )
        context["decided"] = [
            (one, content_reports.text_of(one)) for one in decided.order_by("-decided_at", "id")[:PER_PAGE]
        ]
    elif tab == "reseaux":
        context["standings"] = comments.standings(request.user)
    else:
        found = moderation.decided_questions(user, *DECIDED[tab]).prefetch_related("answers")
        context["page"] = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "stories/moderation/queue.html", context)


@moderators
@require_safe
def question(request, pk):
    """One question, all that can be done with it, and its history. Reading it is written down."""
    found = _visible(request, pk)
    record_access(request.user, "read", found, now=timezone.now())
    return _page(request, found)


@moderators
@require_POST
def decide_question(request, pk):
    """Show, refuse, make private, edit, hide, erase, answer, give a link: one form, one service each."""
    return _decide(request, _visible(request, pk), None, ON_QUESTION)


@moderators
@require_POST
def decide_answer(request, pk):
    """Show, edit, hide, erase one answer."""
    visible = Answer.objects.filter(question__in=Question.objects.visible_to(request.user)).select_related("question")
    answer = get_object_or_404(visible, pk=pk)
    return _decide(request, _visible(request, answer.question_id), answer, ON_ANSWER)


@moderators
@require_http_methods(["GET", "HEAD", "POST"])
def notice(request, pk):
    """One notice, and its decision."""
    visible = ContentReport.objects.visible_to(request.user).select_related(
        "story", "question", "answer__author", "decided_by"
    )
    found = get_object_or_404(visible, pk=pk)
    text = content_reports.text_of(found)
    form = DecisionForm(
        request.POST if request.method == "POST" else None, text=text.words, may_edit=text.question is not None
    )
    if request.method == "GET":
        record_access(request.user, "read", found, now=timezone.now())
    if form.is_valid():
        with refusals.on(form):
            content_reports.decide(notice=found, user=request.user, now=timezone.now(), **form.cleaned_data)
            messages.success(request, "C’est décidé, et dit aux deux personnes.")
            return redirect("moderate_notice", pk)
    context = {
        "notice": found,
        "text": text,
        "form": form,
        "due": questions.due(found.received_at),
        "at": timezone.now(),
    }
    context["is_own"] = request.user.pk in content_reports.authors(text)
    return render(request, "stories/moderation/notice.html", context, status=422 if form.errors else 200)


def _visible(request, pk) -> Question:
    return get_object_or_404(
        Question.objects.visible_to(request.user).select_related("story", "decided_by", "comment__copy"), pk=pk
    )


def _decide(request, found: Question, answer: Answer | None, table: dict):
    action = request.POST.get("action", "")
    if action not in table:
        return _page(request, found, problem="Choisissez ce qui est à faire.")
    service, form_class = table[action]
    form = form_class(request.POST) if form_class else None
    if form and not form.is_valid():
        return _page(request, found, problem=refusals.sentence(form))
    about = {"answer": answer} if answer else {"question": found}
    data = dict(form.cleaned_data) if form else {}
    if service is moderation.show_answer:
        data = {"text": data["text"]}
    with refusals.kept() as heard:
        service(**about, user=request.user, now=timezone.now(), **data)
        done = (
            "C’est écarté. Le commentaire reste visible là-bas."
            if action == "refuse" and found.is_comment
            else DONE[action]
        )
        messages.success(request, done)
        return redirect("moderate_question", found.pk) if answer or action in STAY else redirect("moderation")
    changed = isinstance(heard.refusal, refusals.ChangedMeanwhile)
    return _page(request, found, problem=str(heard.refusal), status=409 if changed else 422)


def _page(request, found: Question, problem: str = "", status: int = 422):
    """One question. With a `problem`, the answer to a refused form, and what was typed."""
    found = _visible(request, found.pk)
    now = timezone.now()
    typed = (
        {
            name: request.POST.get(name, "")
            for name in ("action", "about", "text", "pseudonym", "reason", "body", "key", "seen")
        }
        if problem
        else {}
    )
    link = moderation.link_of(found, now)
    answers = [
        (one, meanwhile.fingerprint(moderation.told(one.body)), moderation_hints.marked(one.body))
        for one in found.answers.select_related("author")
    ]
    context = {
        "question": found,
        "marked": moderation_hints.marked(found.body),
        "flags": moderation_hints.flags(found.body),
        "numbers": [line.number for line in first_aid.help_for(found.body)],
        "typed": typed,
        "proposed": found.shown_body or moderation_hints.masked(found.body),
        "seen": meanwhile.fingerprint(moderation.told(found.shown_body)),
        "moves": found.moves() if found.body else set(),
        "is_online": found.state == State.SHOWN and found.story.is_published(now),
        "answers": answers,
        "key": typed.get("key") if typed.get("action") in ("answer", "reply", "invite") else uuid4(),
        "link": links.address(ANSWER, links.secret_of(link), organisation=found.story.organisation_id) if link else "",
        "link_until": link and link.expires_at,
        "traces": found.traces.select_related("by", "answer").order_by("-at", "-id"),
        "notices": found.content_reports.order_by("received_at"),
        "problem": problem,
        "at": now,
    }
    if found.is_comment:
        context |= _elsewhere(found)
    return render(request, "stories/moderation/question.html", context, status=status if problem else 200)


def _elsewhere(found: Question) -> dict:
    """What the page of a comment has more than that of a question asked here."""
    comment, sent = found.comment, comments.sent(found)
    return {
        "comment": comment,
        "network": comments.account_of(comment),
        "sent": sent,
        "seen_there": meanwhile.fingerprint(comments.replies_told(found)),
        "seen_replies": sum(1 for each in sent if each.body),
        "is_hidden": any(each.key.startswith("comment-hide:") for each in sent),
        "invitation": comments.invitation(comment),
    }
