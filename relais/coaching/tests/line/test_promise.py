"""The promise is counted in opening time, alerts once, escalates once, and a breach is written once and never hidden."""

from datetime import timedelta
from uuid import uuid4

import pytest

from relais.accounts.models import Membership
from relais.coaching import services, thread
from relais.coaching.line import clock, rerouting
from relais.coaching.models import Conversation, Line
from relais.coaching.thread import promise
from relais.foundation.models import EventRecord, Outbound

pytestmark = pytest.mark.django_db


def names(subject) -> list[str]:
    return list(EventRecord.objects.filter(subject=subject).order_by("id").values_list("name", flat=True))


def minutes(count) -> timedelta:
    return timedelta(minutes=count)


def test_the_clock_alerts_escalates_and_breaks_once_each(write, now, people):
    conversation = write().conversation
    for elapsed in range(50):
        promise.tick(now + minutes(elapsed))
        promise.tick(now + minutes(elapsed))
    got = names(conversation.pk)
    assert got == ["wait.started", "conversation.opened", "promise.alerted", "promise.escalated", "promise.broken"]
    at = dict(EventRecord.objects.filter(subject=conversation.pk).values_list("name", "at"))
    assert [(at[f"promise.{step}"] - now) // minutes(1) for step in ("alerted", "escalated", "broken")] == [
        15,
        25,
        31,
    ], "thirty is kept"


def test_an_escalation_writes_to_the_supervisor_once_without_a_word_about_the_person(write, now, people):
    write("Je vais très mal, j'habite à Gien")
    promise.tick(now + minutes(26))
    promise.tick(now + minutes(27))
    letter = Outbound.objects.get().payload
    assert letter["to"] == people["supervisor"].email
    assert "Gien" not in letter["text"] and "Colibri" not in letter["text"] and "mal" not in letter["text"].split()


def test_an_answer_in_time_keeps_the_promise_and_stops_the_clock(write, now, people):
    conversation = write().conversation
    services.claim(conversation=conversation, user=people["mediator"], now=now)
    services.reply(
        conversation=conversation, user=people["mediator"], body="Bonjour", key=uuid4(), now=now + minutes(12)
    )
    promise.tick(now + minutes(90))
    answered = EventRecord.objects.get(name="conversation.answered")
    assert answered.data == {"seconds": 720, "kept": True, "first": True, "line": conversation.line_id}
    assert "promise.broken" not in names(conversation.pk)


def test_a_late_answer_writes_the_breach_even_if_the_clock_was_stopped(write, now, people):
    conversation = write().conversation
    services.claim(conversation=conversation, user=people["mediator"], now=now)
    services.reply(
        conversation=conversation, user=people["mediator"], body="Pardon", key=uuid4(), now=now + minutes(45)
    )
    promise.tick(now + minutes(46))
    assert names(conversation.pk).count("promise.broken") == 1
    assert EventRecord.objects.get(name="conversation.answered").data["kept"] is False


def test_more_messages_do_not_move_the_deadline_of_the_first(write, now):
    opened = write()
    due = opened.conversation.due_at
    services.write(journey=opened.conversation.journey, body="Vous êtes là ?", key=uuid4(), now=now + minutes(20))
    assert Conversation.objects.get().due_at == due


def test_each_wait_has_its_own_promise(write, now, people):
    opened = write()
    conversation, mediator = opened.conversation, people["mediator"]
    services.claim(conversation=conversation, user=mediator, now=now)
    services.reply(conversation=conversation, user=mediator, body="Bonjour", key=uuid4(), now=now + minutes(1))
    services.write(journey=conversation.journey, body="Merci, et après ?", key=uuid4(), now=now + minutes(100))
    promise.tick(now + minutes(131))
    assert names(conversation.pk).count("promise.broken") == 1
    assert EventRecord.objects.get(name="promise.broken").at == now + minutes(131)


def test_a_closed_line_counts_from_its_next_opening(write, line, now):
    line.windows.all().delete()
    vars(line).pop("_hours", None)
    assert write().conversation.due_at is None
    promise.tick(now + timedelta(days=400))
    assert not EventRecord.objects.filter(name__startswith="promise.").exists()


def test_waking_the_clock_after_a_week_still_tells_each_deadline_once(write, now):
    for _ in range(5):
        write()
    assert promise.tick(now + timedelta(days=7)) == 15
    assert promise.tick(now + timedelta(days=8)) == 0


def test_supervisors_are_alerted_once_on_each_line_it_comes_to(line, loiret, write, people, theirs, there, now):
    """To another line, and back, within one wait: who supervises both is told three times, the others when it is theirs."""
    Membership.objects.create(user=people["supervisor"], organisation=there, role="supervisor")
    Line.objects.update(oncall_email="astreinte@exemple.invalid", oncall_minutes=28)
    for one in (line, loiret):
        one.refresh_from_db()
    conversation = write("Bonjour").conversation

    def told(what, email):
        return [
            row.payload["to"] for row in Outbound.objects.filter(key__startswith=f"{what}:", about=conversation.pk)
        ].count(email)

    for turn, where in enumerate([line, loiret, line]):
        at = now + minutes(29 + turn)
        if turn:
            rerouting._go(thread.locked(conversation.pk), where, by=None, reason="", now=at)
        clock.turn(at)
        clock.turn(at + timedelta(seconds=1))
        assert told("escalation", people["supervisor"].email) == told("oncall", "astreinte@exemple.invalid") == turn + 1
        assert told("escalation", theirs["supervisor"].email) == min(turn, 1)
