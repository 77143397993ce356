"""Comments below the copies of stories: read by humans first, answered over there once, gone from here when gone from there."""

import os
import subprocess
import sys
import threading
from contextlib import contextmanager
from datetime import timedelta
from uuid import uuid4

import pytest
from django.apps import apps
from django.conf import settings
from django.db import connection
from django.utils import timezone

from relais.channels import http
from relais.channels.models import NetworkAccount
from relais.channels.networks import LONGEST_NAME
from relais.channels.tests.fakes import Provider, serving
from relais.channels.tests.networks import Instagram, Said
from relais.foundation import outbox
from relais.foundation.models import EventRecord, Outbound
from relais.foundation.refusals import ChangedMeanwhile, NotAcceptable, WrongState
from relais.stories import comments, moderation, questions, rights
from relais.stories.models import Comment, CommentReply, ModerationTrace, Question, Story

from .asking import State, again, asked, commented, copied, line, online

pytestmark = pytest.mark.django_db
REEL, URL = "DSabc_1-x", "https://www.instagram.com/reel/DSabc_1-x/"
DISTRESS = "je veux mourir ce soir"


@pytest.fixture
def story(people, now):
    line(people["mediator"])
    return online(people, now)


@pytest.fixture
def moderator(people):
    return people["mediator"]


@pytest.fixture
def copy(story, moderator, now):
    return copied(story, moderator, now)


@pytest.fixture
def fake(settings, monkeypatch):
    """Instagram on loopback, with our token; nothing below the reel yet."""
    monkeypatch.setattr(http, "TIMEOUT", 0.3)
    monkeypatch.setattr("relais.channels.instagram.transport._media", {})
    settings.SITE_URL = "https://relais.exemple.invalid"
    with serving(Instagram({REEL: []})) as running:
        settings.INSTAGRAM_API_URL, settings.INSTAGRAM_ACCOUNT, settings.INSTAGRAM_TOKEN = f"{running.address}/v25.0", "178", "IGtoken"
        yield running


def say(fake, *texts, at, by="lea.du.45"):
    said = [Said(f"c{len(fake.threads[REEL]) + n}", text, at, by) for n, text in enumerate(texts, 1)]
    fake.threads[REEL] += said
    return said


def answer(question, user, now, body="Non, pas au début.", seen=0, key=None, kind="answer"):
    return comments.reply(question=question, user=user, kind=kind, body=body, seen=seen, key=key or uuid4(), now=now)


# --- in


def test_a_comment_becomes_a_question_that_waits_for_a_human(client, client_for, fake, copy, moderator, now):
    say(fake, "Il faut un diplôme ?", at=now - timedelta(hours=1))
    assert comments.read_due(now) == 1
    question = Question.objects.get()
    assert (question.state, question.body, question.story_id) == (State.WAITING, "Il faut un diplôme ?", copy.story_id)
    assert question.due_at == questions.due(question.asked_at) and now - question.asked_at < timedelta(hours=1, seconds=2)
    assert (question.comment.number, question.comment.reply_to, question.comment.account, question.comment.copy) == ("c1", "c1", "178", copy)
    page = client_for(moderator).get("/pro/moderation/").text
    assert "Commentaire sur Instagram" in page and "Il faut un diplôme\xa0?" in page and URL in page
    assert "Il faut un diplôme" not in client.get(copy.story.get_absolute_url()).text


def test_who_wrote_is_kept_nowhere(fake, copy, now):
    say(fake, "Bonjour", at=now)
    comments.read_due(now)
    for model in apps.get_models():
        if model.__module__.startswith("relais."):
            assert not any("lea.du.45" in str(value) for row in model._base_manager.values() for value in row.values()), model


def test_read_again_and_again_it_is_one_question(fake, copy, now):
    say(fake, "Un", "Deux", at=now)
    for minutes in range(0, 60, 5):
        comments.read_due(now + timedelta(minutes=minutes))
    assert Question.objects.count() == Comment.objects.count() == 2
    assert EventRecord.objects.filter(name="comment.received").count() == 2


