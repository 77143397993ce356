"""The objects of pages about conversations, the line, relays and appointments."""

from datetime import timedelta
from uuid import uuid4

from tests import builders

from .of_accounts import SMS, _where, administered_place
from .of_content import structure


def conversation(world, user, relation):
    """One that `user` has claimed, one that a colleague has, one of another organisation's line."""
    from relais.coaching.models import Conversation, Line
    from relais.journeys.models import Journey

    if relation == "deleted":
        return {"pk": uuid4()}
    organisation = (world.make_user("supervisor") if relation == "other" else user).memberships.get().organisation
    line = Line.objects.create(slug=uuid4().hex, name="Ligne", organisation=organisation)
    journey = Journey.objects.create(
        pseudonym="Lou", resume_digest=uuid4().hex, created_at=world.now, seen_at=world.now
    )
    claimed_by = user if relation == "own" else world.make_user("mediator", organisation=organisation)
    return {
        "pk": Conversation.objects.create(
            line=line,
            journey=journey,
            key=uuid4(),
            state="answered",
            opened_at=world.now,
            updated_at=world.now,
            claimed_by=claimed_by,
            claimed_at=world.now,
        ).pk
    }


def colleague(world, user, relation):
    """Somebody who answers: oneself, a colleague, somebody elsewhere."""
    if relation == "deleted":
        return {"pk": uuid4()}
    return {
        "pk": user.pk
        if relation == "own"
        else world.make_user("mediator", organisation=_where(world, user, relation)).pk
    }


def line_of(world, user, relation):
    from relais.coaching.models import Line

    if relation == "deleted":
        return {"pk": 999_999_999}
    return {"pk": Line.objects.create(slug=uuid4().hex, name="Ligne", organisation=_where(world, user, relation)).pk}


def closure(world, user, relation):
    """Days off of a line."""
    from relais.coaching.models import LineClosure

    pk, day = line_of(world, user, relation)["pk"], world.now.date()
    return {
        "pk": pk,
        "number": LineClosure.objects.create(line_id=pk, first=day, last=day).pk if relation != "deleted" else 1,
    }


def canned_reply(world, user, relation):
    """One's own, a colleague's, one of another organisation."""
    from relais.coaching.models import CannedReply

    if relation == "deleted":
        return {"pk": 999_999_999}
    owner = user if relation == "own" else world.people["mediator"]
    values = {
        "organisation": _where(world, user, relation),
        "shortcut": uuid4().hex[:20],
        "title": "Bonjour",
        "body": "Bonjour",
    }
    return {"pk": CannedReply.objects.create(owner=owner, checked_on=world.now.date(), **values).pk}


def absence(world, user, relation):
    from relais.coaching.models import Absence

    if relation == "deleted":
        return {"pk": 999_999_999}
    day, who = world.now.date(), colleague(world, user, relation)["pk"]
    return {"pk": Absence.objects.create(user_id=who, first=day, last=day, declared_by_id=who).pk}


def desk_team(world, user, relation):
    from relais.coaching.models import Team

    if relation == "deleted":
        return {"pk": 999_999_999}
    return {"pk": Team.objects.create(organisation=_where(world, user, relation), name=uuid4().hex).pk}


def meeting_place(world, user, relation):
    from relais.agenda.models import MeetingPlace

    if relation == "deleted":
        return {"pk": 999_999_999}
    where = _where(world, user, relation)
    return {"pk": MeetingPlace.objects.create(organisation=where, name=uuid4().hex, commune="Montargis", days=[0]).pk}


def group_session(world, user, relation):
    from relais.agenda.models import GroupSession

    if relation == "deleted":
        return {"pk": uuid4()}
    where, at = _where(world, user, relation), world.now + timedelta(days=3)
    values = {"title": uuid4().hex, "about": "On fait un CV.", "kind": "video", "place": "https://visio.exemple.fr/a"}
    values |= {"zone": "Europe/Paris", "minutes": 60, "seats": 2, "register_until": at, "made_at": world.now}
    made = GroupSession.objects.create(organisation=where, starts_at=at, led_by=user, made_by=user, **values)
    return {"pk": made.pk}


def alarm_group(world, user, relation):
    """Of one's own organisation, of another one."""
    from relais.safeguarding.models import AlarmGroup

    if relation == "deleted":
        return {"pk": uuid4()}
    member = world.make_user("supervisor") if relation == "other" else user
    values = {"subject_kind": "conversation", "began_at": world.now, "last_at": world.now}
    return {"pk": AlarmGroup.objects.create(organisation=member.memberships.get().organisation, **values).pk}


