"""Sessions with places, from both sides: the team proposes one in a conversation, the person takes a place or not."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from relais.accounts.permissions import public
from relais.agenda import calendars
from relais.agenda import sessions as agenda
from relais.agenda.models import GroupSession
from relais.coaching.access import opened_first, team_roles, visible
from relais.coaching.web import with_conversation
from relais.foundation import refusals

from . import sessions
from .forms import SessionChoiceForm
from .views_appointments import YOUNG_TITLE


@team_roles
@require_http_methods(["GET", "HEAD", "POST"])
@opened_first
def propose(request, pk):
    conversation, now = visible(request, pk), timezone.now()
    known = sessions.choices(conversation, now)
    form = SessionChoiceForm(request.POST or None, choices=known)
    if request.method == "POST" and form.is_valid():
        with refusals.on(form):
            session = GroupSession.objects.get(pk=form.cleaned_data["session"])
            sessions.invite(conversation=conversation, session=session, user=request.user, now=now)
            messages.success(request, "Proposée. La personne lit de quoi il s’agit et répond dans sa conversation.")
            return redirect("follow", pk=pk)
    context = {"conversation": conversation, "form": form, "known": known}
    return render(request, "handovers/propose_session.html", context, status=422 if form.errors else 200)


@public
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@with_conversation
def own(request, conversation, pk):
    """What the session is, and whether one comes."""
    registration, now = get_object_or_404(sessions.of(conversation), pk=pk), timezone.now()
    if request.method == "POST":
        with refusals.told(request):
            choice = request.POST.get("choice")
            if choice not in ("come", "leave"):
                raise refusals.NotAcceptable("Dis si tu viens ou non, avec un des boutons.")
            comes, seen = choice == "come", request.POST.get("seen", "")
            sessions.decide(registration=registration, journey=conversation.journey, comes=comes, seen=seen, now=now)
        return redirect("own_session", pk=pk)
    session = registration.session
    is_ahead = session.state == GroupSession.State.PLANNED and session.starts_at > now
    is_theirs = agenda.is_theirs(registration, conversation)
    context = {
        "one": registration,
        "session": session,
        "is_ahead": is_ahead,
        "is_theirs": is_theirs,
        "is_open": is_ahead and is_theirs and session.register_until > now,
        "is_full": agenda.is_full(session),
        "zone": session.clock,
        "conversation": conversation,
    }
    return render(request, "handovers/session.html", context)


@public
@never_cache
@require_safe
@with_conversation
def own_calendar(request, conversation, pk):
    """For who has a place, and again once the session is called off: the agenda strikes it out."""
    theirs = get_object_or_404(sessions.of(conversation).in_their_agenda(), pk=pk)
    return calendars.answer(theirs.session, title=YOUNG_TITLE, now=timezone.now())
