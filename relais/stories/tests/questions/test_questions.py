"""Asking under a story: kept once, read by nobody before a human, told to who asked, erased at a word."""

import re
import threading
from datetime import datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test import Client

from relais.foundation.models import EventRecord, Outbound, RateBucket
from relais.foundation.ratelimit import LIMITS
from relais.foundation.refusals import Gone
from relais.stories.models import Question, Story
from relais.stories.questions import moderation, questions
from relais.stories.tests.asking import (
    ASK,
    State,
    again,
    asked,
    form,
    online,
    secret,
    shown,
)

PARIS = ZoneInfo("Europe/Paris")
DISTRESS = "je veux mourir ce soir"
pytestmark = pytest.mark.django_db


def test_asked_then_waiting_for_a_human(client, story, now):
    answer = client.post(ASK + "?par=K7QM3", form())
    question = Question.objects.get()
    assert answer.status_code == 302 and answer["Location"] == f"/questions/{secret(question)}?par=K7QM3"
    page = client.get(answer["Location"])
    assert "sera lue par un humain avant de paraître" in page.text
    assert (question.state, question.touch, question.is_alarming) == (State.WAITING, "K7QM3", False)
    event = EventRecord.objects.get(name="question.asked")
    assert (event.subject, event.touch, event.data) == (question.pk, "K7QM3", {"story": "au-coeur", "alarming": False})
    assert not answer.cookies and not page.cookies
    assert 'content="noindex' in page.text and "no-store" in page["Cache-Control"]
    assert question.body.removesuffix(" ?") not in client.get(story.get_absolute_url()).text


def test_without_a_pseudonym_one_is_given(client, story):
    client.post(ASK, form(pseudonym="  "))
    assert re.fullmatch(r"\w+ \d\d", Question.objects.get().pseudonym)


@pytest.mark.parametrize(
    "asked_at, due_at",
    [
        (
            datetime(2026, 11, 20, 16, 0, tzinfo=PARIS),
            datetime(2026, 11, 24, 10, 0, tzinfo=PARIS),
        ),  # a Friday afternoon
        (datetime(2026, 11, 21, 23, 0, tzinfo=PARIS), datetime(2026, 11, 24, 11, 0, tzinfo=PARIS)),  # a Saturday night
        (
            datetime(2026, 11, 10, 16, 30, tzinfo=PARIS),
            datetime(2026, 11, 13, 10, 30, tzinfo=PARIS),
        ),  # before the 11th of November
    ],
)
def test_the_promise_is_eight_working_hours(asked_at, due_at):
    assert questions.due(asked_at) == due_at


def test_sent_twice_is_one_question_and_other_words_are_another(client, story):
    once = form()
    first, second = client.post(ASK, once), client.post(ASK, once)
    assert first["Location"] == second["Location"] and Question.objects.count() == 1
    third = client.post(ASK, once | {"body": "Et sans diplôme ?"})
    assert third["Location"] != first["Location"]
    assert client.post(ASK, once | {"body": "Et sans diplôme ?"})["Location"] == third["Location"]
    assert Question.objects.count() == 2 and EventRecord.objects.filter(name="question.asked").count() == 2


