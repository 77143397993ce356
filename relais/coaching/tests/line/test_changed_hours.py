"""A supervisor opens or closes the line at once: deadlines follow, everybody is told once, and nothing broken is mended."""

from datetime import datetime, time, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from relais.coaching import services, thread
from relais.coaching.line import changed_hours, clock, directory
from relais.coaching.models import Conversation, Line, LineOverride, OpeningWindow
from relais.coaching.thread import promise, selectors, throughput
from relais.foundation.models import EventRecord, Outbound
from relais.foundation.refusals import NotAcceptable, NotAllowed

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("that_year")]
PARIS = ZoneInfo("Europe/Paris")
NOON = datetime(2026, 11, 18, 12, tzinfo=PARIS)


@pytest.fixture
def now():
    return NOON


@pytest.fixture
def office(line):
    """The line from 9 to 18, Monday to Friday."""
    line.windows.all().delete()
    OpeningWindow.objects.bulk_create(
        OpeningWindow(line=line, weekday=day, opens=time(9), closes=time(18)) for day in range(5)
    )
    line.forget_hours()
    return line


@pytest.fixture
def force(line, people, now):
    def go(state, *, at=None, hours=2, message="", user=None):
        at = at or now
        changed_hours.open_or_close_now(
            line=line,
            user=user or people["supervisor"],
            state=state,
            until=at + timedelta(hours=hours),
            message=message,
            now=at,
        )
        return clock.turn(at)

    return go


def minutes(count):
    return timedelta(minutes=count)


def fresh():
    return Conversation.objects.select_related("line").get()


def said(conversation) -> list[str]:
    return [one.body for one in conversation.messages.filter(side="notice")]


def test_closing_pauses_what_is_still_promised_and_tells_until_when(write, force, now):
    conversation = write().conversation
    force("closed", at=now + minutes(10), message="Exercice d’incendie")
    assert fresh().due_at == now + minutes(10) + timedelta(hours=2) + minutes(20)
    (told,) = said(conversation)
    assert (
        "« Exercice d’incendie »" in told
        and "mercredi 18 novembre à 14\xa0h\xa010" in told
        and "avant 14\xa0h\xa030" in told
    )
    clock.turn(now + minutes(40))
    assert not EventRecord.objects.filter(name__startswith="promise.b").exists()
    assert EventRecord.objects.get(name="promise.moved").subject == conversation.pk
    assert EventRecord.objects.get(name="line.forced").data == {
        "line": conversation.line_id,
        "state": "closed",
        "minutes": 120,
        "waiting": 1,
    }


def test_closing_mends_nothing_that_was_broken(write, force, now):
    conversation = write().conversation
    clock.turn(now + minutes(31))
    due = fresh().due_at
    force("closed", at=now + minutes(32))
    assert fresh().due_at == due and fresh().broken_at == now + minutes(31)
    assert "Ton message est toujours là." in said(conversation)[-1]


def test_what_was_waited_is_counted_in_the_hours_that_really_were(write, force, people, now):
    conversation = write().conversation
    force("closed", at=now + minutes(10), hours=1)
    force("closed", at=now + minutes(90), hours=1)
    services.claim(conversation=conversation, user=people["mediator"], now=now)
    services.reply(
        conversation=conversation, user=people["mediator"], body="Voilà", key=uuid4(), now=now + minutes(155)
    )
    # 10 minutes, an hour closed, 20 minutes, an hour closed, 5 minutes.
    assert EventRecord.objects.get(name="conversation.answered").data == {
        "seconds": 35 * 60,
        "kept": False,
        "first": True,
        "line": conversation.line_id,
    }


def test_opening_at_once_brings_the_answer_nearer(office, write, force, now):
    night = now.replace(hour=22)
    assert write(at=night, on=office).conversation.due_at == datetime(2026, 11, 19, 9, 30, tzinfo=PARIS)
    force("open", at=night, hours=1)
    assert fresh().due_at == night + minutes(30)
    assert fresh().line.hours().closes_at(night) == night + timedelta(hours=1)


