"""Is the database there? Asked over and over on the event loop, so that no visitor waits longer than it takes to know.

A server that is frozen, or behind a cable that was cut, refuses nothing: its silence is the only sign.
"""

import asyncio
from contextlib import suppress

import psycopg

from .database.patience import AsyncPatient
from .loops import connection_parameters
from .outage import outage

EVERY = 1.0
"""Seconds between two questions."""
SILENCE = 5.0
"""Seconds without an answer after which the database is held to be away."""
LOST = "relais.lost"
"""The key of an ASGI scope whose request is answered without the database."""


class Pulse:
    """One connection that asks `SELECT 1`. Everything here runs on the event loop."""

    def __init__(self):
        self.lost = asyncio.Event()
        self._connection: psycopg.AsyncConnection | None = None
        self._tasks: set[asyncio.Task] = set()

    def start(self) -> None:
        self._keep(asyncio.create_task(self._ask_for_ever()))

    async def stop(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._drop()

    def _keep(self, task: asyncio.Task) -> None:
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _ask_for_ever(self) -> None:
        while True:
            try:
                await self._ask()
            except Exception as error:
                # Whatever it was: a watch that ends says nothing more, and what was lost would stay so.
                await self._drop()
                self.lost.set()
                outage.begin(error)
            else:
                self.lost.clear()
                outage.end()
            await asyncio.sleep(EVERY)

    async def _ask(self) -> None:
        if self._connection is None:
            self._connection = await _Brief.connect(**connection_parameters(), autocommit=True)
        await self._connection.execute("SELECT 1")

    async def _drop(self) -> None:
        if self._connection:
            with suppress(psycopg.Error, OSError):
                await self._connection.close()
        self._connection = None

    async def guard(self, application, scope, receive, send, *, otherwise) -> None:
        """Let `application` answer; should the database be lost before it has begun to, `otherwise` answers in its place.

        What had begun goes on without a listener: it may still be written, as when a visitor's connection breaks. What
        had not (see config.asgi.Pages) is never run.
        """
        if self.lost.is_set():
            return await otherwise(scope | {LOST: True}, nothing, send)
        scope, begun, left = dict(scope), False, False

        async def say(message) -> None:
            nonlocal begun
            if not left:
                begun = True
                await send(message)

        answer, lost = asyncio.create_task(application(scope, receive, say)), asyncio.create_task(self.lost.wait())
        try:
            await asyncio.wait({answer, lost}, return_when=asyncio.FIRST_COMPLETED)
            if answer.done() or begun:
                return await answer
        except asyncio.CancelledError:
            answer.cancel()
            raise
        finally:
            lost.cancel()
        left = scope[LOST] = True
        self._keep(answer)
        answer.add_done_callback(_unheard)
        await otherwise(scope, nothing, send)


class _Brief(AsyncPatient):
    @staticmethod
    def longest() -> float:
        return SILENCE


async def nothing() -> dict:
    return {"type": "http.request", "body": b"", "more_body": False}


def _unheard(task: asyncio.Task) -> None:
    if not task.cancelled() and (error := task.exception()):
        outage.begin(error)
