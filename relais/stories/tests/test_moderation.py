"""What moderators decide: the table of moves, what can never appear, answers, links, notices; and what two of them do at once."""

import threading
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection

from relais.accounts.models import AccessRecord, User
from relais.foundation.codes import digest
from relais.foundation.models import EventRecord, Outbound
from relais.foundation.refusals import AlreadyDecided, ChangedMeanwhile, LinkOver, NotAcceptable, SecondPersonNeeded, WrongState
from relais.foundation.typography import unbreakable
from relais.stories import flags, moderation, notices, questions
from relais.stories.models import Answer, ModerationTrace, Notice, Question, Story

from .asking import State, again, answered_by_person, answering, asked, in_state, line, online, secret, shown

pytestmark = pytest.mark.django_db
DISTRESS = "je veux mourir ce soir"
CONTACTS = (
    "appelle moi au 06 39 98 12 34",
    "écris à lola@exemple.fr",
    "mon snap c’est lola.dub45",
    "je m’appelle Lola Dubreuil",
    "je suis au collège Jean Moulin",
)


@pytest.fixture
def story(people, now):
    line(people["mediator"])
    return online(people, now)


@pytest.fixture
def moderator(people):
    return people["mediator"]


def do(move, question, user, now):
    """One move, with what it needs."""
    if move == State.SHOWN:
        return moderation.show(question=question, user=user, text="Il faut un diplôme ?", pseudonym="Lynx 11", now=now)
    if move == State.PRIVATE:
        return moderation.make_private(question=question, user=user, now=now)
    service = moderation.refuse if move == State.REFUSED else moderation.hide
    return service(question=question, user=user, reason="Parce que.", now=now)


# --- the table of moves


@pytest.mark.parametrize("before", State.values)
@pytest.mark.parametrize("after", [State.SHOWN, State.REFUSED, State.PRIVATE, State.REMOVED])
def test_moves(story, moderator, people, now, before, after):
    question = in_state(before, story, moderator, now)
    traces, decided = ModerationTrace.objects.count(), EventRecord.objects.filter(name="question.decided").count()
    if after in Question.MOVES.get(before, set()):
        do(after, question, people["supervisor"], now)
        held = again(question)
        assert (held.state, held.decided_by, held.decided_at) == (after, people["supervisor"], now)
        trace = ModerationTrace.objects.latest("pk")
        assert (ModerationTrace.objects.count(), trace.by, trace.question) == (traces + 1, people["supervisor"], held)
        event = EventRecord.objects.filter(name="question.decided").latest("id")
        assert (event.subject, event.data["state"], event.data["by"]) == (question.pk, after, str(people["supervisor"].pk))
        assert EventRecord.objects.filter(name="question.made-private", subject=question.pk).exists() == (after == State.PRIVATE)
    else:
        with pytest.raises(WrongState, match="rien n’a changé"):
            do(after, question, people["supervisor"], now)
        assert again(question).state == before and ModerationTrace.objects.count() == traces
        assert EventRecord.objects.filter(name="question.decided").count() == decided


@pytest.mark.django_db(transaction=True)
def test_two_moderators_at_once(people, now):
    """One decides, the other is told who did."""
    for _ in range(4):
        question = asked(online(people, now, slug=uuid4().hex), now)
        start, told, done = threading.Barrier(2), [], []

        def decide(move, role, question=question, start=start, told=told, done=done):
            try:
                start.wait(5)
                do(move, question, people[role], now)
                done.append(move)
            except WrongState as error:
                told.append(str(error))
            finally:
                connection.close()

        both = [threading.Thread(target=decide, args=pair) for pair in ((State.REFUSED, "mediator"), (State.REFUSED, "mediator_2"))]
        for one in both:
            one.start()
        for one in both:
            one.join()
        assert len(done) == 1 and len(told) == 1
        assert str(again(question).decided_by) in told[0]
        assert ModerationTrace.objects.filter(question=question).count() == 1


def test_private_before_there_is_a_line(client, people, now):
    """The offer is kept: whoever opens the answer line takes it from there."""
    question = moderation.make_private(question=asked(online(people, now), now), user=people["mediator"], now=now)
    assert "Continuer en privé" in client.get(f"/questions/{secret(question)}").text


# --- what can never appear


@pytest.mark.parametrize("body", CONTACTS)
def test_a_contact_or_a_name_never_appears(client, client_for, story, moderator, now, body):
    question = asked(story, now, f"C’est bien payé ? {body}")
    with pytest.raises(NotAcceptable, match="On y trouve encore"):
        moderation.show(question=question, user=moderator, text=question.body, pseudonym="Lynx 11", now=now)
    page = client_for(moderator).get(f"/pro/moderation/questions/{question.pk}").text
    assert "<mark" in page and "masqué" in page
    moderation.show(question=question, user=moderator, text=flags.masked(question.body), pseudonym="Lynx 11", now=now)
    public = client.get(story.get_absolute_url()).text
    assert "C’est bien payé\xa0?" in public and "masqué" in public
    for sign in ("39 98", "lola@", "lola.dub45", "Dubreuil", "Jean Moulin"):
        assert sign not in public


