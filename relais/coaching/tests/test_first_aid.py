"""The same words get the same numbers, whichever box they are typed in: the chat, the search, the guide, the doors for programs."""

import re
from uuid import uuid4

import pytest
from django.test import Client

from relais.foundation.models import EventRecord
from relais.safeguarding import first_aid
from relais.safeguarding.tests.detection.labelled import is_held_out, lines

pytestmark = pytest.mark.django_db
# One labelled message in eight, and what the search box lets through.
SHORT = [row for row in lines("danger.txt") if len(row[1]) <= 90 and is_held_out(row[1])]
DANGEROUS = [message for said, message in SHORT if said][::4]
HARMLESS = [message for said, message in SHORT if not said][::4]
BOXES = ("/recherche", "/metiers/")
JSON = ("/recherche/suggestions", "/api/v1/search", "/api/v1/occupations")
CARD = re.compile(r'<section class="notice notice-danger" aria-labelledby="secours-titre">.*?</section>', re.DOTALL)


def numbers_of(page: str) -> list[str]:
    """What a press calls, in the order of the card; none without a card."""
    card = CARD.search(page)
    return re.findall(r'href="((?:tel|sms):[^"]+)"', card[0]) if card else []


def said_in_chat(body: str) -> list[str]:
    young = Client()
    young.post("/parler", {"body": body, "key": uuid4()})
    return numbers_of(young.get("/parler").content.decode())


def test_the_sets_are_not_empty():
    assert len(DANGEROUS) >= 15 and len(HARMLESS) >= 15


@pytest.mark.parametrize("message", DANGEROUS + HARMLESS)
def test_the_search_shows_what_the_chat_shows(client, line, message):
    shown = said_in_chat(message)
    for address in BOXES:
        page = client.get(address, {"q": message}).content.decode()
        assert numbers_of(page) == shown, address
        if shown:
            assert page.index("secours-titre") < page.index("<form"), "before the box and the results"
    for address in JSON:
        told = client.get(address, {"q": message}).json()
        assert [line["url"] for line in told.get("help") or []] == shown, address


def test_most_of_what_is_dangerous_shows_the_card_and_most_of_the_rest_does_not(client):
    shown = [bool(first_aid.help_for(message)) for message in DANGEROUS]
    assert sum(shown) >= 0.9 * len(shown)
    assert sum(bool(first_aid.help_for(message)) for message in HARMLESS) <= 0.2 * len(HARMLESS)


def test_nothing_found_is_not_the_answer_to_somebody_who_wants_to_die(client, line):
    answer = client.get("/recherche", {"q": "je veux mourir"})
    page = answer.content.decode()
    assert numbers_of(page)[0] == "tel:3114"
    assert "Rien pour" not in page and "0 résultat" not in page
    assert "Tout (0)" not in page and "Ou demande" not in page and "Parle à quelqu’un" in page
    assert "veux mourir" not in re.search("<title>.*?</title>", page)[0], (
        "what the tab and the history of a shared telephone say"
    )
    assert "no-store" in answer["Cache-Control"]
    assert "Nous n’avons pas de fiche" not in client.get("/metiers/", {"q": "je veux mourir"}).content.decode()


def test_the_guide_asks_for_a_job_and_hears_the_rest(client):
    where = next(address for address in _sheet_questions())
    assert (
        numbers_of(client.get("/parler/guide", {"c": where, "metier": "je veux mourir"}).content.decode())[0]
        == "tel:3114"
    )
    assert not numbers_of(client.get("/parler/guide", {"c": where, "metier": "infirmier"}).content.decode())


def _sheet_questions():
    """The walks that lead to a box for the name of a job."""
    from relais.coaching.guide import script

    walks = [((), script().start)]
    while walks:
        codes, node = walks.pop()
        if node.sheets:
            yield ".".join(codes)
        walks += [
            ((*codes, one.code), script().nodes[one.goes])
            for one in node.choices
            if one.goes in script().nodes and len(codes) < 6
        ]


def test_what_was_typed_in_a_search_is_neither_kept_nor_logged(client, line, caplog):
    before = EventRecord.objects.count()
    for address in BOXES + JSON:
        client.get(address, {"q": "je veux mourir canari"})
    assert EventRecord.objects.count() == before
    assert "canari" not in caplog.text


def test_a_broken_detection_shows_numbers_and_says_nothing_of_the_words(client, line, monkeypatch, caplog):
    monkeypatch.setattr("relais.safeguarding.detection.danger", lambda text: 1 / 0)
    assert numbers_of(client.get("/recherche", {"q": "canari"}).content.decode()) == ["tel:15", "tel:112", "sms:114"]
    assert "canari" not in caplog.text