def test_the_same_number_elsewhere_is_another_comment(copy, now):
    one, other, same = commented(copy, now), commented(copy, now, account="179"), commented(copy, now)
    assert one == same != other


def test_nobody_answers_a_heart_and_our_own_words_do_not_come_back(fake, copy, now):
    say(fake, "❤️❤️", "🔥", "   ", "", "\u202e", at=now)
    say(fake, "Merci à tous", at=now, by="us")
    comments.read_due(now)
    assert not Question.objects.exists()


def test_a_long_comment_is_cut_with_a_mark_and_read_whole_for_danger(copy, now):
    question = commented(copy, now, "bla " * 1000 + DISTRESS)
    assert len(question.body) <= comments.LONGEST and question.body.endswith(comments.CUT)
    assert question.is_alarming and question.comment.shortened


def test_signs_of_danger_reach_the_same_people_as_those_of_a_question(client_for, fake, story, copy, moderator, now):
    asked(story, now, DISTRESS)
    told = {row.payload["to"] for row in Outbound.objects.filter(key__startswith="question-alarm:")}
    Outbound.objects.all().delete()
    say(fake, "Salut", DISTRESS, at=now)
    comments.read_due(now)
    rows = Outbound.objects.filter(key__startswith="question-alarm:")
    assert {row.payload["to"] for row in rows} == told and told
    assert not any("mourir" in row.payload["text"] for row in rows)
    first = moderation.waiting_questions(moderator)[0]
    assert first.is_alarming
    page = client_for(moderator).get(f"/pro/moderation/questions/{Comment.objects.get(number='c2').pk}").text
    assert "n’a vu aucun numéro d’aide" in page and "3114" in page and not fake.published


def test_changed_by_its_author_before_anybody_read_it(fake, copy, moderator, now):
    (said,) = say(fake, "Bonjour", at=now)
    comments.read_due(now)
    said.text = DISTRESS
    comments.read_due(now + timedelta(minutes=5))
    question = Question.objects.get()
    assert question.body == DISTRESS and question.is_alarming
    assert Outbound.objects.filter(key__startswith="question-alarm:").exists()
    answer(question, moderator, now)
    said.text = "Autre chose"
    comments.read_due(now + timedelta(minutes=10))
    assert Question.objects.get().body == DISTRESS, "what was decided was decided about these words"


def test_only_copies_still_up_are_read(fake, copy, moderator, now):
    say(fake, "Bonjour", at=now)
    rights.copy_taken_down(copy=copy, user=moderator, now=now)
    comments.read_due(now)
    assert not Question.objects.exists() and not any("comments" in path for path in fake.paths())


def test_a_story_withdrawn_and_still_shown_there_is_read(people, fake, copy, now):
    Story.objects.filter(pk=copy.story_id).update(state=Story.State.WITHDRAWN)
    say(fake, "Vous êtes encore là ?", at=now)
    comments.read_due(now)
    assert Question.objects.count() == 1


def test_what_is_older_than_the_first_reading_is_not_brought_in(fake, copy, now):
    say(fake, "Il y a un an", at=now - timedelta(days=365))
    comments.read_due(now)
    assert not Question.objects.exists()


# --- over there, it is gone


def test_deleted_over_there_its_words_go_from_here_at_the_second_look(fake, copy, moderator, now):
    first, _ = say(fake, "Bonjour", "Reste", at=now)
    comments.read_due(now)
    question = Question.objects.get(body="Bonjour")
    answer(question, moderator, now)
    fake.threads[REEL].remove(first)
    hour = timedelta(hours=1, minutes=1)
    comments.read_due(now + hour)
    assert again(question).body == "Bonjour", "a network may lose something for a while"
    comments.read_due(now + 2 * hour)
    question = again(question)
    assert (question.state, question.body) == (State.REMOVED, "")
    assert ModerationTrace.objects.filter(question=question, action="gone", by=None).exists()
    assert not any(trace.before or trace.after for trace in question.traces.all())
    outbox.send_due(now + 2 * hour)
    assert not fake.published, "nothing is published any more below what is not there"
    assert Question.objects.get(body="Reste")


