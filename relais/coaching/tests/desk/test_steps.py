"""What happened in a conversation, as who answers reads it."""

from uuid import UUID

import pytest

from relais.agenda.events import AppointmentCancelled, AppointmentProposed
from relais.coaching.desk import timeline
from relais.coaching.events import (
    BreachChosen,
    ConversationTransferred,
)

SAID = [
    (ConversationTransferred(to_team=True, why="absence"), "La conversation est revenue à l’équipe (absence)"),
    (ConversationTransferred(to_team=False, why="hand"), "La conversation a changé de main"),
    (AppointmentCancelled(appointment=UUID(int=1), said="staff", was="chosen"), "Rendez-vous annulé par l’équipe"),
    (AppointmentProposed(proposal=UUID(int=1), kind="call", slots=2), "Rendez-vous proposé, 2 créneaux"),
    (BreachChosen(choice="email"), ""),
]


@pytest.mark.parametrize("event, words", SAID, ids=lambda one: getattr(one, "name", None))
def test_a_sentence_follows_its_fields(event, words):
    assert event.words == words


@pytest.mark.django_db
def test_the_steps_of_a_conversation_are_in_order_and_its_own(write, people, client_for, now):
    conversation, other = write().conversation, write(body="Autre").conversation
    assert [step.words for step in timeline.steps(conversation)] == ["La personne a écrit pour la première fois"]
    assert timeline.steps(other)[0].at == now
    page = client_for(people["mediator"]).get(f"/pro/conversations/{conversation.pk}/")
    assert "la personne a écrit pour la première fois" in page.content.decode()