@pytest.mark.django_db(transaction=True)
def test_sent_ten_times_at_once_is_one_question(people, now):
    story, key, found = online(people, now), uuid4(), []

    def send():
        try:
            found.append(
                questions.ask(story=story, pseudonym="Lynx 11", body="Pourquoi ?", key=key, touch="", now=now)[0].pk
            )
        finally:
            connection.close()

    threads = [threading.Thread(target=send) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 10 and len(set(found)) == 1 and Question.objects.count() == 1


def test_only_under_a_published_story(client, story, now):
    for state, expires in (
        (Story.State.WITHDRAWN, None),
        (Story.State.DRAFT, None),
        (Story.State.PUBLISHED, now - timedelta(seconds=1)),
    ):
        Story.objects.filter(pk=story.pk).update(state=state, expires_at=expires)
        assert client.get(ASK).status_code == 404 and client.post(ASK, form()).status_code == 404
    with pytest.raises(Gone):
        asked(story, now)
    assert not Question.objects.exists()


@pytest.mark.parametrize(
    "body, said",
    [
        ("", "Écris ta question"),
        ("   \n ", "Écris ta question"),
        ("?!…", "avec des mots"),
        ("a" * 10_000, "10000 signes\xa0: la limite est de 500"),
    ],
)
def test_refused_with_a_sentence_and_the_text_kept(client, story, body, said):
    answer = client.post(ASK, form(body))
    assert answer.status_code == 422 and said in answer.text
    assert f">\n{body.strip()}</textarea>" in answer.text or body.strip() in answer.text
    assert not Question.objects.exists()


def test_five_hundred_signs_are_kept_to_the_last(client, story):
    assert client.post(ASK, form("é" * 499 + "?")).status_code == 302
    assert Question.objects.get().body == "é" * 499 + "?"


@pytest.mark.parametrize("pseudonym", ["snap : lola.dub45", "06 39 98 12 34", "lola@exemple.fr"])
def test_a_pseudonym_that_says_who(client, story, pseudonym):
    answer = client.post(ASK, form(pseudonym=pseudonym))
    assert answer.status_code == 422 and "en dit trop sur toi" in answer.text


def test_a_form_from_elsewhere_is_refused(client, story):
    assert client.post(ASK, form(), headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert client.post(ASK, form(), headers={"Origin": "https://ailleurs.invalid"}).status_code == 403
    assert not Question.objects.exists()


def test_a_flood_is_slowed_down_and_loses_no_text(client, story):
    client.post(ASK, form())
    RateBucket.objects.update(count=LIMITS["ask"].count - 1)
    answers = [client.post(ASK, form(f"Question numéro {number} ?")) for number in range(3)]
    assert [answer.status_code for answer in answers] == [302, 429, 429]
    assert "Question numéro 2 ?" in answers[-1].text and "Attends une heure" in answers[-1].text
    assert Question.objects.count() == 2


HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</textarea><script>alert(1)</script>",
    "{{ 7*7 }}{% raw %}",
    "\u202egro.elpmaxe",
    "<a href='javascript:alert(1)'>ici</a>",
)


@pytest.mark.parametrize("body", HOSTILE)
def test_hostile_words_are_only_words(client, client_for, story, moderator, now, body):
    assert client.post(ASK, form(f"Bonjour {body} ?")).status_code == 302
    question = Question.objects.get()
    Question.objects.update(pseudonym=body[:30].strip("\u202e"))
    staff = client_for(moderator)
    pages = [
        client.get(f"/questions/{secret(question)}"),
        staff.get("/pro/moderation/"),
        staff.get(f"/pro/moderation/questions/{question.pk}"),
    ]
    Question.objects.filter(pk=question.pk).update(state=State.SHOWN, shown_body=question.body)
    moderation.answer(question=again(question), user=moderator, body=f"Non {body}", key=uuid4(), now=now)
    pages += [
        client.get(story.get_absolute_url()),
        client.get(f"/signaler/question/{question.pk}"),
        client.post(ASK, form(body * 100)),
    ]
    for page in pages:
        assert page.status_code in (200, 422)
        for bad in ("<script>alert", "<img src=x", "href='javascript"):
            assert bad not in page.text
    # The last page gives back to somebody what they typed, as they typed it.
    assert not any("\u202e" in page.text for page in pages[:-1])
    assert "{{ 7*7 }}" not in body or "{{ 7*7 }}" in pages[3].text


# --- distress


def test_signs_of_danger_are_told_at_once(client, people, story):
    page = client.get(client.post(ASK, form(DISTRESS))["Location"])
    assert "N’attends pas notre réponse." in page.text and 'href="tel:3114"' in page.text and "/aide" in page.text
    question = Question.objects.get()
    assert question.is_alarming
    letters = Outbound.objects.filter(key__startswith="question-alarm:")
    assert {letter.payload["to"] for letter in letters} == {
        people[role].email for role in ("mediator", "mediator_2", "supervisor", "campaign_manager")
    }
    for letter in letters:
        assert f"/pro/moderation/questions/{question.pk}" in letter.payload["text"]
        assert "mourir" not in str(letter.payload) and question.pseudonym not in str(letter.payload)


def test_first_in_the_queue(client, client_for, story, moderator, now):
    asked(story, now - timedelta(days=9), "La plus vieille ?")
    asked(story, now, DISTRESS)
    page = client_for(moderator).get("/pro/moderation/").text
    assert page.index("tout de suite") < page.index("La plus vieille\xa0?") and "<mark" in page and "en retard" in page


# --- what becomes of it


def test_the_receipt_follows_the_question(client, story, moderator, now):
    question = asked(story, now)

    def page():
        return client.get(f"/questions/{secret(question)}").text

    moderation.refuse(question=question, user=moderator, reason="Quelqu’un l’a déjà demandé.", now=now)
    assert "ne paraîtra pas" in page() and "Quelqu’un l’a déjà demandé." in page()
    moderation.show(question=question, user=moderator, text="Faut-il un diplôme ?", pseudonym="Loutre 12", now=now)
    assert "est en ligne" in page() and "Faut-il un diplôme\xa0?" in page() and "changé des mots" in page()
    moderation.answer(question=question, user=moderator, body="Non, pas au début.", key=uuid4(), now=now)
    assert "de l’équipe te répond" in page() and "Non, pas au début." in page()
    moderation.make_private(question=question, user=moderator, now=now)
    assert (
        f"/parler/question/{secret(question)}" in page()
        and "Continuer en privé" in page()
        and "Non, pas au début." not in page()
    )


def test_late_is_admitted(client, story, now):
    question = asked(story, now - timedelta(days=9))
    assert "on est en retard" in client.get(f"/questions/{secret(question)}").text


def test_nobody_elses_receipt(client, story, now):
    asked(story, now)
    assert client.get("/questions/inconnu").status_code == 404
    assert client.post("/questions/inconnu/effacer").status_code == 404
    assert Question.objects.get().body


def test_queries_of_the_page_do_not_grow(client, story, moderator, now, django_assert_max_num_queries):
    for number in range(12):
        question = shown(story, moderator, now, f"Question {number} ?")
        moderation.answer(question=question, user=moderator, body="Oui.", key=uuid4(), now=now)
    with django_assert_max_num_queries(2):
        found = questions.questions_context(story)["questions"]
        assert [one.shown_answers[0].body for one in found] == ["Oui."] * 12


def test_a_mere_look_leaves_no_cookie(story):
    client = Client()
    for address in (story.get_absolute_url(), ASK, f"/signaler/temoignage/{story.pk}"):
        answer = client.get(address)
        assert answer.status_code == 200 and not answer.cookies and "csrfmiddlewaretoken" not in answer.text
