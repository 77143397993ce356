"""A burst of false alarms, a class that writes together, both at once: nothing is hidden, nobody honest is pushed back, one decision is enough."""

import re
import threading
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client

from relais.accounts import reading
from relais.accounts.models import Role
from relais.coaching import services
from relais.coaching.desk import supervision
from relais.coaching.models import Conversation, Note
from relais.coaching.models.conversation import CONVERSATION
from relais.coaching.thread import grouped, selectors
from relais.foundation import today
from relais.foundation.models import EventRecord, Outbound
from relais.foundation.refusals import NotAcceptable, NotAllowed, WrongState
from relais.foundation.subjects import subject_of
from relais.safeguarding import alarms, groups, together
from relais.safeguarding.models import Alarm, AlarmGroup
from tests import builders

from .bursts import FLAT, MINUTE, SCHOOL, SECOND, numbers, read, said, says, shown

pytestmark = pytest.mark.django_db

# --- how they are listed


def test_150_from_one_network_are_one_row_after_a_lone_alarm_and_none_is_hidden(burst, write, people, now):
    flood = burst(150, pressing=0.1)
    lone = write(body="mon père me frappe", at=now + 20 * SECOND).conversation
    honest = [write(at=now + (30 + number) * SECOND).conversation for number in range(3)]
    rows = shown(people["mediator"], now + MINUTE)
    assert [row.pk for row in rows] == [lone.pk, flood.conversations[0].pk, *(one.pk for one in honest)]
    group = rows[1].group
    assert set(group.members) == {one.pk for one in flood.conversations} and group.open == 150
    urgent = set(Alarm.objects.filter(is_urgent=True).values_list("subject_id", flat=True)) - {lone.pk}
    assert set(group.members[: group.urgent]) == urgent and len(urgent) == group.urgent > 0, "what presses comes first"
    assert all(row.group is None for row in rows if row.pk != rows[1].pk)


@pytest.mark.parametrize(("number", "rows"), [(groups.MANY - 1, groups.MANY - 1), (groups.MANY, 1)])
def test_a_few_from_one_network_stand_each_in_its_place(burst, people, now, number, rows):
    burst(number)
    assert len(shown(people["mediator"], now)) == rows


def test_ten_messages_of_one_person_are_no_group(line, now, people):
    conversation = says(line, "je veux mourir", now)
    for _ in range(9):
        services.write(journey=conversation.journey, body="je veux mourir", key=uuid4(), now=now, origin=FLAT)
    assert Alarm.objects.count() == 10 and not AlarmGroup.objects.get().is_listed


def test_other_networks_and_unknown_ones_are_never_mixed(burst, people, now):
    burst(4, origin=SCHOOL)
    burst(4, origin=FLAT)
    burst(8, origin="")
    assert len(shown(people["mediator"], now)) == 16
    burst(1, origin=FLAT, at=now + MINUTE)
    assert len(shown(people["mediator"], now)) == 4 + 8 + 1


@pytest.mark.parametrize(("after", "together_"), [(groups.BURST - SECOND, True), (groups.BURST, False)])
def test_a_burst_ends(burst, now, after, together_):
    burst(5, within=0 * SECOND)
    burst(1, at=now + after)
    assert (AlarmGroup.objects.count() == 1) is together_


def test_no_network_is_kept(burst):
    flood = burst(6, origin=SCHOOL)
    assert len(flood.group.origin) == 64 and SCHOOL not in flood.group.origin


def test_by_the_door_the_network_is_that_of_the_limits(line, people, now):
    for number in range(6):
        Client().post("/parler", {"body": "je veux mourir", "key": uuid4()}, REMOTE_ADDR=f"2001:db8:5:5::{number + 1}")
    assert AlarmGroup.objects.get(is_listed=True).alarms.count() == 6
    young = Client()
    young.post("/parler", {"body": "Bonjour", "key": uuid4()}, REMOTE_ADDR="198.51.100.1")
    young.post("/parler/ecrire", {"body": "il me frappe", "key": uuid4()}, REMOTE_ADDR="198.51.100.1")
    assert Alarm.objects.order_by("-pk")[0].group.alarms.count() == 1


