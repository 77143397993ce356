"""What hangs on a conversation is claimed under it, from this floor too."""

from datetime import timedelta

import pytest

from relais.agenda import services as agenda
from relais.agenda.models import Appointment
from relais.handovers import booked

pytestmark = pytest.mark.django_db(transaction=True)


def test_an_appointment_of_a_conversation_that_somebody_holds_is_reminded_at_the_next_turn(write, now, hold):
    conversation = write().conversation
    Appointment.objects.create(
        **booked.about(conversation, None).values(),
        proposal=conversation.pk,
        kind="visit",
        starts_at=now + timedelta(hours=20),
        place="Ici",
        proposed_at=now,
        state="chosen",
        remind_at=now,
    )
    let_go = hold(conversation)
    assert agenda.remind_due(now) == 0
    let_go()
    assert agenda.remind_due(now) == 1
    assert Appointment.objects.get().reminded_at == now
