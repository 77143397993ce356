"""The wall of the line, for those who supervise it: see, reassign, open or close at once, teams."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from relais.accounts.models import Role
from relais.accounts.permissions import roles
from relais.accounts.scope import people
from relais.foundation import refusals
from relais.foundation.jinja import plural

from ..access import organisation_of, visible
from ..line import changed_hours, directory
from ..models import Conversation, Team
from ..models.desk import DESK
from . import presence, supervision, transfers
from .forms import ForceForm, TeamForm, TransferForm

supervisors = roles(Role.SUPERVISOR)
form_page = require_http_methods(["GET", "HEAD", "POST"])


def _wall(request, **more) -> dict:
    now = timezone.now()
    return {
        "wall": supervision.look(request.user, now),
        "at": now,
        "organisation": organisation_of(request, Role.SUPERVISOR),
    } | more


@supervisors
@require_safe
def page(request):
    """Everything at a glance; it moves by itself."""
    return render(request, "coaching/wall.html", _wall(request))


@supervisors
@never_cache
@require_safe
def figures(request):
    """The wall alone, to refresh an open page."""
    return render(request, "coaching/_wall.html", _wall(request))


@supervisors
@require_POST
def reassign(request, pk):
    """Give a conversation at risk to somebody, from the wall."""
    conversation = visible(request, pk)
    said = {"to": request.POST.get("to", ""), "reason": "réattribuée depuis le mur"}
    form = TransferForm(said, people=presence.colleagues(conversation.line.organisation_id), teams=[])
    if form.is_valid():
        with refusals.told(request):
            transfers.transfer(
                conversation=conversation,
                by=request.user,
                receiver=form.cleaned_data["receiver"],
                team=conversation.team,
                reason=form.cleaned_data["reason"],
                now=timezone.now(),
            )
            messages.success(request, f"Confiée à {form.cleaned_data['receiver'] or 'l’équipe'}.")
    else:
        messages.warning(request, "Choisissez à qui la confier.")
    return redirect("wall")


@supervisors
@form_page
def force(request, pk):
    """Open or close a line at once, with a message for those who wait."""
    line = get_object_or_404(directory.supervised(request.user), pk=pk)
    now = timezone.now()
    form = ForceForm(
        request.POST or None,
        initial={"state": changed_hours.CLOSED if line.hours().is_open(now) else changed_hours.OPEN, "minutes": 60},
    )
    if request.method == "POST" and form.is_valid():
        words = {"state": form.cleaned_data["state"], "until": form.until(now), "message": form.cleaned_data["message"]}
        waiting = changed_hours.waiting_on(line).total
        with refusals.on(form):
            changed_hours.open_or_close_now(line=line, user=request.user, now=now, **words)
            told = (
                "Personne n’attend sur cette ligne",
                "La personne qui attend est prévenue",
                f"Les {waiting} personnes qui attendent sont prévenues",
            )[min(waiting, 2)]
            messages.success(request, f"C’est fait. {told}.")
            return redirect("wall")
    context = {
        "line": line,
        "form": form,
        "waiting": changed_hours.waiting_on(line),
        "is_open": line.hours().is_open(now),
    }
    return render(request, "coaching/force.html", context, status=422 if form.errors else 200)


@supervisors
@form_page
def load(request, pk):
    """Give everything that somebody holds to another, or back to the teams."""
    organisation = organisation_of(request, Role.SUPERVISOR)
    giver = next((person for person in presence.colleagues(organisation) if person.pk == pk), None)
    if giver is None:
        raise Http404
    others = [person for person in presence.colleagues(organisation) if person.pk != giver.pk]
    form = TransferForm(request.POST or None, people=others, teams=[], whole_load=True)
    if request.method == "POST" and form.is_valid():
        receiver, reason = form.cleaned_data["receiver"], form.cleaned_data["reason"]
        went, refused = transfers.give_load(
            giver=giver, receiver=receiver, by=request.user, reason=reason, now=timezone.now()
        )
        one, many = (
            f" Une est revenue à l’équipe : {receiver} ne peut pas la prendre.",
            f" {refused} sont revenues à l’équipe : {receiver} ne peut pas les prendre.",
        )
        back = plural(refused, one, many) if refused else ""
        messages.success(
            request, f"{went} conversations passées.{back}" if went > 1 else f"{went} conversation passée.{back}"
        )
        return redirect("wall")
    held = (
        Conversation.objects.of(request.user, Role.SUPERVISOR)
        .filter(claimed_by=giver)
        .exclude(state=Conversation.State.CLOSED)
        .count()
    )
    return render(
        request, "coaching/load.html", {"giver": giver, "held": held, "form": form}, status=422 if form.errors else 200
    )


@supervisors
@require_safe
def teams(request):
    """Who answers on what."""
    return render(
        request,
        "coaching/teams.html",
        {"teams": Team.objects.of(request.user, Role.SUPERVISOR).prefetch_related("members")},
    )


@supervisors
@form_page
def team(request, pk=None):
    """Make a team, or change one."""
    organisation = organisation_of(request, Role.SUPERVISOR)
    found = (
        Team(organisation_id=organisation)
        if pk is None
        else get_object_or_404(Team.objects.of(request.user, Role.SUPERVISOR), pk=pk)
    )
    form = TeamForm(request.POST or None, instance=found, people=people(found.organisation_id, *DESK))
    if request.method == "POST" and form.is_valid():
        kept = form.save(commit=False)
        kept.skills = form.cleaned_data["skills"]
        supervision.keep_team(
            team=kept, members=list(form.cleaned_data["members"]), user=request.user, now=timezone.now()
        )
        messages.success(request, "Équipe gardée.")
        return redirect("desk_teams")
    return render(request, "coaching/team.html", {"form": form, "team": found}, status=422 if form.errors else 200)
