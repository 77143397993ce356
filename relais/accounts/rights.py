"""A right is added by two people: one of them asks, another administrator confirms. It is taken away by one, at once.

Whatever changes, every administrator of that organisation, and of the one that runs the site, is told by letter; what is taken
away, also the person it is taken from.
"""

import uuid
from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet
from django.shortcuts import get_object_or_404

from relais.foundation import letters
from relais.foundation.two_eyes import second_person

from . import reading
from .models import Membership, Organisation, ReadingStop, RightRequest, Role, User
from .permissions import record_access
from .refusals import ON_YOURSELF, NobodyToAccept, NoLongerAsked
from .scope import host, people

LIFE = RightRequest.LIFE
Kind = RightRequest.Kind


def administrators(organisation: Organisation) -> QuerySet[User]:
    """Who is told of a change of rights in `organisation`, and may confirm it."""
    places = {organisation.pk, getattr(host(), "pk", organisation.pk)}
    return people(list(places), Role.ADMINISTRATOR)


def accepting(organisation: Organisation, *, actor: User, user: User) -> set[User]:
    """Who could accept what `actor` asks for `user` there: neither of them may."""
    return set(administrators(organisation)) - {actor, user}


def tell(organisation: Organisation, letter: str, said: dict, *, now: datetime, also: Iterable[User] = ()) -> None:
    """One `letter` to each administrator and to `also`, whoever made the change included: a stolen account would hide its own letter only."""
    occasion = uuid.uuid4().hex
    for person in {*administrators(organisation), *also}:
        letters.send(
            f"accounts/{letter}",
            to=person.email,
            context=said | {"organisation": organisation},
            key=f"rights:{occasion}:{person.pk.hex[:12]}",
            now=now,
            organisation=organisation,
        )


@transaction.atomic
def ask(
    *,
    actor: User,
    user: User,
    organisation: Organisation,
    kind: str,
    roles: tuple = (),
    stop: ReadingStop | None = None,
    reason: str = "",
    now: datetime,
) -> RightRequest:
    """Ask that a right be added to somebody. An earlier request of the same kind ends. Raises SecondPersonNeeded, NobodyToAccept."""
    second_person(actor, user, says=ON_YOURSELF)
    if not accepting(organisation, actor=actor, user=user):
        raise NobodyToAccept(organisation)
    User.objects.select_for_update().get(pk=user.pk)
    earlier = RightRequest.objects.waiting(now).filter(user=user, organisation=organisation, kind=kind)
    earlier.update(dropped_by=actor, dropped_at=now)
    values = {"roles": sorted(roles), "stop": stop, "reason": reason, "requested_by": actor, "requested_at": now}
    asked = RightRequest.objects.create(user=user, organisation=organisation, kind=kind, **values)
    record_access(actor, f"ask-{kind}", user, reason=", ".join(asked.roles), now=now)
    tell(organisation, "right_asked", {"actor": actor, "asked": asked, "until": now + LIFE}, now=now)
    return asked


@transaction.atomic
def confirm(*, actor: User, request_id: uuid.UUID, now: datetime) -> RightRequest:
    """Another administrator agrees: the right is there. Raises SecondPersonNeeded, NoLongerAsked; Http404 elsewhere."""
    asked = _locked(actor, request_id, now)
    second_person(
        actor,
        asked.requested_by_id,
        says="Vous avez fait cette demande : c’est à quelqu’un d’autre de l’administration de l’accepter.",
    )
    second_person(actor, asked.user_id, says=ON_YOURSELF)
    if not _may_still_ask(asked) or asked.user.is_active == (asked.kind == Kind.REOPEN):
        raise NoLongerAsked
    asked.confirmed_by, asked.confirmed_at = actor, now
    asked.save(update_fields=["confirmed_by", "confirmed_at"])
    _EFFECTS[asked.kind](asked, now)
    record_access(actor, f"confirm-{asked.kind}", "user", asked.user_id, reason=", ".join(asked.roles), now=now)
    tell(asked.organisation, "right_added", {"actor": actor, "asked": asked}, now=now)
    return asked


@transaction.atomic
def drop(*, actor: User, request_id: uuid.UUID, now: datetime) -> RightRequest:
    """Refuse a request, or take one's own back. Raises NoLongerAsked; Http404 elsewhere."""
    asked = _locked(actor, request_id, now)
    asked.dropped_by, asked.dropped_at = actor, now
    asked.save(update_fields=["dropped_by", "dropped_at"])
    record_access(actor, f"drop-{asked.kind}", "user", asked.user_id, now=now)
    tell(asked.organisation, "right_refused", {"actor": actor, "asked": asked}, now=now)
    return asked


def drop_all(user: User, *, by: User, now: datetime) -> None:
    """What somebody asked, and what was asked for them, ends with their account."""
    theirs = RightRequest.objects.waiting(now).filter(Q(user=user) | Q(requested_by=user))
    theirs.update(dropped_by=by, dropped_at=now)


def drop_in(user: User, organisation, *, by: User, now: datetime) -> None:
    """Who loses a right somewhere asks nothing there any more, and what was asked for them is looked at again."""
    theirs = RightRequest.objects.waiting(now).filter(Q(user=user) | Q(requested_by=user), organisation=organisation)
    theirs.update(dropped_by=by, dropped_at=now)


def _may_still_ask(asked: RightRequest) -> bool:
    """Whoever asked must still be one who may: a right lost meanwhile takes its requests along."""
    askers = administrators(asked.organisation)
    if asked.kind == Kind.LIFT:
        askers = [*askers, *people(asked.organisation, Role.SUPERVISOR)]
    return asked.requested_by in askers


def _locked(actor: User, request_id: uuid.UUID, now: datetime) -> RightRequest:
    visible = RightRequest.objects.filter(organisation__in=actor.administered())
    asked = get_object_or_404(
        visible.select_for_update(of=("self",)).select_related("user", "requested_by", "organisation"), pk=request_id
    )
    if not asked.is_waiting(now):
        raise NoLongerAsked
    return asked


def _add_roles(asked: RightRequest, now: datetime) -> None:
    for role in asked.roles:
        Membership.objects.get_or_create(user=asked.user, organisation=asked.organisation, role=role)


def _reopen(asked: RightRequest, now: datetime) -> None:
    User.objects.filter(pk=asked.user_id).update(is_active=True)


def _lift(asked: RightRequest, now: datetime) -> None:
    reading.lift(stop=asked.stop, by=asked.confirmed_by, reason=asked.reason, now=now)


_EFFECTS = {Kind.ROLES: _add_roles, Kind.REOPEN: _reopen, Kind.LIFT: _lift}
