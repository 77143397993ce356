"""Secrets drawn from the one secret of the house: resume codes, links, digests of senders and of who wrote STOP, second factors.

That secret lies in the database, sealed under the ring of keys (RELAIS_KEYS, see `sealed`). So the ring turns without anybody
noticing: `relais reseal` seals it anew and nothing drawn from it changes. SECRET_KEY signs sessions and forms, nothing that lasts.
"""

import hmac
from collections.abc import Iterator
from functools import lru_cache
from hashlib import sha256

from django.apps import apps
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

from .models import HouseSecret
from .sealed import CannotOpen, SealedTextField, reseal

OTHER_KEYS = (
    "The data of this database were sealed with another key. If RELAIS_KEYS was changed: put the former key after the new one "
    "(RELAIS_KEYS=NEW,FORMER), start, and run `relais reseal`. If RELAIS_KEYS is not set and SECRET_KEY was changed: the former key is the "
    "word « sealing: » followed by the former SECRET_KEY. A restored backup needs the keys of the site it was made on."
)


@lru_cache(maxsize=1)
def house() -> str:
    """The secret of the house. Raises CannotOpen."""
    # The first one is that of SECRET_KEY: what was drawn from it before the ring existed stays good.
    return HouseSecret.objects.get_or_create(pk=1, defaults={"secret": settings.SECRET_KEY})[0].secret


def sign(message: str) -> str:
    """64 hexadecimal digits that nobody can find without the secret of the house. `message` begins with its purpose."""
    return hmac.new(house().encode(), message.encode(), "sha256").hexdigest()


def derive(purpose: str) -> bytes:
    """A key of 32 bytes for one purpose."""
    return sha256(purpose.encode() + house().encode()).digest()


def sealed_columns() -> list[tuple[str, str, str]]:
    """(table, primary key, column) of every sealed text of the house. The secret of the house comes last: once it opens with
    the newest key alone, everything does, and a start with too few keys is refused."""
    models = sorted(apps.get_models(), key=lambda model: model is HouseSecret)
    fields = [
        (model._meta, field)
        for model in models
        for field in model._meta.local_fields
        if isinstance(field, SealedTextField)
    ]
    return [(meta.db_table, str(meta.pk.column), str(field.column)) for meta, field in fields]


def check() -> None:
    """Refuse to go on with keys that do not open the data, one text of each kind. Raises ImproperlyConfigured, with what to do."""
    house.cache_clear()
    try:
        for text in _samples():
            reseal(text)
    except CannotOpen:
        raise ImproperlyConfigured(OTHER_KEYS) from None


def _samples() -> Iterator[str]:
    """The newest sealed text of each column that the database has by now, as it lies there."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = current_schema()"
        )
        there = set(cursor.fetchall())
        for table, key, column in sealed_columns():
            if (table, column) in there:
                cursor.execute(f"SELECT {column} FROM {table} WHERE {column} <> '' ORDER BY {key} DESC LIMIT 1")  # noqa: S608 -- our own names
                yield from (text for (text,) in cursor.fetchall())


def first(model) -> None:
    """For the migration that makes the table: the first secret, unless SECRET_KEY no longer opens what is there."""
    check()
    model.objects.bulk_create([model(pk=1, secret=settings.SECRET_KEY)], ignore_conflicts=True)