def test_lost_and_found_again(fake, copy, now):
    (said,) = say(fake, "Bonjour", at=now)
    hour = timedelta(hours=1, minutes=1)
    comments.read_due(now)
    for number in range(1, 5):
        fake.threads[REEL] = [] if number % 2 else [said]
        comments.read_due(now + number * hour)
    assert Question.objects.get().body == "Bonjour"


def test_what_we_hid_is_not_taken_for_deleted(fake, copy, moderator, now):
    say(fake, "Bonjour", at=now)
    comments.read_due(now)
    question = Question.objects.get()
    comments.hide(question=question, user=moderator, reason="Insulte.", now=now)
    fake.threads[REEL].clear()
    for hours in range(2, 8, 2):
        comments.read_due(now + timedelta(hours=hours))
    assert again(question).body == "Bonjour"


# --- out


def test_a_reply_leaves_below_the_comment_once(client_for, fake, copy, moderator, now):
    say(fake, "Il faut un diplôme ?", at=now)
    comments.read_due(now)
    question, page = Question.objects.get(), client_for(moderator)
    form = {"action": "reply", "body": "Non, pas au début.", "seen": 0, "key": str(uuid4())}
    for _ in range(2):
        assert page.post(f"/pro/moderation/questions/{question.pk}/decider", form).status_code == 302
    for minutes in range(3):
        outbox.send_due(timezone.now() + timedelta(minutes=minutes))
    assert fake.published == [("c1", "Non, pas au début.")]
    question = again(question)
    assert (question.state, question.decided_by) == (State.ANSWERED, moderator)
    assert CommentReply.objects.get().kind == "answer"
    told = EventRecord.objects.get(name="comment.answered")
    assert (told.subject, told.data["network"], told.data["kind"]) == (question.pk, "instagram", "answer")
    shown = page.get(f"/pro/moderation/questions/{question.pk}").text
    assert "Non, pas au début." in shown and "fait" in shown
    assert "Il faut un diplôme" in page.get("/pro/moderation/?voir=repondues").text


def test_an_invitation_says_nothing_of_what_was_written_and_leads_to_the_line_with_its_touch(client, fake, copy, moderator, now):
    assert len(copy.touch) == 5, "campaigns give each copy its touch"
    question = commented(copy, now, DISTRESS)
    text = comments.invitation(question.comment)
    assert f"https://relais.exemple.invalid/parler?par={copy.touch}" in text and len(text) <= 150 and "mourir" not in text
    fake.threads[REEL] = [Said("c1", DISTRESS, now)]
    answer(question, moderator, now, body=text, kind="invitation")
    outbox.send_due(now)
    assert fake.published == [("c1", text)]
    page = client.get(f"/parler?par={copy.touch}")
    assert page.status_code == 200 and copy.touch in page.text
    assert ModerationTrace.objects.get(question=question).action == "invite"


CHILD = """
import sys, django
django.setup()
from django.db import connection
from django.utils import timezone
connection.settings_dict["NAME"] = sys.argv[1]
from relais.foundation import outbox
outbox.send_due(timezone.now())
"""


