"""Who is shown what of a conversation by a page: what is not theirs, or not open, answers 404."""

from functools import wraps
from uuid import UUID

from django.http import Http404
from django.shortcuts import redirect
from django.utils import timezone

from relais.accounts import reading
from relais.accounts.permissions import roles, within

from . import thread
from .models import Conversation
from .models.conversation import CONVERSATION, TEAM
from .models.desk import DESK

desk_roles = roles(*DESK)
# What a volunteer does not do: say how old somebody is, propose to meet them, pass them on to a partner, join two conversations.
team_roles = roles(*TEAM)


def visible(request, pk: UUID) -> Conversation:
    """The conversation, or 404 for whoever has no business with it, or not as what this view asks them to be there.

    Raises thread.Elsewhere for who sends something from a page they had opened before it went.
    """
    conversations = Conversation.objects.visible_to(request.user).select_related(
        "line__organisation", "journey__commune", "claimed_by", "team"
    )
    found = conversations.filter(pk=pk).first()
    if found is None:
        if request.method == "POST" and is_open(request, pk):
            raise thread.Elsewhere(pk, request.user)
        raise Http404
    within(request, found.line.organisation_id)
    return found


def is_open(request, pk: UUID) -> bool:
    return reading.has_open(user=request.user, kind=CONVERSATION, subject=pk, now=timezone.now())


def opened(request, pk: UUID) -> Conversation:
    """The conversation that this person has open; 404 for the others: what is done without its page is done unread."""
    conversation = visible(request, pk)
    if not is_open(request, pk):
        raise Http404
    return conversation


def opened_first(view):
    """Decorator of a page about one conversation: not open, the desk instead, which asks why and counts it."""

    @wraps(view)
    def guarded(request, pk, **more):
        if not is_open(request, visible(request, pk).pk):
            return redirect("desk", pk=pk)
        return view(request, pk, **more)

    return guarded


def organisation_of(request, *held: str) -> UUID | None:
    """Where this person answers or, of several places, the first where they hold one of these roles."""
    return next((m.organisation_id for m in request.user.memberships.all() if m.role in (held or DESK)), None)
