"""Comments of networks become questions that wait for a human, and go when they are gone there."""

from datetime import timedelta

import pytest
from django.apps import apps

from relais.foundation import outbox
from relais.foundation.models import EventRecord, Outbound
from relais.stories.models import Comment, ModerationTrace, Question, Story
from relais.stories.questions import comments, moderation, questions
from relais.stories.studio import rights
from relais.stories.tests.asking import State, again, asked, commented

from .said import DISTRESS, REEL, URL, answer, say

pytestmark = pytest.mark.django_db


# --- in


def test_a_comment_becomes_a_question_that_waits_for_a_human(client, client_for, fake, copy, moderator, now):
    say(fake, "Il faut un diplôme ?", at=now - timedelta(hours=1))
    assert comments.read_due(now) == 1
    question = Question.objects.get()
    assert (question.state, question.body, question.story_id) == (State.WAITING, "Il faut un diplôme ?", copy.story_id)
    assert question.due_at == questions.due(question.asked_at) and now - question.asked_at < timedelta(
        hours=1, seconds=2
    )
    assert (question.comment.number, question.comment.reply_to, question.comment.account, question.comment.copy) == (
        "c1",
        "c1",
        "178",
        copy,
    )
    page = client_for(moderator).get("/pro/moderation/").text
    assert "Commentaire sur Instagram" in page and "Il faut un diplôme\xa0?" in page and URL in page
    assert "Il faut un diplôme" not in client.get(copy.story.get_absolute_url()).text


def test_who_wrote_is_kept_nowhere(fake, copy, now):
    say(fake, "Bonjour", at=now)
    comments.read_due(now)
    for model in apps.get_models():
        if model.__module__.startswith("relais."):
            assert not any(
                "lea.du.45" in str(value) for row in model._base_manager.values() for value in row.values()
            ), model


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