@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_between_the_reply_and_its_mark_leaves_the_choice_to_a_human(client_for, people, now, fake):
    """`kill -9` while the network has published and not answered yet: shown as nobody knows, and published once."""
    moderator = people["mediator"]
    question = commented(copied(online(people, now), moderator, now), now)
    fake.threads[REEL] = [Said("c1", question.body, now)]
    answer(question, moderator, now)
    plain, published, killed = fake.answer, threading.Event(), threading.Event()

    def slow(request):
        told = plain(request)
        published.set()
        killed.wait(20)
        return told

    fake.answer = slow
    environment = {name: os.environ[name] for name in ("PATH", "RELAIS_DATA", "DEBUG", "DJANGO_SETTINGS_MODULE", "RELAIS_PG_FAST")}
    environment |= {"PYTHONPATH": str(settings.BASE_DIR), "INSTAGRAM_ACCOUNT": "178", "INSTAGRAM_TOKEN": "IGtoken"}
    environment |= {"INSTAGRAM_API_URL": f"{fake.address}/v25.0"} | {name: os.environ[name] for name in ("DATABASE_URL",) if name in os.environ}
    name = connection.settings_dict["NAME"]
    with subprocess.Popen([sys.executable, "-c", CHILD, name], env=environment, cwd=settings.BASE_DIR, stderr=subprocess.PIPE) as child:
        reached = published.wait(30)
        child.kill()
        killed.set()
        assert reached, child.stderr.read().decode()
    fake.answer = plain
    row = Outbound.objects.get(channel="instagram")
    assert row.state == Outbound.State.SENDING and fake.published == [("c1", "Non, pas au début.")]
    for minutes in range(3, 60, 10):
        outbox.send_due(timezone.now() + timedelta(minutes=minutes))
    row.refresh_from_db()
    assert row.state == Outbound.State.AMBIGUOUS and len(fake.published) == 1
    page = client_for(moderator)
    shown = page.get(f"/pro/moderation/questions/{question.pk}").text
    assert "peut-être fait" in shown and "Rien n’y est\xa0: renvoyer" in shown
    assert "Instagram, sous" in client_for(people["supervisor"]).get("/pro/envois/").text
    address = f"/pro/moderation/questions/{question.pk}/decider"
    page.post(address, {"action": "send_again", "key": row.key})
    outbox.send_due(timezone.now())
    assert len(fake.published) == 2 and Outbound.objects.get(pk=row.pk).state == Outbound.State.SENT
    assert page.post(address, {"action": "send_again", "key": row.key}).status_code == 422 and len(fake.published) == 2


def test_nobody_sends_again_the_letter_of_another(copy, moderator, fake, now):
    question = commented(copy, now)
    outbox.enqueue("email", key="autre", payload={"to": "x@exemple.invalid", "subject": "x", "text": "x"}, now=now, owner=None)
    Outbound.objects.filter(key="autre").update(state=Outbound.State.FAILED)
    with pytest.raises(WrongState):
        comments.send_again(question=question, user=moderator, key="autre", now=now)


def test_two_moderators_do_not_both_answer(copy, moderator, people, fake, now):
    question = commented(copy, now)
    answer(question, moderator, now)
    with pytest.raises(ChangedMeanwhile):
        answer(question, people["supervisor"], now, body="Oui.")
    answer(question, people["supervisor"], now, body="Et bienvenue.", seen=1)
    assert CommentReply.objects.count() == 2


@pytest.mark.parametrize("length", [0, 2201])
def test_what_the_network_would_refuse_is_refused_here(client_for, copy, moderator, fake, now, length):
    question = commented(copy, now)
    page = client_for(moderator).post(
        f"/pro/moderation/questions/{question.pk}/decider", {"action": "reply", "body": "a" * length, "seen": 0, "key": str(uuid4())}
    )
    assert page.status_code == 422 and again(question).state == State.WAITING and not CommentReply.objects.exists()


def test_a_network_that_is_off_takes_no_reply(client_for, copy, moderator, settings, now):
    settings.INSTAGRAM_ACCOUNT = settings.INSTAGRAM_TOKEN = ""
    question = commented(copy, now)
    with pytest.raises(NotAcceptable, match="n’est plus relié"):
        answer(question, moderator, now)
    shown = client_for(moderator).get(f"/pro/moderation/questions/{question.pk}").text
    assert "n’est plus relié à ce site" in shown and 'value="reply"' not in shown and "Masquer sur" not in shown


def test_a_question_asked_here_is_not_answered_elsewhere(story, moderator, fake, now):
    question = asked(story, now)
    for act in (lambda: answer(question, moderator, now), lambda: comments.hide(question=question, user=moderator, reason="x", now=now)):
        with pytest.raises(WrongState):
            act()


def test_nobody_could_find_a_conversation_opened_for_a_comment(copy, moderator, now):
    with pytest.raises(WrongState):
        moderation.make_private(question=commented(copy, now), user=moderator, now=now)


# --- set aside, published


