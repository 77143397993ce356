"""What is kept of a person, in words they read: on a page, and on paper."""

import json
import re
from zoneinfo import ZoneInfo

import pytest
from django.test import Client

from relais.accounts import reading
from relais.accounts.models import Why
from relais.coaching.models import Conversation, Message, Transfer
from relais.coaching.models.conversation import CONVERSATION
from relais.coaching.rights import requests
from relais.coaching.rights import told as in_words
from relais.journeys.services import add_device
from relais.safeguarding.models import Alarm
from tests import pdf

pytestmark = pytest.mark.django_db
PARIS = ZoneInfo("Europe/Paris")
AT_THE_DOOR = ("canari-expediteur", "canari-objet", "canari-lettre")


@pytest.fixture
def young(settings, now):
    """young(conversation) → their browser."""

    def go(conversation):
        client = Client()
        client.cookies[settings.JOURNEY_COOKIE_NAME] = add_device(journey=conversation.journey, now=now)
        return client

    return go


def test_every_thing_that_is_given_has_its_words(told, people, line, now):
    conversation, _ = told
    Alarm.objects.create(
        subject_kind=CONVERSATION,
        subject_id=conversation.pk,
        item=str(conversation.messages.first().pk),
        organisation=line.organisation,
        kinds=["suicide"],
        raised_at=now,
    )
    reading.open_file(
        user=people["supervisor"],
        kind=CONVERSATION,
        subject=conversation.pk,
        reason=Why.WAITS,
        by=reading.SEARCH,
        now=now,
    )
    Transfer.objects.create(conversation=conversation, from_line=line, to_line=line, by=people["mediator"], at=now)
    kept = requests.export(journey=conversation.journey)
    rows = {title: [held] if isinstance(held, dict) else held for title, held in kept.items()}
    assert [title for title, held in rows.items() if not held] == [], "leave one of each in `told`"
    assert {title: set(held[0]) for title, held in rows.items()} == {
        title: set(columns) for title, columns in in_words.COLUMNS.items()
    }, "the wording of each title and column stands in COLUMNS of coaching/rights/told.py"
    said = json.dumps(in_words.sections(kept, PARIS), ensure_ascii=False)
    codes = (
        "young",
        "staff",
        "notice",
        "waiting",
        "answered",
        "15-17",
        "sent",
        "held",
        "search:waits",
        "T00:",
        "+00:00",
        "training",
        "None",
        "True",
    )
    assert [code for code in codes if f'"{code}' in said or (code[0] in "T+" and code in said)] == []


def test_the_file_to_read_and_the_paper_hold_everything(told, young):
    conversation, words = told
    page = young(conversation).get("/parler/mes-donnees?fichier=html").content.decode()
    paper = young(conversation).get("/parler/mes-donnees?fichier=pdf")
    text = pdf.words(paper.content)
    kept = [word for word in words if not word.startswith(AT_THE_DOOR)]
    assert [word for word in kept if word not in page] == []
    assert [word for word in kept if pdf.tight(word) not in text] == []
    assert pdf.faults(paper.content) == []
    assert paper["Content-Disposition"] == 'attachment; filename="relais-mes-donnees.pdf"'
    assert "no-store" in paper["Cache-Control"] and "private" in paper["Cache-Control"]


def test_nobody_else_has_it(told):
    for wanted in ("pdf", "html", "json"):
        assert Client().get(f"/parler/mes-donnees?fichier={wanted}").status_code == 302


def test_somebody_who_left_almost_nothing(write, young):
    paper = young(write(body="?").conversation).get("/parler/mes-donnees?fichier=pdf").content
    assert pdf.faults(paper) == [] and pdf.leaves(paper) <= 2


def test_a_thousand_messages(write, young, now):
    conversation = write(body="premier").conversation
    Message.objects.bulk_create(
        Message(conversation=conversation, seq=seq, side="young", body=f"Message {seq} : " + "des mots " * 60, at=now)
        for seq in range(2, 1001)
    )
    paper = young(conversation).get("/parler/mes-donnees?fichier=pdf").content
    assert pdf.faults(paper) == [] and pdf.leaves(paper) > 100
    assert set(re.findall(r"Message(\d+):desmots", pdf.words(paper))) == {str(seq) for seq in range(2, 1001)}


def test_what_looks_like_a_date_or_a_code_is_still_a_word(write, young):
    body = "2026-13-45T99:99:99+00:00\nNone\nyoung"
    paper = young(write(body=body).conversation).get("/parler/mes-donnees?fichier=pdf").content
    assert pdf.tight(body) in pdf.words(paper)
    assert Conversation.objects.count() == 1
