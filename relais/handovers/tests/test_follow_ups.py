"""News asked again: once, by the door chosen, answered by one press, and never more than wanted."""

import re
from datetime import datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test import Client

from relais.coaching import services
from relais.coaching.models import Conversation, Message
from relais.coaching.rights import ending, requests
from relais.foundation.models import EventRecord, Link, Outbound
from relais.handovers import follow_ups, outcomes
from relais.handovers import services as handovers
from relais.handovers.models import FollowUp, Handover, OutcomeCode, OutcomeReport

PARIS = ZoneInfo("Europe/Paris")
NOW = datetime(2026, 11, 23, 10, 0, tzinfo=PARIS)
DAY = timedelta(days=1)
pytestmark = pytest.mark.django_db


@pytest.fixture
def closed(write, people):
    """A conversation answered and closed."""
    opened = write(at=NOW)
    conversation, mediator = opened.conversation, people["mediator"]
    services.claim(conversation=conversation, user=mediator, now=NOW)
    services.reply(conversation=conversation, user=mediator, body="Bonjour", key=uuid4(), now=NOW)
    services.close(conversation=conversation, user=mediator, now=NOW)
    conversation.cookie = opened.cookie
    return conversation


@pytest.fixture
def accepted(write, people, structure):
    conversation = write(at=NOW).conversation
    services.claim(conversation=conversation, user=people["mediator"], now=NOW)
    handover = handovers.propose(
        conversation=conversation,
        user=people["mediator"],
        structure=structure,
        partner_email="accueil@exemple.invalid",
        summary="Un stage",
        key=uuid4(),
        now=NOW,
    )
    handovers.agree(handover=handover, journey=conversation.journey, name="", contact="", now=NOW)
    return handovers.accept(handover=handover, now=NOW, known="unknown")


def asked(conversation, milestone, now):
    """The secret of the last question of that milestone, asked at `now`."""
    assert follow_ups.ask_due(now) >= 1
    text = (
        Message.objects.filter(conversation=conversation, body__isnull=False, side="notice")
        .order_by("-seq")
        .first()
        .body
    )
    return re.search(r"/nouvelles/(\w+)", text)[1]


def test_closing_plans_three_questions_once(closed, people):
    assert list(FollowUp.objects.values_list("milestone", "due_at")) == [
        (m, NOW + after) for m, after in follow_ups.AFTER.items()
    ]
    services.write(journey=closed.journey, body="Encore moi", key=uuid4(), now=NOW + DAY)
    services.claim(conversation=closed, user=people["mediator"], now=NOW + DAY)
    services.reply(conversation=closed, user=people["mediator"], body="Oui ?", key=uuid4(), now=NOW + DAY)
    services.close(conversation=closed, user=people["mediator"], now=NOW + DAY)
    assert FollowUp.objects.count() == 3


def test_a_question_is_asked_once_reminded_once_and_is_no_sign_of_life(closed):
    before = Conversation.objects.get().updated_at
    due = NOW + follow_ups.AFTER[3]
    assert follow_ups.ask_due(due - timedelta(seconds=1)) == 0
    assert [follow_ups.ask_due(due) for _ in range(3)] == [1, 0, 0]
    assert follow_ups.ask_due(due + 9 * DAY) == 0
    assert [
        follow_ups.ask_due(due + 10 * DAY),
        follow_ups.ask_due(due + 11 * DAY),
        follow_ups.ask_due(due + 40 * DAY),
    ] == [1, 0, 0]
    assert Conversation.objects.get().updated_at == before
    assert Conversation.objects.get().state == "closed"
    assert EventRecord.objects.filter(name="follow-up.asked").count() == 1


