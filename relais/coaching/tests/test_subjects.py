"""Alarms and danger files follow a conversation wherever it goes, as foreign keys made them."""

import re
from uuid import uuid4

import pytest
from django.db import transaction
from django.db.models import ProtectedError

from relais.accounts.models import Membership, Organisation
from relais.coaching import services, thread
from relais.coaching.line import rerouting
from relais.coaching.models import Conversation, Line, Message
from relais.coaching.models.conversation import CONVERSATION
from relais.coaching.rights import requests
from relais.foundation import retention
from relais.foundation.subjects import subject_of
from relais.safeguarding import alarms, danger, watched
from relais.safeguarding.models import Alarm, DangerFile
from relais.safeguarding.views import alarms_of

pytestmark = pytest.mark.django_db
DARK = "je veux mourir ce soir"


def opened_by(people, conversation, now):
    said = {"level": "C", "facts": "Des faits.", "second_reader": people["mediator_2"]}
    return danger.open_file(subject=subject_of(conversation), user=people["mediator"], now=now, **said)


def closed(people, conversation, now):
    file = opened_by(people, conversation, now)
    danger.read_twice(file=file, user=people["mediator_2"], level="C", opinion="Lu.", now=now)
    said = {"decision": "none", "reasons": "Rien.", "parents": "told", "parents_reason": ""}
    danger.decide(file=file, user=people["mediator_2"], now=now, **said)
    return danger.close(file=file, user=people["supervisor"], now=now)


def test_no_message_without_its_alarm_and_no_alarm_without_its_message(write, now):
    """One transaction: what is undone is undone whole."""
    conversation = write().conversation
    with pytest.raises(RuntimeError), transaction.atomic():
        services.write(journey=conversation.journey, body=DARK, key=uuid4(), now=now)
        assert Alarm.objects.get().item == str(Message.objects.get(body__isnull=False, seq=2).pk)
        raise RuntimeError
    assert not Alarm.objects.exists() and conversation.messages.count() == 1


@pytest.fixture
def other_line(make_user):
    """A line of another organisation, and a mediator there."""
    there = make_user("mediator")
    organisation = there.memberships.get().organisation
    line = Line.objects.create(slug="autre", name="Autre ligne", organisation=organisation, open_on_holidays=True)
    return line, there


def test_who_answers_now_reads_its_alarms_at_once_and_files_stay(write, people, other_line, now):
    line, there = other_line
    conversation = write(body=DARK).conversation
    alarm = Alarm.objects.get()
    alarms.acknowledge(
        subject=subject_of(conversation), user=people["mediator"], read=[alarm.pk], is_false=True, reason="non", now=now
    )
    file = closed(people, conversation, now)
    assert [Alarm.objects.visible_to(one).count() for one in (people["mediator"], there)] == [1, 0]
    rerouting.pass_on(conversation=conversation, line=line, user=people["supervisor"], reason="là-bas", now=now)
    assert [Alarm.objects.visible_to(one).count() for one in (people["mediator"], there)] == [0, 1]
    file.refresh_from_db()
    assert file.organisation == people["mediator"].memberships.get().organisation
    assert not DangerFile.objects.visible_to(there).exists()
    conversation.refresh_from_db()
    assert alarms_of(subject_of(conversation), there)["danger_files"] == [], "not even that there is one, nor its level"
    assert watched.find(file).organisation_id == line.organisation_id


def test_what_is_about_the_one_that_ends_is_about_the_one_that_stays(write, people, join, now):
    keep, other = write(key=uuid4()).conversation, write(body=DARK, key=uuid4()).conversation
    file = opened_by(people, other, now)
    kept = join(keep, other)
    [alarm] = Alarm.objects.about(CONVERSATION, kept.pk)
    [told] = alarms.told(subject_of(kept))
    assert told.alarm == alarm and told.anchor == f"m{kept.messages.get(pk=int(alarm.item)).seq}"
    file.refresh_from_db()
    assert file.subject_id == kept.pk and kept.is_alarming
    assert not Conversation.objects.filter(pk=other.pk).exists()


def test_what_came_with_another_one_is_still_to_be_read(write, people, join, client_for, now):
    """Somebody had the page of the one that stays: what they did not see has a lower number, and they have not read it."""
    other, keep = write(body=DARK, key=uuid4()).conversation, write(body="il me frappe", key=uuid4()).conversation
    desk, address = client_for(people["supervisor"]), f"/pro/conversations/{keep.pk}"
    page = desk.get(f"{address}/").content.decode()
    kept = join(keep, other)
    read = re.search(r'name="read" value="([\d ]+)"', page)[1]
    desk.post(f"{address}/alarme", {"read": read, "verdict": "false", "reason": "une chanson"})
    [left] = Alarm.objects.open()
    assert left.kinds == ["suicide"] and Conversation.objects.get(pk=kept.pk).is_alarming
    page = desk.get(f"{address}/alarmes").content.decode()
    assert f'data-last="{left.pk}"' in page, "the page that is open asks again"


def test_a_conversation_deleted_takes_its_alarms_and_no_other(write, now):
    gone, stays = write(body=DARK, key=uuid4()).conversation, write(body=DARK, key=uuid4()).conversation
    gone.journey.delete()
    assert [alarm.subject_id for alarm in Alarm.objects.all()] == [stays.pk]


def test_a_conversation_with_a_file_is_not_deleted(write, people, now):
    conversation = write().conversation
    opened_by(people, conversation, now)
    with pytest.raises(ProtectedError), transaction.atomic():
        conversation.journey.delete()
    assert Conversation.objects.filter(pk=conversation.pk).exists()


def test_erasing_ends_alarms_and_leaves_files_without_it(write, people, now):
    conversation = write(body=DARK).conversation
    file = opened_by(people, conversation, now)
    requests.erase(journey=conversation.journey, now=now)
    assert not Alarm.objects.exists() and not Conversation.objects.exists()
    file.refresh_from_db()
    assert (file.subject_id, file.facts) == (None, "Des faits.")


def test_the_broom_does_the_same_when_the_time_is_over(write, people, now):
    conversation = write(body=DARK).conversation
    file = opened_by(people, conversation, now)
    Conversation.objects.update(erase_at=now, erase_told_at=now)
    assert retention.sweep(now)["conversations"] == {"ripe": 1, "erased": 1}
    assert not Alarm.objects.exists() and DangerFile.objects.get(pk=file.pk).subject_id is None


def test_what_is_given_of_alarms_and_nothing_of_files(write, people, now):
    conversation = write(body=DARK).conversation
    opened_by(people, conversation, now)
    write(body=DARK, key=uuid4())
    told = requests.export(journey=conversation.journey)
    [alarm] = told["alertes"]
    assert alarm["kinds"] == ["suicide"] and set(alarm) == {"kinds", "raised_at", "seen_at", "is_false"}
    assert "Des faits." not in str(told)


def test_somebody_of_elsewhere_opens_no_file(write, make_user, people, now):
    stranger = make_user("mediator")
    Membership.objects.create(user=stranger, organisation=Organisation.objects.create(name="X"), role="supervisor")
    conversation = write().conversation
    with pytest.raises(thread.Elsewhere):
        danger.open_file(
            subject=subject_of(conversation),
            user=stranger,
            level="C",
            facts="?",
            second_reader=people["mediator"],
            now=now,
        )
