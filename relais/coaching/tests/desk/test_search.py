"""One searches in one’s own conversations."""

from uuid import uuid4

import pytest

from relais.accounts.models import AccessRecord
from relais.coaching import services
from relais.coaching.desk import message_search

from .pages import open_page

pytestmark = pytest.mark.django_db


def test_one_searches_in_ones_own_conversations_without_accents(held, write, people, now):
    services.reply(
        conversation=held,
        user=people["mediator"],
        body="L’internat de la CRÈCHE ouvre en septembre",
        key=uuid4(),
        now=now,
    )
    write(body="Une autre crèche, à personne", key=uuid4())
    found = message_search.search(user=people["mediator"], words="creche L'INTERNAT", now=now)
    assert [hit.conversation.pk for hit in found.hits] == [held.pk] and found.is_whole and found.messages == 2
    assert "internat" in found.hits[0].excerpt
    assert message_search.search(user=people["mediator_2"], words="creche", now=now).hits == []
    assert AccessRecord.objects.filter(action="search").count() == 2


def test_an_excerpt_is_cut_out_of_what_was_said(held, people, client_for, now):
    services.reply(
        conversation=held,
        user=people["mediator"],
        body="Bonjour. " * 20 + "Le stage en crèche. " + "Voilà. " * 20,
        key=uuid4(),
        now=now,
    )
    client = client_for(people["mediator"])
    open_page(client, held)
    page = client.post("/pro/conversations/chercher", {"words": "CRECHE"}).content.decode()
    assert "stage en crèche" in page and "1 message" in page


def test_a_search_that_would_be_too_long_stops_and_says_so(held, people, client_for, now, monkeypatch):
    monkeypatch.setattr(message_search, "MESSAGES", 1)
    services.reply(conversation=held, user=people["mediator"], body="Bonjour", key=uuid4(), now=now)
    found = message_search.search(user=people["mediator"], words="rien", now=now)
    assert (found.messages, found.is_whole) == (1, False)


@pytest.mark.parametrize("words", ["", " ", "x" * 101])
def test_odd_words_are_a_sentence(people, line, client_for, words):
    assert client_for(people["mediator"]).post("/pro/conversations/chercher", {"words": words}).status_code == 422


@pytest.mark.parametrize("text", ["ﬁﬁﬁﬁ la crèche", "œuvre de crèche", "crèche", "x" * 500 + "crèche" + "y" * 500])
def test_an_excerpt_is_cut_around_the_word(text):
    assert "crèche" in message_search.excerpt(text, "creche") and len(message_search.excerpt(text, "creche")) < 140
