"""The guided start, a page a question: nothing is kept, everything is in the address, and a human is one press away."""

from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from relais.accounts.permissions import public
from relais.catalogue.search.service import occupations
from relais.catalogue.selectors import UnknownCommune, commune_from
from relais.foundation.jinja import touch_of
from relais.safeguarding import first_aid

from ..models import Conversation
from ..web import with_conversation
from . import UnknownChoice, script, triage
from .forms import AgeForm, SituationForm

SHEETS = 3


@public
@require_safe
def guide(request):
    """Where the choices of `c` lead: a question, an answer with its source, or a human."""
    try:
        walk = script().walk(request.GET.get("c", "")[:120])
    except UnknownChoice:
        raise Http404 from None
    if walk.node is None:
        par = f"&par={touch_of(request)}" if touch_of(request) else ""
        return redirect(f"{reverse('talk')}?guide={walk.code}{par}")
    context = {"walk": walk, "node": walk.node, "back": ".".join(walk.codes[:-1]) if walk.codes else None}
    if walk.node.sheets:
        typed = request.GET.get("metier", "")[:100].strip()
        context |= {
            "typed": typed,
            "help_lines": first_aid.help_for(typed),
            "sheets": occupations(typed, limit=SHEETS) if typed else [],
        }
    if walk.node.referral:
        context |= _referrals(request.GET.get("lieu", "")[:100].strip(), walk.said.get("age_band", ""))
    return render(request, "coaching/guide.html", context)


def _referrals(typed: str, age_band: str) -> dict:
    commune, problem = None, ""
    if typed:
        try:
            commune = commune_from(typed)
        except UnknownCommune as error:
            names = ", ".join(str(found) for found in error.suggestions[:5])
            problem = f"{error} {'Tu veux dire : ' + names + ' ?' if names else 'Essaie le code postal.'}"
    return {
        "typed": typed,
        "commune": commune,
        "problem": problem,
        "referrals": triage.referrals_for(age_band, commune),
    }


@public
@require_http_methods(["GET", "HEAD", "POST"])
@with_conversation
def situation(request, conversation):
    """The person says, or changes, what they want to say of their situation."""
    form = SituationForm(request.POST or None, known=conversation.journey.commune, initial=triage.said_by(conversation))
    if request.method == "POST" and form.is_valid():
        triage.describe(conversation=conversation, said=form.cleaned_data, by="young", now=timezone.now())
        return redirect("talk")
    return render(
        request,
        "coaching/situation.html",
        {"form": form, "conversation": conversation},
        status=422 if form.errors else 200,
    )


@public
@require_http_methods(["GET", "HEAD", "POST"])
@with_conversation
def own_age(request, conversation):
    """One press: the band of age, which says whether something of theirs may go to a structure."""
    form = AgeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        triage.describe(conversation=conversation, said=form.cleaned_data, by="young", now=timezone.now())
        return redirect("talk")
    context = {"form": form, "conversation": conversation, "bands": Conversation.AgeBand.choices}
    return render(request, "coaching/own_age.html", context, status=422 if form.errors else 200)
