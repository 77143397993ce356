"""Ready answers: variables, owners, and what is too old to be trusted."""

from datetime import timedelta
from uuid import uuid4

import pytest

from relais.coaching import services
from relais.coaching.desk import canned, drafts
from relais.coaching.models import CannedReply

pytestmark = pytest.mark.django_db


@pytest.fixture
def reply(people, line, now):
    """A ready answer of the mediator, with every variable."""
    body = "Bonjour {pseudo}, c’est {prenom}. {ligne} répond {ouverture}, en {promesse} minutes. Tu es à {commune} ?"
    new = CannedReply(organisation=line.organisation, shortcut="bonjour", title="Bonjour", body=body)
    return canned.keep(reply=new, user=people["mediator"], today=now.date(), now=now)


def test_variables_are_filled_for_the_person(reply, write, people, commune, now):
    conversation = write(commune=commune).conversation
    text = canned.fill(reply, conversation=conversation, user=people["mediator"], now=now)
    assert text.startswith("Bonjour Colibri 12, c’est Sarah. Ligne répond aujourd’hui jusqu’à ") and text.endswith(
        "en 30 minutes. Tu es à Montargis ?"
    )


def test_a_closed_line_says_a_date_not_tomorrow(reply, write, people, now):
    conversation = write().conversation
    conversation.line.closures.create(first=now.date() - timedelta(days=1), last=now.date() + timedelta(days=2))
    conversation.line.forget_hours()
    assert " à 0 h 00" in canned.fill(reply, conversation=conversation, user=people["mediator"], now=now).replace(
        "\xa0", " "
    )


def test_what_is_not_known_is_left_to_fill_and_cannot_leave(reply, write, people, client_for, now):
    conversation = write().conversation
    text = canned.fill(reply, conversation=conversation, user=people["mediator"], now=now)
    assert canned.blanks(text) == ["commune"]
    services.claim(conversation=conversation, user=people["mediator"], now=now)
    client = client_for(people["mediator"])
    response = client.post(f"/pro/conversations/{conversation.pk}/repondre", {"body": text, "key": uuid4()})
    assert response.status_code == 422 and "[commune ?]" in response.content.decode()
    sent = client.post(f"/pro/conversations/{conversation.pk}/repondre", {"body": "[rire ?] {ok}", "key": uuid4()})
    assert sent.status_code == 302, "other brackets are the author's own"


def test_without_a_script_the_ready_answer_comes_after_the_draft(reply, write, people, client_for, now):

    conversation = write().conversation
    services.claim(conversation=conversation, user=people["mediator"], now=now)
    drafts.keep_draft(conversation=conversation, user=people["mediator"], body="Déjà tapé", key=uuid4(), now=now)
    client = client_for(people["mediator"])
    page = client.get(f"/pro/conversations/{conversation.pk}/?modele={reply.pk}").content.decode()
    box = page.split("<textarea")[1].split("</textarea>")[0]
    assert "Déjà tapé" in box and "c’est Sarah" in box
    for odd in ("abc", "0", "²", "9" * 30):
        assert client.get(f"/pro/conversations/{conversation.pk}/?modele={odd}").status_code == 200


@pytest.mark.parametrize(
    ("body", "ok"),
    [("Salut {pseudo}", True), ("Salut {nom}", False), ("{}", False), ("{pseudo", True), ("{ pseudo }", False)],
)
def test_an_unknown_variable_is_refused_with_the_known_ones(people, line, client_for, body, ok):
    response = client_for(people["mediator"]).post(
        "/pro/reponses/nouvelle", {"shortcut": "salut", "title": "Salut", "body": body, "is_active": "on"}
    )
    assert response.status_code == (302 if ok else 422)
    assert CannedReply.objects.exists() is ok
    if not ok:
        assert "{commune}" in response.content.decode()


def test_only_its_owner_or_a_supervisor_changes_it(reply, people, client_for, make_user):
    fields = {"shortcut": "bonjour", "title": "Changé", "body": "Bonjour", "is_active": "on"}
    address = f"/pro/reponses/{reply.pk}/"
    assert client_for(people["mediator_2"]).post(address, fields).status_code == 422
    assert client_for(make_user("mediator")).get(address).status_code == 404
    assert CannedReply.objects.get().title == "Bonjour"
    assert client_for(people["supervisor"]).post(address, fields).status_code == 302
    changed = CannedReply.objects.get()
    assert (changed.title, changed.owner) == ("Changé", people["mediator"])


def test_after_half_a_year_it_is_marked_until_somebody_reads_it_again(reply, people, client_for, now):
    client = client_for(people["mediator"])
    assert "À relire" not in client.get("/pro/reponses/").content.decode()
    CannedReply.objects.update(checked_on=now.date() - timedelta(days=182))
    assert "À relire" in client.get("/pro/reponses/").content.decode()
    client_for(people["mediator_2"]).post(f"/pro/reponses/{reply.pk}/verifiee")
    assert "À relire" in client.get("/pro/reponses/").content.decode()
    client.post(f"/pro/reponses/{reply.pk}/verifiee")
    assert "À relire" not in client.get("/pro/reponses/").content.decode()


def test_a_shortcut_serves_once_an_organisation(reply, people, client_for):
    fields = {"shortcut": "bonjour", "title": "Autre", "body": "Autre", "is_active": "on"}
    response = client_for(people["mediator_2"]).post("/pro/reponses/nouvelle", fields)
    assert response.status_code == 422 and "sert déjà" in response.content.decode()


def test_a_reply_put_away_is_no_longer_proposed(reply, write, people, client_for, now):
    conversation, client = write().conversation, client_for(people["mediator"])
    assert "bonjour\xa0: Bonjour" in client.get(f"/pro/conversations/{conversation.pk}/").content.decode()
    CannedReply.objects.update(is_active=False)
    assert "bonjour\xa0: Bonjour" not in client.get(f"/pro/conversations/{conversation.pk}/").content.decode()
