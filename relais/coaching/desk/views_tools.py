"""The tools of the desk: several conversations beside each other, drafts, notes, passing on, ready answers, absences, search."""

from django.contrib import messages
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from relais.accounts import reading
from relais.accounts.models import Organisation, Role, User
from relais.accounts.scope import people
from relais.foundation import refusals
from relais.foundation.forms import form_of

from ..access import desk_roles, opened, opened_first, organisation_of, team_roles, visible
from ..line import directory, rerouting
from ..models import Absence, CannedReply, Conversation, Mention, Team, Transfer
from ..models.conversation import TEAM
from ..models.desk import DESK
from ..thread import is_volunteer
from . import absent, canned, drafts, message_search, notes, transfers
from . import inbox as inboxes
from .forms import AbsenceForm, AnswerForm, CannedForm, FindForm, NoteForm, PassOnForm, TransferForm, beside_of
from .presence import be_here, colleagues, others_here
from .views import beside_address, column, desk_page, not_open

COLUMNS = 3
HISTORY = 50
form_page = require_http_methods(["GET", "HEAD", "POST"])


@desk_roles
@require_safe
def beside(request):
    """Up to three conversations beside each other, `?c=` each; each one counts as opened."""
    now = timezone.now()
    pks = list(dict.fromkeys(beside_of(",".join(request.GET.getlist("c")))))
    seen = Conversation.objects.visible_to(request.user).select_related(
        "line__organisation", "journey__commune", "claimed_by", "team"
    )
    found = {conversation.pk: conversation for conversation in seen.filter(pk__in=pks)}
    if len(found) < len(pks):
        raise Http404
    replies = list(CannedReply.objects.visible_to(request.user).filter(is_active=True))
    columns = []
    for conversation in (found[pk] for pk in pks):
        if instead := not_open(request, conversation, now):
            return instead
        columns.append(
            column(request, conversation, now, replies=replies)
            | {"without": beside_address([pk for pk in pks if pk != conversation.pk])}
        )
    others = []
    if len(pks) < COLUMNS:
        mine = (
            seen.filter(claimed_by=request.user)
            .exclude(state=Conversation.State.CLOSED)
            .exclude(pk__in=pks)
            .by_deadline()[:20]
        )
        others = [(conversation, beside_address([*pks, conversation.pk])) for conversation in mine]
    context = {
        "columns": columns,
        "others": others,
        "here": ",".join(map(str, pks)),
        "at": now,
        "mentions": inboxes.unread_mentions(request.user),
    }
    return render(request, "coaching/beside.html", context)


@desk_roles
@require_POST
def draft(request, pk):
    """What is in the box, kept while it is typed (desk.js)."""
    conversation = opened(request, pk)
    form = AnswerForm(request.POST)
    form.fields["body"].required = False
    form.is_valid()
    if "key" not in form.cleaned_data:
        return JsonResponse({"error": "Cette page est trop vieille : rechargez-la."}, status=422)
    body = request.POST.get("body", "").replace("\x00", "")
    drafts.keep_draft(
        conversation=conversation, user=request.user, body=body, key=form.cleaned_data["key"], now=timezone.now()
    )
    return HttpResponse(status=204)


@desk_roles
@require_POST
def presence(request):
    """An open page says that it is there (desk.js, inbox.js). Answers who else is on these conversations, and how many mentions wait."""
    now, beside_here = timezone.now(), {}
    pks = beside_of(request.POST.get("c", ""))
    for conversation in Conversation.objects.visible_to(request.user).filter(pk__in=pks).select_related("line"):
        if reading.has_open(user=request.user, kind="conversation", subject=conversation.pk, now=now):
            writing = str(conversation.pk) == request.POST.get("writing")
            be_here(user=request.user, conversation=conversation, is_writing=writing, now=now)
            others = others_here(conversation, request.user, now)
            beside_here[str(conversation.pk)] = [
                {"name": str(other.user), "writing": other.is_writing} for other in others
            ]
    if not beside_here:
        be_here(user=request.user, conversation=None, is_writing=False, now=now)
    return JsonResponse({"beside": beside_here, "mentions": inboxes.unread_mentions(request.user)})


