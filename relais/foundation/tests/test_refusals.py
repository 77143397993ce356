"""How a page says no: on the form with what was typed, in a message, in JSON; and what no view took."""

import json

import pytest
from django import forms
from django.contrib.messages import get_messages
from django.contrib.messages.storage.fallback import FallbackStorage
from django.http import Http404, HttpResponse

from relais.foundation import refusals
from relais.foundation.middleware import PlainErrors


class NameForm(forms.Form):
    name = forms.CharField()


class Short(refusals.NotAcceptable):
    status = 413

    def facts(self):
        return {"most": 3}


@pytest.fixture
def asked(rf):
    request = rf.get("/")
    request.session = {}
    request._messages = FallbackStorage(request)
    return request


def test_a_form_keeps_what_was_typed_and_says_why():
    form = NameForm({"name": "Sam"})
    assert form.is_valid()
    with refusals.on(form, "name") as heard:
        raise refusals.AlreadyThere("Ce nom est pris.")
    assert (form.errors["name"], form["name"].value(), type(heard.refusal)) == (
        ["Ce nom est pris."],
        "Sam",
        refusals.AlreadyThere,
    )
    assert refusals.sentence(form) == "Ce nom est pris."


def test_a_message_is_said_once_and_nothing_when_nothing_is_refused(asked):
    with refusals.told(asked) as heard:
        pass
    assert (heard.refusal, list(get_messages(asked))) == (None, [])
    with refusals.told(asked):
        raise refusals.WrongState("Quelqu’un a répondu.")
    assert [str(one) for one in get_messages(asked)] == ["Quelqu’un a répondu."]


@pytest.mark.parametrize("error", [ValueError, Http404])
def test_what_is_no_refusal_goes_through(asked, error):
    for block in (refusals.kept(), refusals.on(NameForm({})), refusals.told(asked)):
        with pytest.raises(error), block:
            raise error


def test_a_program_is_told_the_sentence_the_facts_and_the_status(asked):
    @refusals.as_json
    def view(request):
        raise Short("Trois octets au plus.")

    answer = view(asked)
    assert (answer.status_code, json.loads(answer.content)) == (413, {"error": "Trois octets au plus.", "most": 3})


@pytest.mark.parametrize(
    ("refusal", "accept", "status", "said"),
    [
        (refusals.NotAllowed("C’est à Camille de le faire."), "text/html", 403, "C’est à Camille de le faire."),
        (refusals.WrongState("Rechargez <la page>."), "text/html", 409, "Rechargez &lt;la page&gt;."),
        (refusals.LinkOver("Ce lien est fini."), "application/json", 404, '{"error": '),
    ],
)
def test_what_no_view_took_is_said_with_its_status(rf, refusal, accept, status, said):
    answer = PlainErrors(lambda request: HttpResponse()).process_exception(
        rf.get("/", headers={"accept": accept}), refusal
    )
    assert answer.status_code == status and said in answer.content.decode()


def test_what_is_gone_reads_as_what_never_was(rf):
    """Whoever looks for addresses does not learn which were good once."""
    answer = PlainErrors(lambda request: HttpResponse()).process_exception(
        rf.get("/"), refusals.Gone("Ce témoignage est retiré.")
    )
    assert answer.status_code == 404 and "retiré" not in answer.content.decode()


def test_a_young_person_finds_their_words_and_their_conversation_again(rf):
    answer = PlainErrors(lambda request: HttpResponse()).process_exception(
        rf.post("/parler/x", {"body": "J’ai écrit."}), refusals.WrongState("On t’a répondu.")
    )
    page = answer.content.decode()
    assert answer.status_code == 409 and "J’ai écrit.</textarea>" in page and "Revenir à ta conversation" in page
    elsewhere = PlainErrors(lambda request: HttpResponse()).process_exception(
        rf.get("/metiers/x"), refusals.WrongState("Trop tard.")
    )
    assert "Revenir à l’accueil" in elsewhere.content.decode() and "Trop tard." in elsewhere.content.decode()
