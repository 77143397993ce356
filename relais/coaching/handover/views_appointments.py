"""Appointments, from the three sides: the person chooses, the team and the partner propose and say what came of it."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from relais.accounts.permissions import public, record_access
from relais.foundation import refusals

from ..desk.views import opened_first, team_roles, visible
from ..models import Appointment, OutcomeReport
from ..views import with_conversation
from . import appointments, baton, calendars
from .forms import ChooseForm, SlotsForm
from .views import uuid_of

Said = OutcomeReport.Said
State = Appointment.State
YOUNG_TITLE = "Rendez-vous"
"""In the agenda of a telephone that others look at."""


# --- the young person's side


@public
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@with_conversation
def choose(request, conversation, proposal):
    """The slots proposed together: take one, or say that none suits; afterwards, what was taken."""
    now = timezone.now()
    slots = list(conversation.appointments.filter(proposal=proposal).select_related("handover__structure", "conversation__line"))
    if not slots:
        raise Http404
    zone = baton.zone_of(slots[0])
    free = [slot for slot in slots if slot.state == State.PROPOSED and slot.starts_at > now]
    form = ChooseForm(request.POST or None, slots=free, zone=zone, may_agree=conversation.may_agree)
    if request.method == "POST":
        if request.POST.get("choice") == "none":
            appointments.none_fits(conversation=conversation, journey=conversation.journey, proposal=proposal, now=now)
            return redirect("talk")
        if form.is_valid():
            taken = next(slot for slot in free if str(slot.pk) == form.cleaned_data["slot"])
            values = {"remind_by": form.cleaned_data["by"], "address": form.cleaned_data["address"]}
            with refusals.told(request):
                appointments.choose(appointment=taken, journey=conversation.journey, now=now, **values)
            return redirect("appointment", proposal=proposal)
    taken = next((slot for slot in slots if slot.state not in (State.PROPOSED, State.DROPPED)), None)
    context = {
        "form": form, "slots": free, "one": slots[0], "taken": taken, "zone": zone, "clock_name": baton.clock_name(zone),
        "words": appointments.words(taken) if taken else "", "at": now, "conversation": conversation,
    }  # fmt: skip
    return render(request, "coaching/appointment.html", context, status=422 if form.errors else 200)


@public
@require_http_methods(["GET", "HEAD", "POST"])
@with_conversation
def cancel(request, conversation, pk):
    """The person cannot come: a human looks for another moment with them."""
    if request.method != "POST":
        return redirect("talk")
    appointment = get_object_or_404(Appointment, pk=pk, conversation=conversation)
    with refusals.told(request):
        appointments.cancel(appointment=appointment, said=Said.YOUNG, journey=conversation.journey, now=timezone.now())
    return redirect("talk")


@public
@never_cache
@require_safe
@with_conversation
def own_calendar(request, conversation, pk):
    found = get_object_or_404(Appointment, pk=pk, conversation=conversation, state__in=[State.CHOSEN, State.CANCELLED])
    return calendars.answer(found, title=YOUNG_TITLE, now=timezone.now())


# --- the staff's side


@team_roles
@require_http_methods(["GET", "HEAD", "POST"])
@opened_first
def propose(request, pk):
    """Offer slots, with or without the structure that takes the person in."""
    conversation, now = visible(request, pk), timezone.now()
    handover = None
    if request.GET.get("relais"):
        handover = get_object_or_404(
            conversation.handovers.select_related("structure").filter(state__in=baton.OPEN), pk=uuid_of(request.GET["relais"])
        )
    kinds = [kind for kind in Appointment.Kind if kind != Appointment.Kind.CALL_3 or handover]
    zone = baton.zone_of(Appointment(conversation=conversation, handover=handover))
    initial = {"kind": Appointment.Kind.CALL_3} if handover and handover.mode == "call" else {}
    form = SlotsForm(request.POST or None, kinds=kinds, zone=zone, now=now, initial=initial)
    if request.method == "POST" and form.is_valid():
        with refusals.on(form):
            appointments.propose(conversation=conversation, user=request.user, handover=handover, now=now, **form.cleaned_data)
            messages.success(request, "Proposé. La personne choisit son créneau dans sa conversation.")
            return redirect("follow", pk=pk)
    context = {"conversation": conversation, "handover": handover, "form": form, "clock_name": baton.clock_name(zone)}
    return render(request, "coaching/propose_slots.html", context, status=422 if form.errors else 200)


@team_roles
@require_http_methods(["GET", "HEAD", "POST"])
@opened_first
def settle(request, pk, number):
    """It took place, nobody came, or it is called off. Opened as a page, it leads to where the form is."""
    if request.method != "POST":
        return redirect("follow", pk=pk)
    conversation = visible(request, pk)
    appointment = get_object_or_404(Appointment, pk=number, conversation=conversation)
    with refusals.told(request):
        act(appointment, request.POST.get("action"), Said.STAFF)
        record_access(request.user, "settle", appointment, now=timezone.now())
    return redirect("follow", pk=pk)


def act(appointment: Appointment, action: str | None, said: str) -> None:
    """What the team and the partner may say of an appointment."""
    now = timezone.now()
    if action == "cancel":
        appointments.cancel(appointment=appointment, said=said, now=now)
    elif action in ("held", "missed"):
        appointments.settle(appointment=appointment, held_it=action == "held", said=said, now=now)
    else:
        raise refusals.NotAcceptable("Dites ce qu’il en est : il a eu lieu, personne n’est venu, ou il est annulé.")


@team_roles
@never_cache
@require_safe
@opened_first
def calendar(request, pk, number):
    conversation = visible(request, pk)
    found = get_object_or_404(Appointment, pk=number, conversation=conversation, state__in=[State.CHOSEN, State.CANCELLED])
    return calendars.answer(found, title=f"Rendez-vous avec {conversation.journey.pseudonym}", now=timezone.now())
