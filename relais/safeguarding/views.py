"""Alarms and danger files, for the team."""

from datetime import datetime, timedelta

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from relais.accounts import reading
from relais.accounts.forms import WhyForm
from relais.accounts.models import Role, Why
from relais.accounts.permissions import roles
from relais.foundation import refusals
from relais.foundation.forms import form_of
from relais.foundation.subjects import Subject

from . import alarms, danger, levels, watched
from .forms import (
    DecisionForm,
    EntryForm,
    OpenDangerForm,
    SecondReadingForm,
    SeenForm,
    SentForm,
)
from .lists import DANGER
from .models import TEAM, DangerFile
from .watched import Watched

READERS = (*TEAM, Role.VOLUNTEER)
"""A volunteer sees what was signalled where they help, and says nothing of it."""
team_roles = roles(*TEAM)

KIND = danger.KIND
REASONS = "reasons-to-open-danger-files"
REASON_LASTS = timedelta(minutes=30)
STEPS = {
    "ajouter": (EntryForm, danger.add, "Noté."),
    "relire": (SecondReadingForm, danger.read_twice, "Relu. La décision peut être prise."),
    "decider": (DecisionForm, danger.decide, "Décision gardée."),
    "transmis": (SentForm, danger.note_sent, "Transmission notée."),
}


@roles(*READERS)
@never_cache
@require_safe
def alarm_list(request, pk, kind):
    """The open alarms alone, for a page that is open when a message of danger comes."""
    subject = Watched.of(kind).opened(request, pk)
    return render(request, "safeguarding/_alarms.html", alarms_of(subject, request.user))


@team_roles
@require_http_methods(["GET", "HEAD", "POST"])
def seen(request, pk, kind):
    """A human has read what was signalled, and says what it was."""
    if request.method != "POST":
        return redirect(Watched.of(kind).page, pk=pk)
    subject, form = Watched.of(kind).opened(request, pk), SeenForm(request.POST)
    if not form.is_valid():
        messages.warning(request, "Cette page est trop vieille : relisez, puis répondez.")
        return redirect(subject.address)
    if form.cleaned_data["verdict"] == "again":
        with refusals.told(request):
            alarms.reopen(subject=subject, user=request.user, read=form.cleaned_data["read"], now=timezone.now())
            messages.success(request, "L’alerte est de nouveau à lire.")
        return redirect(subject.address)
    said = {
        "read": form.cleaned_data["read"],
        "is_false": form.cleaned_data["verdict"] == "false",
        "reason": form.cleaned_data["reason"],
    }
    with refusals.told(request):
        alarms.acknowledge(subject=subject, user=request.user, now=timezone.now(), **said)
        messages.success(
            request,
            "Fausse alerte notée." if said["is_false"] else "Noté : lu par vous. Faut-il ouvrir un dossier de danger ?",
        )
    return redirect(subject.address)


def alarms_of(subject: Subject, user) -> dict:
    """What safeguarding/_alarms.html needs: the open alarms and, for the team, the danger files."""
    kind = Watched.of(subject.kind)
    is_team = kind.is_team(user, subject.pk)
    return {
        "subject": subject,
        "seen_at": reverse(f"{kind.names}alarm_seen", args=[subject.pk]),
        "danger_at": reverse(f"{kind.names}danger_open", args=[subject.pk]),
        "alarms": alarms.told(subject),
        "said_false": alarms.said_false(subject) if is_team else [],
        "danger_files": list(_files_here(subject)) if is_team else [],
        "is_team": is_team,
    }


def _files_here(subject: Subject):
    """Those that were opened where it is answered now: that another organisation has one, and at what level, is not said."""
    return DangerFile.objects.about(subject.kind, subject.pk).filter(organisation=subject.organisation_id)


# --- danger files


@team_roles
@require_safe
def danger_list(request):
    """The files that one may open, without a word of what they say."""
    files = DangerFile.objects.visible_to(request.user).select_related("opened_by", "second_reader")
    return DANGER.answer(request, files, "safeguarding/danger_list.html", lambda listed: {"at": timezone.now()})


@team_roles
@require_http_methods(["GET", "HEAD", "POST"])
def danger_open(request, pk, kind):
    """Write a worry down, with the list of what to do beside it."""
    subject, now = Watched.of(kind).opened(request, pk), timezone.now()
    form = OpenDangerForm(request.POST or None, readers=danger.readers(subject.organisation_id, but=request.user))
    if request.method == "POST" and form.is_valid():
        with refusals.on(form):
            file = danger.open_file(subject=subject, user=request.user, now=now, **form.cleaned_data)
            _keep_reason(request, file, Why.OPENING, now)
            return redirect("danger", pk=file.pk)
    context = {"subject": subject, "form": form, "levels": levels.levels()}
    return render(request, "safeguarding/danger_open.html", context, status=422 if form.errors else 200)


