"""What a conversation owes to handovers: where it may go, what follows it, what it says below its messages."""

from uuid import uuid4

import pytest

from relais.coaching import hooks, services
from relais.coaching.line import rerouting
from relais.coaching.models import Conversation
from relais.coaching.thread import selectors
from relais.foundation.refusals import NotAcceptable
from relais.handovers import joint
from relais.handovers import services as handovers
from relais.handovers.events import FollowUpAsked, OutcomeRecorded
from relais.handovers.models import FollowUp, Handover, OutcomeReport

pytestmark = pytest.mark.django_db


def test_a_handover_keeps_its_own_path(write, join, people, structure, now):
    keep, other = write().conversation, write().conversation
    services.claim(conversation=other, user=people["mediator"], now=now)
    handovers.propose(
        conversation=other,
        user=people["mediator"],
        structure=structure,
        partner_email="p@exemple.invalid",
        summary="Un stage",
        key=uuid4(),
        now=now,
    )
    with pytest.raises(NotAcceptable):
        join(keep, other)
    assert join(Conversation.objects.get(pk=other.pk), keep).pk == other.pk


def test_what_was_said_of_a_person_follows_them(write, join, now):
    """Of two conversations each with questions to come, those of the one that stays are asked."""
    keep, other = write().conversation, write().conversation
    OutcomeReport.objects.create(conversation=other, code="job", said_by="young", at=now)
    FollowUp.objects.create(conversation=other, milestone=3, due_at=now)
    kept = join(keep, other)
    assert OutcomeReport.objects.get().conversation_id == kept.pk == FollowUp.objects.get().conversation_id
    third = write().conversation
    FollowUp.objects.create(conversation=third, milestone=6, due_at=now)
    join(Conversation.objects.get(pk=kept.pk), third)
    assert [one.milestone for one in FollowUp.objects.all()] == [3]


def test_every_relation_from_here_follows_or_keeps_apart(write):
    """What handovers keep of a conversation is moved at a merge, or forbids it: a model more is seen here."""
    ours = [one for one in Conversation._meta.related_objects if one.related_model._meta.app_label == "handovers"]
    assert {one.get_accessor_name() for one in ours} == {"handovers", "outcomes", "follow_ups"}


def test_a_message_without_a_topic_asks_nothing_more(write, django_assert_num_queries):
    messages = list(write().conversation.messages.all())
    with django_assert_num_queries(0):
        assert [one.about for one in hooks.tell_topics(messages)] == [None]


@pytest.fixture
def proposed(write, people, structure, now):
    conversation = write().conversation
    services.claim(conversation=conversation, user=people["mediator"], now=now)
    values = {"structure": structure, "partner_email": "p@exemple.invalid", "summary": "Un stage", "key": uuid4()}
    return handovers.propose(conversation=conversation, user=people["mediator"], now=now, **values)


def test_a_running_handover_keeps_a_conversation_on_its_line(proposed, now):
    """It rests on an agreement given to this team: until its outcome is noted."""
    held, journey = proposed.conversation, proposed.conversation.journey
    assert "Une orientation est en cours" in rerouting.held_back(held)
    handovers.agree(handover=proposed, journey=journey, name="", contact="", now=now)
    handovers.accept(handover=proposed, now=now)
    assert "Une orientation est en cours" in rerouting.held_back(held)
    handovers.record_outcome(handover=proposed, outcome="training", now=now)
    assert rerouting.held_back(held) == ""


def below(conversation, side: str) -> list:
    """What is said under each message of the thread."""
    messages = selectors.thread(conversation)
    return [found.words for one in messages if one.about and (found := one.about.below(one, side))]


def test_what_is_said_below_messages_about_a_handover(proposed, now, django_assert_num_queries):
    held, name = proposed.conversation, proposed.structure.name
    assert below(held, "young") == ["Lire et décider"]
    assert below(held, "staff") == [f"Proposition à {name}"]
    handovers.agree(handover=proposed, journey=held.journey, name="", contact="", now=now)
    assert below(held, "young") == ["Relire cette proposition", "Voir ou retirer mon accord"]
    assert below(held, "staff") == [f"Proposition à {name}"]
    handovers.withdraw(handover=proposed, journey=held.journey, now=now)
    assert below(held, "young") == ["Relire cette proposition"]
    with django_assert_num_queries(2):
        selectors.thread(held)


def test_words_of_three_lead_to_their_thread(write, people, structure, now):
    conversation = write().conversation
    services.claim(conversation=conversation, user=people["mediator"], now=now)
    values = {"structure": structure, "partner_email": "p@exemple.invalid", "summary": "Un stage", "key": uuid4()}
    handover = handovers.propose(
        conversation=conversation, user=people["mediator"], now=now, mode=Handover.Mode.JOINT, **values
    )
    handovers.agree(handover=handover, journey=conversation.journey, name="", contact="", now=now)
    joint.young_says(handover=handover, journey=conversation.journey, body="Bonjour à vous deux", key=uuid4(), now=now)
    assert below(conversation, "young")[-1] == "Dans le message à trois"
    assert below(conversation, "staff")[-1] == f"Dans le message à trois, avec {structure.name}"


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (
            OutcomeRecorded(kind="training", again=False, milestone=3, said="young"),
            "Suite notée par la personne, 3 mois après",
        ),
        (OutcomeRecorded(kind="training", again=False), "Suite notée par la structure"),
        (FollowUpAsked(milestone=6), "Nouvelles demandées, 6 mois après"),
    ],
)
def test_a_step_says_what_happened(event, words):
    assert event.words == words
