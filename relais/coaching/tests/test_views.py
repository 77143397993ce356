"""What the pages of the answer line do with what people really send."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.conf import settings
from django.test import Client

from relais.coaching import services
from relais.coaching.models import Callback, Conversation, Message

pytestmark = pytest.mark.django_db


@pytest.fixture
def young(line):
    """The browser of a young person."""
    return Client()


def first(young, body="Bonjour", **fields):
    return young.post("/parler?par=K7QM3", {"body": body, "key": uuid4(), **fields})


def test_writing_without_an_account_keeps_the_touch(young):
    response = first(young, pseudonym="Renard 7")
    assert (response.status_code, response.url) == (302, "/parler")
    cookie = response.cookies[settings.JOURNEY_COOKIE_NAME]
    assert cookie["httponly"] and cookie["samesite"] == "Lax"
    conversation = Conversation.objects.get()
    assert (conversation.journey.touch, conversation.journey.pseudonym) == ("K7QM3", "Renard 7")
    assert "Bonjour" in young.get("/parler").content.decode()


@pytest.mark.parametrize("body", ["🙂🙂🙂", "a", "<script>alert(1)</script>", "' OR 1=1 --", "x" * 4000, "مرحبا"])
def test_whatever_is_said_is_heard_and_never_run(young, body):
    assert first(young, body=body).status_code == 302
    page = young.get("/parler").content.decode()
    assert "<script>alert" not in page
    assert Message.objects.get().body == body


@pytest.mark.parametrize("body", ["", "   ", "m" * 100_000])
def test_what_cannot_be_sent_stays_in_the_box_with_a_sentence(young, body):
    response = first(young, body=body)
    page = response.content.decode()
    assert response.status_code == 422 and "errors" in page
    assert not Conversation.objects.exists()
    if body.startswith("m"):
        assert "m" * 100_000 in page and "100000 signes" in page


def test_an_unknown_commune_is_a_question_not_a_wall(young):
    response = first(young, commune="Trifouillis-les-Oies")
    assert response.status_code == 422 and "Trifouillis-les-Oies" in response.content.decode()
    assert "Bonjour" in response.content.decode(), "the message stays in its box"


def test_a_postcode_shared_by_neighbours_stops_nobody(young, commune):
    type(commune).objects.create(
        insee="45004",
        name="Amilly",
        departement="45",
        region="24",
        postcodes=["45200"],
        population=13000,
        latitude=47.9,
        longitude=2.7,
        key="amilly",
        digest="",
    )
    assert first(young, commune="45200").status_code == 302
    assert Conversation.objects.get().journey.commune == commune


def test_an_address_that_takes_a_form_says_so_when_read(young, people, client_for):
    response = client_for(people["administrator"]).get("/pro/equipe/inviter")
    assert response.status_code in (302, 405) and (
        response.status_code == 302 or "Reprenez" in response.content.decode()
    )
    assert young.get("/parler/ecrire").status_code == 302


def test_a_first_form_sent_again_from_an_old_tab_joins_the_conversation(young):
    key = uuid4()
    for _ in range(2):
        young.post("/parler", {"body": "Bonjour", "key": key})
    young.post("/parler", {"body": "De l’autre onglet", "key": uuid4()})
    assert list(Message.objects.values_list("body", flat=True)) == ["Bonjour", "De l’autre onglet"]
    assert Conversation.objects.count() == 1


def test_a_form_without_its_key_says_to_reload(young):
    response = young.post("/parler", {"body": "Bonjour", "key": "abc"})
    assert response.status_code == 422 and "Bonjour" in response.content.decode()


def test_the_module_of_the_page_gets_a_new_key_or_a_sentence(young):
    first(young)
    said = young.post("/parler/ecrire", {"body": "Encore", "key": uuid4()}, headers={"accept": "application/json"})
    assert said.json()["seq"] == 2 and said.json()["key"]
    refused = young.post("/parler/ecrire", {"body": "", "key": uuid4()}, headers={"accept": "application/json"})
    assert refused.status_code == 422 and refused.json()["error"]


def test_an_old_tab_does_not_write_into_the_conversation_of_who_came_after(young, line):
    """A telephone on which somebody else types their own code: what the first one wrote is not for theirs."""
    first(young)
    before, page = Conversation.objects.get(), young.get("/parler").content.decode()
    assert f'name="de" value="{before.pk}"' in page
    young.cookies.clear()
    first(young)
    old = {"body": "Pour ma conversation", "key": uuid4(), "de": before.pk}
    answer = young.post("/parler/ecrire", old)
    assert answer.status_code == 422 and "Pour ma conversation" in answer.content.decode()
    assert "Rien n’est parti" in answer.content.decode().replace("\u00a0", " ")
    said = young.post("/parler/ecrire", old, headers={"accept": "application/json"})
    assert said.status_code == 422 and "Rien n’est parti" in said.json()["error"]
    assert Message.objects.count() == 2
    now = Conversation.objects.exclude(pk=before.pk).get()
    assert young.post("/parler/ecrire", old | {"de": now.pk}).status_code == 302


def test_news_are_only_for_who_holds_the_cookie(young, line):
    first(young)
    news = f"/parler/suite?de={Conversation.objects.get().pk}&apres="
    assert "Bonjour" in young.get(f"{news}0").content.decode()
    assert young.get(f"{news}1").content == b""
    assert young.get(f"{news}-1").status_code == 404
    assert Client().get(f"{news}0").status_code == 302
    other = young.get(f"/parler/suite?de={uuid4()}&apres=0")
    assert (other.status_code, other.content) == (410, b""), (
        "a page of another conversation is told nothing of this one"
    )


def test_a_closed_line_says_when_it_opens_and_offers_a_call(young, line, now):
    line.closures.create(first=now.date() - timedelta(days=1), last=now.date() + timedelta(days=1))
    assert "On revient" in young.get("/parler").content.decode()
    first(young)
    page = young.get("/parler").content.decode()
    assert "La ligne ouvre" in page and "/parler/rappel" in page


@pytest.mark.parametrize(
    ("kind", "value", "ok"),
    [
        ("email", "a@exemple.fr", True),
        ("phone", "06 12 34 56 78", True),
        ("email", "06", False),
        ("phone", "abc", False),
    ],
)
def test_a_callback_needs_a_way_that_works(young, kind, value, ok):
    first(young)
    response = young.post("/parler/rappel", {"kind": kind, "value": value})
    assert response.status_code == (302 if ok else 422)
    assert Callback.objects.exists() is ok


def test_forgetting_leaves_nothing_on_the_device(young):
    first(young)
    young.post("/parler/quitter")
    assert "Oublier sur ce téléphone" not in young.get("/parler").content.decode()


def test_the_resume_page_never_says_which_part_is_wrong(young):
    assert young.post("/parler/reprendre", {"code": "AAAA-AAAA-AAAA"}).status_code == 422


def test_the_mediators_text_survives_a_lost_race(write, people, client_for, now):
    conversation = write().conversation
    services.claim(conversation=conversation, user=people["mediator_2"], now=now)
    response = client_for(people["mediator"]).post(
        f"/pro/conversations/{conversation.pk}/repondre", {"body": "Ma longue réponse", "key": uuid4()}
    )
    page = response.content.decode()
    assert response.status_code == 422 and "Ma longue réponse" in page and people["mediator_2"].display_name in page


def test_the_inbox_is_ordered_by_deadline_and_its_queries_do_not_grow(
    write, people, client_for, now, django_assert_max_num_queries
):
    late = write(at=now - timedelta(minutes=40)).conversation
    for minutes in range(12):
        write(at=now - timedelta(minutes=minutes), key=uuid4())
    client = client_for(people["mediator"])
    with django_assert_max_num_queries(17):
        page = client.get("/pro/conversations/").content.decode()
    first_row = page.split('class="inbox"')[1].split("</li>")[0]
    assert str(late.pk) in first_row and "promesse rompue" in first_row
