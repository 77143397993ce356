"""The baton: agreed on record, taken or refused, back by itself, never dropped."""

from datetime import datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from relais.coaching import services
from relais.coaching.models import Conversation
from relais.coaching.rights import requests
from relais.foundation.models import EventRecord, Outbound
from relais.foundation.refusals import LinkOver, WrongState
from relais.handovers import services as handovers
from relais.handovers.models import Handover

pytestmark = pytest.mark.django_db
MONDAY = datetime(2026, 11, 23, 10, 0, tzinfo=ZoneInfo("Europe/Paris"))


@pytest.fixture
def proposed(write, people, structure):
    """A handover proposed on a Monday at ten."""
    conversation = write(at=MONDAY).conversation
    services.claim(conversation=conversation, user=people["mediator"], now=MONDAY)
    return handovers.propose(
        conversation=conversation,
        user=people["mediator"],
        structure=structure,
        partner_email="accueil@exemple.invalid",
        summary="Cherche un stage",
        key=uuid4(),
        now=MONDAY,
    )


def journey(handover):
    return handover.conversation.journey


def agree(handover, now=MONDAY):
    return handovers.agree(handover=handover, journey=journey(handover), name="", contact="", now=now)


def link_of(letter_key: str) -> str:
    text = Outbound.objects.get(key=letter_key).payload["text"]
    return text.split("/orientation/")[1].split()[0]


def test_nothing_leaves_before_the_person_agrees(proposed):
    assert not Outbound.objects.exists()
    agree(proposed)
    letter = Outbound.objects.get()
    assert letter.payload["to"] == "accueil@exemple.invalid"
    assert "Cherche un stage" not in letter.payload["text"], "what was agreed is read on the page, not in a letter"


def test_agreeing_twice_sends_one_letter(proposed):
    agree(proposed)
    agree(proposed)
    assert Outbound.objects.count() == EventRecord.objects.filter(name="handover.sent").count() == 1


def test_somebody_else_cannot_agree(proposed, write):
    other = write(key=uuid4()).conversation.journey
    with pytest.raises(Handover.DoesNotExist):
        handovers.agree(handover=proposed, journey=other, name="", contact="", now=MONDAY)


def test_the_partner_accepts_then_tells_the_outcome_with_a_second_link(proposed):
    sent = agree(proposed)
    found = handovers.by_link(secret=link_of(f"handover:{sent.id}"), now=MONDAY + timedelta(hours=2))
    handovers.accept(handover=found, now=MONDAY + timedelta(hours=2))
    later = MONDAY + timedelta(days=60)
    with pytest.raises(LinkOver):
        handovers.by_link(secret=link_of(f"handover:{sent.id}"), now=later)
    follow = handovers.by_link(secret=link_of(f"follow-up:{sent.id}"), now=later)
    handovers.record_outcome(handover=follow, outcome="training", now=later)
    handovers.record_outcome(handover=follow, outcome="training", now=later)
    handovers.record_outcome(handover=follow, outcome="job", now=later)
    rows = EventRecord.objects.filter(name="outcome.recorded").order_by("id")
    assert [(row.data["kind"], row.data["again"]) for row in rows] == [("training", False), ("job", True)]
    assert {row.touch for row in EventRecord.objects.filter(subject=sent.conversation_id)} == {"K7QM3"}


def test_unanswered_it_comes_back_by_itself_in_working_hours(proposed):
    sent = agree(proposed)
    # Sixteen hours at six a day: 2 + 3 on Monday, 6 on Tuesday, 5 on Wednesday.
    assert sent.return_at.astimezone(MONDAY.tzinfo) == MONDAY.replace(day=25, hour=16)
    assert handovers.return_unanswered(sent.return_at - timedelta(seconds=1)) == 0
    assert handovers.return_unanswered(sent.return_at) == 1
    assert handovers.return_unanswered(sent.return_at) == 0
    conversation = Conversation.objects.get()
    assert Handover.objects.get().state == "returned"
    assert conversation.state == "waiting" and conversation.due_at, "a human has the same promise to keep again"