def test_distress_never_appears_as_it_is(story, moderator, now):
    question = asked(story, now, f"Salut, {DISTRESS}, vous prenez à quel âge ?")
    with pytest.raises(NotAcceptable, match="idées de suicide"):
        moderation.show(question=question, user=moderator, text=question.body, pseudonym="Lynx 11", now=now)
    moderation.show(question=question, user=moderator, text="Vous prenez à quel âge ?", pseudonym="Lynx 11", now=now)
    assert again(question).shown_body == "Vous prenez à quel âge ?"


def test_a_pseudonym_is_mended_too(story, moderator, now):
    question = asked(story, now, pseudonym="Loutre 12")
    with pytest.raises(NotAcceptable, match="compte de réseau"):
        moderation.show(question=question, user=moderator, text="Pourquoi ?", pseudonym="snap : lola.dub45", now=now)
    assert again(question).state == State.WAITING


def test_an_edit_is_held_to_the_same(story, moderator, people, now):
    question = shown(story, moderator, now)
    seen = digest(question.shown_body)
    with pytest.raises(NotAcceptable):
        moderation.edit(question=question, user=moderator, text=CONTACTS[0], seen=seen, reason="", now=now)
    moderation.edit(question=question, user=moderator, text="Faut-il un diplôme ?", seen=seen, reason="Orthographe.", now=now)
    with pytest.raises(ChangedMeanwhile):
        moderation.edit(question=question, user=people["supervisor"], text="Autre chose ?", seen=seen, reason="", now=now)
    trace = ModerationTrace.objects.get(question=question, action="edit")
    assert (trace.before, trace.after, trace.reason, trace.by) == ("Il faut un diplôme ?", "Faut-il un diplôme ?", "Orthographe.", moderator)


def test_erased_by_the_team_leaves_no_word(client, story, moderator, now):
    question = shown(story, moderator, now, "Une phrase à oublier ?")
    moderation.answer(question=question, user=moderator, body="À oublier aussi.", key=uuid4(), now=now)
    moderation.delete(question=question, user=moderator, reason="Une personne est reconnaissable.", now=now)
    held = again(question)
    assert (held.state, held.body, held.shown_body, held.pseudonym) == (State.REMOVED, "", "", "")
    assert not ModerationTrace.objects.filter(question=question).exclude(before="", after="").exists()
    page = client.get(f"/questions/{secret(question)}").text
    assert "L’équipe l’a effacée" in page and "Une personne est reconnaissable." in page
    with pytest.raises(WrongState):
        moderation.delete(question=question, user=moderator, reason="Encore.", now=now)


def test_the_history_only_grows(story, moderator, now):
    shown(story, moderator, now)
    with pytest.raises(TypeError):
        ModerationTrace.objects.all().update(reason="x")
    with pytest.raises(TypeError):
        ModerationTrace.objects.all().delete()


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
    moderation.edit_answer(answer=answer, text="Oui, dès 16 ans.", seen=digest(answer.body), reason="Plus clair.", **who)
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
        "show-answer", "edit-answer", "hide-answer", "show-answer", "erase-answer",
    ]  # fmt: skip
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
    press("edit", text="Faut-il un diplôme ?", seen=digest("Il faut un diplôme ?"))
    press("answer", body="Non.", key=str(uuid4()))
    assert "/questions/repondre/" in press("give_link")
    answer = Answer.objects.get()
    there = f"/pro/moderation/reponses/{answer.pk}/decider"
    press("edit", there, text="Pas au début.", seen=digest("Non."))
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


@pytest.mark.parametrize("values, said", [
    ({"action": "inconnu"}, "Choisissez"),
    ({"action": "refuse"}, "Dites pourquoi"),
    ({"action": "refuse", "reason": "x" * 301}, "300 signes"),
    ({"action": "show", "text": ""}, "pas de texte"),
    ({"action": "show", "text": CONTACTS[0], "pseudonym": "Lynx 11", "about": "q"}, "On y trouve encore"),
    ({"action": "show", "text": "Bonjour ?", "pseudonym": ""}, "Laissez un pseudo"),
    ({"action": "edit", "text": "Bonjour ?", "seen": "x"}, "rien n’a changé"),
    ({"action": "answer", "body": "x" * 1501, "key": str(uuid4())}, "la limite est de 1500"),
    ({"action": "answer", "body": "Non.", "key": "x"}, "trop vieille"),
])  # fmt: skip
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


# --- notices


def report(story, now, *, question=None, answer=None, email="lea@exemple.fr", ground="privacy", key=None):
    text = notices.Text(story, question, answer)
    return notices.report(text=text, ground=ground, details="On reconnaît mon frère.", email=email, key=key or uuid4(), now=now)


