"""What people live through the services is what the page of the promise says, and the second count agrees."""

import random
from datetime import datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from relais.accounts import reading
from relais.coaching import services
from relais.coaching.line import changed_hours, clock
from relais.coaching.messaging import merging
from relais.coaching.models import Conversation
from relais.insights import promised, recount_promise
from tests import builders

pytestmark = pytest.mark.django_db
START = datetime(2026, 11, 2, 9, tzinfo=ZoneInfo("Europe/Paris"))
CLOSED = range(200, 260)
"""Minutes of the day during which the supervisor closes the line."""


@pytest.fixture
def line(people):
    return builders.line(people["mediator"].memberships.get().organisation, slug="essai", name="Essai")


def lived(begins: int, ends: int) -> int:
    """Minutes of opening time, counted one by one."""
    return sum(minute not in CLOSED for minute in range(begins, ends))


@pytest.mark.parametrize("seed", range(3))
def test_a_day_with_late_answers_silences_and_a_closure(line, people, seed):
    dice, mediator, opened = random.Random(seed), people["mediator"], {}
    begins = {number: dice.randrange(600) for number in range(30)}
    ends = {
        number: begin + delay if (delay := dice.choice([3, 12, 29, 30, 31, 50, 95, 0])) else None
        for number, begin in begins.items()
    }
    for minute in range(700):
        now = START + timedelta(minutes=minute)
        if minute == CLOSED.start:
            changed_hours.open_or_close_now(
                line=line,
                user=people["supervisor"],
                state="closed",
                until=now + timedelta(minutes=60),
                message="",
                now=now,
            )
        for number in begins:
            if begins[number] == minute:
                options = {"pseudonym": "Geai", "commune": None, "touch": "", "body": "?", "key": uuid4(), "now": now}
                opened[number] = services.open_conversation(line=line, **options).conversation
            if ends[number] == minute:
                services.claim(conversation=opened[number], user=mediator, now=now)
                services.reply(conversation=opened[number], user=mediator, body="Oui", key=uuid4(), now=now)
        if minute % 7 == 0:
            clock.turn(now + timedelta(seconds=30))
    waited = sorted(lived(begins[number], end) * 60 if (end := ends[number]) else promised.NEVER for number in begins)
    kept = promised.count(START + timedelta(minutes=700)).whole
    assert (kept.number, kept.within, kept.pending) == (30, sum(seconds <= promised.WITHIN for seconds in waited), 0)
    assert (kept.median, kept.ninth) == (waited[14], waited[26])
    assert recount_promise.compare(START + timedelta(minutes=700))[0] == []


def test_two_conversations_joined_are_one_wait_each_and_a_breach_is_not_lost(line, people):
    def write(at):
        options = {
            "pseudonym": "Geai",
            "commune": None,
            "touch": "",
            "body": "?",
            "key": uuid4(),
            "now": START + timedelta(minutes=at),
        }
        return services.open_conversation(line=line, **options).conversation

    mediator, late, kept, other = people["mediator"], write(0), write(30), write(40)
    clock.turn(START + timedelta(minutes=45))
    now = START + timedelta(minutes=50)
    for gone in (late, other):
        pks = [kept.pk, gone.pk]
        Conversation.objects.filter(pk__in=pks).update(claimed_by=mediator, claimed_at=now)
        reading.open_files(user=mediator, kind="conversation", subjects=pks, reason="held", now=now)
        kept.refresh_from_db(), gone.refresh_from_db()
        merging.merge(
            keep=kept, other=gone, user=mediator, reason="La même", seen=merging.state_of(kept, gone), now=now
        )
    services.claim(conversation=kept, user=mediator, now=now)
    services.reply(conversation=kept, user=mediator, body="Oui", key=uuid4(), now=now)
    whole = promised.count(now + timedelta(minutes=1)).whole
    assert (whole.number, whole.within, whole.pending) == (2, 0, 0), "what went on elsewhere is counted there"
    assert recount_promise.compare(now + timedelta(minutes=1))[0] == []
