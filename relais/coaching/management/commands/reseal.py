"""`relais reseal`: put every sealed text under the newest key of RELAIS_KEYS, in small batches, while the site runs."""

from django.core.management.base import BaseCommand
from django.db import connection, transaction
from psycopg.sql import SQL, Identifier

from relais.foundation.keys import sealed_columns
from relais.foundation.sealed import reseal

BATCH = 500
_NEXT = "SELECT {key}, {column} FROM {table} WHERE {column} <> '' {after} ORDER BY {key} LIMIT {most} FOR UPDATE"
_AGAIN = "UPDATE {table} SET {column} = %s WHERE {key} = %s"


class Command(BaseCommand):
    help = "Re-encrypts sealed texts with the newest key. May be stopped and run again; the site goes on meanwhile."

    def handle(self, **options):
        for table, key, column in sealed_columns():
            done = sum(self._batches(table, key, column))
            self.stdout.write(f"{table}.{column}: {done} texts")

    def _batches(self, table: str, key: str, column: str):
        names, last = {"table": Identifier(table), "key": Identifier(key), "column": Identifier(column)}, None
        while True:
            with transaction.atomic(), connection.cursor() as cursor:
                after = SQL("") if last is None else SQL("AND {} > {}").format(names["key"], last)
                cursor.execute(SQL(_NEXT).format(**names, after=after, most=BATCH))
                rows = cursor.fetchall()
                cursor.executemany(SQL(_AGAIN).format(**names), [(reseal(text), pk) for pk, text in rows])
            if not rows:
                return
            last = rows[-1][0]
            yield len(rows)
