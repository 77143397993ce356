"""The objects of pages about accounts, organisations and the installation."""

from datetime import timedelta
from uuid import uuid4

from allauth.mfa.models import Authenticator

from relais.accounts.models import OpenSession, User
from tests import builders


def somebody(world, user, relation):
    """A person who works here: oneself, a colleague, someone of another organisation, nobody."""
    if relation == "deleted":
        return {"user_id": uuid4()}
    organisation = user.memberships.get().organisation if relation == "same" else None
    return {"user_id": (user if relation == "own" else world.make_user("partner", organisation=organisation)).pk}


def open_session(world, user, relation):
    """A session of one's own on another device, of a colleague, of a stranger."""
    if relation == "deleted":
        return {"pk": uuid4()}
    holder = User.objects.get(pk=somebody(world, user, relation)["user_id"])
    values = {"user": holder, "device": "Mac, Safari", "opened_at": world.now, "seen_at": world.now}
    return {"pk": OpenSession.objects.create(session_id=builders.session(holder), **values).pk}


def stopped(world, user, relation):
    """An account that read too much: one's own (nobody lifts that), a colleague's, a stranger's."""
    from relais.accounts.models import ReadingStop

    person = somebody(world, user, relation)["user_id"]
    if relation == "deleted":
        return {"stop_id": 999_999_999}
    ReadingStop.objects.filter(user=person).delete()
    # One's own is over: while it lasts, its holder is shown the stop and nothing else.
    lifted_at = world.now if relation == "own" else None
    return {"stop_id": ReadingStop.objects.create(user_id=person, at=world.now, files=201, lifted_at=lifted_at).pk}


def roles_of_somebody(world, user, relation):
    kwargs = somebody(world, user, relation)
    organisation = (
        user.memberships.model.objects.filter(user=kwargs["user_id"]).values_list("organisation", flat=True).first()
    )
    return kwargs | {"organisation_id": organisation or uuid4()}


def asked_right(world, user, relation):
    """A right that `user` asked for somebody (they do not confirm it), that a colleague did, that was asked elsewhere."""
    from relais.accounts.models import RightRequest

    if relation == "deleted":
        return {"request_id": uuid4()}
    where = _where(world, user, relation)
    asker = user if relation == "own" else world.make_user("administrator", organisation=where)
    values = {"user": world.make_user("partner", organisation=where), "requested_by": asker, "requested_at": world.now}
    return {
        "request_id": RightRequest.objects.create(kind="roles", roles=["mediator"], organisation=where, **values).pk
    }


def closed_account(world, user, relation):
    """A colleague's account that was closed, a stranger's; one's own is open, or nobody would ask."""

    kwargs = somebody(world, user, relation)
    User.objects.filter(pk=kwargs["user_id"]).exclude(pk=user.pk).update(is_active=False)
    return kwargs


def sent_invitation(world, user, relation):
    from relais.accounts.services import invite

    if relation == "deleted":
        return {"invitation_id": uuid4()}
    actor = (
        user
        if relation == "own"
        else world.make_user("administrator", organisation=_where(world, user, "same") if relation == "same" else None)
    )
    organisation = actor.memberships.get().organisation
    email = f"{uuid4()}@exemple.invalid"
    return {
        "invitation_id": invite(actor=actor, email=email, organisation=organisation, role="partner", now=world.now).pk
    }


def _where(world, user, relation):
    """The organisation of `user`, or another one."""
    return (world.make_user("supervisor") if relation == "other" else user).memberships.get().organisation


def organisation_of(world, user, relation):
    return {"pk": uuid4() if relation == "deleted" else _where(world, user, relation).pk}


def host_name(world, user, relation):
    """A site of one's own organisation, of another one."""
    from relais.accounts.models import Site

    if relation == "deleted":
        return {"site_id": 999_999_999}
    return {"site_id": Site.objects.create(organisation=_where(world, user, relation), host=f"{uuid4()}.invalid").pk}


SMS = {"dialect": "json", "url": "https://sms.exemple.invalid", "key": "clef", "sender": ""}


def administered_place(world, user, relation):
    """An organisation that one administers, another one."""
    return {"place": uuid4() if relation == "deleted" else _where(world, user, relation).pk}


def volunteer_check(world, user, relation):
    """The check of a volunteer where one works, of a colleague who volunteers, of somebody elsewhere: a supervisor or an administrator looks after theirs."""
    from relais.accounts.models import VolunteerCheck

    if relation == "deleted":
        return {"pk": 999_999_999}
    today, where = world.now.date(), None if relation == "other" else user.memberships.get().organisation
    dates = {"issued_on": today, "verified_on": today, "expires_on": today + timedelta(days=365)}
    volunteer = world.make_user("volunteer", organisation=where)
    return {
        "pk": VolunteerCheck.objects.create(
            user=volunteer, number="H-1", verified_by=world.make_user("supervisor"), **dates
        ).pk
    }


def letter(world, user, relation):
    """A letter of the organisation of `user` that did not leave, or of another."""
    from relais.foundation.models import Outbound

    if relation == "deleted":
        return {"pk": uuid4()}
    values = {
        "channel": "email",
        "state": "failed",
        "payload": {"to": "x@exemple.invalid"},
        "not_before": world.now,
        "created_at": world.now,
    }
    return {"pk": Outbound.objects.create(key=uuid4().hex, owner=_where(world, user, relation).pk, **values).pk}


def aside(world, user, relation):
    """A message from outside that was set aside: come to the line of the organisation of `user`, or of another."""
    from relais.channels.models import Inbound
    from relais.channels.services import receive

    if relation == "deleted":
        return {"pk": uuid4()}
    row, _ = receive(
        channel="email",
        provider_id=uuid4().hex,
        sender="x@exemple.invalid",
        body="Absent",
        at=world.now,
        reason="automatic",
    )
    Inbound.objects.filter(pk=row.pk).update(owner=_where(world, user, relation).pk)
    return {"pk": row.pk}


def unreadable(world, user, relation):
    """As `aside`, of a letter that no program could read."""
    from relais.channels.models import Inbound

    found = aside(world, user, relation)
    Inbound.objects.filter(pk=found["pk"]).update(state="refused", reason="unreadable", raw=b"{")
    return found


def passkey(world, user, relation):
    if relation == "deleted":
        return {"pk": 999_999_999}
    organisation = user.memberships.get().organisation if relation == "same" else None
    owner = user if relation == "own" else world.make_user("partner", organisation=organisation)
    return {"pk": Authenticator.objects.create(user=owner, type="webauthn", data={"name": "téléphone"}).pk}


# ---- The table ----------------------------------------------------------------------------------------------------
