"""Asking under a story, following what one asked, answering by a link, reporting a text: for everybody, without an account or a cookie."""

from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from relais.accounts.permissions import public
from relais.foundation import link_pages, links
from relais.foundation.jinja import TOUCH_PARAMETER, touch_of
from relais.foundation.ratelimit import allowed, origin_of
from relais.safeguarding import first_aid

from ..feed.same_origin import from_our_pages
from ..models import ANSWER, NOTICE, QUESTION, Question, Story
from . import content_reports, moderation, questions
from .forms import AnswerForm, AskForm, ReportForm

SLOW_DOWN = "Il y a beaucoup d’envois d’ici. Attends une heure, puis réessaie : ton texte est toujours dans la case."


@public
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@from_our_pages
def ask(request, slug):
    """Ask something under a story; then the receipt."""
    now = timezone.now()
    story = get_object_or_404(Story.objects.published(now).select_related("occupation"), slug=slug)
    form, status = AskForm(request.POST if request.method == "POST" else None), 200
    if form.is_valid():
        if not allowed("ask", origin_of(request), now=now):
            form.add_error(None, SLOW_DOWN)
            status = 429
        else:
            _, secret = questions.ask(story=story, touch=touch_of(request), now=now, **form.cleaned_data)
            return redirect(_with_touch(request, reverse("question_receipt", args=[secret])))
    elif form.is_bound:
        status = 422
    context = {
        "form": form,
        "story": story,
        "promise_hours": questions.PROMISE_HOURS,
        "max_length": questions.MAX_LENGTH,
    }
    return render(request, "stories/ask.html", context, status=status)


@public
@never_cache
@require_safe
@link_pages.opens(QUESTION)
def receipt(request, secret):
    """What became of a question, for who asked it."""
    question = questions.by_secret(secret, now=timezone.now())
    alarming = question.is_alarming and question.body
    context = {
        "question": question,
        "secret": secret,
        "is_online": question.state == Question.State.SHOWN and question.story.is_published(timezone.now()),
        "answers": list(question.answers.shown()),
        "notices": list(question.content_reports.exclude(decision="").filter(answer=None)),
        "help_lines": first_aid.help_for(question.body) if alarming else [],
        "promise_hours": questions.PROMISE_HOURS,
    }
    return render(request, "stories/receipt.html", context)


@public
@never_cache
@require_POST
@from_our_pages
@link_pages.opens(QUESTION)
def take_back(request, secret):
    """Erase one's question, now."""
    now = timezone.now()
    questions.take_back(question=questions.by_secret(secret, now=now), now=now)
    return redirect("question_receipt", secret)


@public
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@from_our_pages
@link_pages.opens(ANSWER)
def answer(request, secret):
    """The person shown answers a question that is online, by the link they were given."""
    now = timezone.now()
    question = moderation.by_link(secret, now)
    form, status = AnswerForm(request.POST if request.method == "POST" else None), 200
    if form.is_valid():
        if not allowed("answer", origin_of(request), now=now):
            form.add_error(
                None, "Il y a beaucoup d’envois d’ici. Attendez une heure : votre texte est toujours dans la case."
            )
            status = 429
        else:
            moderation.answer_by_link(secret=secret, now=now, **form.cleaned_data)
            return redirect(f"{request.path}?fait=1")
    elif form.is_bound:
        status = 422
    context = {
        "question": question,
        "form": form,
        "done": request.GET.get("fait") == "1",
        "promise_hours": questions.PROMISE_HOURS,
    }
    context["until"] = links.opened(secret, ANSWER, now=now).expires_at
    return render(request, "stories/answer.html", context, status=status)


@public
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@from_our_pages
def report(request, **which):
    """Report a story, a question or an answer that one can read as unlawful."""
    now = timezone.now()
    text = content_reports.public_text(now, **which)
    form, status = ReportForm(request.POST if request.method == "POST" else None), 200
    if form.is_valid():
        if not allowed("report", origin_of(request), now=now):
            form.add_error(None, SLOW_DOWN)
            status = 429
        else:
            data = {name: form.cleaned_data[name] for name in ("ground", "details", "email", "key")}
            _, secret = content_reports.report(text=text, now=now, **data)
            return redirect(_with_touch(request, reverse("notice_receipt", args=[secret])))
    elif form.is_bound:
        status = 422
    return render(request, "stories/report.html", {"form": form, "text": text}, status=status)


@public
@never_cache
@require_safe
@link_pages.opens(NOTICE)
def notice_receipt(request, secret):
    """What became of a notice, for who sent it."""
    notice = content_reports.by_secret(secret, now=timezone.now())
    context = {
        "notice": notice,
        "text": content_reports.text_of(notice),
        "due": questions.due(notice.received_at),
        "help_lines": first_aid.help_for(notice.details),
    }
    return render(request, "stories/notice.html", context)


def _with_touch(request, address: str) -> str:
    touch = touch_of(request)
    return f"{address}?{TOUCH_PARAMETER}={touch}" if touch else address
