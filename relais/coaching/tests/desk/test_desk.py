"""The tools of the desk: answering, presence and notes of two people on one conversation, and columns beside each other."""

from datetime import timedelta
from uuid import uuid4

import pytest

from relais.accounts.models import AccessRecord
from relais.coaching.desk import notes, presence
from relais.coaching.models import Conversation, Mention, Message, Note, Presence
from relais.coaching.models.desk import HERE

from .pages import open_page, path

pytestmark = pytest.mark.django_db


# --- answering what nobody holds


def test_answering_takes_the_conversation_in_hand(write, people, client_for):
    conversation, client = write().conversation, client_for(people["mediator"])
    assert "Prendre et répondre" in open_page(client, conversation)
    assert (
        client.post(path(conversation, "repondre"), {"body": "Bonjour", "key": uuid4(), "take": "on"}).status_code
        == 302
    )
    held = Conversation.objects.get()
    assert (held.claimed_by, held.state) == (people["mediator"], Conversation.State.ANSWERED)


def test_of_two_who_answer_at_once_one_is_sent_and_the_other_keeps_their_words(write, people, client_for):
    conversation = write().conversation
    first, second = client_for(people["mediator"]), client_for(people["mediator_2"])
    open_page(first, conversation), open_page(second, conversation)
    first.post(path(conversation, "repondre"), {"body": "De Sarah", "key": uuid4(), "take": "on"})
    response = second.post(path(conversation, "repondre"), {"body": "De Karim", "key": uuid4(), "take": "on"})
    page = response.content.decode()
    assert response.status_code == 422 and "De Karim" in page and people["mediator"].display_name in page
    assert list(Message.objects.filter(side="staff").values_list("author", flat=True)) == [people["mediator"].pk]


# --- presence


def test_two_people_on_one_conversation_know_of_each_other(write, people, client_for, now):
    conversation = write().conversation
    first, second = client_for(people["mediator"]), client_for(people["mediator_2"])
    open_page(first, conversation), open_page(second, conversation)
    first.post("/pro/conversations/presence", {"c": conversation.pk, "writing": conversation.pk})
    told = second.post("/pro/conversations/presence", {"c": conversation.pk}).json()
    assert told["beside"][str(conversation.pk)] == [{"name": people["mediator"].display_name, "writing": True}]
    assert "est en train d’écrire ici" in open_page(second, conversation)
    assert f"{people['mediator'].display_name} écrit" in second.get("/pro/conversations/").content.decode()


def test_presence_ends_with_the_page(write, people, now):
    conversation = write().conversation
    for _ in range(3):
        presence.be_here(user=people["mediator"], conversation=conversation, is_writing=True, now=now)
        presence.be_here(user=people["mediator"], conversation=None, is_writing=False, now=now)
    assert Presence.objects.count() == 2
    later = now + timedelta(seconds=20)
    assert [one.is_writing for one in presence.others_here(conversation, people["mediator_2"], later)] == [False]
    assert presence.others_here(conversation, people["mediator_2"], now + HERE) == []


@pytest.mark.parametrize("c", ["", "abc", ",,,,", "x" * 5000, str(uuid4())])
def test_presence_of_nothing_is_being_in_the_inbox(people, client_for, c):
    told = client_for(people["mediator"]).post("/pro/conversations/presence", {"c": c}).json()
    assert told == {"beside": {}, "mentions": 0}
    assert Presence.objects.get().conversation is None


# --- notes


def test_a_note_tells_those_it_names(held, people, client_for, now):
    client, karim = client_for(people["mediator"]), people["mediator_2"]
    open_page(client, held)
    key = uuid4()
    for _ in range(2):
        client.post(
            path(held, "note"), {"body": f"@{karim.display_name.upper()} tu peux regarder ? @personne", "key": key}
        )
    assert Note.objects.count() == Mention.objects.count() == 1
    assert "tu peux regarder" in open_page(client, held)
    theirs = client_for(karim)
    assert "<b data-count>1</b>" in theirs.get("/pro/conversations/").content.decode()
    page = theirs.get("/pro/conversations/mentions").content.decode()
    assert held.journey.pseudonym in page and "tu peux regarder" not in page, (
        "the note is read in the conversation, which leaves a trace"
    )
    open_page(theirs, held)
    assert Mention.objects.get().seen_at
    assert AccessRecord.objects.filter(user=karim, action="read").latest("id").reason == "mentioned"


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ("@Karim vois", True),
        ("@karim, vois", True),
        ("voir @KARIM", True),
        ("@Karima", False),
        ("a@karim.fr", False),
        ("Karim", False),
        ("@ Karim", False),
    ],
)
def test_a_name_is_a_mention_after_its_sign(people, body, named):
    people["mediator_2"].display_name = "Karim"
    assert notes.named_in(body, [people["mediator_2"]]) == ([people["mediator_2"]] if named else [])


def test_who_may_not_see_a_conversation_is_not_told_of_it(held, people, now, make_user):
    stranger = make_user("mediator", display_name="Zoé")
    note = notes.add_note(conversation=held, author=people["mediator"], body="@Zoé @Inès", key=uuid4(), now=now)
    assert not note.mentions.exists() and stranger


def test_an_empty_note_is_refused_where_it_was_typed(held, people, client_for):
    client = client_for(people["mediator"])
    open_page(client, held)
    response = client.post(path(held, "note"), {"body": "", "key": uuid4()})
    assert response.status_code == 422 and "Écrivez votre note" in response.content.decode()


# --- beside each other


def test_three_conversations_beside_each_other(write, people, client_for, now, django_assert_max_num_queries):
    conversations = [write(key=uuid4(), body=f"Message {n}").conversation for n in range(3)]
    client = client_for(people["mediator"])
    address = "/pro/conversations/cote-a-cote?" + "&".join(f"c={one.pk}" for one in conversations)
    client.get(address)
    with django_assert_max_num_queries(67):
        page = client.get(address).content.decode()
    assert all(f"Message {n}" in page for n in range(3))
    assert AccessRecord.objects.filter(user=people["mediator"], action="read").values("subject").distinct().count() == 3


def test_answering_beside_comes_back_beside(write, people, client_for, now):
    first, second = write().conversation, write(key=uuid4()).conversation
    client = client_for(people["mediator"])
    client.get(f"/pro/conversations/cote-a-cote?c={first.pk}&c={second.pk}")
    fields = {"body": "Bonjour", "key": uuid4(), "take": "on", "beside": f"{first.pk},{second.pk}"}
    assert (
        client.post(path(first, "repondre"), fields).url == f"/pro/conversations/cote-a-cote?c={first.pk}&c={second.pk}"
    )


def test_a_strange_column_is_not_found_and_odd_ones_are_left_out(held, people, client_for):
    client = client_for(people["mediator"])
    assert client.get(f"/pro/conversations/cote-a-cote?c={held.pk}&c={uuid4()}").status_code == 404
    assert client.get(f"/pro/conversations/cote-a-cote?c=abc&c={held.pk}&c={held.pk}").status_code == 200
    assert client.get("/pro/conversations/cote-a-cote").status_code == 200


def test_columns_go_through_the_same_door_as_the_page(held, people, client_for):
    page = client_for(people["mediator_2"]).get(f"/pro/conversations/cote-a-cote?c={held.pk}").content.decode()
    assert (
        "Pourquoi ouvrir ce dossier" in page
        and not AccessRecord.objects.filter(user=people["mediator_2"], action="read").exists()
    )