def test_a_class_of_thirty_is_listed_together_and_nothing_is_decided(burst, people, now):
    school = burst(30, origin=SCHOOL, pressing=0.3)
    [row] = shown(people["mediator"], now + MINUTE)
    assert row.group.size == 30 and Alarm.objects.open().count() == 30
    assert Conversation.objects.filter(is_alarming=True).count() == 30
    real = school.conversations[12]
    read(people["mediator"], [real], now + MINUTE)
    alarms.acknowledge(
        subject=subject_of(real),
        user=people["mediator"],
        read=[Alarm.objects.get(subject_id=real.pk).pk],
        is_false=False,
        reason="",
        now=now + MINUTE,
    )
    rows = shown(people["mediator"], now + 2 * MINUTE)
    assert [row.group and row.group.size for row in rows] == [29, None] and rows[1].pk == real.pk, "out of the group"
    services.claim(conversation=school.conversations[3], user=people["mediator"], now=now + MINUTE)
    rows = shown(people["mediator"], now + 2 * MINUTE)
    assert rows[0].pk == school.conversations[3].pk and rows[1].group.size == 28, "in somebody's hands: by itself"
    assert [row.pk for row in shown(people["mediator"], now, "miennes")] == [school.conversations[3].pk]


def test_a_flood_beside_a_class_takes_nothing_from_it(burst, people, now):
    burst(40)
    burst(30, origin=SCHOOL, at=now + 5 * SECOND, seed=12)
    rows = shown(people["mediator"], now + MINUTE)
    assert [row.group.size for row in rows] == [40, 30]


def test_the_lists_ask_as_much_for_six_as_for_150(burst, people, client_for, django_assert_max_num_queries, now):
    mediator, supervisor = client_for(people["mediator"]), client_for(people["supervisor"])
    for number in (6, 150):
        group = burst(number, at=now).group
        with django_assert_max_num_queries(20):
            page = mediator.get("/pro/conversations/").content.decode()
        assert str(group.pk) in page
        with django_assert_max_num_queries(28):
            assert str(group.pk) in supervisor.get("/pro/ligne/").content.decode()
        with django_assert_max_num_queries(20):
            page = mediator.get(f"/pro/danger/alertes/{group.pk}/").content.decode()
        assert page.count("/pro/conversations/") >= min(number, 50)


def test_the_first_page_and_the_wall_show_the_others_too(burst, write, people, now):
    burst(40)
    lone = write(body="mon père me frappe").conversation
    tasks = [task for task in today.tasks(people["mediator"], now) if task.is_urgent]
    assert sorted(task.words[:12] for task in tasks) == ["40 messages ", "Colibri 12 :"]
    assert today.counts(people["mediator"], now, {"inbox"})["inbox"] == 41
    Alarm.objects.exclude(subject_id=lone.pk).update(is_false=True, seen_at=now)
    Conversation.objects.exclude(pk=lone.pk).update(is_alarming=False)
    honest = write(body="Bonjour").conversation
    words = [task.words for task in today.tasks(people["mediator"], now)]
    assert [one for one in words if one.startswith("40 conversations attendent")] and len(words) == 3
    assert any(f"{honest.journey.pseudonym} attend, personne" in one for one in words)
    assert today.counts(people["mediator"], now, {"inbox"})["inbox"] == 42
    Conversation.objects.exclude(pk__in=[lone.pk, honest.pk]).update(is_alarming=True)
    Alarm.objects.update(is_false=None, seen_at=None)
    rows = supervision.look(people["supervisor"], now).urgent
    assert [row.group and row.group.size for row in rows] == [None, 40] and rows[0].pk == lone.pk


@pytest.mark.django_db(transaction=True)
def test_at_the_same_instant_nobody_waits_for_ever_and_nothing_is_lost(line, now):
    ready, failed = threading.Barrier(12), []

    def one(place):
        ready.wait(30)
        try:
            says(line, "j’en peux plus", now - place * SECOND / 100)
        except Exception as error:
            failed.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=one, args=(place,)) for place in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failed == [] and Alarm.objects.count() == 12
    assert AlarmGroup.objects.get().is_listed and grouped.of(Conversation.objects.all())[0].size == 12
    told = [row.payload["told"] for row in Outbound.objects.filter(key__startswith="alarm:")]
    assert sum(told) == 12


# --- letters


def test_the_team_is_told_at_once_then_once_a_minute_with_the_number(burst, people, now):
    burst(150)
    letters = list(Outbound.objects.filter(key__startswith="alarm:").order_by("not_before"))
    assert [row.payload["told"] for row in letters] == [1, 149]
    assert abs(letters[1].not_before - letters[0].not_before - MINUTE) < 0.001 * SECOND
    assert "149 messages" in letters[1].payload["subject"] and "/pro/conversations/" in letters[1].payload["text"]
    assert alarms.remind(now + 11 * MINUTE) == 0, "none of them presses"


