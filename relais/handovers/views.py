"""Passing the baton: what the person reads and signs, what the mediator writes, and the words of three."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from relais.accounts.models import Role
from relais.accounts.permissions import public, roles
from relais.agenda import services as agenda
from relais.catalogue.models import Structure
from relais.catalogue.selectors import UnknownCommune, commune_from, nearest_structures
from relais.coaching.access import opened_first, team_roles, visible
from relais.coaching.forms import BodyForm, ReplyForm
from relais.coaching.guide import triage
from relais.coaching.models.conversation import TEAM
from relais.coaching.thread import screening
from relais.coaching.web import with_conversation
from relais.documents import services as documents
from relais.foundation import refusals, sites
from relais.foundation.subjects import subject_of
from relais.safeguarding.views import alarms_of

from . import ages, appointments, capacity, common, joint, outcomes, receipts, services, sessions, together
from .forms import AgreementForm, CapacityForm, HandoverForm, OutcomeForm, TogetherForm
from .models import Handover, OutcomeReport, PartnerCapacity

NEARBY = 8


# --- the young person's side


def own(conversation, pk) -> Handover:
    return get_object_or_404(Handover.objects.select_related("structure__commune"), pk=pk, conversation=conversation)


@public
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@with_conversation
def agreement(request, conversation, pk):
    """Say yes or no to a handover, having read word for word what would be passed on; or take one's yes back."""
    handover = own(conversation, pk)
    form = AgreementForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        choice = request.POST.get("choice")
        with refusals.told(request) as heard:
            _answer(choice, handover, conversation.journey, form.cleaned_data)
            return redirect("receipt", pk=pk) if choice == "yes" else redirect("talk")
        return redirect("own_age" if isinstance(heard.refusal, common.AgeNotSaid) else "talk")
    context = {
        "handover": handover,
        "form": form,
        "conversation": conversation,
        "hours": conversation.line.handover_working_hours,
    }
    return render(request, "handovers/agreement.html", context, status=422 if form.errors else 200)


def _answer(choice, handover, journey, shared) -> None:
    now = timezone.now()
    if choice == "yes":
        services.agree(handover=handover, journey=journey, now=now, **shared)
    elif choice == "no":
        services.decline(handover=handover, journey=journey, now=now)
    elif choice == "withdraw":
        services.withdraw(handover=handover, journey=journey, now=now)
    else:
        raise Http404


@public
@never_cache
@require_safe
@with_conversation
def receipt(request, conversation, pk):
    """What the person agreed to, to keep; with ?fichier=pdf, to take away."""
    handover = own(conversation, pk)
    if handover.agreed_at is None:
        return redirect("agreement", pk=pk)
    zone = conversation.line.hours().zone
    if request.GET.get("fichier") == "pdf":
        documents.count(request, conversation.pk, timezone.now())
        made = receipts.document(handover, zone, site=sites.site_of(request))
        return documents.answer(made, "relais-recu")
    context = {"handover": handover, "conversation": conversation, "receipt": receipts.receipt(handover, zone)}
    return render(request, "handovers/receipt.html", context)


@public
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@with_conversation
def joint_thread(request, conversation, pk):
    """The words of three, and a box to answer both."""
    handover = own(conversation, pk)
    if handover.mode != Handover.Mode.JOINT or handover.agreed_at is None:
        raise Http404
    form = BodyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with refusals.on(form):
            joint.young_says(handover=handover, journey=conversation.journey, now=timezone.now(), **form.cleaned_data)
            return redirect("joint_thread", pk=pk)
    context = {
        "handover": handover,
        "words": handover.words.select_related("author"),
        "form": form,
        "conversation": conversation,
    }
    context["help_lines"] = screening.help_for(conversation, timezone.now())
    return render(request, "handovers/joint.html", context, status=422 if form.errors else 200)


# --- the staff's side


def uuid_of(text: str | None) -> UUID:
    """A number out of an address or a form; 404 when it is none."""
    try:
        return UUID(text or "")
    except ValueError:
        raise Http404 from None


@team_roles
@require_http_methods(["GET", "HEAD", "POST"])
@opened_first
def hand_over(request, pk):
    """Choose a structure by its distance from the person's commune, and write what would be passed on."""
    conversation, now = visible(request, pk), timezone.now()
    place, wrong_place, suggestions = conversation.journey.commune, "", []
    if typed := request.GET.get("commune", "").strip():
        try:
            place = commune_from(typed)
        except UnknownCommune as error:
            suggestions = error.suggestions[:6]
            wrong_place = f"{error} {'Vouliez-vous dire :' if suggestions else 'Essayez le code postal.'}"
    nearby = nearest_structures(place, limit=NEARBY) if place else []
    structures = Structure.objects.filter(pk__in=[structure.pk for structure in nearby])
    referrals = triage.referrals_for(conversation.age_band, place)
    around = {"conversation": conversation, "place": place, "nearby": nearby, "typed": typed, "referrals": referrals}
    around |= {"wrong_place": wrong_place, "suggestions": suggestions}
    # Danger goes before any structure.
    around |= alarms_of(subject_of(conversation), request.user) | {"thread_at": reverse("desk", args=[pk])}
    if not conversation.may_agree:
        return _together(request, conversation, structures, around, now)
    form = HandoverForm(request.POST or None, structures=structures)
    if request.method == "POST" and form.is_valid():
        with refusals.on(form):
            services.propose(conversation=conversation, user=request.user, now=now, **form.cleaned_data)
            messages.success(request, "Proposé. Rien ne part avant l’accord de la personne.")
            return redirect("desk", pk=pk)
    context = around | {"rooms": capacity.places(nearby, now), "form": form}
    return render(request, "handovers/hand_over.html", context, status=422 if form.errors else 200)


