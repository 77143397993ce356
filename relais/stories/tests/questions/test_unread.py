"""Nothing of a question is reachable before a human has read it, nor after it was erased."""

import re
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from django.db import connection

from relais.foundation import meanwhile
from relais.foundation.models import EventRecord
from relais.foundation.refusals import WrongState
from relais.stories.models import ModerationTrace, Story
from relais.stories.questions import moderation, questions
from relais.stories.tests.asking import (
    ASK,
    State,
    again,
    answered_by_person,
    answering,
    asked,
    in_state,
    secret,
    shown,
)

pytestmark = pytest.mark.django_db
CANARY = "canarizébulon"
UNREAD = f"{CANARY} demande"


@pytest.mark.parametrize("state", State.values)
def test_erased_at_a_word_from_every_state(client, story, moderator, now, state):
    question = in_state(state, story, moderator, now, f"{CANARY} ?")
    if state == State.SHOWN:
        moderation.edit(
            question=question, user=moderator, text=f"{CANARY} mieux ?", seen=_seen(question), reason="", now=now
        )
        answered_by_person(question, moderator, now, f"oui {CANARY}")
        moderation.answer(question=question, user=moderator, body=f"non {CANARY}", key=uuid4(), now=now)
    if state == State.ANSWERED:
        # Nobody holds the receipt of a comment.
        assert client.post(f"/questions/{secret(question)}/effacer").status_code == 404
        questions.take_back(question=question, now=now)
    else:
        assert "Tu l’as effacée" in client.post(f"/questions/{secret(question)}/effacer", follow=True).text
    assert not _places_of(CANARY)
    assert again(question).state == State.REMOVED
    trace = ModerationTrace.objects.filter(question=question).latest("pk")
    assert (trace.action, trace.by, trace.before, trace.after) == ("take-back", None, "", "")
    assert EventRecord.objects.filter(name="question.taken-back", subject=question.pk).count() == 1
    client.post(f"/questions/{secret(question)}/effacer")
    assert EventRecord.objects.filter(name="question.taken-back").count() == 1
    for move in (moderation.refuse, moderation.hide):
        with pytest.raises(WrongState):
            move(question=question, user=moderator, reason="x", now=now)
    with pytest.raises(WrongState):
        moderation.show(question=question, user=moderator, text="Autre chose ?", pseudonym="Lynx 11", now=now)


def _seen(question) -> str:
    return meanwhile.fingerprint(moderation.told(again(question).shown_body))


def _places_of(word: str) -> list[str]:
    """Every column of every table that holds `word`."""
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f'SELECT count(*) FROM "{table}" AS one WHERE one::text ILIKE %s', [f"%{word}%"])
            if cursor.fetchone()[0]:
                found.append(table)
    return found


def _public_addresses(client, story, others) -> list[str]:
    listed = re.findall(r"<loc>(.*?)</loc>", client.get("/sitemap.xml").text)
    addresses = [urlsplit(address).path for address in listed]
    addresses += [
        f"{address}?q={CANARY}"
        for address in ("/recherche", "/metiers/", "/api/v1/search", "/api/v1/occupations", "/structures/")
    ]
    addresses += [
        "/",
        "/suivis",
        "/gouts",
        "/temoignages/?avec=enfants",
        ASK,
        "/sitemap.xml",
        "/robots.txt",
        "/api/v1/openapi.json",
        "/api/v1/figures",
    ]
    addresses += ["/api/v1/questions", "/api/v1/stories", "/questions/", f"/signaler/temoignage/{story.pk}"]
    return addresses + others


def test_nothing_unread_is_reachable_by_any_address(client, client_for, people, make_user, story, moderator, now):
    """Every state that is not SHOWN, an answer that waits, and the words as asked of a question that was mended."""
    hidden = [
        in_state(state, story, moderator, now, f"{UNREAD} {state} ?") for state in State.values if state != State.SHOWN
    ]
    mended = asked(story, now, f"{UNREAD} encore ?")
    mended = moderation.show(question=mended, user=moderator, text="Une question relue ?", pseudonym="Lynx 11", now=now)
    waiting = answered_by_person(mended, moderator, now, f"{UNREAD} à la personne")
    taken_down = moderation.answer(question=mended, user=moderator, body=f"{UNREAD} à l’équipe", key=uuid4(), now=now)
    moderation.hide_answer(answer=taken_down, user=moderator, reason="Faux.", now=now)
    other = asked(story, now, "Une autre ?")
    addresses = _public_addresses(
        client, story, [f"/questions/{secret(other)}", f"/questions/repondre/{answering(again(mended))}"]
    )
    addresses += [
        f"{base}/{one.pk}"
        for one in hidden
        for base in ("/questions", "/signaler/question", "/live/question", "/live/questions")
    ]
    addresses += [f"/signaler/reponse/{one.pk}" for one in (waiting, taken_down)] + [f"/signaler/question/{mended.pk}"]
    stranger, partner = client_for(make_user("mediator")), client_for(people["partner"])
    assert len(addresses) > 25
    for visitor in (client, stranger, partner):
        for address in addresses:
            answer = visitor.get(address, follow=True)
            text = answer.text if not answer.streaming else b"".join(answer.streaming_content).decode()
            assert UNREAD not in text, address
        assert "Une question relue\xa0?" in visitor.get(story.get_absolute_url()).text
    for private in (f"/pro/moderation/questions/{hidden[0].pk}", f"/pro/moderation/questions/{mended.pk}"):
        assert stranger.get(private).status_code == 404 and partner.get(private).status_code == 404
        assert client.get(private).status_code == 302


def test_nothing_of_a_question_is_in_the_search_index(client, story, moderator, now):
    """What the index is made of is read from the database by kind; questions are not one."""
    from relais.catalogue.models import SearchChange

    before = SearchChange.objects.count()
    shown(story, moderator, now, f"{CANARY} en ligne ?")
    assert SearchChange.objects.count() == before


def test_a_story_taken_down_takes_its_questions_along(client, story, moderator, now):
    question = shown(story, moderator, now)
    assert question.shown_body.removesuffix(" ?") in client.get(story.get_absolute_url()).text
    Story.objects.filter(pk=story.pk).update(state=Story.State.WITHDRAWN)
    assert question.shown_body.removesuffix(" ?") not in client.get(story.get_absolute_url()).text
    assert client.get(f"/signaler/question/{question.pk}").status_code == 404
    assert "Mais le témoignage n’est plus visible." in client.get(f"/questions/{secret(question)}").text
