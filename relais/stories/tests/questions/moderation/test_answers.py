"""Answers of the team and of the person shown; the pages of the team."""

from datetime import timedelta
from uuid import uuid4

import pytest

from relais.accounts.models import AccessRecord
from relais.foundation.models import EventRecord
from relais.foundation.refusals import (
    ChangedMeanwhile,
    LinkOver,
    NotAcceptable,
    WrongState,
)
from relais.stories.models import Answer, ModerationTrace
from relais.stories.questions import moderation
from relais.stories.tests.asking import (
    State,
    again,
    answered_by_person,
    answering,
    asked,
    in_state,
    shown,
)

from .asked import CONTACTS, report, seen_of

pytestmark = pytest.mark.django_db


# --- answers


def test_the_team_answers_in_public(client, story, moderator, now):
    question, key = shown(story, moderator, now), uuid4()
    made = moderation.answer(question=question, user=moderator, body="Non, pas au début.", key=key, now=now)
    assert moderation.answer(question=question, user=moderator, body="Non, pas au début.", key=key, now=now) == made
    page = client.get(story.get_absolute_url()).text
    assert page.count("Non, pas au début.") == 1 and "Sarah, de l’équipe" in page
    event = EventRecord.objects.get(name="answer.shown")
    assert event.data == {"story": story.pk, "by_person_shown": False, "by": str(moderator.pk)}


@pytest.mark.parametrize("state", [State.WAITING, State.REFUSED, State.PRIVATE, State.REMOVED])
def test_no_public_answer_to_what_is_not_public(story, moderator, now, state):
    question = in_state(state, story, moderator, now)
    with pytest.raises(WrongState):
        moderation.answer(question=question, user=moderator, body="Non.", key=uuid4(), now=now)
    with pytest.raises(WrongState):
        moderation.give_link(question=question, user=moderator, now=now)


def test_the_person_shown_answers_and_is_read_first(client, client_for, story, moderator, now):
    question = moderation.give_link(question=shown(story, moderator, now), user=moderator, now=now)
    address = f"/questions/repondre/{answering(question)}"
    staff = client_for(moderator)
    assert address in staff.get(f"/pro/moderation/questions/{question.pk}").text
    assert "Il faut un diplôme\xa0?" in client.get(address).text
    once = {"body": "Oui, et mon numéro est le 06 39 98 12 34.", "key": str(uuid4())}
    for _ in range(2):
        assert "Merci\xa0!" in client.post(address, once, follow=True).text
    answer = Answer.objects.get()
    assert (answer.state, answer.signature, answer.author) == (Answer.State.WAITING, "Lou", None)
    assert "39 98" not in client.get(story.get_absolute_url()).text
    assert "À lire (1)" in staff.get("/pro/moderation/").text
    with pytest.raises(NotAcceptable):
        moderation.show_answer(answer=answer, user=moderator, text=answer.body, now=now)
    moderation.show_answer(answer=answer, user=moderator, text="Oui.", now=now)
    assert "Lou" in client.get(story.get_absolute_url()).text.partition('id="questions"')[2].partition("Oui.")[2][:80]


def test_a_link_ends(client, people, story, moderator, now):
    question = moderation.give_link(question=shown(story, moderator, now), user=moderator, now=now)
    first = answering(question)
    second = answering(moderation.give_link(question=question, user=moderator, now=now + timedelta(minutes=1)))
    assert client.get(f"/questions/repondre/{first}").status_code == 404
    assert client.get(f"/questions/repondre/{second}").status_code == 200
    over = now + moderation.LINK_LASTS + timedelta(minutes=1)
    with pytest.raises(LinkOver):
        moderation.answer_by_link(secret=second, body="Oui.", key=uuid4(), now=over)
    moderation.hide(question=question, user=moderator, reason="x", now=now)
    assert client.get(f"/questions/repondre/{second}").status_code == 404
    assert client.post(f"/questions/repondre/{second}", {"body": "Oui.", "key": str(uuid4())}).status_code == 404
    assert not Answer.objects.exists()


def test_answers_have_their_own_moves(story, moderator, people, now):
    question = shown(story, moderator, now)
    answer = answered_by_person(question, moderator, now)
    who = {"user": people["supervisor"], "now": now}
    moderation.show_answer(answer=answer, text=answer.body, **who)
    with pytest.raises(WrongState):
        moderation.show_answer(answer=answer, text="Oui.", **who)
    with pytest.raises(ChangedMeanwhile):
        moderation.edit_answer(answer=answer, text="Oui.", seen="autre", reason="", **who)
    moderation.edit_answer(
        answer=answer, text="Oui, dès 16 ans.", seen=seen_of(answer.body), reason="Plus clair.", **who
    )
    moderation.hide_answer(answer=answer, reason="Faux.", **who)
    with pytest.raises(WrongState):
        moderation.hide_answer(answer=answer, reason="Faux.", **who)
    moderation.show_answer(answer=answer, text="Oui, dès 18 ans.", **who)
    moderation.delete_answer(answer=answer, reason="Faux.", **who)
    for move in (moderation.delete_answer, moderation.hide_answer):
        with pytest.raises(WrongState):
            move(answer=answer, reason="x", **who)
    with pytest.raises(WrongState):
        moderation.show_answer(answer=answer, text="Oui.", **who)
    assert [trace.action for trace in ModerationTrace.objects.filter(answer=answer)] == [
        "show-answer",
        "edit-answer",
        "hide-answer",
        "show-answer",
        "erase-answer",
    ]
    assert not ModerationTrace.objects.filter(answer=answer).exclude(before="", after="").exists()


