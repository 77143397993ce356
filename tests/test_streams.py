"""A stream ends with the right to it: a real server, a real socket, and a young person who writes a moment later."""

import socket
import threading
from contextlib import suppress
from uuid import uuid4

import pytest
import uvicorn
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db.backends.signals import connection_created
from django.test import Client

from relais.accounts import reading
from relais.accounts.models import Membership, ReadingStop, User
from relais.coaching import services
from relais.coaching.models import Conversation, Message
from relais.coaching.rights import requests
from relais.coaching.tests.conftest import join, line, write  # noqa: F401

pytestmark = pytest.mark.django_db(transaction=True)
PATIENCE = 30
END = b"\r\n0\r\n\r\n"
"""The last chunk of an answer."""


class Stream:
    """An open page: everything it was sent, as bytes."""

    def __init__(self, address, path: str, client: Client):
        self.got = b""
        self._socket = socket.create_connection(address, timeout=PATIENCE)
        cookies = "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items())
        self._socket.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nCookie: {cookies}\r\n\r\n".encode())

    def until(self, words: bytes) -> None:
        while words not in self.got:
            piece = self._socket.recv(65536)
            assert piece, f"the server hung up before {words!r}"
            self.got += piece

    def rest(self) -> None:
        """What is on its way already comes first: until nothing has come for a second."""
        self._socket.settimeout(1)
        with suppress(TimeoutError):
            while piece := self._socket.recv(65536):
                self.got += piece
        self._socket.settimeout(PATIENCE)

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def server(transactional_db):
    from config.asgi import application

    made = []

    def note(connection, **_):
        if threading.current_thread() is not threading.main_thread():
            made.append(connection.connection)

    connection_created.connect(note)
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(application, log_level="warning", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    yield listening.getsockname()
    server.should_exit = True
    thread.join(PATIENCE)
    listening.close()
    # Of threads that have ended: nobody else closes them.
    for connection in made:
        connection.close()


@pytest.fixture
def watched(server, write, people, client_for):  # noqa: F811
    """Karim has the page of a conversation open, and hears what the person writes."""
    opened, karim = write(), client_for(people["mediator_2"])
    pk = opened.conversation.pk
    assert karim.get(f"/pro/conversations/{pk}/").status_code == 200
    streams = [
        Stream(server, f"/live/desk/{pk}?after=1", karim),
        Stream(server, f"/live/inbox/{opened.conversation.line.organisation_id}", karim),
    ]
    for stream in streams:
        stream.until(b"retry: 1500")
    young = Client()
    young.cookies[settings.JOURNEY_COOKIE_NAME] = opened.cookie

    def say(body: str) -> None:
        assert young.post("/parler/ecrire", {"body": body, "key": uuid4()}).status_code == 302

    say("PREMIER MOT")
    streams[0].until(b"PREMIER MOT")
    streams[1].until(b"event: changed")
    yield karim, streams, say
    for stream in streams:
        stream.close()


def _close(people, karim, nadia):
    nadia.post(f"/pro/equipe/{people['mediator_2'].pk}/fermer")


def _demote(people, karim, nadia):
    nadia.post(
        f"/pro/equipe/{people['mediator_2'].pk}/roles/{people['mediator_2'].memberships.get().organisation_id}",
        {"roles": "funder"},
    )


def _stop(people, karim, nadia):
    from django.utils import timezone

    with pytest.raises(reading.TooMany):
        reading.open_files(
            user=people["mediator_2"],
            kind="conversation",
            subjects=[uuid4() for _ in range(201)],
            reason="reading",
            now=timezone.now(),
        )


def _sign_out(people, karim, nadia):
    karim.post("/compte/logout/")


@pytest.mark.parametrize("lose", [_close, _demote, _stop, _sign_out])
def test_the_streams_end_when_the_right_does(lose, watched, people, client_for):
    karim, streams, say = watched
    lose(people, karim, client_for(people["administrator"]))
    for stream in streams:
        stream.until(END)
    say("SECRET")
    assert Message.objects.filter(side="young").count() == 3
    assert not any(b"SECRET" in stream.got for stream in streams)


QUIETLY = {
    "closed": lambda user, now: User.objects.filter(pk=user.pk).update(is_active=False),
    "no longer approved": lambda user, now: User.objects.filter(pk=user.pk).update(approved_at=None),
    "another password": lambda user, now: User.objects.filter(pk=user.pk).update(password="autre"),
    "demoted": lambda user, now: Membership.objects.filter(user=user).delete(),
    "stopped": lambda user, now: ReadingStop.objects.create(user=user, at=now, files=201),
    "session gone": lambda user, now: Session.objects.all().delete(),
}


@pytest.mark.parametrize("how", QUIETLY)
def test_nothing_is_pushed_although_no_notification_came(how, watched, people, now):
    _, streams, say = watched
    streams[1].rest()
    before = streams[1].got.count(b"event: changed")
    QUIETLY[how](people["mediator_2"], now)
    say("SECRET")
    for stream in streams:
        stream.until(END)
    assert b"SECRET" not in streams[0].got and streams[1].got.count(b"event: changed") == before


def test_a_colleague_keeps_their_stream(watched, server, people, client_for, now):
    """Who still has the right hears what is said, whatever happens to others."""
    say = watched[2]
    sarah = client_for(people["mediator"])
    pk = Message.objects.values_list("conversation", flat=True).first()
    sarah.get(f"/pro/conversations/{pk}/")
    hers = Stream(server, f"/live/desk/{pk}?after=1", sarah)
    hers.until(b"retry: 1500")
    User.objects.filter(pk=people["mediator_2"].pk).update(is_active=False)
    say("POUR SARAH")
    hers.until(b"POUR SARAH")
    hers.close()


def _joined(mine, make, bring, now):
    bring(make(key=uuid4()).conversation, mine.conversation)


def _erased(mine, make, bring, now):
    requests.erase(journey=mine.conversation.journey, now=now)


def _left(mine, make, bring, now):
    services.leave(secret=mine.cookie)


def _code_changed(mine, make, bring, now):
    services.change_code(conversation=mine.conversation, cookie=mine.cookie, now=now)


@pytest.mark.parametrize("over", [_joined, _erased, _left, _code_changed])
def test_a_conversation_that_is_over_ends_its_streams_at_once(over, server, write, join, people, client_for, now):  # noqa: F811
    """On both sides; another conversation goes on."""
    mine, other, sarah = write(), write(key=uuid4()), client_for(people["mediator"])
    pk = mine.conversation.pk
    assert sarah.get(f"/pro/conversations/{pk}/").status_code == 200
    streams = [Stream(server, f"/live/desk/{pk}?after=1", sarah)]
    for opened in (mine, other):
        young = Client()
        young.cookies[settings.JOURNEY_COOKIE_NAME] = opened.cookie
        streams.append(Stream(server, f"/live/conversation/{opened.conversation.pk}?after=1", young))
    for stream in streams:
        stream.until(b"retry: 1500")
    over(mine, write, join, now)
    for stream in streams[:2]:
        stream.until(END)
    services.write(journey=other.conversation.journey, body="ENCORE", key=uuid4(), now=now)
    streams[2].until(b"ENCORE")
    assert Conversation.objects.filter(pk=pk).exists() == (over in (_left, _code_changed))
    for stream in streams:
        stream.close()
