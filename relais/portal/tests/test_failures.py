"""Error pages speak to who meets them: a young person on the site, somebody who works here under /pro/."""

import json
import re
from pathlib import Path
from uuid import uuid4

import pytest
from django import forms
from django.conf import settings
from django.db import OperationalError, connection
from django.http import HttpResponse
from django.test import Client

from relais.foundation import failures, refusals
from relais.foundation.middleware import PlainErrors
from relais.portal import views_staff
from tests.site_forms import site_forms

FAMILIAR = re.compile(r"\b(tu|toi|ton|ta|tes|reprends|réessaie|reviens|copie-le|rouvre|accepte)\b|\bt’", re.IGNORECASE)
TEXT = "J’ai tout écrit."


def is_for_work(answer) -> bool:
    page = answer.content.decode()
    body = page.partition("<body")[2]
    said = re.sub(r"<[^>]+>", " ", body)
    assert not (found := FAMILIAR.search(said)), found
    assert 'class="pro"' in page and "/parler" not in body
    return 'href="/pro/">Revenir à Aujourd’hui</a>' in page


def test_each_page_is_there_for_both():
    folder = Path(settings.BASE_DIR) / "relais/portal/templates/portal"
    names = {*failures.IN_SHORT, "refused"}
    assert all((folder / f"{name}.html").exists() and (folder / f"pro/{name}.html").exists() for name in names)


def test_nothing_at_this_address(client, db):
    answer = client.get("/pro/rien-ici")
    assert answer.status_code == 404 and is_for_work(answer)
    assert "Parler à quelqu’un" in client.get("/rien-ici").content.decode()


def test_who_is_signed_in_keeps_their_menu(people, client_for):
    page = client_for(people["mediator"]).get("/pro/rien-ici").content.decode()
    assert 'href="/pro/conversations/"' in page and "Se déconnecter" in page


def test_a_form_s_address_read_as_a_page(people, client_for):
    answer = client_for(people["mediator"]).get("/pro/conversations/presence")
    assert answer.status_code == 405 and is_for_work(answer)


def test_a_form_that_waited_too_long(people):
    client = Client(enforce_csrf_checks=True)
    client.force_login(people["mediator"], backend="django.contrib.auth.backends.ModelBackend")
    answer = client.post("/pro/conversations/presence", {"body": TEXT})
    assert answer.status_code == 403 and is_for_work(answer) and f"{TEXT}</textarea>" in answer.content.decode()
    told = client.post("/pro/conversations/presence", {"body": TEXT}, headers={"accept": "application/json"})
    assert told.status_code == 403 and "toujours dans la case" in told.json()["error"]


@pytest.mark.parametrize(
    "refusal", [refusals.TooOften("Attendez."), refusals.NotAllowed("Pas vous."), refusals.WrongState("Déjà fait.")]
)
def test_what_no_view_took(rf, refusal):
    answer = PlainErrors(lambda request: HttpResponse()).process_exception(rf.post("/pro/x", {"body": TEXT}), refusal)
    assert answer.status_code == refusal.status and is_for_work(answer)
    assert str(refusal) in answer.content.decode() and f"{TEXT}</textarea>" in answer.content.decode()


class Away:
    """What stands for a visitor whose session cannot be read."""

    def __getattr__(self, name):
        raise OperationalError("gone")


@pytest.mark.parametrize("name", ["400", "500", "503"])
def test_what_must_show_when_all_is_broken_asks_nothing(rf, name):
    """No database in this test, and nobody can be asked who visits."""
    request = rf.get("/pro/x")
    request.user = Away()
    answer = failures.page(request, name, int(name))
    assert answer.status_code == int(name) and is_for_work(answer)


def test_a_fault_of_ours(people, client_for, monkeypatch):
    monkeypatch.setattr(views_staff, "render", lambda *args: 1 / 0)
    client = client_for(people["mediator"])
    client.raise_request_exception = False
    answer = client.get("/pro/")
    assert answer.status_code == 500 and is_for_work(answer) and "Cela vient de nous" in answer.content.decode()


def test_a_dead_database(people, client_for):
    def refuse(execute, sql, params, many, context):
        raise OperationalError("gone")

    client = client_for(people["mediator"])
    client.raise_request_exception = False
    with connection.execute_wrapper(refuse):
        answers = [client.get("/pro/"), client.get("/pro/rien-ici")]
    assert all(answer.status_code == 503 and is_for_work(answer) for answer in answers)


def test_a_file_is_not_waited_for_by_an_error_page(rf):
    assert failures.typed(rf.post("/pro/x", {"body": "x" * (failures.SHORT + 1)})) == []
    assert failures.typed(rf.post("/pro/x", {"body": "a\0b", "password": "secret", "summary": " "})) == ["ab"]


SENTENCE, WORD = "J’ai tout écrit ici.", "merci"


