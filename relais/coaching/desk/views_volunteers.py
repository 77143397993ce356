"""Conversations entrusted to volunteers."""

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from relais.accounts.models import Role
from relais.accounts.permissions import roles
from relais.foundation import refusals

from ..access import opened_first, visible
from . import volunteers
from .forms import EntrustForm


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
    context = {
        "conversation": conversation,
        "form": form,
        "people": [(person, volunteers.checked_until(person, now)) for person in able],
    }
    return render(request, "coaching/entrust.html", context, status=422 if form.errors else 200)
