"""What is begun is kept: drafts."""

from uuid import uuid4

import pytest

from relais.coaching.desk import drafts
from relais.coaching.models import Draft

from .pages import open_page, path

pytestmark = pytest.mark.django_db


def test_a_draft_is_kept_while_typed_and_comes_back_with_the_page(held, people, client_for):
    client = client_for(people["mediator"])
    open_page(client, held)
    assert client.post(path(held, "brouillon"), {"body": "Bonjour, je reg", "key": uuid4()}).status_code == 204
    assert "Bonjour, je reg" in open_page(client_for(people["mediator"]), held), "another session, after a crash"
    assert client.post(path(held, "brouillon"), {"body": " ", "key": uuid4()}).status_code == 204
    assert not Draft.objects.exists()


def test_a_draft_kept_too_late_does_not_come_back_after_the_answer(held, people, client_for):
    client, key = client_for(people["mediator"]), uuid4()
    open_page(client, held)
    client.post(path(held, "brouillon"), {"body": "Bonjour", "key": key})
    client.post(path(held, "repondre"), {"body": "Bonjour", "key": key})
    assert not Draft.objects.exists()
    client.post(path(held, "brouillon"), {"body": "Bonjour", "key": key})
    assert not Draft.objects.exists()


def test_a_draft_is_only_its_authors_and_needs_the_page(held, people, client_for, make_user):
    drafts.keep_draft(
        conversation=held, user=people["supervisor"], body="À moi seule", key=uuid4(), now=held.updated_at
    )
    assert "À moi seule" not in open_page(client_for(people["mediator"]), held)
    assert (
        client_for(people["mediator_2"]).post(path(held, "brouillon"), {"body": "x", "key": uuid4()}).status_code == 404
    )
    assert (
        client_for(make_user("mediator")).post(path(held, "brouillon"), {"body": "x", "key": uuid4()}).status_code
        == 404
    )


def test_what_was_refused_is_kept_as_a_draft_too(held, people, client_for):
    client = client_for(people["mediator_2"])
    response = client.post(path(held, "repondre"), {"body": "Ma longue réponse", "key": uuid4()})
    assert response.status_code == 422 and "Ma longue réponse" in response.content.decode()
    assert Draft.objects.get(user=people["mediator_2"]).body == "Ma longue réponse"


@pytest.mark.parametrize("body", ["é" * 50_000, "<script>alert(1)</script>", "[commune ?]"])
def test_a_draft_takes_anything_and_breaks_nothing(held, people, client_for, body):
    client = client_for(people["mediator"])
    open_page(client, held)
    assert client.post(path(held, "brouillon"), {"body": body, "key": uuid4()}).status_code == 204
    assert "<script>alert" not in open_page(client, held)
    assert client.post(path(held, "brouillon"), {"body": body, "key": "abc"}).status_code == 422
