"""What somebody reports: told, read, decided, and said to both."""

from datetime import timedelta
from uuid import uuid4

import pytest

from relais.accounts.models import User
from relais.foundation.models import EventRecord, Outbound
from relais.foundation.refusals import (
    AlreadyDecided,
    NotAcceptable,
    SecondPersonNeeded,
)
from relais.foundation.typography import unbreakable
from relais.stories.models import Answer, ContentReport, ModerationTrace, Story
from relais.stories.questions import content_reports, moderation, questions
from relais.stories.tests.asking import (
    State,
    again,
    in_state,
    secret,
    shown,
)

from .asked import CONTACTS, report

pytestmark = pytest.mark.django_db


def test_a_notice_from_the_page_to_the_decision(client, client_for, people, story, moderator, now):
    question = shown(story, moderator, now)
    address = f"/signaler/question/{question.pk}"
    assert (
        address in client.get(story.get_absolute_url()).text and "Il faut un diplôme\xa0?" in client.get(address).text
    )
    once = {
        "ground": "privacy",
        "details": "On reconnaît mon frère.",
        "email": "lea@exemple.fr",
        "good_faith": "on",
        "key": str(uuid4()),
    }
    first = client.post(address, once)
    assert first.status_code == 302 and client.post(address, once)["Location"] == first["Location"]
    notice = ContentReport.objects.get()
    page = client.get(first["Location"]).text
    assert "est arrivé" in page and "au plus tard" in page and "Ce n’est pas une machine" in page
    letter = Outbound.objects.get(key=f"notice-received:{notice.pk.hex}").payload
    assert letter["to"] == "lea@exemple.fr" and first["Location"] in letter["text"]
    assert Outbound.objects.filter(key__startswith=f"notice-new:{notice.pk.hex}").count() == 4
    staff = client_for(people["supervisor"])
    assert "Signalements (1)" in staff.get("/pro/moderation/").text
    assert "On reconnaît mon frère." in staff.get(f"/pro/moderation/signalements/{notice.pk}").text
    reasons = "Une personne y est reconnaissable : article 9 du Code civil."
    staff.post(f"/pro/moderation/signalements/{notice.pk}", {"decision": "removed", "reasons": reasons, "text": ""})
    notice, question = again(notice), again(question)
    assert (notice.decision, notice.decided_by, notice.email, question.state) == (
        "removed",
        people["supervisor"],
        "",
        State.REMOVED,
    )
    letter = Outbound.objects.get(key=f"notice-decided:{notice.pk.hex}").payload
    assert letter["to"] == "lea@exemple.fr" and first["Location"] in letter["text"]
    assert reasons in " ".join(letter["text"].split())
    assert (
        unbreakable(reasons) in client.get(first["Location"]).text
        and "Le texte est retiré." in client.get(first["Location"]).text
    )
    receipt = client.get(f"/questions/{secret(question)}").text
    assert unbreakable(reasons) in receipt and "Quelqu’un a signalé ta question" in receipt and "lea@" not in receipt
    assert "Il faut un diplôme" not in client.get(story.get_absolute_url()).text
    names = list(EventRecord.objects.filter(subject=notice.pk).order_by("id").values_list("name", flat=True))
    assert names == ["notice.received", "notice.decided"]


@pytest.mark.parametrize("kind", ["story", "question", "answer"])
@pytest.mark.parametrize("decision", ["kept", "edited", "removed"])
def test_what_a_decision_does(people, story, moderator, now, kind, decision):
    question = shown(story, moderator, now)
    answer = moderation.answer(question=question, user=moderator, body="Non.", key=uuid4(), now=now)
    about = {"story": {}, "question": {"question": question}, "answer": {"question": question, "answer": answer}}[kind]
    notice, _ = report(story, now, **about)

    def decide():
        content_reports.decide(
            notice=notice,
            user=people["supervisor"],
            decision=decision,
            reasons="Des faits.",
            text="Texte revu.",
            now=now,
        )

    if (kind, decision) == ("story", "edited"):
        with pytest.raises(NotAcceptable):
            decide()
        return
    decide()
    story, question, answer = again(story), again(question), again(answer)
    assert story.state == (Story.State.WITHDRAWN if (kind, decision) == ("story", "removed") else Story.State.PUBLISHED)
    assert question.state == (State.REMOVED if (kind, decision) == ("question", "removed") else State.SHOWN)
    assert question.shown_body == (
        "Texte revu." if (kind, decision) == ("question", "edited") else "Il faut un diplôme ?"
    )
    assert answer.state == (Answer.State.REMOVED if (kind, decision) == ("answer", "removed") else Answer.State.SHOWN)
    assert answer.body == ("Texte revu." if (kind, decision) == ("answer", "edited") else "Non.")
    if decision != "kept":
        assert ModerationTrace.objects.latest("pk").reason == "Des faits."
    with pytest.raises(AlreadyDecided):
        decide()


