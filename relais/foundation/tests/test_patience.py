"""What is not answered in time ends, on the server's side and on ours; and it is told once."""

import logging
import select
import socket
import threading

import psycopg
import pytest
from django.db import OperationalError, connection, transaction
from django.test import Client
from psycopg_pool import PoolTimeout

from relais.foundation.database import patience
from relais.foundation.database.patience import Patient, alone, at_length, let_go
from relais.foundation.loops import connection_parameters
from relais.foundation.outage import Outage, is_away, outage

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_outage_left():
    """Neither by a test of something else before this one, nor by this one."""
    outage.end()
    yield
    outage.end()


def setting(name):
    with connection.cursor() as cursor:
        cursor.execute(f"SHOW {name}")
        return cursor.fetchone()[0]


def test_every_connection_has_its_limits_and_long_work_names_its_own():
    assert isinstance(connection.connection, Patient)
    assert [setting(name) for name in ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")] == [
        "30s",
        "10s",
        "1min",
    ]
    with at_length(600):
        assert setting("statement_timeout") == "10min"
    assert setting("statement_timeout") == "30s"
    with psycopg.connect(**connection_parameters()) as native:
        assert native.execute("SHOW statement_timeout").fetchone()[0] == "30s"


class Silent:
    """What stands before a server and, once told to, keeps what it says."""

    def __init__(self, path, server):
        self.hold, self.path, self.server = False, path, server
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(path)
        self.listener.listen()
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()

    def serve(self):
        with self.listener, self.listener.accept()[0] as near, socket.socket(socket.AF_UNIX) as far:
            far.connect(self.server)
            while True:
                ready, _, _ = select.select([near, far], [], [])
                for source, target in ((near, far), (far, near)):
                    if source in ready:
                        data = source.recv(65536)
                        if not data:
                            return
                        if not (source is far and self.hold):
                            target.sendall(data)


def test_a_server_that_falls_silent_on_its_socket_is_left(tmp_path, monkeypatch):
    """No limit of PostgreSQL's own, nor of TCP, helps there."""
    parameters = connection_parameters()
    between = Silent(str(tmp_path / ".s.PGSQL.5432"), f"{parameters['host']}/.s.PGSQL.5432")
    monkeypatch.setattr(patience, "GRACE", 0)
    with Patient.connect(**parameters | {"host": str(tmp_path)}, autocommit=True) as line:
        assert line.execute("SELECT 1").fetchone() == (1,)
        between.hold = True
        with at_length(1), pytest.raises(psycopg.OperationalError, match="silent for 1 s"):
            line.execute("SELECT 1")
        assert line.closed
    between.thread.join()


def test_a_database_that_went_away_before_the_view_is_told_in_words_too(people, client_for):
    """In the session of whoever is signed in; and once, however many ask."""
    client = client_for(people["mediator"])
    client.raise_request_exception = False

    def refuse(execute, sql, params, many, context):
        raise OperationalError("gone")

    said = []
    handler = logging.Handler()
    handler.emit = said.append
    logging.getLogger().addHandler(handler)
    logging.getLogger("django").addHandler(handler)
    try:
        with connection.execute_wrapper(refuse):
            answers = [
                client.get("/pro/"),
                client.post("/pro/conversations/x/repondre"),
                Client(raise_request_exception=False).get("/"),
            ]
            written = Client(raise_request_exception=False).get("/api/v1/figures")
    finally:
        logging.getLogger().removeHandler(handler)
        logging.getLogger("django").removeHandler(handler)
    assert [answer.status_code for answer in answers] == [503, 503, 503]
    assert all('href="tel:119"' in answer.content.decode() for answer in answers)
    assert written.status_code == 503 and set(written.json()) == {"error"}
    assert [
        record.getMessage() for record in said if record.levelno >= logging.WARNING and record.name.startswith("relais")
    ] == ["The database does not answer (gone); this is said once, until it answers again"]


def test_a_pool_that_is_busy_is_no_silent_database(caplog):
    """All connections of this process in use: who reads the log must not look for the fault in the database."""
    for cause, said in (
        (PoolTimeout("after 2 s"), "No connection to the database came free"),
        (None, "does not answer"),
    ):
        error = OperationalError("after 2 s")
        error.__cause__ = cause
        assert is_away(error)
        caplog.clear()
        Outage().begin(error)
        assert said in caplog.text and caplog.text.count("after 2 s") == 1


def test_the_page_of_help_asks_the_database_nothing(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert client.get("/aide").status_code == 200


# --- connections that threads share, and locks that they hold


def is_free(name: str) -> bool:
    """Whether somebody else could have this lock now."""
    with psycopg.connect(**connection_parameters(), autocommit=True) as other:
        return other.execute("SELECT pg_try_advisory_lock(hashtext(%s))", [name]).fetchone()[0]


@pytest.mark.django_db(transaction=True)
def test_a_connection_is_let_go_where_it_is_shared_and_nowhere_else(shared):
    setting("lock_timeout")
    let_go()
    assert connection.connection is None, "others of this process may have it"
    with transaction.atomic():
        setting("lock_timeout")
        let_go()
        assert connection.connection is not None
    with alone("one"):
        let_go()
        assert connection.connection is not None and not is_free("one")
    assert is_free("one")
    let_go()
    assert connection.connection is None


@pytest.mark.django_db(transaction=True)
def test_a_command_keeps_its_lock_while_it_waits_for_somebody_else():
    with alone("one"):
        let_go()
        assert not is_free("one")
    assert is_free("one")


@pytest.mark.django_db(transaction=True)
def test_a_lock_that_is_not_had_leaves_no_limit_behind(shared):
    with psycopg.connect(**connection_parameters(), autocommit=True) as other:
        other.execute("SELECT pg_advisory_lock(hashtext('one'))")
        with at_length(1), pytest.raises(OperationalError), alone("one"):
            raise AssertionError("it was not free")
    assert [setting(name) for name in ("lock_timeout", "statement_timeout")] == ["10s", "30s"]
    with alone("one"):
        assert setting("lock_timeout") == "10s", "only its own wait is longer"
    assert setting("lock_timeout") == "10s" and is_free("one")


@pytest.mark.django_db(transaction=True)
def test_a_lock_of_a_transaction_that_is_spoiled_ends_with_its_connection(shared):
    with pytest.raises(OperationalError), transaction.atomic(), alone("one"), at_length(1):
        setting("lock_timeout")
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(5)")
    connection.close()
    assert is_free("one"), "nobody inherits it"
    assert setting("statement_timeout") == "30s"