def danger_file(world, user, relation):
    """One that `user` opened, one of a colleague, one of another organisation."""
    from relais.safeguarding.models import DangerFile

    if relation == "deleted":
        return {"pk": uuid4()}
    opener = (
        user
        if relation == "own"
        else world.make_user(
            "mediator", organisation=user.memberships.get().organisation if relation == "same" else None
        )
    )
    values = {"level": "B", "facts": "Des faits.", "opened_at": world.now, "second_due_at": world.now}
    return {
        "pk": DangerFile.objects.create(
            organisation=opener.memberships.get().organisation, opened_by=opener, **values
        ).pk
    }


def administered_way(world, user, relation):
    """As `administered_place`, and one way of it."""
    return administered_place(world, user, relation) | {"way": "email"}


def asked_account(world, user, relation):
    """An account for SMS that `user` asked for (they do not agree to it), that a colleague did, that was asked for elsewhere."""
    from relais.channels import accounts

    if relation == "deleted":
        return {"pk": uuid4()}
    where = _where(world, user, relation)
    asker = user if relation == "own" else world.make_user("administrator", organisation=where)
    asked = accounts.ask(channel="sms", owner=where.pk, values=SMS, by=asker.pk, now=world.now)
    return {"pk": asked.pk}


def serving_account(world, user, relation):
    """An account that serves where one works, or elsewhere."""
    if relation == "deleted":
        return {"pk": uuid4()}
    where = _where(world, user, relation).pk
    return {"pk": builders.sms_account(owner=where, url=SMS["url"], webhook_secret=uuid4().hex).pk}


def handover(world, user, relation):
    """One sent to `user`, to a colleague, to another partner."""
    from relais.coaching.models import Conversation
    from relais.handovers.models import Handover

    if relation == "deleted":
        return {"pk": uuid4()}
    organisation = user.memberships.get().organisation if relation == "same" else None
    partner = user if relation == "own" else world.make_user("partner", organisation=organisation)
    sent = Handover.objects.create(
        conversation_id=conversation(world, world.people["mediator"], "own")["pk"],
        structure_id=structure(world, user, "own")["pk"],
        partner_email=partner.email,
        proposed_by=world.people["mediator"],
        state="sent",
        summary="Cherche une formation.",
        key=uuid4(),
        proposed_at=world.now,
        agreed_at=world.now,
        agreed_until=world.now + timedelta(days=30),
    )
    Conversation.objects.filter(pk=sent.conversation_id).update(age_band="18-25")
    return {"pk": sent.pk}


def appointment(world, user, relation):
    """A slot chosen in such a conversation, tomorrow."""
    from relais.agenda.models import Appointment
    from relais.coaching.models import Conversation
    from relais.handovers import booked

    pk = conversation(world, user, relation)["pk"]
    if relation == "deleted":
        return {"pk": pk, "number": uuid4()}
    values = {
        "kind": "call",
        "starts_at": world.now + timedelta(days=1),
        "state": "chosen",
        "proposal": uuid4(),
        "proposed_at": world.now,
    }
    about = booked.about(Conversation.objects.get(pk=pk), None)
    return {"pk": pk, "number": Appointment.objects.create(**about.values(), **values).pk}


def expected(world, user, relation):
    """An appointment at which they are expected, where it is their own."""
    from relais.agenda.models import Appointment

    kwargs = appointment(world, user, relation)
    if relation == "own":
        Appointment.objects.get(pk=kwargs["number"]).staff.add(user)
    return kwargs


def partner_appointment(world, user, relation):
    """A slot chosen with such a partner."""
    from relais.agenda.models import Appointment
    from relais.handovers import booked
    from relais.handovers.models import Handover

    pk = handover(world, user, relation)["pk"]
    if relation == "deleted":
        return {"pk": pk, "number": uuid4()}
    sent = Handover.objects.get(pk=pk)
    values = {
        "kind": "call",
        "starts_at": world.now + timedelta(days=1),
        "state": "chosen",
        "proposal": uuid4(),
        "proposed_at": world.now,
    }
    about = booked.about(sent.conversation, sent)
    return {"pk": pk, "number": Appointment.objects.create(**about.values(), **values).pk}
