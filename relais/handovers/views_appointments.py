"""Appointments, from the three sides: the person chooses, the team and the partner propose and say what came of it."""

from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from relais.accounts.permissions import public, record_access
from relais.agenda import calendars, instants, subjects, taken, video
from relais.agenda import services as agenda
from relais.agenda.forms import SlotsForm
from relais.agenda.models import Appointment, MeetingPlace
from relais.coaching.access import opened_first, team_roles, visible
from relais.coaching.thread import outbound
from relais.coaching.web import with_conversation
from relais.foundation import refusals

from . import appointments, booked, common
from .forms import ChooseForm
from .models import OutcomeReport
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
    proposed = appointments.of(conversation).filter(proposal=proposal).select_related("meeting_place", "room")
    slots = list(proposed.order_by("starts_at", "id"))
    if not slots:
        raise Http404
    zone = slots[0].clock
    ahead = [slot for slot in slots if slot.state == State.PROPOSED and slot.starts_at > now]
    free = taken.still_free(ahead)
    options = {"slots": free, "zone": zone, "may_agree": conversation.may_agree}
    form = ChooseForm(request.POST or None, by_sms=outbound.has_sms(conversation), **options)
    if request.method == "POST":
        if request.POST.get("choice") == "none":
            appointments.none_fits(conversation=conversation, journey=conversation.journey, proposal=proposal, now=now)
            return redirect("talk")
        if form.is_valid():
            slot = next(slot for slot in free if str(slot.pk) == form.cleaned_data["slot"])
            values = {"remind_by": form.cleaned_data["by"], "address": form.cleaned_data["address"]}
            with refusals.told(request):
                appointments.choose(appointment=slot, journey=conversation.journey, now=now, **values)
            return redirect("appointment", proposal=proposal)
    chosen = _chosen(slots)
    context = {
        "form": form,
        "slots": free,
        "one": slots[0],
        "ahead": ahead,
        "other": subjects.parties(slots[:1]).get(slots[0].pk),
        "taken": chosen,
        "zone": zone,
        "clock_name": instants.clock_name(zone),
        "words": agenda.words(chosen) if chosen else "",
        "at": now,
        "enters": bool(chosen and chosen.video_room and chosen.state == State.CHOSEN and video.is_open(chosen, now)),
        "conversation": conversation,
    }
    return render(request, "handovers/appointment.html", context, status=422 if form.errors else 200)


def _chosen(slots: list[Appointment]) -> Appointment | None:
    """The one that was taken; one that was called off, only where no other is left to take."""
    of = {slot.state: slot for slot in reversed(slots)}
    taken_one = next((of[state] for state in (State.CHOSEN, State.HELD, State.NO_SHOW) if state in of), None)
    return taken_one or (of.get(State.CANCELLED) if State.PROPOSED not in of else None)


@public
@require_http_methods(["GET", "HEAD", "POST"])
@with_conversation
def cancel(request, conversation, pk):
    """The person cannot come: a human looks for another moment with them."""
    if request.method != "POST":
        return redirect("talk")
    appointment = get_object_or_404(appointments.of(conversation), pk=pk)
    with refusals.told(request):
        appointments.call_off(appointment=appointment, journey=conversation.journey, now=timezone.now())
    return redirect("talk")


@public
@never_cache
@require_safe
@with_conversation
def own_calendar(request, conversation, pk):
    found = get_object_or_404(appointments.of(conversation), pk=pk, state__in=[State.CHOSEN, State.CANCELLED])
    return calendars.answer(found, title=YOUNG_TITLE, now=timezone.now())


@public
@never_cache
@require_safe
@with_conversation
def own_room(request, conversation, pk):
    """Into the room, under their pseudonym, around the hour."""
    found = get_object_or_404(appointments.of(conversation), pk=pk)
    with refusals.told(request):
        return redirect(video.entered(found, name=conversation.journey.pseudonym, is_host=False, now=timezone.now()))
    return redirect("appointment", proposal=found.proposal)


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
            conversation.handovers.select_related("structure").filter(state__in=common.OPEN),
            pk=uuid_of(request.GET["relais"]),
        )
    kinds = [kind for kind in Appointment.Kind if kind != Appointment.Kind.CALL_3 or handover]
    about = booked.about(conversation, handover)
    zone = ZoneInfo(about.zone)
    initial = {"kind": Appointment.Kind.CALL_3} if handover and handover.mode == "call" else {}
    asked = appointments.asked(conversation, request.user, handover)
    # With a structure one meets at the structure's.
    places = None if handover else MeetingPlace.objects.proposed_by(conversation.line.organisation_id)
    options = {"kinds": kinds, "zone": zone, "now": now, "places": places}
    has_rooms = handover is None and video.has_rooms(about.organisation)
    form = SlotsForm(request.POST or None, initial=initial, has_rooms=has_rooms, **options, **asked)
    if request.method == "POST" and form.is_valid():
        with refusals.on(form):
            appointments.propose(
                conversation=conversation, user=request.user, handover=handover, now=now, **form.cleaned_data
            )
            messages.success(request, "Proposé. La personne choisit son créneau dans sa conversation.")
            return redirect("follow", pk=pk)
    context = {
        "conversation": conversation,
        "handover": handover,
        "form": form,
        "clock_name": instants.clock_name(zone),
    }
    return render(request, "handovers/propose_slots.html", context, status=422 if form.errors else 200)


@team_roles
@require_http_methods(["GET", "HEAD", "POST"])
@opened_first
def settle(request, pk, number):
    """It took place, nobody came, or it is called off. Opened as a page, it leads to where the form is."""
    if request.method != "POST":
        return redirect("follow", pk=pk)
    conversation = visible(request, pk)
    appointment = get_object_or_404(appointments.of(conversation), pk=number)
    with refusals.told(request):
        act(appointment, request.POST.get("action"), Said.STAFF)
        record_access(request.user, "settle", appointment, now=timezone.now())
    return redirect("follow", pk=pk)


def act(appointment: Appointment, action: str | None, said: str) -> None:
    """What the team and the partner may say of an appointment."""
    now = timezone.now()
    if action == "cancel":
        agenda.cancel(appointment=appointment, said=said, now=now)
    elif action in ("held", "missed"):
        agenda.settle(appointment=appointment, held_it=action == "held", said=said, now=now)
    else:
        raise refusals.NotAcceptable("Dites ce qu’il en est : il a eu lieu, personne n’est venu, ou il est annulé.")


@team_roles
@never_cache
@require_safe
@opened_first
def room(request, pk, number):
    """Into the room, for who is expected there and nobody else."""
    found = get_object_or_404(appointments.of(visible(request, pk)).filter(staff=request.user), pk=number)
    with refusals.told(request):
        name = request.user.display_name or "L’équipe"
        return redirect(video.entered(found, name=name, is_host=True, now=timezone.now()))
    return redirect("follow", pk=pk)


@team_roles
@never_cache
@require_safe
@opened_first
def calendar(request, pk, number):
    conversation = visible(request, pk)
    found = get_object_or_404(appointments.of(conversation), pk=number, state__in=[State.CHOSEN, State.CANCELLED])
    return calendars.answer(found, title=f"Rendez-vous avec {conversation.journey.pseudonym}", now=timezone.now())