def test_an_answer_waits_for_its_question(story, moderator, now):
    question = shown(story, moderator, now)
    answer = answered_by_person(question, moderator, now)
    moderation.hide(question=question, user=moderator, reason="x", now=now)
    with pytest.raises(WrongState):
        moderation.show_answer(answer=answer, user=moderator, text="Oui.", now=now)


# --- the pages of the team


def test_every_button_of_the_page(client_for, story, moderator, now):
    staff, question = client_for(moderator), asked(story, now, "Il faut un diplome ?")
    page, do = f"/pro/moderation/questions/{question.pk}", f"/pro/moderation/questions/{question.pk}/decider"

    def press(action, address=do, **values):
        answer = staff.post(address, {"action": action, "about": "q"} | values, follow=True)
        assert answer.status_code == 200, answer.text
        return answer.text

    press("show", text="Il faut un diplôme ?", pseudonym="Lynx 11")
    press("edit", text="Faut-il un diplôme ?", seen=seen_of("Il faut un diplôme ?"))
    press("answer", body="Non.", key=str(uuid4()))
    assert "/questions/repondre/" in press("give_link")
    answer = Answer.objects.get()
    there = f"/pro/moderation/reponses/{answer.pk}/decider"
    press("edit", there, text="Pas au début.", seen=seen_of("Non."))
    press("hide", there, reason="À revoir.")
    press("show", there, text="Pas au début.")
    press("delete", there, reason="Faux.")
    press("hide", reason="Hors sujet.")
    press("show", text="Faut-il un diplôme ?", pseudonym="Lynx 11")
    press("make_private")
    press("delete", reason="À sa demande.")
    history = staff.get(page).text
    for word in ("Effacée par l’équipe", "Passée en privé", "Retirée", "Réponse effacée", "Lien donné"):
        assert word in history
    for tab in ("a-lire", "signalements", "publiees", "ecartees", "inconnu"):
        assert staff.get(f"/pro/moderation/?voir={tab}").status_code == 200


@pytest.mark.parametrize(
    "values, said",
    [
        ({"action": "inconnu"}, "Choisissez"),
        ({"action": "refuse"}, "Dites pourquoi"),
        ({"action": "refuse", "reason": "x" * 301}, "300 signes"),
        ({"action": "show", "text": ""}, "pas de texte"),
        ({"action": "show", "text": CONTACTS[0], "pseudonym": "Lynx 11", "about": "q"}, "On y trouve encore"),
        ({"action": "show", "text": "Bonjour ?", "pseudonym": ""}, "Laissez un pseudo"),
        ({"action": "edit", "text": "Bonjour ?", "seen": "x"}, "rien n’a changé"),
        ({"action": "answer", "body": "x" * 1501, "key": str(uuid4())}, "la limite est de 1500"),
        ({"action": "answer", "body": "Non.", "key": "x"}, "trop vieille"),
    ],
)
def test_a_refused_form_says_why_and_keeps_the_text(client_for, story, moderator, now, values, said):
    question = asked(story, now)
    answer = client_for(moderator).post(f"/pro/moderation/questions/{question.pk}/decider", values)
    assert answer.status_code == 422 and said in answer.text
    assert again(question).state == State.WAITING
    if values.get("about"):
        assert CONTACTS[0] in answer.text


def test_reading_leaves_a_trace(client_for, story, moderator, now):
    question = asked(story, now)
    client_for(moderator).get(f"/pro/moderation/questions/{question.pk}")
    record = AccessRecord.objects.get(kind="question")
    assert (record.user, record.action, record.subject) == (moderator, "read", str(question.pk))


def test_another_organisation_is_not_there(client_for, make_user, story, moderator, now):
    question = shown(story, moderator, now)
    answer = moderation.answer(question=question, user=moderator, body="Non.", key=uuid4(), now=now)
    notice, _ = report(story, now, question=question)
    stranger = client_for(make_user("supervisor"))
    assert "Il faut un diplôme" not in stranger.get("/pro/moderation/?voir=publiees").text
    for address in (f"questions/{question.pk}", f"signalements/{notice.pk}"):
        assert stranger.get(f"/pro/moderation/{address}").status_code == 404
    for address in (f"questions/{question.pk}/decider", f"reponses/{answer.pk}/decider", f"signalements/{notice.pk}"):
        assert stranger.post(f"/pro/moderation/{address}", {"action": "hide", "reason": "x"}).status_code == 404
    assert again(question).state == State.SHOWN


def test_queries_of_the_queue_do_not_grow(client_for, story, moderator, now, django_assert_max_num_queries):
    for number in range(15):
        asked(story, now, f"Question {number} ?")
        shown(story, moderator, now, f"Question en ligne {number} ?")
    staff = client_for(moderator)
    for tab in ("a-lire", "publiees", "signalements"):
        with django_assert_max_num_queries(15):
            staff.get(f"/pro/moderation/?voir={tab}")