def test_giving_the_line_back_to_its_hours(line, write, force, people, now):
    conversation = write().conversation
    force("closed", at=now + minutes(10))
    changed_hours.open_or_close_now(
        line=line, user=people["supervisor"], state="", until=None, message="", now=now + minutes(20)
    )
    clock.turn(now + minutes(20))
    assert fresh().due_at == now + minutes(40)
    assert len(said(conversation)) == 2 and "La ligne est ouverte." in said(conversation)[-1]
    assert Line.objects.get().override(now + minutes(20)) is None
    with pytest.raises(NotAcceptable):
        changed_hours.open_or_close_now(
            line=line, user=people["supervisor"], state="", until=None, message="", now=now + minutes(30)
        )


def test_a_decision_ends_by_itself(write, force, now):
    force("closed", message="Panne")
    line = Line.objects.get()
    override = line.override(now + minutes(5))
    assert (override.is_open, override.message, line.hours().is_open(now + minutes(5))) == (False, "Panne", False)
    clock.turn(now + timedelta(hours=2))
    line = Line.objects.get()
    assert line.override(now + timedelta(hours=2)) is None
    assert line.hours().is_open(now + timedelta(hours=2))


def test_a_clock_stopped_in_the_middle_tells_the_others_and_nobody_twice(line, write, people, now, monkeypatch):
    for _ in range(5):
        write()
    changed_hours.open_or_close_now(
        line=line, user=people["supervisor"], state="closed", until=now + timedelta(hours=1), message="", now=now
    )
    real, calls = thread.system_message, iter(range(100))

    def dies(*given, **options):
        if next(calls) == 2:
            raise KeyboardInterrupt
        return real(*given, **options)

    monkeypatch.setattr(thread, "system_message", dies)
    with pytest.raises(KeyboardInterrupt):
        clock.turn(now)
    monkeypatch.undo()
    clock.turn(now + minutes(1))
    clock.turn(now + minutes(2))
    assert [len(said(one)) for one in Conversation.objects.all()] == [1] * 5
    assert EventRecord.objects.filter(name="promise.moved").count() == 5


@pytest.mark.parametrize("hours", [0, -1, 24 * 15])
def test_an_end_that_makes_no_sense_is_refused(force, hours):
    with pytest.raises(NotAcceptable):
        force("closed", hours=hours)
    assert not LineOverride.objects.exists()


@pytest.mark.parametrize("role", ["mediator", "administrator", "funder"])
def test_only_who_supervises_this_line_may(force, people, role):
    with pytest.raises(NotAllowed):
        force("closed", user=people[role])


def test_a_supervisor_of_another_house_may_not(force, make_user):
    with pytest.raises(NotAllowed):
        force("closed", user=make_user("supervisor"))


def test_who_waits_by_email_is_written_to(write, force, now, line):
    from relais.channels import services as channels
    from relais.coaching.messaging import intake

    channels.receive(channel="email", provider_id="1", sender="lea@exemple.invalid", body="Bonjour", at=now)
    channels.deliver(intake.take, now=now)
    force("closed", at=now + minutes(1))
    letter = Outbound.objects.exclude(key__startswith="told:").get()
    assert letter.payload["automatic"] and "La ligne est fermée" in letter.payload["text"]


# ---- On call


def test_the_structure_on_call_is_told_once_without_a_word_about_the_person(line, write, now):
    Line.objects.update(oncall_email="astreinte@exemple.invalid", oncall_name="Service de garde")
    write("Je vais très mal", on=Line.objects.get())
    for elapsed in (27, 28, 29, 35):
        clock.turn(now + minutes(elapsed))
        clock.turn(now + minutes(elapsed))
    assert EventRecord.objects.filter(name="promise.oncalled").count() == 1
    letter = Outbound.objects.get(key__startswith="oncall:").payload
    assert letter["to"] == "astreinte@exemple.invalid" and "Service de garde" in letter["text"]
    assert "mal" not in letter["text"].split() and "Colibri" not in letter["text"]
    assert EventRecord.objects.get(name="promise.oncalled").at == now + minutes(28)