@team_roles
@never_cache
@require_safe
def danger_file(request, pk):
    """One file. Each reading leaves a trace, with a reason said at most half an hour before."""
    return _danger_page(request, _file(request, pk))


@team_roles
@form_of("danger")
def danger_why(request, pk):
    """Say why, then read."""
    file, form = _file(request, pk), WhyForm(request.POST)
    if not form.is_valid():
        return render(request, "safeguarding/danger_why.html", {"file": file, "form": form}, status=422)
    _keep_reason(request, file, form.cleaned_data["reason"], timezone.now())
    return redirect("danger", pk=pk)


@team_roles
@require_http_methods(["GET", "HEAD", "POST"])
def danger_step(request, pk, step):
    """One step of the file; refused, what was typed stays in its box."""
    file, now = _file(request, pk), timezone.now()
    if request.method != "POST" or not _reason(request, file, now):
        return redirect("danger", pk=pk)
    kind, service, done = STEPS[step]
    form = kind(request.POST)
    if form.is_valid():
        with refusals.on(form):
            service(file=file, user=request.user, now=now, **form.cleaned_data)
            messages.success(request, done)
            return redirect("danger", pk=pk)
    return _danger_page(request, _file(request, pk), refused={step: form}, status=422)


@team_roles
@form_of("danger")
def danger_close(request, pk):
    file, now = _file(request, pk), timezone.now()
    if _reason(request, file, now):
        with refusals.told(request):
            danger.close(file=file, user=request.user, now=now)
            messages.success(request, "Dossier clos. Il est gardé deux ans, à accès restreint.")
    return redirect("danger", pk=pk)


@team_roles
@never_cache
@require_safe
def danger_report(request, pk):
    """The information préoccupante, prepared: to print, or as text. A human completes it and sends it."""
    file, now = _file(request, pk), timezone.now()
    if not (reason := _reason(request, file, now)):
        return redirect("danger", pk=pk)
    reading.open_file(user=request.user, kind=KIND, subject=file.pk, reason=reason, by=reading.REPORT, now=now)
    parts = levels.report(file, now)
    if request.GET.get("format") == "texte":
        body = (
            "INFORMATION PRÉOCCUPANTE (projet)\n\n"
            + "\n\n".join(f"{title.upper()}\n{text}" for title, text in parts)
            + "\n"
        )
        answer = HttpResponse(body, content_type="text/plain; charset=utf-8")
        answer["Content-Disposition"] = 'attachment; filename="information-preoccupante.txt"'
        return answer
    return render(request, "safeguarding/danger_report.html", {"file": file, "parts": parts})


def _file(request, pk) -> DangerFile:
    files = DangerFile.objects.visible_to(request.user).select_related(
        "opened_by", "second_reader", "decided_by", "closed_by", "organisation"
    )
    return get_object_or_404(files, pk=pk)


def _keep_reason(request, file: DangerFile, reason: str, now: datetime) -> None:
    request.session[REASONS] = request.session.get(REASONS, {}) | {str(file.pk): [reason, now.isoformat()]}


def _reason(request, file: DangerFile, now: datetime) -> str:
    """Why this file is open in this session; '' when it has to be said (again)."""
    reason, said_at = request.session.get(REASONS, {}).get(str(file.pk), ("", ""))
    return reason if reason in Why and now - parse_datetime(said_at) < REASON_LASTS else ""


def _danger_page(request, file: DangerFile, refused: dict | None = None, status: int = 200):
    now = timezone.now()
    if not (reason := _reason(request, file, now)):
        return render(request, "safeguarding/danger_why.html", {"file": file, "form": WhyForm()})
    reading.open_file(user=request.user, kind=KIND, subject=file.pk, reason=reason, now=now)
    initial = {
        "relire": {"level": file.level},
        "transmis": {"sent_to": file.sent_to, "sent_at": file.sent_at or now, "receipt": file.receipt},
    }
    forms = {step: kind(initial=initial.get(step), auto_id=f"{step}-%s") for step, (kind, _, _) in STEPS.items()} | (
        refused or {}
    )
    context = {
        "file": file,
        "forms": forms,
        "entries": file.entries.select_related("by"),
        "actions": danger.ACTIONS,
        "levels": levels.levels(),
        "checklist": levels.levels().of(file.level),
        "at": now,
        "is_opener": file.opened_by_id == request.user.pk,
        "subject": watched.find(file),
    }
    return render(request, "safeguarding/danger.html", context, status=status)