def test_one_press_without_an_account_and_a_second_one_corrects(closed):
    secret = asked(closed, 3, NOW + follow_ups.AFTER[3])
    Link.objects.update(expires_at=datetime(2030, 1, 1, tzinfo=PARIS))
    young = Client()
    assert young.get(f"/nouvelles/{secret}").status_code == 200
    assert not OutcomeReport.objects.exists(), "a program that opens links answers nothing"
    page = young.post(f"/nouvelles/{secret}", {"code": "job"}).content.decode()
    assert "Quel contrat" in page
    young.post(f"/nouvelles/{secret}", {"code": "job-permanent"})
    young.post(f"/nouvelles/{secret}", {"code": "job-permanent"})
    assert list(OutcomeReport.objects.values_list("code", "said_by", "milestone")) == [
        ("job", "young", 3),
        ("job-permanent", "young", 3),
    ]
    rows = [row.data for row in EventRecord.objects.filter(name="outcome.recorded").order_by("id")]
    assert rows == [
        {"kind": "job", "again": False, "milestone": 3, "said": "young"},
        {"kind": "job-permanent", "again": True, "milestone": 3, "said": "young"},
    ]
    for wrong in ({"code": "lost"}, {"code": "moon"}, {}, {"choice": "x"}):
        assert young.post(f"/nouvelles/{secret}", wrong).status_code == 404


def test_a_link_that_is_over_and_one_that_is_none(closed, now):
    secret = asked(closed, 3, NOW + follow_ups.AFTER[3])
    Link.objects.update(expires_at=now - DAY)
    for link in (secret, "x", "x" * 3000):
        assert Client().get(f"/nouvelles/{link}").status_code == 404
    statuses = [Client().get("/nouvelles/faux").status_code for _ in range(40)]
    assert statuses[-1] == 429


def test_who_answers_between_the_list_and_their_turn_is_left_alone(closed):
    """What is due is listed first, then locked one by one: each is looked at again under its lock."""
    at = NOW + follow_ups.AFTER[3]
    asked(closed, 3, at)
    said, answered = closed.messages.count(), []

    def answer(execute, sql, params, many, context):
        if "FOR UPDATE" in sql and not answered:
            answered.append(FollowUp.objects.filter(milestone=3).update(answered_at=at + DAY))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(answer):
        assert follow_ups.ask_due(at + follow_ups.REMIND) == 0
    assert answered == [1], "it was listed"
    assert closed.messages.count() == said and FollowUp.objects.get(milestone=3).reminded_at is None


def test_by_the_door_chosen_and_the_address_goes_with_the_answer(closed):
    follow_ups.choose(journey=closed.journey, by="sms", address="+33612345678", now=NOW)
    due = NOW + follow_ups.AFTER[3]
    asked(closed, 3, due)
    sms = Outbound.objects.get(channel="sms")
    assert (
        sms.payload["to"] == "+33612345678" and "/nouvelles/" in sms.payload["text"] and len(sms.payload["text"]) <= 160
    )
    follow_up = FollowUp.objects.get(milestone=3)
    follow_ups.answer(follow_up=follow_up, code="none", now=due)
    assert FollowUp.objects.get(milestone=3).address == ""
    assert {one.address for one in FollowUp.objects.exclude(milestone=3)} == {"+33612345678"}


def test_stopping_stops_for_good(closed, people):
    follow_ups.stop(conversation=closed, now=NOW)
    services.write(journey=closed.journey, body="Encore moi", key=uuid4(), now=NOW + DAY)
    services.claim(conversation=closed, user=people["mediator"], now=NOW + DAY)
    services.reply(conversation=closed, user=people["mediator"], body="Oui ?", key=uuid4(), now=NOW + DAY)
    services.close(conversation=closed, user=people["mediator"], now=NOW + DAY)
    assert follow_ups.ask_due(NOW + 400 * DAY) == 0
    assert EventRecord.objects.filter(name="follow-up.stopped").count() == 1


def test_the_page_to_choose_and_to_stop(closed, settings):
    young = Client()
    young.cookies[settings.JOURNEY_COOKIE_NAME] = closed.cookie
    assert young.get("/parler/nouvelles").status_code == 200
    assert young.post("/parler/nouvelles", {"by": "email", "address": "pas une adresse"}).status_code == 422
    assert young.post("/parler/nouvelles", {"by": "email", "address": "lou@exemple.fr"}).status_code == 302
    assert FollowUp.objects.filter(by="email").count() == 3
    assert young.post("/parler/nouvelles", {"by": "never"}).status_code == 302
    assert not FollowUp.objects.filter(answered_at=None).exists()


