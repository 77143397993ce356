"""Django's PostgreSQL, on patient connections."""

from types import SimpleNamespace
from typing import Any

import psycopg
from django.db.backends.postgresql import base

from . import patience


class DatabaseWrapper(base.DatabaseWrapper):
    Database: Any = SimpleNamespace(**vars(psycopg) | {"connect": patience.Patient.connect})

    def init_connection_state(self):
        super().init_connection_state()
        patience.say_limit(self)