def test_hidden_over_there_with_a_reason(client_for, fake, copy, moderator, now):
    say(fake, "t’es moche", at=now)
    comments.read_due(now)
    question, page = Question.objects.get(), client_for(moderator)
    address = f"/pro/moderation/questions/{question.pk}/decider"
    assert page.post(address, {"action": "hide_there", "reason": ""}).status_code == 422
    page.post(address, {"action": "hide_there", "reason": "Insulte."})
    outbox.send_due(timezone.now())
    assert fake.hidden == ["c1"] and again(question).state == State.REFUSED
    trace = ModerationTrace.objects.get(question=question)
    assert (trace.action, trace.reason, trace.by) == ("hide-there", "Insulte.", moderator)
    assert "Masquer sur Instagram" not in page.get(f"/pro/moderation/questions/{question.pk}").text


def test_set_aside_here_it_stays_there_until_somebody_hides_it(fake, copy, moderator, now):
    question = commented(copy, now)
    moderation.refuse(question=question, user=moderator, reason="Hors sujet.", now=now)
    assert not Outbound.objects.filter(channel="instagram").exists()
    comments.hide(question=question, user=moderator, reason="Et gênant.", now=now)
    assert Outbound.objects.filter(channel="instagram").count() == 1 and again(question).state == State.REFUSED


def test_published_here_by_a_human_without_a_name(client, client_for, copy, moderator, now):
    question = commented(copy, now)
    form = {"action": "show", "text": question.body, "pseudonym": question.pseudonym}
    client_for(moderator).post(f"/pro/moderation/questions/{question.pk}/decider", form)
    public = client.get(copy.story.get_absolute_url()).text
    assert "Il faut un diplôme\xa0?" in public and question.pseudonym in public and "instagram.com" not in public


# --- what the staff sees of the doors


def test_networks_say_whether_they_are_on_and_what_went_wrong(client_for, people, fake, copy, moderator, now):
    page = client_for(moderator)
    text = page.get("/pro/moderation/?voir=reseaux").text
    assert text.count("aucun jeton n’est réglé") == 2 and "Allumé, pas encore lu" in text and "1 copie notée" in text
    comments.read_due(now)
    assert "Allumé</td>" in page.get("/pro/moderation/?voir=reseaux").text
    fake.token = "another"
    comments.read_due(now + timedelta(minutes=5))
    text = page.get("/pro/moderation/?voir=reseaux").text
    assert "En panne" in text and "mettez-en un nouveau dans INSTAGRAM_TOKEN" in text and "IGtoken" not in text
    assert "En panne" in client_for(people["supervisor"]).get("/pro/entrees/").text


@pytest.mark.parametrize(
    "fault", [(429, {"Retry-After": "1200"}, {}), (500, {}, {}), (200, {}, b'{"data'), (200, {}, b"[]"), Provider.CUT, Provider.HANG]
)
def test_a_faulty_network_loses_nothing(fake, copy, now, fault):
    say(fake, "Bonjour", at=now)
    fake.faults = [fault]
    comments.read_due(now)
    account = NetworkAccount.objects.get()
    assert account.error and account.read_at is None and not Question.objects.exists()
    assert account.next_at == now + timedelta(minutes=20 if fault[0] == 429 else 5)
    comments.read_due(account.next_at)
    assert Question.objects.count() == 1 and NetworkAccount.objects.get().error == ""


@contextmanager
def counted(fake):
    before = len(fake.requests)
    yield lambda: len(fake.requests) - before


def test_asked_every_minute_a_network_is_read_every_five(fake, copy, now):
    comments.read_due(now)
    with counted(fake) as calls:
        for seconds in range(0, 300, 30):
            comments.read_due(now + timedelta(seconds=seconds))
        assert calls() == 0


def test_a_name_too_long_to_keep_stops_nothing(fake, copy, now):
    say(fake, "Bonjour", "Salut", at=now)
    fake.threads[REEL][0].id = "x" * (LONGEST_NAME + 1)
    comments.read_due(now)
    assert Question.objects.get().body == "Salut"
