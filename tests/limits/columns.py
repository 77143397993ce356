"""Every column of a date that begins or ends something, with what it begins or ends.

A case sets the column to an instant (or a day) and says how to look: `look(at)` is whether the thing is so at `at`.
"""

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import NamedTuple

from django.db import transaction
from django.test import Client

from relais.accounts import providers, reading
from relais.accounts import services as accounts
from relais.accounts.models import INVITATION, AccessRecord, Invitation, RightRequest, Role, VolunteerCheck
from relais.accounts.refusals import NoLongerAsked
from relais.catalogue.models import BroughtTable
from relais.catalogue.tables.models import LIFE
from relais.channels import accounts as accounts_of
from relais.channels import networks
from relais.channels.models import AccountReading, ChannelAccount, Inbound
from relais.channels.sms import reports
from relais.coaching.messaging import intake
from relais.foundation import links, outbox, schedule
from relais.foundation.models import Heartbeat, Outbound, Run, Schedule
from relais.foundation.refusals import LinkOver
from relais.media import clips
from relais.media.models import Clip
from relais.portal.selectors import worker_state
from relais.stories.models import Comment, Story
from relais.stories.questions import comments, moderation
from relais.stories.studio import rights
from relais.stories.tests.asking import answering, commented, copied, secret, shown
from relais.stories.tests.making import consent, draft
from tests.builders import sms_account

SECOND, MINUTE, HOUR, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
ENDS, ENDS_AFTER, BEGINS, BEGINS_AFTER = (
    (True, False, False),
    (True, True, False),
    (False, True, True),
    (False, False, True),
)
"""Whether it is so just before, at, and just after. What opens something is over at the instant of its end."""


class Case(NamedTuple):
    """`make(world, edge)` gives `look(at)`; `so`: what it says before, at and after; `step`: what « just » is."""

    make: Callable
    so: tuple[bool, bool, bool]
    step: timedelta = SECOND


def opens(function, *refusals) -> bool:
    with suppress(*refusals):
        return function() is not None
    return False


# --- the catalogue


def brought_table(world, edge):
    """Worked on until its time is over, and erased by then."""
    user = world.people["supervisor"]
    values = {"organisation": user.memberships.get().organisation, "by": user, "brought_at": edge - LIFE}
    table = BroughtTable.objects.create(name="x.csv", **values)
    return lambda at: BroughtTable.objects.current(at).filter(pk=table.pk).exists()


# --- the foundation, what comes in, accounts


def _outbound(world, **values):
    world.patch.setitem(outbox._transports, "limits", lambda payload: None)
    return Outbound.objects.create(
        channel="limits", key="x", **{"created_at": world.now, "not_before": world.now} | values
    )


def not_before(world, edge):
    _outbound(world, not_before=edge)
    return lambda at: outbox.send_due(at) == 1


def abandoned(world, edge):
    row = _outbound(world, state="sending", claimed_at=edge - 2 * MINUTE)
    return lambda at: outbox.send_due(at) == 0 and Outbound.objects.get(pk=row.pk).state == "ambiguous"


def late_loop(world, edge):
    name = "relais.coaching.tasks.keep_promises"
    Heartbeat.objects.create(name=name, every=5, at=edge - 45 * SECOND)
    return lambda at: worker_state(at)[name] == "ok"


def job_due(world, edge, **values):
    Schedule.objects.create(job="backup", is_on=True, hour="03:20", **{"next_at": edge + DAY} | values)
    return lambda at: schedule.claim(at) is not None


def run_gone(world, edge):
    Run.objects.create(schedule=Schedule.objects.create(job="backup", hour="03:20"), started_at=edge - 3 * MINUTE)
    return lambda at: schedule.find_broken(at) == 1


def _inbound(world, **values):
    values = {
        "channel": "discord",
        "provider_id": "1",
        "sender": "80351110224678912",
        "sender_digest": "x",
        "body": "Bonjour",
    } | values
    return Inbound.objects.create(**{"not_before": world.now, "received_at": world.now} | values)


def inbound_due(world, edge):
    _inbound(world, not_before=edge)
    return lambda at: Inbound.objects.due(at).exists()


def inbound_to_read(world, edge):
    _inbound(world, not_before=edge, state="unread")
    return lambda at: Inbound.objects.to_read(at).exists()


def discord_answers_at_once(world, edge):
    inbound = _inbound(world, reply_until=edge, reply_token="x")

    def look(at):
        intake.take(inbound, at)
        return Outbound.objects.filter(channel="discord").exists()

    return look


def report_asked(world, edge, **dates):
    account = sms_account(url="https://sms.invalid/1.0/sms/sms-xx1-1", dialect="ovh")
    values = {"channel": "sms", "key": "reply:1", "state": "sent", "known_as": "ovh:1", "created_at": world.now}
    values |= {"not_before": world.now, "sent_at": edge - MINUTE} | dates
    row = Outbound.objects.create(**values)
    return lambda at: reports.due(account, at).filter(pk=row.pk).exists()


