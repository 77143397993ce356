"""The sessions of an organisation: what is planned, who comes, who came."""

from collections.abc import Iterator

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from relais.accounts.permissions import record_access, roles
from relais.foundation import refusals

from . import away, clashes, instants, sessions, subjects
from .forms_sessions import CallOffForm, SessionForm
from .lists import SESSIONS
from .models import GroupSession, GroupSessionQuerySet, MeetingPlace, Registration

keepers = roles(*GroupSessionQuerySet.readers)
State = Registration.State
GROUPS = (
    ("Ont une place", Registration.SEATED),
    ("Sur la liste d’attente", (State.WAITING,)),
    ("N’ont pas encore répondu", (State.PROPOSED,)),
    ("Ne viennent pas", (State.DECLINED, State.LEFT, State.REMOVED, State.CANCELLED, State.PASSED)),
)


def _theirs(request):
    return GroupSession.objects.visible_to(request.user).select_related("organisation", "room", "led_by")


@keepers
@require_safe
def listing(request):
    return SESSIONS.answer(request, _theirs(request).counted(), "agenda/sessions.html")


@keepers
@require_http_methods(["GET", "HEAD", "POST"])
def new(request):
    now, zone = timezone.now(), away.clock(request.user)
    organisations = request.user.organisations(*GroupSessionQuerySet.readers)
    form = SessionForm(request.POST or None, user=request.user, zone=zone, now=now, organisations=organisations)
    if request.method == "POST" and form.is_valid():
        with refusals.on(form):
            planned = sessions.plan(
                session=form.cleaned_data["session"],
                regardless=form.cleaned_data["regardless"],
                by=request.user,
                now=now,
            )
            messages.success(request, "La séance est prévue. Proposez-la depuis la conversation de chaque personne.")
            return redirect("session", planned.pk)
    context = {
        "form": form,
        "session": None,
        "clock_name": instants.clock_name(zone),
        "has_places": MeetingPlace.objects.filter(organisation__in=organisations, is_closed=False).exists(),
    }
    return render(request, "agenda/session_form.html", context, status=422 if form.errors else 200)


@keepers
@require_http_methods(["GET", "HEAD", "POST"])
def change(request, pk):
    """All but when and where."""
    now, session = timezone.now(), get_object_or_404(_theirs(request), pk=pk)
    names = ("title", "about", "seats", "led_by")
    initial = {name: getattr(session, name) for name in names}
    if session.register_until != session.starts_at:
        initial["register_until"] = session.register_until.astimezone(session.clock).strftime("%Y-%m-%dT%H:%M")
    options = {"user": request.user, "zone": session.clock, "now": now, "organisations": ()}
    form = SessionForm(request.POST or None, initial=initial, session=session, **options)
    if request.method == "POST" and form.is_valid():
        with refusals.on(form):
            seen = form.cleaned_data["seen"]
            sessions.change(session=session, by=request.user, values=form.values(), seen=seen, now=now)
            messages.success(request, "C’est enregistré.")
            return redirect("session", pk)
        form.shows_again(_theirs(request).get(pk=pk))
    context = {"form": form, "session": session, "clock_name": instants.clock_name(session.clock), "has_places": True}
    return render(request, "agenda/session_form.html", context, status=refusals.status(form))


@keepers
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def one(request, pk):
    """Who comes, who waits, who came; what is done to one of them, or to the session."""
    now, session = timezone.now(), get_object_or_404(_theirs(request), pk=pk)
    form = CallOffForm(request.POST if request.POST.get("action") == "call-off" else None)
    if form.is_bound:
        if form.is_valid():
            with refusals.on(form):
                sessions.call_off(session=session, by=request.user, now=now, **form.cleaned_data)
                messages.success(request, "La séance est annulée : chaque personne est prévenue, avec la raison.")
                return redirect("session", pk)
    elif request.method == "POST":
        with refusals.told(request):
            _do(request, session, now)
        return redirect("session", pk)
    found = list(session.registrations.order_by("waiting_since", "proposed_at", "id"))
    names, pages = subjects.names(found), subjects.pages(found, request.user)
    called = subjects.expected(found, now) | names
    is_planned = session.state == GroupSession.State.PLANNED
    is_ahead, has_begun = is_planned and session.starts_at > now, is_planned and session.starts_at <= now
    # Who came is said of each who had a place, also of who is answered elsewhere since.
    rows = [
        (
            row,
            called.get(row.pk, "Une personne"),
            pages.get(row.pk) if row.pk in names else None,
            row.pk in names or (has_begun and row.state == Registration.State.REGISTERED),
        )
        for row in found
    ]
    mine = clashes.led(GroupSession.objects.planned().filter(pk=pk), now)
    context = {
        "session": session,
        "groups": list(_groups(rows, is_ahead, has_begun)),
        "seated": sum(row.state in Registration.SEATED for row in found),
        "clash": mine[0][1] if mine and session.led_by == request.user else "",
        "is_ahead": is_ahead,
        "has_begun": has_begun,
        "is_closed": session.register_until <= now,
        "form": form,
    }
    return render(request, "agenda/session.html", context, status=422 if form.errors else 200)


def _groups(rows: list[tuple], is_ahead: bool, has_begun: bool) -> Iterator[tuple[str, list[tuple], bool]]:
    """(title, its rows, whether something may be done to those of them that are still ours). Who has a place is always said, also when nobody has."""
    for title, states in GROUPS:
        those, have_seats = [row for row in rows if row[0].state in states], states == Registration.SEATED
        if those or have_seats:
            yield title, those, has_begun if have_seats and not is_ahead else is_ahead and states != GROUPS[-1][1]


def _do(request, session: GroupSession, now) -> None:
    """To one of those to whom it was proposed."""
    action, _, number = request.POST.get("action", "").partition(":")
    found = {str(row.pk): row for row in session.registrations.all()}
    if number not in found or action not in ("remove", "came", "missed"):
        raise refusals.NotAcceptable("Choisissez une personne de la liste, et ce qu’il en est.")
    registration = found[number]
    if action == "remove":
        sessions.remove(registration=registration, now=now)
        messages.success(request, "C’est fait : la personne est prévenue.")
    else:
        sessions.attend(registration=registration, came=action == "came", now=now)
    record_access(request.user, f"session-{action}", registration, now=now)
