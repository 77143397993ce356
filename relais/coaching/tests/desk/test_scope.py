"""Mediator here, supervisor elsewhere: what a supervisor may, they may there."""

from uuid import uuid4

import pytest

from relais.accounts.models import Membership
from relais.coaching import services
from relais.coaching.desk import transfers
from relais.coaching.models import CannedReply, Conversation, Line

pytestmark = pytest.mark.django_db


@pytest.fixture
def there(make_user):
    return make_user("supervisor").memberships.get().organisation


@pytest.fixture
def both(line, make_user, there):
    user = make_user("mediator", organisation=line.organisation)
    Membership.objects.create(user=user, organisation=there, role="supervisor")
    return user


@pytest.fixture
def held(write, people, now):
    """A conversation of here that a colleague holds."""
    return services.claim(conversation=write().conversation, user=people["mediator"], now=now)


def test_a_colleague_s_conversation_is_not_taken_over(held, both, people, client_for):
    desk = client_for(both)
    desk.post(f"/pro/conversations/{held.pk}/raison", {"reason": "supervision"})
    desk.post(f"/pro/conversations/{held.pk}/prendre")
    desk.post(f"/pro/conversations/{held.pk}/passer", {"to": str(both.pk), "reason": "à moi"})
    assert Conversation.objects.get(pk=held.pk).claimed_by == people["mediator"]
    for address in (f"/pro/conversations/{held.pk}/confier", f"/pro/ligne/confier/{held.pk}"):
        assert desk.post(address, {"to": str(both.pk)}).status_code == 404


def test_a_colleague_s_ready_answer_is_not_changed(line, both, people, client_for, now):
    values = {
        "organisation": line.organisation,
        "shortcut": "bonjour",
        "title": "Bonjour",
        "body": "Bonjour",
        "checked_on": now.date(),
    }
    reply = CannedReply.objects.create(owner=people["mediator"], **values)
    client_for(both).post(f"/pro/reponses/{reply.pk}/", {"shortcut": "bonjour", "title": "Bonjour", "body": "Changé"})
    assert CannedReply.objects.get().body == "Bonjour"


def test_a_load_is_given_where_one_supervises(held, both, there, people, make_user, now):
    """The same colleague answers in both organisations: only what they hold there moves."""
    Membership.objects.create(user=people["mediator"], organisation=there, role="mediator")
    line = Line.objects.create(slug="ailleurs", name="Ailleurs", organisation=there)
    opened = services.open_conversation(
        line=line, pseudonym="Lou", commune=None, touch="", body="Bonjour", key=uuid4(), now=now
    )
    services.claim(conversation=opened.conversation, user=people["mediator"], now=now)
    assert transfers.give_load(giver=people["mediator"], receiver=None, by=both, reason="malade", now=now) == (1, 0)
    assert Conversation.objects.get(pk=held.pk).claimed_by == people["mediator"]
    assert Conversation.objects.get(pk=opened.conversation.pk).claimed_by is None


def test_who_answers_on_several_lines_reads_on_which_each_one_is(line, both, there, write, people, client_for):
    """Also where one page happens to hold those of one line only; nothing is said to who has one line."""
    Line.objects.create(slug="ailleurs", name="Ligne du soir", organisation=there)
    write()
    Line.objects.filter(pk=line.pk).update(name="Ligne du jour")
    for address in ("/pro/conversations/", "/pro/conversations/liste"):
        assert "<b>Ligne du jour</b>" in client_for(both).get(address).text
        assert "Ligne du jour" not in client_for(people["mediator"]).get(address).text


def test_the_wall_says_the_line_too(line, there, write, people, make_user, client_for, now):
    supervisor = people["supervisor"]
    opened = write().conversation
    Conversation.objects.filter(pk=opened.pk).update(is_alarming=True)
    assert "<b>Ligne</b>" not in client_for(supervisor).get("/pro/ligne/").text
    Line.objects.create(slug="soir", name="Ligne du soir", organisation=line.organisation)
    assert "<b>Ligne</b>" in client_for(supervisor).get("/pro/ligne/").text
