"""What one can do with a conversation: once, in order, by who holds it."""

from datetime import timedelta
from uuid import uuid4

import pytest

from relais.coaching import services
from relais.coaching.models import Conversation, Message
from relais.foundation.models import EventRecord
from relais.foundation.refusals import NotAllowed, WrongState
from relais.journeys import services as journeys
from relais.journeys.models import Journey

pytestmark = pytest.mark.django_db


def test_the_same_form_sent_twice_opens_one_conversation(write):
    key = uuid4()
    first, second = write(key=key), write(key=key)
    assert first.conversation.pk == second.conversation.pk
    assert Journey.objects.count() == Message.objects.count() == 1
    assert journeys.by_cookie(first.cookie) == journeys.by_cookie(second.cookie)
    assert EventRecord.objects.filter(name="conversation.opened").count() == 1


def test_the_same_message_sent_twice_is_one_message(write, now, people):
    opened, key = write(), uuid4()
    for _ in range(2):
        services.write(journey=opened.conversation.journey, body="Encore moi", key=key, now=now)
    services.claim(conversation=opened.conversation, user=people["mediator"], now=now)
    for _ in range(2):
        services.reply(
            conversation=opened.conversation, user=people["mediator"], body="Bonjour", key=key.__class__(int=5), now=now
        )
    assert list(Message.objects.values_list("seq", "body")) == [(1, "Bonjour"), (2, "Encore moi"), (3, "Bonjour")]


def test_a_text_changed_before_sending_the_same_form_again_is_another_message(write, now):
    opened, key = write(), uuid4()
    for body in ("Je cherche", "Je cherche un stage", "Je cherche un stage", "Je cherche"):
        services.write(journey=opened.conversation.journey, body=body, key=key, now=now)
    assert list(Message.objects.values_list("body", flat=True)) == ["Bonjour", "Je cherche", "Je cherche un stage"]


def test_who_lost_the_race_is_told_who_won(write, now, people):
    conversation = write().conversation
    services.claim(conversation=conversation, user=people["mediator"], now=now)
    with pytest.raises(services.AlreadyClaimed, match=people["mediator"].display_name):
        services.claim(conversation=conversation, user=people["mediator_2"], now=now)
    with pytest.raises(NotAllowed):
        services.reply(conversation=conversation, user=people["mediator_2"], body="Moi", key=uuid4(), now=now)
    assert Message.objects.filter(side="staff").count() == 0


def test_a_supervisor_may_take_over(write, now, people):
    conversation = write().conversation
    services.claim(conversation=conversation, user=people["mediator"], now=now)
    assert (
        services.claim(conversation=conversation, user=people["supervisor"], now=now).claimed_by == people["supervisor"]
    )


def test_nobody_ends_a_conversation_that_waits_for_an_answer(write, now, people):
    conversation = write().conversation
    services.claim(conversation=conversation, user=people["mediator"], now=now)
    with pytest.raises(WrongState):
        services.close(conversation=conversation, user=people["mediator"], now=now)


def test_writing_again_opens_a_conversation_that_was_ended(write, now, people):
    opened = write()
    conversation, mediator = opened.conversation, people["mediator"]
    services.claim(conversation=conversation, user=mediator, now=now)
    services.reply(conversation=conversation, user=mediator, body="Bonjour", key=uuid4(), now=now)
    services.close(conversation=conversation, user=mediator, now=now)
    assert Conversation.objects.get().state == Conversation.State.CLOSED
    services.write(journey=conversation.journey, body="Une dernière chose", key=uuid4(), now=now)
    again = Conversation.objects.get()
    assert again.state == Conversation.State.WAITING and again.due_at and again.claimed_by is None


def test_the_resume_code_opens_the_conversation_elsewhere_and_is_not_stored(write, now):
    conversation = write().conversation
    code = journeys.resume_code(conversation.journey)
    journey, cookie = services.resume(code=f" {code[:4].lower()}-{code[4:8]} {code[8:]} ", now=now)
    assert journey == conversation.journey and journeys.by_cookie(cookie) == journey
    assert code not in str(list(Journey.objects.values()))
    assert EventRecord.objects.filter(name="conversation.resumed", subject=conversation.pk).count() == 1


@pytest.mark.parametrize("wrong", ["", "AAAA-AAAA-AAAA", "x" * 5000, "é" * 12, "0000-0000-0000", "\x00"])
def test_a_wrong_code_opens_nothing(wrong, write, now):
    write()
    with pytest.raises(journeys.UnknownCode):
        services.resume(code=wrong, now=now)


def test_forgetting_on_one_device_keeps_the_other(write, now):
    opened = write()
    other = journeys.add_device(journey=opened.conversation.journey, now=now)
    journeys.leave_device(secret=opened.cookie)
    assert journeys.by_cookie(opened.cookie) is None and journeys.by_cookie(other)


def test_only_the_team_of_the_line_sees_a_conversation(write, people, make_user):
    conversation = write().conversation
    stranger = make_user("mediator")
    for role, user in {**people, "stranger": stranger}.items():
        seen = Conversation.objects.visible_to(user).filter(pk=conversation.pk).exists()
        assert seen == (role in ("mediator", "mediator_2", "supervisor")), role


def test_a_callback_is_asked_once_and_erased_when_done(write, now, people):
    opened = write()
    for value in ("a@exemple.fr", "b@exemple.fr"):
        services.ask_callback(
            journey=opened.conversation.journey, kind="email", value=value, now=now + timedelta(minutes=1)
        )
    conversation = Conversation.objects.get()
    assert conversation.callback.value == "b@exemple.fr"
    services.claim(conversation=conversation, user=people["mediator"], now=now)
    services.callback_done(conversation=conversation, user=people["mediator"], now=now)
    assert not hasattr(Conversation.objects.get(), "callback")