def account_failing(world, edge):
    values = {"channel": "email", "next_at": edge, "error": "La boîte ne répond pas."}
    AccountReading.objects.create(read_at=edge - AccountReading.PATIENCE, **values)
    return lambda at: AccountReading.objects.failing(at).exists()


def network_read(world, edge):
    AccountReading.objects.create(channel=Network.name, account=Network.account, next_at=edge)
    return lambda at: networks.turn(Network(), lambda since: None, now=at)


class Network:
    """One that still has every comment it is asked for."""

    name, account, owner = "instagram", "178", None

    def __init__(self):
        self.asked = []

    def missing(self, places):
        self.asked += places
        return set()


def checked(world, edge, **days):
    values = {"verified_on": edge - 100 * DAY, "expires_on": edge + 100 * DAY} | days
    user = world.make_user("volunteer")
    VolunteerCheck.objects.create(
        user=user, number="1", issued_on=edge - 100 * DAY, verified_by=world.people["supervisor"], **values
    )
    return lambda day: user.checks.valid(day).exists()


def right_asked(world, edge):
    values = {
        "user": world.make_user("partner"),
        "requested_by": world.people["administrator"],
        "organisation": world.organisation,
    }
    asked = RightRequest.objects.create(kind="roles", roles=["mediator"], requested_at=edge - 7 * DAY, **values)

    def look(at):
        assert asked.is_waiting(at) == RightRequest.objects.waiting(at).exists()
        return asked.is_waiting(at)

    return look


def account_asked(world, edge):
    """While a second person may agree, the page shows the request and the agreement is taken."""
    asker = world.people["administrator"]
    other = world.make_user("administrator", organisation=world.organisation)
    account = accounts_of.ask(
        channel="sms",
        owner=world.organisation.pk,
        values={"dialect": "json", "url": "https://sms.invalid", "key": "x", "sender": ""},
        by=asker.pk,
        now=edge - ChannelAccount.LIFE,
    )

    def look(at):
        with transaction.atomic():
            taken = opens(lambda: providers.confirm(actor=other, pk=account.pk, now=at), NoLongerAsked)
            transaction.set_rollback(True)
        assert taken == ChannelAccount.objects.waiting(at).exists()
        return taken

    return look


def invitation(world, edge):
    values = {
        "email": "lea@exemple.invalid",
        "organisation": world.organisation,
        "role": Role.PARTNER,
        "invited_by": world.people["administrator"],
    }
    made = Invitation.objects.create(created_at=world.now, **values)
    secret = links.make(INVITATION, made.pk, now=world.now, until=edge)

    def look(at):
        assert Invitation.objects.open(at).exists() == opens(
            lambda: accounts.find_invitation(secret=secret, now=at), LinkOver
        )
        return Invitation.objects.open(at).exists()

    return look


def file_open(world, edge):
    AccessRecord.objects.create(at=edge - 12 * HOUR, user=world.mediator, action="read", kind="x", subject="1")
    return lambda at: reading.has_open(user=world.mediator, kind="x", subject="1", now=at)


# --- stories


def answer_link(world, edge):
    question = moderation.give_link(
        question=shown(world.story(), world.mediator, world.now), user=world.mediator, now=edge - 14 * DAY
    )
    secret = answering(question)
    return lambda at: opens(lambda: moderation.by_link(secret, at), LinkOver)


def reader_is_told_late(world, edge):
    question = shown(world.story(), world.mediator, world.now)
    type(question).objects.update(due_at=edge, state="waiting")
    address = f"/questions/{secret(question)}"
    return lambda at: "on est en retard" not in world.get(Client(), address, at).content.decode()


def published(world, edge, **values):
    story = world.story()
    Story.objects.filter(pk=story.pk).update(**values)
    story.refresh_from_db()

    def look(at):
        assert (
            story.is_published(at)
            == Story.objects.published(at).exists()
            == (world.get(Client(), f"/temoignages/{story.pk}", at).status_code == 200)
        )
        return story.is_published(at)

    return look


def taken_down(world, edge):
    Story.objects.filter(pk=world.story().pk).update(expires_at=edge)
    return lambda at: rights.expire(at) == 1


def agreement_to_be_shown(world, edge, **days):
    made = consent(
        draft(world.people, world.now), world.now, **{"starts": edge - 50 * DAY, "ends": edge + 50 * DAY} | days
    )
    return lambda day: type(made).objects.valid(day).exists()


def comment_looked_for(world, edge):
    question = commented(copied(world.story(), world.mediator, world.now), world.now)
    Comment.objects.filter(pk=question.pk).update(checked_at=edge - HOUR)

    def look(at):
        one = Network()
        comments._look_for(one, at)
        return bool(one.asked)

    return look


def clip_free(world, edge, **values):
    Clip.objects.create(folder=draft(world.people, world.now).folder, created_at=world.now, **values)
    return lambda at: clips._take(at) is not None
