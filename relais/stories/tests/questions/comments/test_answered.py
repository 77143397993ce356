"""Replies, invitations, what is set aside or published here."""

import os
import subprocess
import sys
import threading
from datetime import timedelta
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from relais.channels.tests.networks import Said
from relais.foundation import outbox
from relais.foundation.models import EventRecord, Outbound
from relais.foundation.refusals import ChangedMeanwhile, NotAcceptable, WrongState
from relais.stories.models import CommentReply, ModerationTrace, Question
from relais.stories.questions import comments, moderation
from relais.stories.tests.asking import State, again, asked, commented, copied, online

from .said import DISTRESS, NOBODY, REEL, answer, say, seen_now

pytestmark = pytest.mark.django_db


# --- out


def test_a_reply_leaves_below_the_comment_once(client_for, fake, copy, moderator, now):
    say(fake, "Il faut un diplôme ?", at=now)
    comments.read_due(now)
    question, page = Question.objects.get(), client_for(moderator)
    form = {"action": "reply", "body": "Non, pas au début.", "seen": NOBODY, "key": str(uuid4())}
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


def test_an_invitation_says_nothing_of_what_was_written_and_leads_to_the_line_with_its_touch(
    client, fake, copy, moderator, now
):
    assert len(copy.touch) == 5, "campaigns give each copy its touch"
    question = commented(copy, now, DISTRESS)
    text = comments.invitation(question.comment)
    assert (
        f"https://relais.exemple.invalid/parler?par={copy.touch}" in text and len(text) <= 150 and "mourir" not in text
    )
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
    environment = {
        name: os.environ[name] for name in ("PATH", "RELAIS_DATA", "DEBUG", "DJANGO_SETTINGS_MODULE", "RELAIS_PG_FAST")
    }
    environment |= {"PYTHONPATH": str(settings.BASE_DIR)}
    environment |= {"INSTAGRAM_API_URL": f"{fake.address}/v25.0"} | {
        name: os.environ[name] for name in ("DATABASE_URL",) if name in os.environ
    }
    name = connection.settings_dict["NAME"]
    with subprocess.Popen(
        [sys.executable, "-c", CHILD, name], env=environment, cwd=settings.BASE_DIR, stderr=subprocess.PIPE
    ) as child:
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
    outbox.enqueue(
        "email", key="autre", payload={"to": "x@exemple.invalid", "subject": "x", "text": "x"}, now=now, owner=None
    )
    Outbound.objects.filter(key="autre").update(state=Outbound.State.FAILED)
    with pytest.raises(WrongState):
        comments.send_again(question=question, user=moderator, key="autre", now=now)


def test_two_moderators_do_not_both_answer(copy, moderator, people, fake, now):
    question = commented(copy, now)
    answer(question, moderator, now)
    with pytest.raises(ChangedMeanwhile):
        answer(question, people["supervisor"], now, body="Oui.")
    answer(question, people["supervisor"], now, body="Et bienvenue.", seen=seen_now(question))
    assert CommentReply.objects.count() == 2


@pytest.mark.parametrize("length", [0, 2201])
def test_what_the_network_would_refuse_is_refused_here(client_for, copy, moderator, fake, now, length):
    question = commented(copy, now)
    page = client_for(moderator).post(
        f"/pro/moderation/questions/{question.pk}/decider",
        {"action": "reply", "body": "a" * length, "seen": NOBODY, "key": str(uuid4())},
    )
    assert page.status_code == 422 and again(question).state == State.WAITING and not CommentReply.objects.exists()


def test_a_network_that_is_off_takes_no_reply(client_for, copy, moderator, now):
    question = commented(copy, now)
    with pytest.raises(NotAcceptable, match="n’est plus relié"):
        answer(question, moderator, now)
    shown = client_for(moderator).get(f"/pro/moderation/questions/{question.pk}").text
    assert "n’est plus relié à ce site" in shown and 'value="reply"' not in shown and "Masquer sur" not in shown


def test_a_question_asked_here_is_not_answered_elsewhere(story, moderator, fake, now):
    question = asked(story, now)
    for act in (
        lambda: answer(question, moderator, now),
        lambda: comments.hide(question=question, user=moderator, reason="x", now=now),
    ):
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
