"""The private links that lead to a conversation: from a door, and from a question made private."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from relais.coaching.models import Conversation, Line, Message
from relais.coaching.rights import requests
from relais.coaching.thread import links
from relais.foundation.refusals import LinkOver
from relais.journeys import services as journeys
from relais.stories.questions.moderation import make_private
from relais.stories.questions.questions import ask
from relais.stories.tests.making import published

pytestmark = pytest.mark.django_db


@pytest.fixture
def question(people, now):
    """A question under a story, and the secret of who asked it."""
    story = published(people, now)
    return ask(story=story, key=uuid4(), pseudonym="Lynx 4", body="Et si ?", touch="K7QM3", now=now)


def test_a_question_made_private_goes_on_behind_its_secret_address(question, people, now, client):
    asked, secret = question
    assert client.get(f"/parler/question/{secret}").status_code == 404, "not while it waits to be read"
    make_private(question=asked, user=people["mediator"], now=now)
    conversation = Conversation.objects.select_related("journey").get()
    assert (conversation.channel, conversation.journey.pseudonym, conversation.journey.touch) == (
        "question",
        "Lynx 4",
        "K7QM3",
    )
    assert conversation.due_at == now + timedelta(minutes=30)
    assert client.get(f"/parler/question/{secret}").status_code == 200
    client.post(f"/parler/question/{secret}")
    assert "Et si\xa0?" in client.get("/parler").content.decode()
    assert client.get("/parler/question/autre").status_code == 404


@pytest.mark.parametrize("keeps", ["the question", "the other"])
def test_a_question_whose_conversation_was_joined_leads_to_the_one_that_stays_and_is_erased_with_it(
    keeps, question, people, write, join, now, client
):
    asked, secret = question
    make_private(question=asked, user=people["mediator"], now=now)
    pair = [Conversation.objects.get(), write(key=uuid4()).conversation]
    kept = join(*(pair if keeps == "the question" else reversed(pair)))
    assert client.post(f"/parler/question/{secret}").status_code == 302
    assert Conversation.objects.get().pk == kept.pk, "no second one is opened with the same words"
    assert "Et si\xa0?" in client.get("/parler").content.decode()
    requests.erase(journey=kept.journey, now=now)
    asked.refresh_from_db()
    assert (asked.body, asked.pseudonym) == ("", "") and not Message.objects.exists()


def test_a_question_made_private_before_there_is_a_line_waits_for_one(question, people, line, now, client):
    asked, secret = question
    organisation = line.organisation
    line.delete()
    make_private(question=asked, user=people["mediator"], now=now)
    assert client.get(f"/parler/question/{secret}").status_code == 404
    Line.objects.create(slug="neuve", name="Neuve", organisation=organisation)
    assert client.get(f"/parler/question/{secret}").status_code == 200 and not Conversation.objects.exists(), (
        "a program that opens links opens no conversation"
    )
    assert [client.post(f"/parler/question/{secret}").status_code for _ in range(2)] == [
        302,
        302,
    ] and Conversation.objects.count() == 1


def test_a_private_link_shows_a_button_and_lets_in_who_presses_it(client, write, now, settings):
    conversation = write("Mon secret").conversation
    address = links.make(conversation, now=timezone.now()).removeprefix(settings.SITE_URL)
    page = client.get(address)
    assert (
        page.status_code == 200
        and "Mon secret" not in page.content.decode()
        and settings.JOURNEY_COOKIE_NAME not in page.cookies
    )
    assert client.post(address).status_code == 302
    assert "Mon secret" in client.get("/parler").content.decode()
    assert client.get(address).status_code == 302, "already in"


def test_a_link_of_another_conversation_warns_before_it_takes_its_place(client, write, settings):
    mine = write("À moi")
    client.cookies[settings.JOURNEY_COOKIE_NAME] = mine.cookie
    address = links.make(write("Autre").conversation, now=timezone.now()).removeprefix(settings.SITE_URL)
    code = journeys.resume_code(mine.conversation.journey)
    assert f"{code[:4]}-{code[4:8]}-{code[8:]}" in client.get(address).content.decode()


def test_a_link_ends_after_a_week_and_wrong_ones_are_counted(client, write, now):
    conversation = write().conversation
    secret = links.make(conversation, now=now).rpartition("/")[2]
    assert links.opened_by(secret.lower(), now=now) == conversation
    with pytest.raises(LinkOver):
        links.opened_by(secret, now=now + links.LIFE)
    statuses = [client.get(f"/parler/l/ACDEFGHJKM{one}").status_code for one in range(10, 45)]
    assert statuses[0] == 404 and statuses[-1] == 429