@desk_roles
@form_of("desk")
def note(request, pk):
    """Keep a note for colleagues; those it names are told."""
    conversation, form = opened(request, pk), NoteForm(request.POST, auto_id="note_%s")
    if not form.is_valid():
        return desk_page(request, conversation, note=form, status=422)
    kept = notes.add_note(conversation=conversation, author=request.user, now=timezone.now(), **form.cleaned_data)
    told = ", ".join(str(user) for user in kept.mentions.order_by("display_name"))
    messages.success(request, f"Note gardée, et signalée à {told}." if told else "Note gardée. Personne n’est prévenu.")
    return redirect("desk", pk=pk)


@desk_roles
@require_safe
def mentions(request):
    """Where colleagues name me: whose note and when, not its words, which are in the conversation."""
    mine = Mention.objects.filter(user=request.user).select_related("note__author", "note__conversation__journey")
    mine = mine.filter(note__conversation__in=Conversation.objects.visible_to(request.user))
    context = {
        "unread": list(mine.filter(seen_at=None).order_by("-id")[:100]),
        "read": list(mine.exclude(seen_at=None).order_by("-id")[:20]),
    }
    return render(request, "coaching/mentions.html", context)


def transfer_form(request, organisation, data=None, **options) -> TransferForm:
    people = [person for person in colleagues(organisation) if person.pk != request.user.pk]
    away = set(
        Absence.objects.on(transfers.today(request.user, timezone.now()))
        .filter(user__in=people)
        .values_list("user", flat=True)
    )
    return TransferForm(data, people=people, teams=Team.objects.filter(organisation=organisation), away=away, **options)


