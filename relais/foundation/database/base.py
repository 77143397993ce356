"""Django's PostgreSQL, on patient connections."""

from types import SimpleNamespace

import psycopg
from django.db.backends.postgresql import base

from . import patience


class DatabaseWrapper(base.DatabaseWrapper):
    Database = SimpleNamespace(**vars(psycopg) | {"connect": patience.Patient.connect})

    def init_connection_state(self):
        super().init_connection_state()
        if patience.limit() != patience.STATEMENT:
            with self.cursor() as cursor:
                cursor.execute(f"SET statement_timeout = '{patience.limit()}s'")
