"""The database of this process is away: told once when it goes and once when it is back, however many meet it meanwhile."""

import logging
import threading
from time import monotonic

from django.db import InterfaceError, InternalError, OperationalError
from psycopg_pool import PoolTimeout

log = logging.getLogger(__name__)
_GONE = ("08", "57P")
"""Classes of errors by which PostgreSQL says that it is going, not there yet, or cut off."""


def unanswered(error: BaseException | None) -> bool:
    """Did this error come from a database that could not answer, rather than from a mistake in what was asked?"""
    closed_while_idle = isinstance(error, InternalError) and _code(error) == "25P03"
    return isinstance(error, OperationalError | InterfaceError) or closed_while_idle


def is_away(error: BaseException | None) -> bool:
    """Of those: is the database itself away, and not a lock or a statement that took too long?"""
    return unanswered(error) and (not (code := _code(error)) or code.startswith(_GONE))


def _code(error: BaseException | None) -> str:
    return getattr(getattr(error, "__cause__", None), "sqlstate", None) or ""


def _waited_for_one(error: BaseException | None) -> bool:
    """All that this process has are in use, or no more can be made: the pool does not know which."""
    return isinstance(getattr(error, "__cause__", None), PoolTimeout)


class Outage:
    def __init__(self):
        self._since: float | None = None
        self._lock = threading.Lock()

    def begin(self, error: BaseException | None) -> None:
        with self._lock:
            if self._since is None:
                self._since = monotonic()
                why = (
                    "No connection to the database came free in time"
                    if _waited_for_one(error)
                    else "The database does not answer"
                )
                log.error("%s (%s); this is said once, until it answers again", why, " ".join(str(error).split())[:200])

    def end(self) -> None:
        with self._lock:
            if self._since is not None:
                log.warning("The database answers again, after %.0f s", monotonic() - self._since)
                self._since = None


outage = Outage()


def not_said_twice(record: logging.LogRecord) -> bool:
    """Filter for `django.request`: whoever answers 503 has said why."""
    return getattr(record, "status_code", None) != 503
