"""Where a word still is: asked inside the house, of every column of every table and of every file."""

import gzip
import zlib
from collections.abc import Iterator

from django.apps import apps
from django.conf import settings
from django.db import connection


def places(words: list[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for place, text in _texts():
        for word in words:
            if word in text and place not in found.setdefault(word, []):
                found[word].append(place)
    return {word: there for word, there in found.items() if there}


def _texts() -> Iterator[tuple[str, str]]:
    yield from _columns()
    yield from _sealed()
    yield from _sessions()
    for file in settings.DATA.rglob("*"):
        if file.is_file() and "static" not in file.relative_to(settings.DATA).parts[:1]:
            held = file.read_bytes()
            yield f"file {file.relative_to(settings.DATA)}", held.decode("utf-8", "ignore")
            yield from _unpacked(file.name, held)


def _columns() -> Iterator[tuple[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        for (table,) in cursor.fetchall():
            cursor.execute(f'SELECT t::text FROM "{table}" t')
            for (row,) in cursor.fetchall():
                yield f"table {table}", row
        cursor.execute(
            "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public' AND data_type = 'bytea'"
        )
        for table, column in cursor.fetchall():
            cursor.execute(f'SELECT "{column}" FROM "{table}" WHERE "{column}" IS NOT NULL')
            for (held,) in cursor.fetchall():
                yield f"bytes {table}.{column}", bytes(held).decode("utf-8", "ignore")


def _sealed() -> Iterator[tuple[str, str]]:
    from relais.foundation.sealed import SealedTextField

    for model in apps.get_models():
        for field in model._meta.local_fields:
            if isinstance(field, SealedTextField):
                for value in model._base_manager.order_by().values_list(field.name, flat=True):
                    yield f"sealed {model.__name__}.{field.name}", str(value)


def _sessions() -> Iterator[tuple[str, str]]:
    from django.contrib.sessions.models import Session

    for one in Session.objects.all():
        yield "session", str(one.get_decoded())


def _unpacked(name: str, held: bytes) -> Iterator[tuple[str, str]]:
    for unpack in (gzip.decompress, zlib.decompress):
        try:
            yield f"packed {name}", unpack(held).decode("utf-8", "ignore")
        except (OSError, EOFError, zlib.error):
            continue
