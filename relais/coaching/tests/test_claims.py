"""What hangs on a conversation is claimed under it: the conversation is locked first, and one that somebody holds is left to them."""

import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction

from relais.coaching import services
from relais.coaching.handover import appointments
from relais.coaching.line import lineup
from relais.coaching.models import Appointment, Line, LineOverride

pytestmark = pytest.mark.django_db(transaction=True)


def held(pk, begun, over):
    with transaction.atomic():
        services.locked(pk)
        begun.set()
        over.wait(timeout=30)
    connection.close()


@pytest.fixture
def hold():
    """hold(conversation) → what lets it go again, and waits until that is done."""
    ending = []

    def begin(conversation):
        begun, over = threading.Event(), threading.Event()
        holding = threading.Thread(target=held, args=(conversation.pk, begun, over))
        holding.start()
        assert begun.wait(timeout=30)

        def let_go():
            over.set()
            holding.join(timeout=30)

        ending.append(let_go)
        return let_go

    yield begin
    for let_go in ending:
        let_go()


def test_an_appointment_of_a_conversation_that_somebody_holds_is_reminded_at_the_next_turn(write, now, hold):
    conversation = write().conversation
    Appointment.objects.create(
        conversation=conversation, proposal=conversation.pk, kind="visit", starts_at=now + timedelta(hours=20), place="Ici", proposed_at=now,
        state="chosen", remind_at=now,
    )  # fmt: skip
    let_go = hold(conversation)
    assert appointments.remind_due(now) == 0
    let_go()
    assert appointments.remind_due(now) == 1
    assert Appointment.objects.get().reminded_at == now


def test_a_decision_about_the_line_is_not_over_before_everybody_follows(write, people, now, hold):
    """Who is held at this instant is waited for: nobody would come back for them once the decision is written down as followed."""
    conversation = write().conversation
    lineup.force(line=Line.objects.get(), user=people["supervisor"], state="closed", until=now + timedelta(hours=1), message="Panne", now=now)
    threading.Timer(0.5, hold(conversation)).start()
    assert lineup.follow(now) == 1
    assert "Panne" in conversation.messages.get(side="notice").body and LineOverride.objects.get().applied_at == now