def test_a_refusal_says_why_and_brings_the_person_back(proposed):
    sent = agree(proposed)
    handovers.refuse(handover=sent, reason="Complet ce mois-ci", now=MONDAY)
    assert Handover.objects.get().refusal == "Complet ce mois-ci"
    assert Conversation.objects.get().state == "waiting"
    with pytest.raises(WrongState):
        handovers.accept(handover=sent, now=MONDAY)


def test_taking_the_agreement_back_closes_the_partners_page(proposed):
    sent = agree(proposed)
    secret = link_of(f"handover:{sent.id}")
    handovers.withdraw(handover=sent, journey=journey(sent), now=MONDAY)
    found = handovers.by_link(secret=secret, now=MONDAY)
    assert found.state == "withdrawn" and found.shared_contact == ""
    with pytest.raises(WrongState, match="retiré"):
        handovers.accept(handover=sent, now=MONDAY)


@pytest.mark.parametrize(("state", "told"), [("waiting", 0), ("failed", 0), ("sent", 1), ("ambiguous", 1)])
def test_erasing_tells_the_partner_only_what_they_may_have_heard_of(proposed, state, told):
    agree(proposed)
    Outbound.objects.filter(key=f"handover:{proposed.pk}").update(state=state)
    requests.erase(journey=journey(proposed), now=MONDAY)
    left = Outbound.objects.filter(channel="email").values_list("key", flat=True)
    assert [key for key in left if str(proposed.pk) in key] == [f"erased:{proposed.pk}"] * told


def test_one_handover_at_a_time(proposed, people, structure):
    with pytest.raises(WrongState):
        handovers.propose(
            conversation=proposed.conversation,
            user=people["mediator"],
            structure=structure,
            partner_email="x@exemple.invalid",
            summary="Autre",
            key=uuid4(),
            now=MONDAY,
        )


MOVES = ["agree", "decline", "withdraw", "stop", "accept", "refuse"]


def move(name, handover):
    own = {"journey": journey(handover)}
    extra = {
        "agree": {**own, "name": "", "contact": ""},
        "decline": own,
        "withdraw": own,
        "refuse": {"reason": "Non"},
    }.get(name, {})
    return getattr(handovers, name)(handover=handover, now=MONDAY, **extra)


ALLOWED = {
    "proposed": {"agree": "sent", "decline": "declined", "withdraw": "withdrawn", "stop": "stopped"},
    "sent": {"agree": "sent", "accept": "accepted", "refuse": "refused", "withdraw": "withdrawn", "stop": "stopped"},
    "accepted": {"accept": "accepted", "withdraw": "withdrawn", "stop": "stopped"},
    "declined": {},
    "refused": {},
    "returned": {},
    "withdrawn": {},
    "stopped": {},
}
PATH = {
    "proposed": [],
    "declined": ["decline"],
    "sent": ["agree"],
    "accepted": ["agree", "accept"],
    "refused": ["agree", "refuse"],
    "withdrawn": ["withdraw"],
    "stopped": ["agree", "stop"],
}


@pytest.mark.parametrize("name", MOVES)
@pytest.mark.parametrize("state", ALLOWED)
def test_every_move_from_every_state(state, name, proposed):
    for step in PATH.get(state, ["agree"]):
        move(step, proposed)
    if state == "returned":
        handovers.return_unanswered(MONDAY + timedelta(days=30))
    assert Handover.objects.get().state == state
    if name in ALLOWED[state]:
        assert move(name, proposed).state == ALLOWED[state][name]
    else:
        with pytest.raises(WrongState):
            move(name, proposed)
        assert Handover.objects.get().state == state


def test_a_link_that_is_none_of_ours(db):
    with pytest.raises(LinkOver):
        handovers.by_link(secret="../../etc/passwd", now=MONDAY)
