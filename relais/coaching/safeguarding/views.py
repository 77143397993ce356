"""Alarms, danger files and conversations entrusted to volunteers, for the team."""

from datetime import datetime, timedelta

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from relais.accounts import reading
from relais.accounts.models import Role
from relais.accounts.permissions import roles
from relais.foundation import refusals

from ..desk.views import alarms_of, desk_roles, opened, opened_first, team_roles, visible
from ..lists import DANGER
from ..models import DangerFile
from ..views import form_of
from . import alarms, danger, levels, volunteers
from .forms import DangerReasonForm, DecisionForm, EntrustForm, EntryForm, OpenDangerForm, SecondReadingForm, SeenForm, SentForm

KIND = danger.KIND
REASONS = "reasons-to-open-danger-files"
REASON_LASTS = timedelta(minutes=30)
STEPS = {
    "ajouter": (EntryForm, danger.add, "Noté."),
    "relire": (SecondReadingForm, danger.read_twice, "Relu. La décision peut être prise."),
    "decider": (DecisionForm, danger.decide, "Décision gardée."),
    "transmis": (SentForm, danger.note_sent, "Transmission notée."),
}


@desk_roles
@never_cache
@require_safe
def alarm_list(request, pk):
    """The open alarms alone, for a page that is open when a message of danger comes."""
    return render(request, "coaching/_alarms.html", alarms_of(opened(request, pk), request.user))


@team_roles
@form_of("desk")
def seen(request, pk):
    """A human has read what was signalled, and says what it was."""
    conversation, form = opened(request, pk), SeenForm(request.POST)
    if not form.is_valid():
        messages.warning(request, "Cette page est trop vieille : relisez, puis répondez.")
        return redirect("desk", pk=pk)
    said = {"last": form.cleaned_data["last"], "is_false": form.cleaned_data["verdict"] == "false", "reason": form.cleaned_data["reason"]}
    with refusals.told(request):
        alarms.acknowledge(conversation=conversation, user=request.user, now=timezone.now(), **said)
        messages.success(request, "Fausse alerte notée." if said["is_false"] else "Noté : lu par vous. Faut-il ouvrir un dossier de danger ?")
    return redirect("desk", pk=pk)


@roles(Role.SUPERVISOR)
@require_http_methods(["GET", "HEAD", "POST"])
@opened_first
def entrust(request, pk):
    """Give a conversation to a volunteer, and answer for it."""
    conversation, now = visible(request, pk), timezone.now()
    able = volunteers.of(conversation.line.organisation_id)
    form = EntrustForm(request.POST or None, volunteers=able)
    if request.method == "POST" and form.is_valid():
        with refusals.on(form):
            volunteers.entrust(conversation=conversation, by=request.user, now=now, **form.cleaned_data)
            messages.success(request, f"Confiée à {form.cleaned_data['volunteer']}, sous votre responsabilité.")
            return redirect("inbox")
    context = {"conversation": conversation, "form": form, "people": [(person, volunteers.checked_until(person, now)) for person in able]}
    return render(request, "coaching/entrust.html", context, status=422 if form.errors else 200)


# --- danger files


@team_roles
@require_safe
def danger_list(request):
    """The files that one may open, without a word of what they say."""
    files = DangerFile.objects.visible_to(request.user).select_related("opened_by", "second_reader")
    return DANGER.answer(request, files, "coaching/danger_list.html", lambda listed: {"at": timezone.now()})


@team_roles
@require_http_methods(["GET", "HEAD", "POST"])
def danger_open(request, pk):
    """Write a worry down, with the list of what to do beside it."""
    conversation, now = opened(request, pk), timezone.now()
    form = OpenDangerForm(request.POST or None, readers=danger.readers(conversation.line.organisation_id, but=request.user))
    if request.method == "POST" and form.is_valid():
        with refusals.on(form):
            file = danger.open_file(conversation=conversation, user=request.user, now=now, **form.cleaned_data)
            _keep_reason(request, file, "ouverture du dossier", now)
            return redirect("danger", pk=file.pk)
    context = {"conversation": conversation, "form": form, "levels": levels.levels()}
    return render(request, "coaching/danger_open.html", context, status=422 if form.errors else 200)


@team_roles
@never_cache
@require_safe
def danger_file(request, pk):
    """One file. Each reading leaves a trace, with a reason typed at most half an hour before."""
    return _danger_page(request, _file(request, pk))


@team_roles
@form_of("danger")
def danger_why(request, pk):
    """Say why, then read."""
    file, form = _file(request, pk), DangerReasonForm(request.POST)
    if not form.is_valid():
        return render(request, "coaching/danger_why.html", {"file": file, "form": form}, status=422)
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
    reading.open_file(user=request.user, kind=KIND, subject=file.pk, reason=f"information préoccupante : {reason}", now=now)
    parts = levels.report(file, now)
    if request.GET.get("format") == "texte":
        body = "INFORMATION PRÉOCCUPANTE (projet)\n\n" + "\n\n".join(f"{title.upper()}\n{text}" for title, text in parts) + "\n"
        answer = HttpResponse(body, content_type="text/plain; charset=utf-8")
        answer["Content-Disposition"] = 'attachment; filename="information-preoccupante.txt"'
        return answer
    return render(request, "coaching/danger_report.html", {"file": file, "parts": parts})


def _file(request, pk) -> DangerFile:
    files = DangerFile.objects.visible_to(request.user).select_related(
        "opened_by", "second_reader", "decided_by", "closed_by", "organisation", "conversation__journey__commune"
    )
    return get_object_or_404(files, pk=pk)


def _keep_reason(request, file: DangerFile, reason: str, now: datetime) -> None:
    request.session[REASONS] = request.session.get(REASONS, {}) | {str(file.pk): [reason, now.isoformat()]}


def _reason(request, file: DangerFile, now: datetime) -> str:
    """Why this file is open in this session; '' when it has to be said (again)."""
    reason, said_at = request.session.get(REASONS, {}).get(str(file.pk), ("", ""))
    return reason if said_at and now - parse_datetime(said_at) < REASON_LASTS else ""


def _danger_page(request, file: DangerFile, refused: dict | None = None, status: int = 200):
    now = timezone.now()
    if not (reason := _reason(request, file, now)):
        return render(request, "coaching/danger_why.html", {"file": file, "form": DangerReasonForm()})
    reading.open_file(user=request.user, kind=KIND, subject=file.pk, reason=reason, now=now)
    initial = {
        "relire": {"level": file.level},
        "transmis": {"sent_to": file.sent_to, "sent_at": file.sent_at or now, "receipt": file.receipt},
    }
    forms = {step: kind(initial=initial.get(step), auto_id=f"{step}-%s") for step, (kind, _, _) in STEPS.items()} | (refused or {})
    context = {
        "file": file,
        "forms": forms,
        "entries": file.entries.select_related("by"),
        "actions": danger.ACTIONS,
        "levels": levels.levels(),
        "checklist": levels.levels().of(file.level),
        "at": now,
        "is_opener": file.opened_by_id == request.user.pk,
        "may_see_conversation": file.conversation_id is not None,
    }
    return render(request, "coaching/danger.html", context, status=status)
