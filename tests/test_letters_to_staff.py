"""Every letter to people who work here × {active, closed} × {approved, not} × {holds the role, another} × {here, elsewhere}."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest

from relais.accounts import reading
from relais.accounts.models import Membership, Organisation, Role
from relais.channels import services as channels
from relais.coaching.models import Conversation, Line
from relais.coaching.models.conversation import CONVERSATION
from relais.coaching.services import open_conversation
from relais.coaching.thread import append, promise
from relais.foundation.models import Outbound
from relais.safeguarding import danger
from relais.safeguarding.models import DangerFile
from relais.safeguarding.watched import Watched
from relais.stories.questions import letters as story_letters
from relais.stories.studio import services as stories
from relais.stories.tests.drafts import draft

pytestmark = pytest.mark.django_db
DANGER = "je veux mourir, je vais le faire ce soir"


@pytest.fixture
def line(people):
    organisation = people["mediator"].memberships.get().organisation
    return Line.objects.get(pk=Line.objects.create(slug="essai", name="Essai", organisation=organisation).pk)


@pytest.fixture
def asked(line, now):
    return open_conversation(
        line=line, pseudonym="Lou", commune=None, touch="", body="Bonjour", key=uuid4(), now=now
    ).conversation


def alarm(people, line, asked, now):
    held = Conversation.objects.get(pk=asked.pk)
    append(held, side="young", body=DANGER, key=uuid4(), now=now)
    return "alarm:"


def escalation(people, line, asked, now):
    Conversation.objects.filter(pk=asked.pk).update(escalate_at=now - timedelta(minutes=1))
    promise.tick(now)
    return "escalation:"


def contact(people, line, asked, now):
    Conversation.objects.filter(pk=asked.pk).update(claimed_by=people["mediator"])
    held = Conversation.objects.get(pk=asked.pk)
    append(held, side="staff", body="Mon numéro : 06 12 34 56 78", key=uuid4(), now=now, author=people["mediator"])
    return "contact:"


def aside(people, line, asked, now):
    channels.receive(channel="email", provider_id="1", sender="", body=DANGER, at=now, reason="no-sender")
    return "aside:"


def danger_late(people, line, asked, now):
    values = {"level": "B", "facts": "Des faits.", "opened_at": now, "second_due_at": now - timedelta(minutes=1)}
    DangerFile.objects.create(organisation=line.organisation, opened_by=people["mediator"], **values)
    danger.call_late(now)
    return "danger-late:"


def reading_stop(people, line, asked, now):
    reading._tell(people["mediator"], "stop", "Trop de dossiers.", now)
    return "reading-stop:"


def take_down(people, line, asked, now):
    story = draft(people["mediator"], now)
    story.copies.create(channel="tiktok", address="https://tiktok.com/1", posted_by=people["mediator"], posted_at=now)
    stories._tell_managers(story, now)
    return "take-down:"


def question_alarm(people, line, asked, now):
    from relais.stories.models import Question

    values = {"key": uuid4(), "pseudonym": "Loutre 12", "body": DANGER}
    story = draft(people["funder"], now, form="text")
    story_letters.alarm(Question.objects.create(story=story, asked_at=now, due_at=now, **values), now)
    return "question-alarm:"


LETTERS = {
    alarm: {Role.SUPERVISOR},
    escalation: {Role.SUPERVISOR},
    contact: {Role.SUPERVISOR},
    aside: {Role.SUPERVISOR},
    danger_late: {Role.SUPERVISOR},
    reading_stop: {Role.SUPERVISOR, Role.ADMINISTRATOR},
    take_down: {Role.CAMPAIGN_MANAGER},
    question_alarm: {Role.CAMPAIGN_MANAGER, Role.MEDIATOR, Role.SUPERVISOR},
}


@pytest.mark.parametrize("tell", LETTERS, ids=lambda tell: tell.__name__)
def test_a_letter_reaches_who_works_here_in_that_role_and_nobody_else(tell, people, make_user, line, asked, now):
    here, there = line.organisation, make_user("supervisor").memberships.get().organisation
    expected = set()
    for is_active in (True, False):
        for approved in (True, False):
            for role in Role:
                for place, other in ((here, there), (there, here)):
                    user = make_user(
                        role, organisation=place, approved=approved, is_active=is_active, second_factor=False
                    )
                    # A role that counts, but elsewhere; and somebody of the place, but in a role that does not count.
                    Membership.objects.create(user=user, organisation=other, role=Role.FUNDER)
                    if is_active and approved and place == here and role in LETTERS[tell]:
                        expected.add(user.email)
    known = {key: user.email for key, user in people.items()}
    prefix = tell(people, line, asked, now)
    sent = Outbound.objects.filter(key__startswith=prefix)
    assert {row.payload["to"] for row in sent} - {*known.values()} == expected
    assert set(sent.values_list("owner", flat=True)) == {here.pk}, "the letter is of the organisation that it is about"


@pytest.mark.parametrize("role", ["mediator", "supervisor"])
def test_nobody_is_proposed_who_may_not_answer_yet(role, people, make_user, client_for):
    """The wall and the absences give choices: of people who work here."""
    here = people["supervisor"].memberships.get().organisation
    for name, options in {"Pas approuvée": {"approved": False}, "Partie": {"is_active": False}}.items():
        make_user(role, organisation=here, display_name=name, **options)
    make_user(role, organisation=here, display_name="Bien là")
    client = client_for(people["supervisor"])
    for address in ("/pro/absences/", "/pro/ligne/equipes/nouvelle"):
        page = client.get(address, follow=True).content.decode()
        assert "Bien là" in page and "Pas approuvée" not in page and "Partie" not in page, address


def test_a_supervisor_of_elsewhere_hears_nothing_of_here(people, make_user, line, asked, now):
    """One membership here as mediator, one elsewhere as supervisor: together they are no supervisor of here."""
    both = make_user("mediator", organisation=line.organisation)
    Membership.objects.create(
        user=both, organisation=make_user("supervisor").memberships.get().organisation, role="supervisor"
    )
    assert both not in Watched.of(CONVERSATION).on_duty(asked.pk)


URGENT = [escalation, contact, aside, danger_late, alarm, question_alarm]


@pytest.mark.parametrize("place", ["beside", "host", "nowhere"])
@pytest.mark.parametrize("tell", URGENT, ids=lambda tell: tell.__name__)
def test_where_nobody_supervises_who_administers_is_told(tell, place, people, make_user, line, asked, now):
    """Nobody who does counts if they may not work here any more. What is told leads to no page that they may not open."""
    host = make_user("administrator").memberships.get().organisation
    make_user("supervisor", organisation=host)
    Organisation.objects.update(is_host=False)
    Organisation.objects.filter(pk=host.pk).update(is_host=place == "host")
    # Of an alarm, mediators are told before anybody who only administers; of a question, whoever moderates.
    before = {alarm: ["mediator"], question_alarm: ["mediator", "campaign_manager"]}
    gone = ["supervisor", "administrator", *before.get(tell, [])]
    lost = Membership.objects.filter(organisation=line.organisation, role__in=gone)
    (lost.exclude(role="administrator") if place == "beside" else lost).delete()
    for values in ({"is_active": False}, {"approved": False}):
        make_user("supervisor", organisation=line.organisation, second_factor=False, **values)
    sent = Outbound.objects.filter(key__startswith=tell(people, line, asked, now))
    administering = {
        "beside": {people[name].email for name in ("administrator", "administrator_2")},
        "host": set(
            Membership.objects.filter(organisation=host, role="administrator").values_list("user__email", flat=True)
        ),
        "nowhere": set(),
    }
    assert {row.payload["to"] for row in sent} == administering[place]
    for row in sent:
        text = row.payload["text"]
        assert f"/pro/conversations/{asked.pk}" not in text and "/pro/dangers/" not in text
        if tell is not aside:
            assert re.search(rf"(supervise|chez) {re.escape(str(line.organisation))}", " ".join(text.split()))


def test_who_supervises_alone_and_offers_a_contact_is_not_the_one_who_is_told(people, line, asked, now):
    """Nobody watches themselves."""
    alone = people["supervisor"]
    lost = Membership.objects.filter(organisation=line.organisation, role="supervisor").exclude(user=alone)
    lost.delete()
    Conversation.objects.filter(pk=asked.pk).update(claimed_by=alone)
    held = Conversation.objects.get(pk=asked.pk)
    append(held, side="staff", body="Mon numéro : 06 12 34 56 78", key=uuid4(), now=now, author=alone)
    told = {row.payload["to"] for row in Outbound.objects.filter(key__startswith="contact:")}
    assert told == {people[name].email for name in ("administrator", "administrator_2")}
