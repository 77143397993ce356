"""What somebody holds whose right ends goes back to the team, so that somebody answers."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from relais.accounts import reading
from relais.accounts import services as accounts
from relais.accounts.models import Membership, Role
from relais.coaching import services
from relais.coaching.desk import transfers, volunteers
from relais.coaching.models import Conversation, Transfer
from relais.foundation.models import EventRecord

pytestmark = pytest.mark.django_db


@pytest.fixture
def held(write, people, now):
    return services.claim(conversation=write(age="18-25").conversation, user=people["mediator"], now=now)


def give_roles(people, *roles, name="mediator"):
    organisation = people[name].memberships.first().organisation
    accounts.change_roles(
        actor=people["administrator"],
        user_id=people[name].pk,
        organisation=organisation,
        roles=list(roles),
        now=timezone.now(),
    )


def lose_every_role(people):
    give_roles(people)


def stop(people):
    reading._stop(people["mediator"], 60, timezone.now())


def close(people):
    accounts.deactivate_account(actor=people["administrator"], user_id=people["mediator"].pk, now=timezone.now())


@pytest.mark.parametrize("end", [lose_every_role, stop, close], ids=lambda end: end.__name__)
def test_it_goes_back_once_and_a_colleague_takes_it(held, people, now, end):
    end(people)
    assert (transfers.move_due(now), transfers.move_due(now)) == (1, 0)
    free = Conversation.objects.get()
    assert (free.claimed_by, free.due_at, free.state) == (None, held.due_at, held.state)
    why = EventRecord.objects.get(name="conversation.transferred").data["why"]
    assert why == ("closed-account" if end is close else "right-ended")
    assert services.claim(conversation=free, user=people["mediator_2"], now=now).claimed_by == people["mediator_2"]


def test_the_worker_is_told_at_once(held, people):
    with CaptureQueriesContext(connection) as asked:
        stop(people)
    assert any("pg_notify" in one["sql"] and transfers.BELL in one["sql"] for one in asked)


def test_a_mediator_who_becomes_a_volunteer_keeps_nothing_that_nobody_entrusted(held, people, now):
    Membership.objects.create(user=people["mediator"], organisation=held.line.organisation, role=Role.VOLUNTEER)
    assert transfers.move_due(now) == 0, "still a mediator"
    give_roles(people, Role.VOLUNTEER)
    assert transfers.move_due(now) == 1 and Conversation.objects.get().claimed_by is None
    volunteers.entrust(
        conversation=held, volunteer=people["mediator"], by=people["supervisor"], reason="À deux", now=now
    )
    assert transfers.move_due(now + timedelta(minutes=1)) == 0, "entrusted since"
    assert Conversation.objects.get().claimed_by.pk == people["mediator"].pk


def test_what_a_volunteer_had_before_is_entrusted_to_nobody_once_the_team_took_it(held, people, now):
    Conversation.objects.update(supervised_by=people["supervisor"], claimed_by=people["volunteer"])
    services.claim(conversation=held, user=people["supervisor"], now=now)
    assert Conversation.objects.get().supervised_by is None


def test_what_others_hold_stays(held, people, write, now):
    services.claim(conversation=write(touch="M4PRS").conversation, user=people["mediator_2"], now=now)
    stop(people)
    assert transfers.move_due(now) == 1
    assert [one.giver for one in Transfer.objects.all()] == [people["mediator"]]
    assert Conversation.objects.filter(claimed_by=people["mediator_2"]).count() == 1


def test_an_adult_whom_a_colleague_passed_to_a_volunteer_stays_with_them(held, people, now):
    transfers.transfer(
        conversation=held, by=people["mediator"], receiver=people["volunteer"], team=None, reason="Ton métier", now=now
    )
    assert transfers.move_due(now) == 0
