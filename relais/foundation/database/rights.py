"""What the role that serves may do with the tables: read and write rows. It owns none, and can neither change them nor silence a trigger.

Whoever gets a statement of their own past a page then finds the register of readings and the event log as closed as they are to us.
"""

from django.conf import settings
from django.db import connection, transaction
from psycopg import sql

_RIGHTS = (
    "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
    "GRANT CONNECT, TEMPORARY ON DATABASE {database} TO {role}",
    "GRANT USAGE ON SCHEMA public TO {role}",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}",
    "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role}",
    "REVOKE INSERT, UPDATE, DELETE ON django_migrations FROM {role}",
)
_APPEND_ONLY = "SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = split_part(tgrelid::regclass::text, '.', 1) || '_append_only'"


def give() -> None:
    """Say it of the tables as they are now, and make the role where there is none. Where one role does all there is nothing to say."""
    role = settings.SERVING_ROLE
    if role == settings.DATABASES["default"]["USER"]:
        return
    with transaction.atomic(), connection.cursor() as cursor:
        names = {"role": sql.Identifier(role), "database": sql.Identifier(connection.settings_dict["NAME"])}
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
        if not cursor.fetchone():
            password = sql.Literal(settings.SERVING_PASSWORD)
            cursor.execute(sql.SQL("CREATE ROLE {role} LOGIN PASSWORD {password}").format(password=password, **names))
        for right in _RIGHTS:
            cursor.execute(sql.SQL(right).format(**names))
        cursor.execute(_APPEND_ONLY)
        for (table,) in cursor.fetchall():
            cursor.execute(
                sql.SQL("REVOKE UPDATE, DELETE ON {table} FROM {role}").format(table=sql.Identifier(table), **names)
            )


def is_bounded() -> bool:
    """Whether the role that serves owns no table, by itself or as a member of another role. Raises DatabaseError."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT bool_or(pg_has_role(%s, tableowner, 'member')) FROM pg_tables WHERE schemaname = 'public'",
            [settings.SERVING_ROLE],
        )
        return not cursor.fetchone()[0]
