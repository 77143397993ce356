"""What a burst may not take away: an alarm that came before it, the limit of reading, the help numbers, what a colleague has taken."""

import threading
import time
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection

from relais.accounts import reading
from relais.accounts.models import AccessRecord
from relais.coaching import services
from relais.coaching.models import Note
from relais.coaching.models.conversation import CONVERSATION
from relais.coaching.thread import screening
from relais.foundation.refusals import NotAcceptable
from relais.foundation.subjects import subject_of
from relais.safeguarding import alarms, together
from relais.safeguarding.models import Alarm

from .bursts import FLAT, MINUTE, SCHOOL, SECOND, read, said, says, shown

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
HOME = "198.51.100.9"


@pytest.fixture
def lou(line, now):
    """She wrote yesterday from home, and nobody has read it."""
    return says(line, "je vais me suicider ce soir", now - DAY, origin=HOME)


def writes_again(conversation, at, body="j’en peux plus", *, origin=SCHOOL):
    services.write(journey=conversation.journey, body=body, key=uuid4(), now=at, origin=origin)


def says_false(conversation, user, at):
    read_ = Alarm.objects.about("conversation", conversation.pk).values_list("pk", flat=True)
    alarms.acknowledge(
        subject=subject_of(conversation), user=user, read=read_, is_false=True, reason="une chanson", now=at
    )


# --- what came otherwise stands by itself


def test_what_nobody_has_read_stays_on_top_when_they_write_in_a_burst(burst, lou, people, now):
    school = burst(8, origin=SCHOOL, pressing=1.0)
    writes_again(lou, now + 20 * SECOND)
    rows = shown(people["mediator"], now + MINUTE)
    assert [row.pk for row in rows] == [lou.pk, school.conversations[0].pk]
    assert rows[0].group is None and rows[1].group.size == 8


def test_who_writes_elsewhere_after_a_burst_stands_by_themself_too(burst, people, now):
    school = burst(8, origin=SCHOOL)
    writes_again(school.conversations[3], now + MINUTE, origin=HOME)
    rows = shown(people["mediator"], now + MINUTE)
    assert [row.pk for row in rows] == [school.conversations[3].pk, school.conversations[0].pk]
    assert rows[1].group.size == 7


def test_once_it_was_read_they_are_listed_with_the_others_and_not_when_it_is_to_be_read_again(burst, lou, people, now):
    says_false(lou, people["mediator"], now - MINUTE)
    burst(8, origin=SCHOOL)
    writes_again(lou, now + 20 * SECOND)
    [row] = shown(people["mediator"], now + MINUTE)
    assert row.group.size == 9
    first = Alarm.objects.earliest("pk")
    alarms.reopen(subject=subject_of(lou), user=people["mediator"], read=[first.pk], now=now + MINUTE)
    assert [row.group and row.group.size for row in shown(people["mediator"], now + MINUTE)] == [None, 8]


def test_the_page_of_a_burst_shows_all_that_is_open_of_its_people_and_leaves_them_apart(
    burst, lou, people, client_for, now
):
    school = burst(8, origin=SCHOOL, at=now - 2 * MINUTE)
    monday = Alarm.objects.get(subject_id=lou.pk)
    writes_again(lou, now - MINUTE)
    page = client_for(people["mediator"]).get(f"/pro/danger/alertes/{school.group.pk}/").content.decode()
    assert "venu autrement" in page
    mediator = people["mediator"]
    read(mediator, school.conversations[:5], now)
    looked = together.look(school.group, mediator)
    assert looked.elsewhere == [monday] and lou.pk not in {alarm.subject_id for alarm in looked.open}
    assert said(school.group, mediator, now) == 8
    assert Alarm.objects.open().about("conversation", lou.pk).count() == 2


# --- the limit of reading


def opens_all(user, conversations, at):
    reading.open_files(user=user, kind=CONVERSATION, subjects=[one.pk for one in conversations], reason="other", now=at)


@pytest.fixture
def few(monkeypatch):
    monkeypatch.setattr(reading, "STOP", reading.Limit(5, reading.DAY))


def test_what_a_colleague_has_taken_of_a_burst_and_read_is_theirs(burst, few, people, now):
    """Each is opened freely until a human has read it and somebody has taken it; from then on it is counted as any other."""
    school, theirs = burst(6, origin=SCHOOL).conversations, people["mediator_2"]
    for one in school:
        services.claim(conversation=one, user=theirs, now=now)
        services.reply(conversation=one, user=theirs, body="Bonjour", key=uuid4(), now=now + MINUTE)
    opens_all(people["mediator"], school, now + MINUTE)
    assert not reading.is_stopped(people["mediator"]), "what is still to be read is read by whoever is there"
    for one in school:
        says_false(one, theirs, now + 2 * MINUTE)
    with pytest.raises(reading.TooMany):
        opens_all(people["supervisor"], school, now + 3 * MINUTE)


