"""What is promised when more people wait than those present can answer in time: a longer time, said before one writes, from that instant on."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client

from relais.accounts import reading
from relais.channels.models import Inbound
from relais.coaching import services
from relais.coaching.desk import presence
from relais.coaching.messaging import intake
from relais.coaching.models import Conversation, LineOverride
from relais.coaching.thread import selectors, throughput
from relais.foundation.models import Outbound
from relais.safeguarding import together
from relais.safeguarding.models import AlarmGroup
from tests import builders

pytestmark = pytest.mark.django_db
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


@pytest.fixture
def pace(write, people, line, now):
    """pace(minutes, who=…): each of the last answers took so long, given in turn by these people, one after the other."""

    def go(minutes, who=("mediator",), number=10):
        for place in range(number):
            at, user = now - timedelta(hours=number - place), people[who[place % len(who)]]
            opened = write(at=at)
            services.claim(conversation=opened.conversation, user=user, now=at)
            then = at + minutes * MINUTE
            services.reply(conversation=opened.conversation, user=user, body="Oui", key=uuid4(), now=then)

    return go


@pytest.fixture
def here(people, now):
    def go(*roles, at=now):
        for role in roles:
            presence.be_here(user=people[role], conversation=None, is_writing=False, now=at)

    return go


@pytest.fixture
def wait(write, now):
    def go(number):
        return [write(at=now).conversation for _ in range(number)]

    return go


def later(line, now):
    return selectors.later_than_promised(line, now)


@pytest.mark.parametrize(("waiting", "is_told"), [(4, False), (5, False), (6, True)])
def test_from_the_one_who_is_too_many_on(pace, here, wait, line, now, waiting, is_told):
    """Five minutes each, one person there, thirty promised: who writes is the sixth in time and the seventh too late."""
    pace(5)
    here("mediator")
    wait(waiting)
    assert (later(line, now) is not None) is is_told


@pytest.mark.parametrize(("waiting", "is_told"), [(11, False), (12, True)])
def test_twice_as_many_people_are_twice_as_fast(pace, here, wait, line, now, waiting, is_told):
    pace(5, who=("mediator", "mediator_2"))
    here("mediator", "mediator_2")
    wait(waiting)
    assert (later(line, now) is not None) is is_told


def test_their_rate_is_counted_for_each_of_them(pace, write, people, line, now, here):
    """Two who answer side by side in ten minutes what one would in twenty."""
    for number in range(10):
        user = people["mediator" if number % 2 else "mediator_2"]
        opened = write(at=now - 60 * MINUTE)
        services.claim(conversation=opened.conversation, user=user, now=now - 60 * MINUTE)
        at = now + (number // 2 - 58) * MINUTE
        services.reply(conversation=opened.conversation, user=user, body="Oui", key=uuid4(), now=at)
    alone = throughput.minutes_each(line, now)
    here("mediator")
    assert throughput.for_who_is_there(line, now)[0] == pytest.approx(2 * alone, rel=0.2)
    here("mediator_2")
    assert throughput.for_who_is_there(line, now) == (pytest.approx(alone, rel=0.2), 2)


@pytest.mark.parametrize(("seconds", "number"), [(59, 1), (60, 0)])
def test_who_is_there_has_a_page_open(pace, here, line, now, seconds, number):
    pace(5)
    here("mediator", at=now - seconds * SECOND)
    assert throughput.for_who_is_there(line, now) == (pytest.approx(5), number)


def test_who_only_looks_on_is_not_there_until_they_take_somebody(pace, here, write, people, line, now):
    pace(5)
    here("mediator", "mediator_2", "supervisor", "volunteer")
    assert throughput.for_who_is_there(line, now) == (pytest.approx(5), 1)
    services.claim(conversation=write(at=now).conversation, user=people["mediator_2"], now=now)
    assert throughput.for_who_is_there(line, now)[1] == 2


def test_who_answers_on_another_line_is_not_there(pace, here, write, people, line, now):
    pace(5)
    here("mediator", "mediator_2")
    elsewhere = builders.line(line.organisation, slug="autre", departement="75")
    theirs = write(at=now, on=elsewhere).conversation
    services.claim(conversation=theirs, user=people["mediator_2"], now=now)
    services.reply(conversation=theirs, user=people["mediator_2"], body="Oui", key=uuid4(), now=now)
    assert throughput.for_who_is_there(line, now)[1] == 1


@pytest.mark.parametrize(("before", "number"), [(throughput.RECENT - SECOND, 2), (throughput.RECENT, 1)])
def test_who_answered_lately_is_there(pace, here, write, people, line, now, before, number):
    theirs = write(at=now - before).conversation
    services.claim(conversation=theirs, user=people["mediator_2"], now=now - before)
    services.reply(conversation=theirs, user=people["mediator_2"], body="Oui", key=uuid4(), now=now - before)
    pace(5)
    here("mediator", "mediator_2")
    assert throughput.for_who_is_there(line, now)[1] == number


def test_people_of_another_organisation_are_not_there(pace, line, now, make_user):
    pace(5)
    presence.be_here(user=make_user("mediator"), conversation=None, is_writing=False, now=now)
    assert throughput.for_who_is_there(line, now)[1] == 0


def test_with_nobody_there_the_pace_of_the_line_is_told(pace, wait, line, now):
    pace(5)
    wait(6)
    assert later(line, now)


def test_nothing_is_guessed(wait, here, line, now):
    here("mediator")
    wait(40)
    assert later(line, now) is None


def test_the_hour_is_that_of_the_pace_rounded_up_to_a_quarter(pace, here, wait, line, now):
    pace(5)
    here("mediator")
    wait(8)
    at = later(line, now)
    assert at.minute % 15 == 0 and at.second == 0 and 45 * MINUTE <= at - now < 60 * MINUTE


def test_the_page_says_so_before_one_writes_and_after(pace, here, wait, line, now):
    page = Client().get("/parler").content.decode()
    assert "Réponse promise en 30 minutes au plus" in page
    pace(5)
    here("mediator")
    wait(7)
    page = Client().get("/parler").content.decode()
    assert "Réponse promise en 30 minutes au plus" not in page and "plus tard que les 30 minutes" in page
    assert re.search(r"compte une réponse <b>.+ h .+</b> environ", page.replace("\u00a0", " ").replace("\u202f", " "))
    young = Client()
    young.post("/parler", {"body": "Bonjour", "key": uuid4()})
    assert "On risque d’être en retard" in young.get("/parler").content.decode()


@pytest.mark.parametrize(("waiting", "words"), [(5, "avant"), (6, "Beaucoup de messages attendent")])
def test_a_letter_is_answered_with_the_same_truth(pace, here, wait, line, now, waiting, words):
    pace(5)
    here("mediator")
    wait(waiting)
    values = {"channel": "email", "sender": "lou@exemple.invalid", "sender_digest": "d" * 64, "body": "Bonjour"}
    inbound = Inbound.objects.create(
        **values, provider_id="1", subject="", verified=True, not_before=now, received_at=now
    )
    intake.take(inbound, now)
    said = Outbound.objects.get(key__startswith="told:").payload["text"]
    assert words in " ".join(said.split())


def test_in_closed_hours_it_is_counted_from_the_opening(pace, people, wait, line, now):
    pace(5)
    wait(7)
    times = {"start": now, "end": now + timedelta(hours=3)}
    LineOverride.objects.create(line=line, is_open=False, by=people["supervisor"], **times)
    line.forget_hours()
    assert later(line, now) >= line.hours().next_opening(now) + 40 * MINUTE


@pytest.mark.parametrize(("reason", "is_told"), [("flood", False), ("reading", True), ("joke", True)])
def test_those_of_a_burst_count_until_a_human_has_said_that_they_are_a_flood(
    pace, here, line, people, now, reason, is_told
):
    """A class that joked, or that the program misread, is as many people who wait for an answer."""
    pace(5)
    here("mediator")
    for _ in range(20):
        services.open_conversation(
            line=line, pseudonym="Lou", commune=None, touch="", body="j’en peux plus", key=uuid4(), now=now, origin="x"
        )
    group, at = AlarmGroup.objects.get(), now + SECOND
    assert group.is_listed and later(line, at)
    for one in Conversation.objects.waiting():
        reading.open_file(user=people["mediator"], kind="conversation", subject=one.pk, reason="held", now=at)
    shown = group.alarms.values_list("pk", flat=True)
    together.say_false(group=group, user=people["mediator"], shown=shown[:19], reason=reason, now=at)
    assert later(line, at), "one is still to be read"
    together.say_false(group=group, user=people["mediator"], shown=shown, reason=reason, now=at)
    assert (later(line, at) is not None) is is_told, "a flood is one line of the list, and one answer more"
