"""The role that serves, as a stranger would use it who got a statement of their own past a page."""

import psycopg
import pytest
from django.conf import settings
from django.db import connection
from psycopg import errors

from relais.foundation.database import rights

pytestmark = pytest.mark.django_db
APPEND_ONLY = ("foundation_event", "accounts_access")


@pytest.fixture
def serving(db):
    """A connection of that role to the database of these tests."""
    where = connection.get_connection_params() | {
        "user": settings.SERVING_ROLE,
        "password": settings.SERVING_PASSWORD,
    }
    where = {name: where[name] for name in ("host", "port", "user", "password", "dbname")}
    with psycopg.connect(**where, autocommit=True) as own:
        yield own


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE {table} DISABLE TRIGGER ALL",
        "DROP TRIGGER {table}_append_only ON {table}",
        "UPDATE {table} SET id = id",
        "DELETE FROM {table}",
        "TRUNCATE {table}",
        "DROP TABLE {table}",
        "ALTER TABLE {table} ADD COLUMN more integer",
        "CREATE RULE none AS ON INSERT TO {table} DO INSTEAD NOTHING",
    ],
)
@pytest.mark.parametrize("table", APPEND_ONLY)
def test_an_append_only_table_stays_one(serving, table, statement):
    with pytest.raises(errors.InsufficientPrivilege):
        serving.execute(statement.format(table=table))


@pytest.mark.parametrize(
    "statement",
    [
        "SET session_replication_role = replica",
        "SET ROLE relais",
        "SET SESSION AUTHORIZATION relais",
        "CREATE TABLE public.mine (id integer)",
        "CREATE FUNCTION public.mine() RETURNS integer LANGUAGE sql AS 'SELECT 1'",
        "CREATE OR REPLACE FUNCTION public.relais_refuse_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
        "CREATE SCHEMA mine",
        "ALTER ROLE relais_web SUPERUSER",
        "DELETE FROM django_migrations",
        "COPY (SELECT 1) TO '/tmp/mine'",
        "COPY (SELECT 1) TO PROGRAM 'true'",
    ],
)
def test_it_does_not_become_more(serving, statement):
    with pytest.raises(errors.InsufficientPrivilege):
        serving.execute(statement)


def test_it_gives_itself_nothing(serving):
    # PostgreSQL only warns.
    serving.execute("GRANT UPDATE ON foundation_event TO relais_web")
    held = serving.execute("SELECT has_table_privilege('foundation_event', 'UPDATE')")
    assert held.fetchone() == (False,)


def test_it_reads_and_writes_the_rows_of_every_table(serving):
    wanting = serving.execute(
        "SELECT tablename, wanted FROM pg_tables, unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) AS wanted"
        " WHERE schemaname = 'public' AND NOT has_table_privilege(quote_ident(tablename), wanted)"
    )
    closed = {(table, what) for table in APPEND_ONLY for what in ("UPDATE", "DELETE")}
    closed |= {("django_migrations", what) for what in ("INSERT", "UPDATE", "DELETE")}
    assert set(wanting.fetchall()) == closed


def test_it_owns_nothing_and_is_no_member_of_who_does():
    assert rights.is_bounded()


def test_who_serves_as_the_owner_is_told(settings):
    settings.SERVING_ROLE = settings.DATABASES["default"]["USER"]
    assert not rights.is_bounded()
    rights.give()
