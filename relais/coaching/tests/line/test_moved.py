"""What somebody types on a page from before the conversation went: their own words come back, and nothing else."""

import re
from uuid import uuid4

import pytest

from relais.accounts.models import Membership
from relais.coaching import services
from relais.coaching.desk import drafts, notes
from relais.coaching.line import rerouting
from relais.coaching.models import Conversation, Message, Note

pytestmark = pytest.mark.django_db
TYPED = "J’ai tout écrit, & plus <encore>."
SHOWN = "J’ai tout écrit, &amp; plus &lt;encore&gt;.</textarea>"
ROUTES = pytest.mark.parametrize("address", ["repondre", "note"])


@pytest.fixture
def held(write, people, now):
    return services.claim(conversation=write("SECRET").conversation, user=people["mediator"], now=now)


@pytest.fixture
def tab(held, people, client_for):
    """The mediator's browser, where the conversation is open; `send(address)` posts what they typed."""
    client = client_for(people["mediator"])
    assert "SECRET" in client.get(f"/pro/conversations/{held.pk}/").text

    def send(address, **headers):
        return client.post(
            f"/pro/conversations/{held.pk}/{address}", {"body": TYPED, "key": str(uuid4())}, headers=headers
        )

    return send


@pytest.fixture
def moved(held, loiret, people, now):
    return lambda: rerouting.pass_on(
        conversation=held, line=loiret, user=people["supervisor"], reason="habite le Loiret", now=now
    )


@ROUTES
def test_what_was_typed_comes_back_with_where_the_conversation_went(tab, moved, address):
    moved()
    answer = tab(address)
    page = answer.text.replace("\u00a0", " ")
    assert (
        answer.status_code == 409
        and SHOWN in page
        and "passée à la ligne « Ligne du Loiret » (Mission locale d’Essai)" in page
    )
    assert "SECRET" not in page and "Colibri" not in page and "habite" not in page
    assert not Message.objects.filter(side="staff").exists() and not Note.objects.exists()


def test_the_page_of_one_that_went_is_no_longer_there(tab, held, moved, people, client_for):
    """Only what was typed comes back: who had it open and looks again is told no more than a stranger."""
    client, address = client_for(people["mediator"]), f"/pro/conversations/{held.pk}/"
    assert client.get(address).status_code == 200
    moved()
    answer = client.get(address)
    assert (
        answer.status_code == 404 and "Ligne du Loiret" not in answer.text and client.head(address).status_code == 404
    )


def test_who_works_on_the_line_it_went_to_is_not_told_that_it_left(tab, moved, people, loiret):
    """A volunteer of that line sees only what is entrusted to them: to them nothing went elsewhere."""
    moved()
    Membership.objects.create(user=people["mediator"], organisation=loiret.organisation, role="volunteer")
    page = tab("repondre").text
    assert "n’est plus ouverte à votre compte" in page and "Ligne du Loiret" not in page and SHOWN in page


def test_the_desk_s_own_program_is_told_the_sentence(tab, moved):
    moved()
    for address in ("repondre", "brouillon"):
        answer = tab(address, accept="application/json")
        assert (
            answer.status_code == 409
            and "Ligne du Loiret" in answer.json()["error"]
            and set(answer.json()) == {"error"}
        )


def test_it_went_between_the_right_and_the_lock(tab, moved, monkeypatch):
    """The page was still theirs when it was asked for, and not when it was held."""
    for module, name, address in ((drafts, "answer", "repondre"), (notes, "add_note", "note")):
        act = getattr(module, name)

        def first_moved(act=act, **given):
            if Conversation.objects.get().line.slug == "ligne":
                moved()
            return act(**given)

        with monkeypatch.context() as patch:
            patch.setattr(module, name, first_moved)
            answer = tab(address)
        assert answer.status_code == 409 and SHOWN in answer.text and "Ligne du Loiret" in answer.text
        Conversation.objects.update(line=Conversation.objects.get().transfers.get().from_line)
        Conversation.objects.get().transfers.all().delete()


@ROUTES
def test_what_was_typed_comes_back_when_the_conversation_is_erased(tab, held, address):
    held.journey.delete()
    answer = tab(address)
    assert answer.status_code == 409 and SHOWN in answer.text and "n’est plus là" in answer.text


@ROUTES
def test_who_lost_every_role_keeps_their_words_and_learns_nothing(tab, people, address):
    Membership.objects.filter(user=people["mediator"]).update(role="funder")
    answer = tab(address)
    assert answer.status_code == 404 and SHOWN in answer.text and "SECRET" not in answer.text
    assert "toujours dans la case" in tab(address, accept="application/json").json()["error"]


@ROUTES
def test_a_stranger_cannot_tell_it_from_nothing(held, moved, address, make_user, people, client_for):
    """Neither who is of another organisation, nor a colleague who never had it open."""
    for user, went in ((make_user("mediator"), False), (make_user("mediator"), True), (people["mediator_2"], True)):
        if went and held.line_id == Conversation.objects.get(pk=held.pk).line_id:
            moved()
        client, fields = client_for(user), {"body": TYPED, "key": str(uuid4())}
        told, nothing = (client.post(f"/pro/conversations/{pk}/{address}", fields) for pk in (held.pk, uuid4()))
        assert told.status_code == nothing.status_code == 404
        assert _bare(told) == _bare(nothing) and SHOWN in told.text


def _bare(answer) -> str:
    return re.sub(r'value="[^"]*"', "", answer.text)
