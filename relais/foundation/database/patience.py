"""How long an answer of PostgreSQL is waited for, on both sides of the line.

The server ends a statement that is too long (`statement_timeout`). It cannot do so when it is itself frozen, and nothing in libpq
does on a Unix socket: there the client stops waiting, a little later, and closes the connection.
"""

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar

import psycopg
from django.db import DatabaseError, Error, connection, transaction

STATEMENT = 30
"""Seconds of one statement; longer ones are named, with `at_length`."""
GRACE = 5
"""Seconds left to the server for its own refusal, which says more."""
_limit: ContextVar[int] = ContextVar("seconds of one statement", default=STATEMENT)
_locks: ContextVar[int] = ContextVar("locks that the connection of this thread holds", default=0)


def limit() -> int:
    return _limit.get()


@contextlib.contextmanager
def at_length(seconds: int) -> Iterator[None]:
    """Statements of this thread may take that long meanwhile: for work on whole tables, never for a page."""
    token = _limit.set(seconds)
    try:
        _tell()
        yield
    finally:
        _limit.reset(token)
        # A connection that broke meanwhile is made anew, with the limit of its day.
        with contextlib.suppress(DatabaseError):
            _tell()


def _tell() -> None:
    if connection.connection is not None and not connection.connection.closed:
        say_limit(connection)


def say_limit(database) -> None:
    """Tell the server the limit of this thread, unless this connection, which other threads use too, was told so before."""
    if getattr(database.connection, "limit_said", STATEMENT) != limit():
        with database.cursor() as cursor:
            cursor.execute(f"SET statement_timeout = '{limit()}s'")
        database.connection.limit_said = limit()


def let_go() -> None:
    """Before waiting for somebody else (a provider, a child): others of this process may have the connection meanwhile.

    The next question takes one again. Nothing is let go inside a transaction, nor of a connection that holds a lock (`alone`), nor where
    none is shared: a command would close its own.
    """
    is_shared = bool(connection.settings_dict["OPTIONS"].get("pool"))
    if is_shared and not connection.in_atomic_block and not _locks.get():
        connection.close()


@contextlib.contextmanager
def alone(name: str) -> Iterator[None]:
    """Of all processes, one at a time under this name; who comes meanwhile waits, as long as a statement may last.

    It lasts as long as the block, or as this process: a lock of the connection, which is kept until then. Nothing of it is left on a
    connection that somebody else takes afterwards, whatever goes wrong.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        # Of this transaction only, even when the lock is not had: the wait may be longer than that for a row.
        cursor.execute("SET LOCAL lock_timeout = 0")
        cursor.execute("SELECT pg_advisory_lock(hashtext(%s))", [name])
        cursor.execute("SET LOCAL lock_timeout TO DEFAULT")
    token = _locks.set(_locks.get() + 1)
    try:
        yield
    finally:
        _locks.reset(token)
        _unlock(name)


def _unlock(name: str) -> None:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(hashtext(%s))", [name])
    except Error:
        # In a transaction that is spoiled, or on a line that broke: the lock ends with its connection.
        if connection.connection is not None:
            connection.connection.close()


class _Patient:
    """What both kinds of connection share. A caller that gives a `timeout` of its own handles it by itself."""

    pgconn: psycopg.pq.abc.PGconn

    @staticmethod
    def longest() -> float:
        return limit() + GRACE

    def _silent(self) -> psycopg.OperationalError:
        # Where the answer would have been is lost: nothing more can be said on this connection.
        self.pgconn.finish()
        return psycopg.OperationalError(f"the database has been silent for {self.longest():.0f} s")


class Patient(_Patient, psycopg.Connection):
    def wait(self, gen, interval=0.1, timeout=None):
        try:
            return super().wait(gen, interval, self.longest() if timeout is None else timeout)
        except psycopg.errors._WaitTimeout:
            if timeout is not None:
                raise
            raise self._silent() from None


class AsyncPatient(_Patient, psycopg.AsyncConnection):
    async def wait(self, gen, interval=0.1, timeout=None):
        try:
            return await super().wait(gen, interval, self.longest() if timeout is None else timeout)
        except psycopg.errors._WaitTimeout:
            if timeout is not None:
                raise
            raise self._silent() from None