def test_without_a_structure_on_call_nothing_claims_that_one_was_told(write, now):
    write()
    clock.turn(now + minutes(40))
    assert not EventRecord.objects.filter(name="promise.oncalled").exists()


# ---- The wait that people are told


def answered(write, people, line, now, delays):
    """People who wrote one after the other and were answered after so many minutes each."""
    for number, delay in enumerate(delays):
        at = now - timedelta(minutes=60 * (len(delays) - number))
        opened = write(at=at)
        services.claim(conversation=opened.conversation, user=people["mediator"], now=at)
        services.reply(
            conversation=opened.conversation, user=people["mediator"], body="Oui", key=uuid4(), now=at + minutes(delay)
        )


def test_with_few_answers_no_wait_is_guessed(write, people, line, now):
    answered(write, people, line, now, [5] * (throughput.ENOUGH - 1))
    assert throughput.minutes_each(line, now) is None
    assert selectors.wait_of(write().conversation, now).about is None


def test_quiet_hours_do_not_make_the_line_look_slow(write, people, line, now):
    answered(write, people, line, now, [5] * 10)
    assert throughput.minutes_each(line, now) == pytest.approx(5)
    for _ in range(3):
        last = write().conversation
    assert sorted(selectors.wait_of(one, now).about for one in Conversation.objects.waiting()) == [5, 10, 15]
    assert selectors.wait_of(last, now).place in (1, 2, 3)
    # Minutes left, minutes since the team was alerted (not yet when negative).
    for left, alerted, is_at_risk in ((20, 1, False), (4, 0, True), (4, -1, False)):
        Conversation.objects.waiting().update(due_at=now + minutes(left), alert_at=now - minutes(alerted))
        assert {selectors.wait_of(one, now).is_at_risk for one in Conversation.objects.waiting()} == {is_at_risk}


def test_a_delay_is_told_when_the_end_of_the_promise_is_near_and_not_at_the_first_message(write, people, line, now):
    """A slow line: from the first minute on, the place in the queue says later than promised. Somebody may still come and help."""
    answered(write, people, line, now, [50] * 10)
    write()
    conversation = write().conversation
    assert selectors.wait_of(conversation, now + minutes(1)).about > line.promise_minutes
    for elapsed, is_told in ((1, False), (line.alert_minutes - 1, False), (line.alert_minutes, True)):
        assert selectors.wait_of(conversation, now + minutes(elapsed)).is_at_risk is is_told, elapsed


def test_when_nobody_answers_any_more_the_wait_grows(write, people, line, now):
    answered(write, people, line, now, [5] * 10)
    write()
    assert throughput.minutes_each(line, now + minutes(60)) == pytest.approx((50 + 60) / 10)


def test_people_answered_together_are_not_counted_as_one_after_the_other(write, people, line, now):
    together = [write(at=now - minutes(60)) for _ in range(10)]
    for opened in together:
        services.claim(conversation=opened.conversation, user=people["mediator"], now=now)
        services.reply(
            conversation=opened.conversation, user=people["mediator"], body="Oui", key=uuid4(), now=now - minutes(30)
        )
    assert throughput.minutes_each(line, now) == pytest.approx(3)


def test_deadlines_never_stand_in_hours_that_somebody_has_just_changed(line, people, now):
    """The line given to `open_conversation` was read before the supervisor decided."""
    stale = directory.line_for()
    assert stale.hours().is_open(now)
    changed_hours.open_or_close_now(
        line=line, user=people["supervisor"], state="closed", until=now + timedelta(hours=1), message="", now=now
    )
    opened = services.open_conversation(
        line=stale, pseudonym="Geai", commune=None, touch="", body="?", key=uuid4(), now=now
    )
    assert opened.conversation.due_at == now + timedelta(hours=1, minutes=30)
    assert promise.deadlines(Line.objects.get(), now)[-1] == opened.conversation.due_at
