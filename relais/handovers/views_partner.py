"""The partner's side: a link that expires, or an account; only what the person agreed to pass on. Every opening is written down."""

from django.conf import settings
from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from relais.accounts import reading
from relais.accounts.models import Role, Why
from relais.accounts.permissions import public, record_access, roles
from relais.agenda import calendars, instants
from relais.agenda import services as agenda
from relais.agenda.forms import SlotsForm
from relais.agenda.models import Appointment
from relais.foundation import link_pages, refusals, sites

from . import appointments, common, joint, outcomes, services
from .common import office
from .forms import AcceptForm, OutcomeForm, PartnerWordsForm, RefusalForm
from .lists import ORIENTATIONS
from .models import Handover, OutcomeReport
from .views import uuid_of
from .views_appointments import act

READING = "orientation"
"""The cookie, of this one address, of a browser in which somebody pressed."""
READS = 12 * 60 * 60
"""Seconds until they press again."""


@public
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@link_pages.opens(*common.LINKS)
def by_link(request, secret):
    """Opened, it shows a button: programs open links too. Pressed, this browser reads what was passed on, for some hours."""
    now = timezone.now()
    handover = services.by_link(secret=secret, now=now)
    if request.get_signed_cookie(READING, "", salt=READING, max_age=READS) == str(handover.pk):
        return _page(request, handover, by_link=True)
    if request.method != "POST":
        return render(request, "handovers/partner_link.html", {"handover": handover})
    # Whoever was given the address reads this page: each opening is written down, and the person finds it in their export.
    record_access(None, "read", handover, reason="par le lien envoyé au partenaire", now=now)
    answer = redirect(request.path) if request.POST.get("action") == "open" else _page(request, handover, by_link=True)
    answer.set_signed_cookie(
        READING,
        str(handover.pk),
        salt=READING,
        max_age=READS,
        path=request.path,
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )
    return answer


def _mine(request):
    """What was addressed to this partner, as long as the agreement holds."""
    found = Handover.objects.sent_to(request.user).filter(agreed_until__gt=timezone.now())
    return found.select_related("structure", "conversation__line__organisation", "conversation__journey__commune")


@roles(Role.PARTNER)
@require_safe
def listing(request):
    """What was addressed to this partner, newest first."""
    return ORIENTATIONS.answer(request, _mine(request), "handovers/orientations.html")


@roles(Role.PARTNER)
@require_http_methods(["GET", "HEAD", "POST"])
def one(request, pk):
    handover = get_object_or_404(_mine(request), pk=pk)
    reading.open_file(
        user=request.user, kind=common.HANDOVER, subject=handover.pk, reason=Why.HANDED_OVER, now=timezone.now()
    )
    return _page(request, handover, by_link=False)


def _page(request, handover, *, by_link: bool):
    """Read, answer, write to the two others, fix a day, tell the outcome. Whatever is refused is said in a sentence."""
    now, action = timezone.now(), request.POST.get("action")
    forms = _forms(handover, now)
    if request.method == "POST":
        if action in forms:
            forms[action] = forms[action].__class__(request.POST, **_options(action, handover, now))
        with refusals.told(request) as heard:
            if action in ("held", "missed", "cancel"):
                appointment = get_object_or_404(_met(handover), pk=uuid_of(request.POST.get("appointment")))
                act(appointment, action, OutcomeReport.Said.PARTNER)
                return redirect(request.path)
            if action in forms and forms[action].is_valid():
                messages.success(request, _do(action, handover, forms[action].cleaned_data, now))
                return redirect(request.path)
        if heard.refusal:
            return redirect(request.path)
    errors = any(form.errors for form in forms.values())
    context = {
        "handover": handover,
        "at": now,
        "forms": forms,
        "words": handover.words.select_related("author"),
        "appointments": agenda.worded(_met(handover).shown()),
        "clock_name": instants.clock_name(office(handover.structure).zone),
        "zone": office(handover.structure).zone,
        "by_link": by_link,
    }
    return render(request, "handovers/partner.html", context, status=422 if errors else 200)


def _options(action: str, handover, now) -> dict:
    if action != "slots":
        return {}
    asked = appointments.asked(handover.conversation, None, handover)
    return {"kinds": list(Appointment.Kind), "zone": office(handover.structure).zone, "now": now, **asked}


def _forms(handover, now) -> dict:
    return {
        "accept": AcceptForm(),
        "refuse": RefusalForm(),
        "check": AcceptForm(initial={"known": handover.known_checked}),
        "say": PartnerWordsForm(),
        "outcome": OutcomeForm(
            initial={"outcome": handover.outcome, "milestone": outcomes.milestone_of(handover.answered_at, now)}
        ),
        "slots": SlotsForm(**_options("slots", handover, now)),
    }


def _do(action: str, handover, values: dict, now) -> str:
    """Do it; the sentence that says it was."""
    if action == "accept":
        services.accept(handover=handover, known=values["known"], now=now)
        return "Merci. Un second lien, pour nous dire la suite, vous est envoyé par e-mail."
    if action == "refuse":
        services.refuse(handover=handover, reason=values["reason"], now=now)
        return "C’est noté. L’équipe reprend la demande."
    if action == "check":
        services.check(handover=handover, known=values["known"], now=now)
        return "Merci, c’est noté."
    if action == "say":
        joint.partner_says(handover=handover, body=values["body"], key=values["key"], now=now)
        return "Envoyé à la personne et à l’équipe."
    if action == "slots":
        appointments.propose(conversation=handover.conversation, user=None, handover=handover, now=now, **values)
        return "Proposé. Vous recevrez un e-mail quand un créneau sera choisi."
    services.record_outcome(handover=handover, outcome=values["outcome"], milestone=values["milestone"], now=now)
    return "Merci, la suite est notée. Vous pourrez la corriger avec ce lien."


def _met(handover):
    return Appointment.objects.meeting(common.HANDOVER, handover.pk)


def _calendar(handover, number):
    chosen = [Appointment.State.CHOSEN, Appointment.State.CANCELLED]
    if handover.state not in common.OPEN:
        raise Http404
    found = get_object_or_404(_met(handover), pk=number, state__in=chosen)
    site = sites.of(handover.conversation.line.organisation_id)
    return calendars.answer(
        found, title=f"Rendez-vous avec {handover.conversation.journey.pseudonym} ({site.name})", now=timezone.now()
    )


@public
@never_cache
@require_safe
@link_pages.opens(*common.LINKS)
def calendar_by_link(request, secret, number):
    return _calendar(services.by_link(secret=secret, now=timezone.now()), number)


@roles(Role.PARTNER)
@never_cache
@require_safe
def calendar(request, pk, number):
    return _calendar(get_object_or_404(_mine(request), pk=pk), number)
