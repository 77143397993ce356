"""How long an answer of PostgreSQL is waited for, on both sides of the line.

The server ends a statement that is too long (`statement_timeout`). It cannot do so when it is itself frozen, and nothing in libpq
does on a Unix socket: there the client stops waiting, a little later, and closes the connection.
"""

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar

import psycopg
from django.db import DatabaseError, connection

STATEMENT = 30
"""Seconds of one statement; longer ones are named, with `at_length`."""
GRACE = 5
"""Seconds left to the server for its own refusal, which says more."""
_limit: ContextVar[int] = ContextVar("seconds of one statement", default=STATEMENT)


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
        with connection.cursor() as cursor:
            cursor.execute(f"SET statement_timeout = '{limit()}s'")


class _Patient:
    """What both kinds of connection share. A caller that gives a `timeout` of its own handles it by itself."""

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