def test_an_address_left_for_news_keeps_the_conversation_for_the_year(closed):
    short = ending.end_of(Conversation.objects.get())
    follow_ups.choose(journey=closed.journey, by="email", address="lou@exemple.fr", now=NOW)
    assert ending.end_of(Conversation.objects.get()) - short == ending.REACHABLE - ending.ANONYMOUS


def test_erased_means_never_asked(closed):
    follow_ups.choose(journey=closed.journey, by="email", address="lou@exemple.fr", now=NOW)
    asked(closed, 3, NOW + follow_ups.AFTER[3])
    requests.erase(journey=closed.journey, now=NOW + 100 * DAY)
    assert follow_ups.ask_due(NOW + 400 * DAY) == 0
    assert not Outbound.objects.filter(key__startswith="asked:").exists()


def test_did_you_have_to_tell_it_again(accepted):
    conversation = accepted.conversation
    assert follow_ups.ask_due(NOW + 6 * DAY) == 0
    secret = asked(conversation, 0, NOW + 7 * DAY)
    Link.objects.update(expires_at=datetime(2030, 1, 1, tzinfo=PARIS))
    assert "raconter" in Client().get(f"/nouvelles/{secret}").content.decode()
    assert Client().post(f"/nouvelles/{secret}", {"code": "job"}).status_code == 404, "that is another question"
    Client().post(f"/nouvelles/{secret}", {"choice": "again"})
    assert Handover.objects.get().told_again is True
    assert EventRecord.objects.get(name="handover.told").data == {"again": True}


def test_the_partner_is_asked_too_and_says_it_at_its_milestone(accepted):
    follow_ups.ask_due(NOW + 92 * DAY)
    assert "/orientation/" in Outbound.objects.get(key=f"news:{accepted.pk}:3").payload["text"]
    later = NOW + 92 * DAY
    assert outcomes.milestone_of(accepted.answered_at, later) == 3
    handovers.record_outcome(handover=accepted, outcome="training", milestone=3, now=later)
    assert "tu es en formation" in Message.objects.filter(side="notice").last().body
    assert Outbound.objects.filter(key__startswith=f"outcome:{accepted.pk}").exists(), (
        "the mediator who passed the baton hears of it"
    )
    assert EventRecord.objects.get(name="outcome.recorded").data["milestone"] == 3


def test_taking_the_agreement_back_stops_the_questions(accepted):
    handovers.withdraw(handover=accepted, journey=accepted.conversation.journey, now=NOW + DAY)
    assert follow_ups.ask_due(NOW + 400 * DAY) == 0
    letter = Outbound.objects.filter(key=f"withdrawn:{accepted.pk}")
    assert not letter.exists(), "its letter had not left: the partner never hears of it"


def test_a_partner_who_was_told_hears_that_it_is_taken_back(accepted):
    Outbound.objects.update(state=Outbound.State.SENT)
    handovers.withdraw(handover=accepted, journey=accepted.conversation.journey, now=NOW + DAY)
    assert "Effacez aussi" in Outbound.objects.get(key=f"withdrawn:{accepted.pk}").payload["text"]


def test_known_before_is_said_by_the_partner_and_may_be_corrected(accepted):
    handovers.check(handover=accepted, known="unknown", now=NOW)
    handovers.check(handover=accepted, known="known", now=NOW)
    assert [row.data["known"] for row in EventRecord.objects.filter(name="handover.checked").order_by("id")] == [
        "unknown",
        "known",
    ]


def test_every_outcome_has_plain_words():
    assert set(outcomes.WORDS) == set(OutcomeCode)
    for code, (told, said) in outcomes.WORDS.items():
        assert told and (said or code == OutcomeCode.LOST)
        assert told[0].islower() and not told.endswith(".")


def test_a_number_left_for_news_is_kept_in_one_form(write, now):
    FollowUp.objects.create(conversation=write().conversation, milestone=3, due_at=now, by="sms", address="0639980001")
    kept = FollowUp.objects.get().address
    assert (kept, kept.kind) == ("+33639980001", "phone")
