"""What a server of e-mail answers to a letter that leaves: what comes later, what never will, and what was never given to it."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from relais.channels.email import transport
from relais.foundation import outbox
from relais.foundation.models import Outbound

from .fakes import mail_server

pytestmark = pytest.mark.django_db
State = Outbound.State
LATER = "450 4.2.0 greylisted, come back later"


@pytest.fixture
def server(settings):
    with mail_server(settings) as server:
        yield server


def left(now=None, **payload) -> Outbound:
    payload = {"to": "lea@exemple.invalid", "subject": "Bonjour", "text": "Bonjour"} | payload
    outbox.enqueue("email", key="reply:1", payload=payload, now=timezone.now(), owner=None)
    outbox.send_due(now or timezone.now())
    return Outbound.objects.get()


@pytest.mark.parametrize("word", ["MAIL", "RCPT", "DATA"])
def test_who_is_asked_to_come_back_comes_back(server, word):
    server.says = {word: LATER}
    assert (left().state, left().attempts) == (State.WAITING, 1)
    server.says = {}
    assert left(timezone.now() + timedelta(minutes=2)).state == State.SENT


@pytest.mark.parametrize("word", ["MAIL", "RCPT", "DATA"])
def test_what_is_refused_for_good_is_shown(server, word):
    server.says = {word: "550 5.1.1 nobody here"}
    assert left().state == State.FAILED


@pytest.mark.parametrize(
    "wrong", [{"to": "lea@exemple.invalid\nBcc: tous@exemple.invalid"}, {"subject": "a\r\nBcc: b"}]
)
def test_what_no_server_could_be_given_never_left(server, wrong):
    assert (left(**wrong).state, server.heard) == (State.FAILED, []), "nobody must wonder whether it left"


def test_the_database_is_let_go_before_the_server_is_waited_for(server, shared, monkeypatch):
    """Workers share a few connections: one that waits for a slow server must not hold one."""
    held = []
    monkeypatch.setattr(transport, "get_connection", lambda: Watching(held))
    assert left().state == State.SENT and held == [False, False]


class Watching:
    """Of Django's kind: notes whether this thread holds a connection to the database when the server is spoken to."""

    def __init__(self, held):
        self.held = held

    def open(self):
        self.held.append(connection.connection is not None)

    def send_messages(self, letters):
        self.held.append(connection.connection is not None)
        return len(letters)

    def close(self):
        pass
