"""`relais reseal`: put every sealed text under the newest key of RELAIS_KEYS, in small batches, while the site runs."""

from django.core.management.base import BaseCommand
from django.db import connection, transaction

from relais.foundation.keys import sealed_columns
from relais.foundation.sealed import reseal

BATCH = 500


class Command(BaseCommand):
    help = "Re-encrypts sealed texts with the newest key. May be stopped and run again; the site goes on meanwhile."

    def handle(self, **options):
        for table, key, column in sealed_columns():
            done = sum(self._batches(table, key, column))
            self.stdout.write(f"{table}.{column}: {done} texts")

    def _batches(self, table: str, key: str, column: str):
        last = None
        while True:
            with transaction.atomic(), connection.cursor() as cursor:
                after = "" if last is None else f"AND {key} > %s"
                cursor.execute(
                    f"SELECT {key}, {column} FROM {table} WHERE {column} <> '' {after} ORDER BY {key} LIMIT {BATCH} FOR UPDATE",  # noqa: S608 -- names of our own tables
                    [] if last is None else [last],
                )
                rows = cursor.fetchall()
                update = f"UPDATE {table} SET {column} = %s WHERE {key} = %s"  # noqa: S608
                cursor.executemany(update, [(reseal(text), pk) for pk, text in rows])
            if not rows:
                return
            last = rows[-1][0]
            yield len(rows)