def test_who_wrote_it_does_not_decide(client_for, people, story, moderator, now):
    question = shown(story, moderator, now)
    answer = moderation.answer(question=question, user=moderator, body="Non.", key=uuid4(), now=now)
    for about in ({}, {"question": question, "answer": answer}):
        notice, _ = report(story, now, **about)
        with pytest.raises(SecondPersonNeeded):
            content_reports.decide(notice=notice, user=moderator, decision="kept", reasons="C’est bien.", now=now)
        page = f"/pro/moderation/signalements/{notice.pk}"
        assert "à une autre personne de décider" in client_for(moderator).get(page).text
        assert client_for(moderator).post(page, {"decision": "kept", "reasons": "x"}).status_code == 422
        assert again(notice).decision == ""
        content_reports.decide(
            notice=notice, user=people["mediator_2"], decision="kept", reasons="C’est exact.", now=now
        )


def test_a_new_text_is_held_to_the_same(people, story, moderator, now):
    notice, _ = report(story, now, question=shown(story, moderator, now))
    with pytest.raises(NotAcceptable):
        content_reports.decide(
            notice=notice, user=people["supervisor"], decision="edited", reasons="x", text=CONTACTS[0], now=now
        )
    assert again(notice).decision == ""


def test_gone_meanwhile_can_still_be_decided(people, story, moderator, now):
    question = shown(story, moderator, now)
    notice, _ = report(story, now, question=question)
    moderation.delete(question=question, user=moderator, reason="x", now=now)
    assert again(notice).details == ""
    content_reports.decide(
        notice=notice, user=people["supervisor"], decision="removed", reasons="Déjà effacé.", now=now
    )
    assert again(notice).decision == "removed"


def test_no_address_no_letter(story, moderator, now):
    report(story, now, question=shown(story, moderator, now), email="")
    assert not Outbound.objects.filter(key__startswith="notice-received").exists()


def test_only_what_can_be_read_can_be_reported(client, story, moderator, now):
    for state in State.values:
        question = in_state(state, story, moderator, now)
        expected = 200 if state == State.SHOWN else 404
        assert client.get(f"/signaler/question/{question.pk}").status_code == expected
        assert client.post(f"/signaler/question/{question.pk}", {"ground": "hate"}).status_code == (
            422 if expected == 200 else 404
        )
    assert client.get(f"/signaler/temoignage/{story.pk}").status_code == 200
    assert client.get("/signaler/temoignage/inconnu").status_code == 404
    assert client.get("/signaler/suivi/inconnu").status_code == 404
    assert client.get(f"/signaler/reponse/{10**30}").status_code == 404


@pytest.mark.parametrize("missing", ["ground", "good_faith", "key"])
def test_a_notice_says_what_and_in_good_faith(client, story, missing):
    values = {"ground": "hate", "details": "x", "email": "", "good_faith": "on", "key": str(uuid4())}
    values.pop(missing)
    assert client.post(f"/signaler/temoignage/{story.pk}", values).status_code == 422
    assert not ContentReport.objects.exists()


def test_a_flood_of_notices_is_slowed_down(client, story):
    values = {"ground": "hate", "details": "x", "email": "", "good_faith": "on"}
    codes = [
        client.post(f"/signaler/temoignage/{story.pk}", values | {"key": str(uuid4())}).status_code for _ in range(22)
    ]
    assert codes == [302] * 20 + [429] * 2


def test_a_child_in_danger_comes_first(client_for, people, story, moderator, now):
    old, _ = report(story, now - timedelta(days=5), question=shown(story, moderator, now))
    child, _ = report(story, now, ground="minor")
    assert content_reports.waiting(people["supervisor"]) == [child, old]


def test_letters_go_to_those_who_may_read(people, make_user, story):
    team = story.organisation
    make_user("mediator", organisation=team, approved=False)
    User.objects.filter(pk=people["mediator_2"].pk).update(is_active=False)
    from relais.stories.questions.letters import moderators

    assert set(moderators(team.pk)) == {people["mediator"], people["supervisor"], people["campaign_manager"]}


def test_the_promise_is_said(client, story):
    assert f"sous {questions.PROMISE_HOURS} heures ouvrées" in client.get(story.get_absolute_url()).text