@pytest.mark.parametrize(("pressing", "is_stopped"), [(1.0, False), (0.0, True)])
def test_who_opened_each_and_said_so_is_not_stopped_once_others_answer(
    burst, few, people, now, monkeypatch, pressing, is_stopped
):
    """What presses is said false by who opened it; of the others a sample is read, and the rest is no more theirs than anybody's."""
    school, mediator = burst(6, origin=SCHOOL, pressing=pressing), people["mediator"]
    opened = school.conversations if pressing else school.conversations[:5]
    read(mediator, opened, now + MINUTE)
    assert said(school.group, mediator, now + MINUTE) == 6
    for one in school.conversations:
        services.claim(conversation=one, user=people["mediator_2"], now=now + 2 * MINUTE)
    if is_stopped:
        with pytest.raises(reading.TooMany):
            read(mediator, school.conversations, now + 3 * MINUTE)
    else:
        read(mediator, school.conversations, now + 3 * MINUTE)


@pytest.mark.parametrize(("after", "traces"), [(-SECOND, 1), (SECOND, 2)])
def test_who_opens_again_what_alarms_since_has_opened_it(burst, people, now, after, traces):
    """A file of one's own work leaves a trace in six hours, and one more when an alarm came after the last."""
    flood, mediator, at = burst(6), people["mediator"], now + 2 * MINUTE
    again = flood.conversations[2]
    read(mediator, flood.conversations, at)
    writes_again(again, at + after, "je vais me suicider ce soir", origin=FLAT)
    read(mediator, [again], at + MINUTE)
    read(mediator, [again], at + 2 * MINUTE)
    assert AccessRecord.objects.filter(user=mediator, subject=str(again.pk)).count() == traces
    assert together.look(flood.group, mediator).pressing == 0


# --- the help numbers


def test_who_was_not_read_keeps_the_help_numbers(burst, people, now):
    """One decision about eight, of whom five were opened: the three others lose nothing by it; one decided by itself does."""
    school, at = burst(8, origin=SCHOOL).conversations, now + MINUTE
    group, mediator = Alarm.objects.all()[0].group, people["mediator"]
    read(mediator, school[:5], at)
    read(people["supervisor"], school[5:6], at)
    assert said(group, mediator, at) == 8
    read(mediator, school[6:7], at + MINUTE)
    shown_ = [bool(screening.help_for(one, at + 2 * MINUTE)) for one in school]
    assert shown_ == [False] * 5 + [True] * 3, (
        "neither what another opened nor what was opened afterwards was read for it"
    )
    together.take_back(group=group, user=mediator, now=at + 2 * MINUTE)
    says_false(school[7], mediator, at + 2 * MINUTE)
    assert not screening.help_for(school[7], at + 3 * MINUTE) and screening.help_for(school[0], at + 3 * MINUTE)
    assert not screening.help_for(school[5], school[5].opened_at + alarms.SHOWN)


# --- one decision about many


def until(true, patience=30.0):
    end = time.monotonic() + patience
    while not true():
        assert time.monotonic() < end
        time.sleep(0.05)


def is_waited_for() -> bool:
    """Whether somebody waits for what another holds."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return cursor.fetchone()[0] > 0


@pytest.mark.django_db(transaction=True)
def test_what_was_taken_or_written_while_it_was_decided_is_left(burst, hold, people, now):
    """Who decides has looked, and waits for one that is held; a colleague takes another, a third person writes from elsewhere."""
    flood, mediator, at = burst(8), people["mediator"], now + MINUTE
    group, (first, *_, taken, again) = flood.group, sorted(flood.conversations, key=lambda one: one.pk)
    read(mediator, flood.conversations, at)
    done = []

    def decides():
        done.append(said(group, mediator, at))
        connection.close()

    let_go, deciding = hold(first), threading.Thread(target=decides)
    deciding.start()
    until(is_waited_for)
    services.claim(conversation=taken, user=people["mediator_2"], now=at)
    writes_again(again, at, origin=HOME)
    let_go()
    deciding.join(30)
    assert done == [6]
    assert set(Alarm.objects.open().values_list("subject_id", flat=True)) == {taken.pk, again.pk}
    notes = [note.body for note in Note.objects.all()]
    assert len(notes) == 6 and all("(6)" in body for body in notes), "of as many as it was said of"
    with pytest.raises(NotAcceptable, match="Il ne reste rien"):
        said(group, mediator, at)
