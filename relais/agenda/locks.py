"""Whoever decides about a person, or about a place, waits for who did so before: rows that clash hang on different subjects and share no lock."""

from collections.abc import Collection
from datetime import timedelta
from uuid import UUID

from django.db import connection

LONGEST = timedelta(days=1)
"""No appointment is longer: nothing that began before then is still going on."""


def hold(whom: Collection[UUID | int]) -> None:
    """Until the end of this transaction. All people of an appointment at once, before its place."""
    with connection.cursor() as cursor:
        for key in sorted({f"agenda {one}" for one in whom}):
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [key])