@pytest.mark.parametrize(
    ("address", "form", "given"),
    [
        (
            "/pro/danger/x/decider",
            {"decision": "told", "reasons": "Des faits", "parents_told": "no", "parents_reason": "Elle en a peur"},
            ["Des faits", "Elle en a peur"],
        ),
        (
            "/pro/sites/x/",
            {"name": "Notre site", "signal": "#aa0000", "legal_notice": "Mentions", "seen": "a1b2"},
            ["Notre site", "#aa0000", "Mentions"],
        ),
        (
            "/pro/clips/x/",
            {
                "transcript": "bonjour",
                "image_description": "rue",
                "text": ["Un", "Deux", "trois"],
                "start": ["0", "1,5", "3"],
            },
            ["bonjour", "rue", "Un\nDeux\ntrois"],
        ),
        ("/pro/ligne/x/forcer", {"state": "closed", "until": "2026-11-30T18:00", "message": "Panne"}, ["Panne"]),
        ("/pro/conversations/x/pourquoi", {"words": "relecture", "key": str(uuid4())}, ["relecture"]),
        (
            "/pro/equipe/inviter",
            {"email": "zoe@exemple.invalid", "organisation": str(uuid4()), "role": "mediator"},
            ["zoe@exemple.invalid"],
        ),
        (
            "/structures/x/signaler",
            {"detail": "fermée", "ground": "closed", "phone": "0612345678"},
            ["fermée", "0612345678"],
        ),
    ],
)
def test_all_that_was_written_is_given_back(rf, address, form, given):
    assert failures.typed(rf.post(address, form)) == given


@pytest.mark.parametrize(
    "name",
    ["password", "password1", "oldpassword", "code", "recovery_code", "credential", "otp_token", "resume_secret"],
)
def test_a_secret_is_never_given_back(rf, name):
    form = {
        name: "une phrase assez longue 42",
        "csrfmiddlewaretoken": "a B",
        "login": "zoe@exemple.invalid",
        "full_name": "Zoé N",
        "body": TEXT,
    }
    assert failures.typed(rf.post("/compte/login/", form)) == [TEXT]


def test_no_form_of_the_site_loses_a_text_nor_shows_a_secret(rf):
    known = [(form, name, field.widget) for form in site_forms() for name, field in form.base_fields.items()]
    assert len(known) > 100
    for form, name, widget in known:
        words = WORD if isinstance(widget, forms.Textarea) else SENTENCE
        given = failures.typed(rf.post("/pro/x", {name: words}))
        if isinstance(widget, forms.PasswordInput) or failures.SECRET.search(name) or name in failures.TECHNICAL:
            assert given == [], (form, name)
        elif isinstance(widget, forms.Textarea) or type(widget) is forms.TextInput:
            assert given == [words], (form, name)
    secret = {name for _, name, widget in known if isinstance(widget, forms.PasswordInput)}
    assert {"password", "oldpassword", "password1"} <= secret


def test_no_box_of_a_template_loses_a_text(rf):
    written = {
        name
        for page in Path(settings.BASE_DIR).glob("relais/*/templates/**/*.html")
        for name in re.findall(r'<textarea[^>]* name="(\w+)"', page.read_text())
    }
    assert written >= {"body", "text", "transcript", "image_description"}
    assert [name for name in sorted(written) if failures.typed(rf.post("/pro/x", {name: WORD})) != [WORD]] == []


def test_there_are_not_more_boxes_than_one_reads(rf):
    assert (
        len(failures.typed(rf.post("/pro/x", {f"field_{number}": SENTENCE for number in range(failures.MOST + 5)})))
        == failures.MOST
    )


def is_for_a_partner(answer) -> bool:
    page = answer.content.decode()
    said = re.sub(r"<[^>]+>", " ", page.partition("<main")[2].partition("</main")[0])
    assert not (found := FAMILIAR.search(said)), found
    return 'class="pro"' not in page and "/pro/" not in page and "Aujourd’hui" not in page and "Quitter vite" in page


@pytest.mark.parametrize("name", sorted(failures.IN_SHORT))
def test_a_partner_without_an_account_is_told_vous_on_the_site(rf, db, name):
    assert is_for_a_partner(
        failures.page(rf.post("/orientation/abc", {"body": TEXT}), name, 400, retry="/orientation/abc")
    )
    told = failures.page(rf.post("/orientation/abc", headers={"accept": "application/json"}), name, 400)
    assert not FAMILIAR.search(json.loads(told.content)["error"])


def test_a_partner_whose_form_waited_too_long_has_their_text(db):
    answer = Client(enforce_csrf_checks=True).post("/orientation/abc", {"action": "say", "body": TEXT})
    assert (
        answer.status_code == 403
        and is_for_a_partner(answer)
        and "Votre texte est ici : copiez-le" in answer.text.replace("\xa0", " ")
        and f"{TEXT}</textarea>" in answer.text
    )
