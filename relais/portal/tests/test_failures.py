"""Error pages speak to who meets them: a young person on the site, somebody who works here under /pro/."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.db import OperationalError, connection
from django.http import HttpResponse
from django.test import Client

from relais.foundation import failures, refusals
from relais.foundation.middleware import PlainErrors
from relais.portal import views_staff

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


@pytest.mark.parametrize("refusal", [refusals.TooOften("Attendez."), refusals.NotAllowed("Pas vous."), refusals.WrongState("Déjà fait.")])
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