def test_what_presses_and_nobody_reads_is_told_again_together(burst, people, now):
    burst(20, pressing=1.0)
    assert alarms.remind(now + 11 * MINUTE) == 20 and alarms.remind(now + 12 * MINUTE) == 0
    letters = Outbound.objects.filter(key__startswith="alarm-late:").order_by("not_before")
    assert [row.payload["told"] for row in letters] == [1, 19]


# --- one decision about many


def test_a_sample_is_read_then_the_others_are_said_false_each_with_its_own_record(burst, people, now):
    flood, mediator, at = burst(60), people["mediator"], now + MINUTE
    for number in range(together.SAMPLE):
        with pytest.raises(WrongState, match=f"vous en avez lu {number}"):
            said(flood.group, mediator, at)
        read(mediator, flood.conversations[number : number + 1], at)
    read(people["supervisor"], flood.conversations[:10], at)
    assert said(flood.group, mediator, at) == 60
    assert not Alarm.objects.open().exists() and not Conversation.objects.filter(is_alarming=True).exists()
    assert set(Alarm.objects.values_list("seen_by", "is_false", "together")) == {(mediator.pk, True, "flood")}
    assert EventRecord.objects.filter(name="danger.seen").count() == Note.objects.count() == 60
    [row] = shown(mediator, at)
    assert row.group.size == 60 and not row.group.open, "they still wait for an answer, on one line"
    with pytest.raises(NotAcceptable):
        said(flood.group, mediator, at)


def test_second_thoughts_open_each_of_them_again_and_not_what_was_said_by_itself(burst, people, now):
    flood, mediator = burst(8), people["mediator"]
    read(mediator, flood.conversations[:5], now + MINUTE)
    alarms.acknowledge(
        subject=subject_of(flood.conversations[0]),
        user=mediator,
        read=numbers(flood.group),
        is_false=True,
        reason="une blague, elle le dit",
        now=now + MINUTE,
    )
    assert said(flood.group, mediator, now + MINUTE) == 7
    assert together.take_back(group=flood.group, user=people["supervisor"], now=now + 2 * MINUTE) == 7
    assert Alarm.objects.open().count() == Conversation.objects.filter(is_alarming=True).count() == 7
    assert EventRecord.objects.filter(name="danger.reopened").count() == 7
    assert together.take_back(group=flood.group, user=people["supervisor"], now=now + 2 * MINUTE) == 0


def test_what_presses_is_read_one_by_one(burst, people, now):
    flood, mediator, at = burst(40, pressing=0.5), people["mediator"], now + MINUTE
    pressing = set(Alarm.objects.filter(is_urgent=True).values_list("subject_id", flat=True))
    others = [one for one in flood.conversations if one.pk not in pressing]
    read(mediator, others[:5], at)
    assert said(flood.group, mediator, at) == 40 - len(pressing)
    assert set(Alarm.objects.open().values_list("subject_id", flat=True)) == pressing
    with pytest.raises(NotAcceptable):
        said(flood.group, mediator, at)
    read(mediator, [one for one in flood.conversations if one.pk in pressing][:3], at)
    assert said(flood.group, mediator, at) == 3, "those that were opened"


def test_reading_each_of_a_flood_stops_nobody(burst, people, now, monkeypatch):
    """What they are asked to read one by one is their work."""
    monkeypatch.setattr(reading, "STOP", reading.Limit(12, reading.DAY))
    monkeypatch.setattr(reading, "WARNING", reading.Limit(10, reading.HOUR))
    flood = burst(reading.STOP.files + 5, pressing=1.0)
    subjects = [one.pk for one in flood.conversations]
    reading.open_files(
        user=people["mediator"], kind=CONVERSATION, subjects=subjects, reason="reading", now=now + MINUTE
    )
    assert not reading.is_stopped(people["mediator"])
    assert not EventRecord.objects.filter(name="reading.warned").exists()
    assert said(flood.group, people["mediator"], now + MINUTE) == len(subjects)


