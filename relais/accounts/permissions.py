"""Who may open a view. Every view is for people who work here unless it says `@public` (see middleware.StaffOnly)."""

from datetime import datetime
from functools import wraps

from django.contrib.auth.decorators import login_not_required
from django.db import models
from django.http import Http404

from .models import AccessRecord, User


def public(view):
    """This view is for everybody, without an account."""
    view = login_not_required(view)
    view.is_public = True
    return view


def roles(*allowed: str, of_host: bool = False):
    """This view is for people who hold at least one of these roles; for others it does not exist (404).

    Somewhere, that is: what the view is about belongs to one organisation, and `within` asks for the role there. `of_host`: only for those who
    look after the whole installation.
    """

    def decorate(view):
        @wraps(view)
        def guarded(request, *args, **kwargs):
            if not request.user.roles() & guarded.allowed_roles or (of_host and not request.user.administers_all()):
                raise Http404
            request.allowed_roles = guarded.allowed_roles
            return view(request, *args, **kwargs)

        guarded.allowed_roles = frozenset(str(role) for role in allowed)
        guarded.of_host = of_host
        return guarded

    return decorate


def within(request, organisation) -> None:
    """Http404 unless the visitor holds, in this organisation (or its number), one of the roles for which the view is (`roles`)."""
    if request.user.roles_in(organisation).isdisjoint(request.allowed_roles):
        raise Http404


def record_access(
    user: User | None,
    action: str,
    obj_or_kind: models.Model | str,
    subject: object = None,
    reason: str = "",
    *,
    now: datetime,
) -> AccessRecord:
    """Write down that `user` did `action` on a person's data. Give an object, or its kind and its identifier (`subject`).

    `action` is a word out of a closed list (« read », « invite »); `user` is None for a command typed on the server.
    """
    if isinstance(obj_or_kind, models.Model):
        kind, subject = obj_or_kind._meta.model_name, obj_or_kind.pk if subject is None else subject
    else:
        kind = obj_or_kind
    return AccessRecord.objects.create(
        at=now, user=user, action=action, kind=kind, subject=str(subject), reason=reason[:200]
    )