def _together(request, conversation, structures, around: dict, now):
    """No agreement can be recorded: how to reach the structures is given to the person, who calls or writes, alone or with us."""
    form = TogetherForm(request.POST or None, structures=structures, auto_id=False)
    if request.method == "POST":
        with refusals.on(form):
            if said := _do_together(request.POST.get("action"), conversation, request.user, form, now):
                messages.success(request, said)
                return redirect("desk", pk=conversation.pk)
    context = around | {
        "form": form,
        "cards": [(one, together.card(one)) for one in around["nearby"]],
        "question": ages.QUESTION,
        "ways": together.Way.choices,
        "asked": conversation.messages.filter(key=conversation.age_key).exists(),
        "mine": conversation.claimed_by_id == request.user.pk,
        "unsent": request.POST.get("summary", "")[:1000],
    }
    return render(request, "handovers/together.html", context, status=422 if form.errors else 200)


def _do_together(action: str | None, conversation, user, form: TogetherForm, now) -> str:
    """Do it; the sentence that says it was. '' when the form is not complete."""
    if action == "ask":
        ages.ask(conversation=conversation, user=user, now=now)
        return "Demandé. La personne répond d’une pression, dans sa conversation."
    if action != "give" and action not in together.Way:
        common.check_age(conversation, to=common.TO_STAFF)
    if not form.is_valid():
        return ""
    if action == "give":
        together.give(conversation=conversation, user=user, now=now, **form.cleaned_data)
        return "Envoyé à la personne. Rien n’est parti vers la structure."
    together.done(conversation=conversation, user=user, way=action, now=now, **form.cleaned_data)
    return "C’est noté, dans sa conversation. Rien n’est parti vers la structure."


@team_roles
@require_http_methods(["GET", "HEAD", "POST"])
@opened_first
def follow(request, pk):
    """Handovers, words of three, appointments and outcomes of one conversation, on one page."""
    conversation, now = visible(request, pk), timezone.now()
    reply, outcome = ReplyForm(), OutcomeForm()
    action = request.POST.get("action")
    if request.method == "POST" and action == "outcome" and (outcome := OutcomeForm(request.POST)).is_valid():
        values = outcome.cleaned_data
        with refusals.on(outcome):
            outcomes.say(
                conversation=conversation,
                user=request.user,
                code=values["outcome"],
                milestone=values["milestone"],
                now=now,
            )
            return redirect("follow", pk=pk)
    if request.method == "POST" and action == "say" and (reply := ReplyForm(request.POST)).is_valid():
        handover = get_object_or_404(conversation.handovers, pk=uuid_of(request.POST.get("handover")))
        with refusals.on(reply):
            joint.staff_says(handover=handover, user=request.user, now=now, **reply.cleaned_data)
            return redirect("follow", pk=pk)
    errors = reply.errors or outcome.errors
    found = conversation.handovers.select_related("structure").prefetch_related("words__author")
    context = {
        "conversation": conversation,
        "handovers": list(found),
        "appointments": agenda.worded(appointments.of(conversation).shown()),
        "sessions": sessions.of(conversation),
        "reply": reply,
        "outcome": outcome,
        "reports": conversation.outcomes.select_related("handover__structure", "user"),
        "asked": conversation.follow_ups.exclude(milestone=0),
        "mine": conversation.claimed_by_id == request.user.pk,
        "at": now,
        "enters": appointments.rooms_open(conversation, request.user, now),
        "said": dict(OutcomeReport.Said.choices),
    }
    return render(request, "handovers/follow.html", context, status=422 if errors else 200)


@roles(Role.MEDIATOR, Role.SUPERVISOR, Role.PARTNER)
@require_http_methods(["GET", "HEAD", "POST"])
def intake(request, pk):
    """How many people a structure takes in a week: said by the team, or by a partner to whom people were addressed."""
    structures, back = Structure.objects.all(), (reverse("staff_structure", args=[pk]), "La structure")
    if not request.user.organisations(*TEAM).exists():
        back = reverse("orientations"), "Orientations"
        structures = structures.filter(pk__in=Handover.objects.sent_to(request.user).values("structure"))
    structure, now = get_object_or_404(structures, pk=pk), timezone.now()
    said = PartnerCapacity.objects.filter(structure=structure).select_related("updated_by").first()
    form = CapacityForm(request.POST or None, initial={"weekly": said.weekly if said else None})
    if request.method == "POST" and form.is_valid():
        weekly = form.cleaned_data["weekly"]
        if weekly is None:
            capacity.unlimited(structure=structure)
        else:
            capacity.say(structure=structure, weekly=weekly, user=request.user, now=now)
        messages.success(request, "C’est noté. Les prochaines propositions en tiennent compte.")
        return redirect("intake", pk=pk)
    context = {
        "structure": structure,
        "said": said,
        "places": capacity.places([structure], now).get(structure.pk),
        "form": form,
        "back": back,
    }
    return render(request, "handovers/intake.html", context, status=422 if form.errors else 200)