def test_what_was_read_before_it_wrote_again_or_in_other_hands_is_left(burst, people, now):
    flood, mediator, at = burst(10), people["mediator"], now + MINUTE
    page = numbers(flood.group)
    read(mediator, flood.conversations[:5], at)
    again, held = flood.conversations[7], flood.conversations[8]
    services.write(journey=again.journey, body="il me frappe", key=uuid4(), now=at, origin=FLAT)
    services.claim(conversation=held, user=people["mediator_2"], now=at)
    assert said(flood.group, mediator, at, shown=page) == 9
    assert set(Alarm.objects.open().values_list("subject_id", flat=True)) == {again.pk, held.pk}
    again.refresh_from_db()
    assert again.is_alarming, "what came meanwhile is still to be read"


def test_rights_are_asked_at_that_moment_and_only_in_ones_own_organisation(burst, people, make_user, client_for, now):
    flood, mediator = burst(8), people["mediator"]
    stranger, volunteer = make_user(Role.SUPERVISOR), people["volunteer"]
    address = f"/pro/danger/alertes/{flood.group.pk}/"
    for path in ("", "fausses", "reprendre"):
        browser = client_for(stranger)
        answer = browser.post(address + path, {"read": "1", "reason": "flood"}) if path else browser.get(address)
        assert answer.status_code == 404
    read(mediator, flood.conversations[:5], now + MINUTE)
    for user in (stranger, volunteer):
        with pytest.raises(NotAllowed):
            said(flood.group, user, now + MINUTE)
    mediator.memberships.all().delete()
    with pytest.raises(NotAllowed):
        said(flood.group, type(mediator).objects.get(pk=mediator.pk), now + MINUTE)


def test_two_organisations_never_share_a_group(burst, people, make_user, now):
    there = builders.line(make_user(Role.MEDIATOR).memberships.get().organisation)
    elsewhere = there.organisation.memberships.get().user
    burst(6)
    burst(7, on=there)
    assert [row.group.size for row in shown(people["mediator"], now)] == [6]
    assert [row.group.size for row in shown(elsewhere, now)] == [7]


def test_from_the_page(burst, people, client_for, now):
    flood = burst(30, at=now - 2 * MINUTE)
    desk, address = client_for(people["mediator"]), f"/pro/danger/alertes/{flood.group.pk}/"
    assert "30 conversations d’un même réseau" in desk.get("/pro/conversations/").content.decode()
    page = desk.get(address).content.decode()
    assert "vous en avez lu 0" in page and 'name="reason"' not in page
    refused = desk.post(f"{address}fausses", {"read": " ".join(map(str, numbers(flood.group))), "reason": "joke"})
    assert refused.status_code == 422 and "vous en avez lu 0" in refused.content.decode()
    for one in flood.conversations[:5]:
        assert desk.get(f"/pro/conversations/{one.pk}/").status_code == 200
    page = desk.get(address).content.decode()
    assert page.count("ouvert par vous") == 5
    shown_ = re.search(r'name="read" value="([\d ]+)"', page)[1]
    assert desk.post(f"{address}fausses", {"read": shown_}).status_code == 422, "a reason is chosen"
    done = desk.post(f"{address}fausses", {"read": shown_, "reason": "joke"}, follow=True)
    assert "30 fausses alertes notées" in done.content.decode()
    page = desk.get(f"/pro/conversations/{flood.conversations[20].pk}/").content.decode()
    assert "une blague, un jeu entre camarades" in page and "La remettre à lire" in page
    again = re.search(r'name="read" value="(\d+)"', page)[1]
    desk.post(f"/pro/conversations/{flood.conversations[20].pk}/alarme", {"read": again, "verdict": "again"})
    assert Alarm.objects.open().count() == 1
    desk.post(f"{address}reprendre")
    assert Alarm.objects.open().count() == 30


# --- the queue


def test_a_flood_takes_one_place_of_the_queue(burst, write, people, line, now):
    before = write(at=now - SECOND).conversation
    flood = burst(60)
    after = write(at=now + MINUTE).conversation
    at = now + 2 * MINUTE
    assert [selectors.wait_of(one, at).place for one in (before, after)] == [1, 3]
    assert selectors.wait_of(after, at).is_crowded and not selectors.wait_of(before, at).is_crowded
    within = Conversation.objects.get(pk=flood.conversations[39].pk)
    assert selectors.wait_of(within, at).place == 41, "for one of them the others are people like any other"
    assert [one.pk for one in shown(people["mediator"], at)][-2:] == [before.pk, after.pk]
    assert grouped.of(Conversation.objects.all())[0].size == 60