def test_a_notice_from_the_page_to_the_decision(client, client_for, people, story, moderator, now):
    question = shown(story, moderator, now)
    address = f"/signaler/question/{question.pk}"
    assert address in client.get(story.get_absolute_url()).text and "Il faut un diplôme\xa0?" in client.get(address).text
    once = {"ground": "privacy", "details": "On reconnaît mon frère.", "email": "lea@exemple.fr", "good_faith": "on", "key": str(uuid4())}
    first = client.post(address, once)
    assert first.status_code == 302 and client.post(address, once)["Location"] == first["Location"]
    notice = Notice.objects.get()
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
    assert (notice.decision, notice.decided_by, notice.email, question.state) == ("removed", people["supervisor"], "", State.REMOVED)
    letter = Outbound.objects.get(key=f"notice-decided:{notice.pk.hex}").payload
    assert letter["to"] == "lea@exemple.fr" and reasons in letter["text"] and first["Location"] in letter["text"]
    assert unbreakable(reasons) in client.get(first["Location"]).text and "Le texte est retiré." in client.get(first["Location"]).text
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
        notices.decide(notice=notice, user=people["supervisor"], decision=decision, reasons="Des faits.", text="Texte revu.", now=now)

    if (kind, decision) == ("story", "edited"):
        with pytest.raises(NotAcceptable):
            decide()
        return
    decide()
    story, question, answer = again(story), again(question), again(answer)
    assert story.state == (Story.State.WITHDRAWN if (kind, decision) == ("story", "removed") else Story.State.PUBLISHED)
    assert question.state == (State.REMOVED if (kind, decision) == ("question", "removed") else State.SHOWN)
    assert question.shown_body == ("Texte revu." if (kind, decision) == ("question", "edited") else "Il faut un diplôme ?")
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
            notices.decide(notice=notice, user=moderator, decision="kept", reasons="C’est bien.", now=now)
        page = f"/pro/moderation/signalements/{notice.pk}"
        assert "à une autre personne de décider" in client_for(moderator).get(page).text
        assert client_for(moderator).post(page, {"decision": "kept", "reasons": "x"}).status_code == 422
        assert again(notice).decision == ""
        notices.decide(notice=notice, user=people["mediator_2"], decision="kept", reasons="C’est exact.", now=now)


def test_a_new_text_is_held_to_the_same(people, story, moderator, now):
    notice, _ = report(story, now, question=shown(story, moderator, now))
    with pytest.raises(NotAcceptable):
        notices.decide(notice=notice, user=people["supervisor"], decision="edited", reasons="x", text=CONTACTS[0], now=now)
    assert again(notice).decision == ""


def test_gone_meanwhile_can_still_be_decided(people, story, moderator, now):
    question = shown(story, moderator, now)
    notice, _ = report(story, now, question=question)
    moderation.delete(question=question, user=moderator, reason="x", now=now)
    assert again(notice).details == ""
    notices.decide(notice=notice, user=people["supervisor"], decision="removed", reasons="Déjà effacé.", now=now)
    assert again(notice).decision == "removed"


def test_no_address_no_letter(story, moderator, now):
    report(story, now, question=shown(story, moderator, now), email="")
    assert not Outbound.objects.filter(key__startswith="notice-received").exists()


def test_only_what_can_be_read_can_be_reported(client, story, moderator, now):
    for state in State.values:
        question = in_state(state, story, moderator, now)
        expected = 200 if state == State.SHOWN else 404
        assert client.get(f"/signaler/question/{question.pk}").status_code == expected
        assert client.post(f"/signaler/question/{question.pk}", {"ground": "hate"}).status_code == (422 if expected == 200 else 404)
    assert client.get(f"/signaler/temoignage/{story.pk}").status_code == 200
    assert client.get("/signaler/temoignage/inconnu").status_code == 404
    assert client.get("/signaler/suivi/inconnu").status_code == 404
    assert client.get(f"/signaler/reponse/{10**30}").status_code == 404


@pytest.mark.parametrize("missing", ["ground", "good_faith", "key"])
def test_a_notice_says_what_and_in_good_faith(client, story, missing):
    values = {"ground": "hate", "details": "x", "email": "", "good_faith": "on", "key": str(uuid4())}
    values.pop(missing)
    assert client.post(f"/signaler/temoignage/{story.pk}", values).status_code == 422
    assert not Notice.objects.exists()


def test_a_flood_of_notices_is_slowed_down(client, story):
    values = {"ground": "hate", "details": "x", "email": "", "good_faith": "on"}
    codes = [client.post(f"/signaler/temoignage/{story.pk}", values | {"key": str(uuid4())}).status_code for _ in range(22)]
    assert codes == [302] * 20 + [429] * 2


def test_a_child_in_danger_comes_first(client_for, people, story, moderator, now):
    old, _ = report(story, now - timedelta(days=5), question=shown(story, moderator, now))
    child, _ = report(story, now, ground="minor")
    assert notices.waiting(people["supervisor"]) == [child, old]


def test_letters_go_to_those_who_may_read(people, make_user, story):
    team = story.organisation
    make_user("mediator", organisation=team, approved=False)
    User.objects.filter(pk=people["mediator_2"].pk).update(is_active=False)
    from relais.stories.letters import moderators

    assert set(moderators(team.pk)) == {people["mediator"], people["supervisor"], people["campaign_manager"]}


def test_the_promise_is_said(client, story):
    assert f"sous {questions.PROMISE_HOURS} heures ouvrées" in client.get(story.get_absolute_url()).text