@desk_roles
@form_page
@opened_first
def transfer(request, pk):
    """Pass one conversation on, with a reason."""
    conversation = visible(request, pk)
    form = transfer_form(request, conversation.line.organisation_id, request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = {name: form.cleaned_data[name] for name in ("receiver", "team", "reason")}
        with refusals.on(form):
            transfers.transfer(conversation=conversation, by=request.user, now=timezone.now(), **given)
            messages.success(
                request, f"La conversation est passée à {given['receiver'] or given['team'] or 'toute l’équipe'}."
            )
            return redirect("inbox")
    elsewhere = directory.answering().exclude(pk=conversation.line_id).exists() and not is_volunteer(
        request.user, conversation
    )
    context = {"conversation": conversation, "form": form, "elsewhere": elsewhere}
    return render(request, "coaching/transfer.html", context, status=422 if form.errors else 200)


@team_roles
@form_page
@opened_first
def pass_on(request, pk):
    """Pass one conversation to another line: its people read it from then on, these do not any more."""
    conversation = visible(request, pk)
    form = PassOnForm(request.POST or None, lines=directory.answering().exclude(pk=conversation.line_id))
    if request.method == "POST" and form.is_valid():
        with refusals.on(form):
            rerouting.pass_on(conversation=conversation, user=request.user, now=timezone.now(), **form.cleaned_data)
            messages.success(
                request,
                f"La conversation est passée à la ligne « {form.cleaned_data['line'].name} ». La personne est prévenue.",
            )
            return redirect("inbox")
    lines, mine = form.fields["line"].queryset, request.user.organisations(*TEAM)
    context = {
        "conversation": conversation,
        "form": form,
        "held_back": rerouting.held_back(conversation),
        "lines": len(lines),
        "still_read": lines.filter(organisation__in=mine),
    }
    return render(request, "coaching/pass_on.html", context, status=422 if form.errors else 200)


# --- ready answers


@desk_roles
@require_safe
def replies(request):
    """The ready answers of the team, those to read again first."""
    today = timezone.localdate()
    rows = [
        (reply, canned.is_stale(reply, today))
        for reply in CannedReply.objects.visible_to(request.user).select_related("owner")
    ]
    rows.sort(key=lambda row: (not row[0].is_active, not row[1], row[0].shortcut))
    return render(
        request,
        "coaching/canned.html",
        {"rows": rows, "may_change": canned.may_change, "mentions": inboxes.unread_mentions(request.user)},
    )


@desk_roles
@form_page
def canned_reply(request, pk=None):
    """Write a ready answer, or change one's own."""
    if pk is None:
        reply = CannedReply(organisation=get_object_or_404(Organisation, pk=organisation_of(request)))
    else:
        reply = get_object_or_404(
            CannedReply.objects.visible_to(request.user).select_related("owner", "organisation"), pk=pk
        )
    form = CannedForm(request.POST or None, instance=reply)
    if request.method == "POST" and form.is_valid():
        with refusals.on(form):
            canned.keep(
                reply=form.save(commit=False), user=request.user, today=timezone.localdate(), now=timezone.now()
            )
            messages.success(request, "Réponse gardée, vérifiée aujourd’hui.")
            return redirect("replies")
    context = {
        "form": form,
        "reply": reply,
        "variables": canned.VARIABLES,
        "may_change": pk is None or canned.may_change(reply, request.user),
    }
    return render(request, "coaching/canned_reply.html", context, status=422 if form.errors else 200)


@desk_roles
@form_of("canned_reply")
def canned_check(request, pk):
    """It was read again and is still true."""
    reply = get_object_or_404(CannedReply.objects.visible_to(request.user), pk=pk)
    with refusals.told(request):
        canned.check(reply=reply, user=request.user, today=timezone.localdate(), now=timezone.now())
    return redirect("replies")


# --- absences


def _colleagues(request):
    """For a choice: those who answer where this person answers."""
    return people(request.user.organisations(*DESK), *DESK)


@desk_roles
@form_page
def absences(request):
    """Say that one will be away (a supervisor: that somebody will), and what has changed hands."""
    supervised, today = request.user.organisations(Role.SUPERVISOR), timezone.localdate()
    who = User.objects.filter(pk=request.user.pk) | people(supervised, *DESK)
    initial = {"user": request.user, "first": today, "last": today}
    form = AbsenceForm(request.POST or None, people=who, substitutes=_colleagues(request), initial=initial)
    if request.method == "POST" and form.is_valid():
        absence = transfers.declare_absence(by=request.user, now=timezone.now(), **form.cleaned_data)
        messages.success(request, "Absence notée. Le premier jour, ses conversations passent toutes seules.")
        if told := absent.appointments_in_words(absence, request.user, timezone.now()):
            messages.warning(request, told)
        return redirect("absences")
    seen = Conversation.objects.visible_to(request.user)
    history = (
        Transfer.objects.filter(conversation__in=seen)
        .select_related("giver", "receiver", "team", "from_line", "to_line", "by", "conversation__journey")
        .order_by("-id")
    )
    rows = list(history[:HISTORY])
    # Who is named there, and why it went, is in the file: for who holds it or has it open.
    moved = {row.conversation_id for row in rows}
    named = reading.open_now(user=request.user, kind="conversation", subjects=moved, now=timezone.now())
    named |= {str(row.conversation_id) for row in rows if row.conversation.claimed_by_id == request.user.pk}
    context = {
        "form": form,
        "supervises": supervised.exists(),
        "absences": Absence.objects.visible_to(request.user)
        .filter(last__gte=today)
        .select_related("user", "substitute"),
        "history": [(row, str(row.conversation_id) in named) for row in rows],
        "mentions": inboxes.unread_mentions(request.user),
    }
    return render(request, "coaching/absences.html", context, status=422 if form.errors else 200)


@desk_roles
@require_POST
def end_absence(request, pk):
    transfers.end_absence(
        absence=get_object_or_404(Absence.objects.visible_to(request.user), pk=pk), now=timezone.now()
    )
    messages.success(request, "Absence retirée. Les conversations déjà passées restent où elles sont.")
    return redirect("absences")


# --- search


@desk_roles
@never_cache
@form_page
def find(request):
    """Search one's own conversations. By POST: what is sought about somebody stays out of addresses and logs."""
    form, found = FindForm(request.POST or None), None
    if request.method == "POST" and form.is_valid():
        found = message_search.search(user=request.user, now=timezone.now(), **form.cleaned_data)
    return render(
        request,
        "coaching/find.html",
        {"form": form, "found": found, "mentions": inboxes.unread_mentions(request.user)},
        status=422 if form.errors else 200,
    )
