"""What every test stands on: the real settings, a real PostgreSQL in RELAIS_DATA (var/test by default), people of each role."""

import hashlib
import os
import shutil
from pathlib import Path

# Before any import of the settings: they read the environment once.
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ.setdefault("DEBUG", "1")
os.environ.setdefault("RELAIS_DATA", str(Path(__file__).parent / "var" / "test"))
os.environ.setdefault("RELAIS_PG_FAST", "1")
# The port of whoever serves beside the tests is not theirs.
os.environ.pop("PORT", None)
# Playwright's own event loop would otherwise make Django refuse plain queries in browser tests.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")

import django
import hypothesis
import pytest

from tests.made_up import cases

# Here and not through pyproject.toml, which pytest-django reads before this file: the settings would miss the lines above.
django.setup()

# Both read the clock: on a machine that does other work they would fail for what others do.
hypothesis.settings.register_profile("relais", cases(100), suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("relais")


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix, django_db_blocker):
    """The embedded server starts with the first test that needs it; DATABASE_URL names another. The index of its last life goes."""
    from django.conf import settings

    shutil.rmtree(settings.DATA / "index", ignore_errors=True)
    if not os.environ.get("DATABASE_URL", "").strip():
        from relais.foundation.postgres import ensure_running

        ensure_running(settings.DATA)
        with django_db_blocker.unblock():
            settings.DATABASES["default"]["TEST"]["TEMPLATE"] = migrated()


def migrated() -> str:
    """The name of a database in which these migrations have run, made by the first session that meets them: later ones copy it."""
    from django.apps import apps
    from django.core.management import call_command
    from django.db import connection

    from relais.foundation.database import rights

    files = sorted(path for app in apps.get_app_configs() for path in Path(app.path).glob("migrations/*.py"))
    files.append(Path(rights.__file__))
    name = "migrated_" + hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()[:16]
    with connection._nodb_cursor() as server:
        server.execute("SELECT datname FROM pg_database WHERE starts_with(datname, 'migrated_')")
        there = {row[0] for row in server.fetchall()}
        if name in there:
            return name
        for old in there | {"building"}:
            server.execute(f"DROP DATABASE IF EXISTS {old} WITH (FORCE)")
        server.execute("CREATE DATABASE building")
    own = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = "building"
    try:
        call_command("migrate", verbosity=0)
    finally:
        connection.close()
        connection.settings_dict["NAME"] = own
    with connection._nodb_cursor() as server:
        server.execute(f"ALTER DATABASE building RENAME TO {name}")
    return name


# As the migrations left them, and no test writes there: emptied they would have to be made again, by a hundred questions.
MADE_ONCE = {"django_content_type", "auth_permission"}


@pytest.fixture(scope="session", autouse=True)
def end_of_transactional_tests():
    """Rows go from the tables that have some, append-only ones too: to truncate all of them takes as long as many a test.

    A browser's connection left open does not keep the test database from being dropped.
    """
    from django.core.management.commands import flush
    from django.db.backends.postgresql.creation import DatabaseCreation
    from django.db.backends.postgresql.operations import DatabaseOperations

    execute = DatabaseOperations.execute_sql_flush

    def of_rows(self, style, tables, **options):
        quoted = {name: self.quote_name(name) for name in tables if name not in MADE_ONCE}
        asked = " UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (SELECT FROM {it})" for name, it in quoted.items())
        with self.connection.cursor() as cursor:
            cursor.execute(asked)
            return [f"DELETE FROM {quoted[name]}" for (name,) in cursor.fetchall()]

    def as_replica(self, statements):
        return execute(
            self, ["SET session_replication_role = replica", *statements, "SET session_replication_role = origin"]
        )

    def drop(self, name, verbosity):
        with self._nodb_cursor() as cursor:
            cursor.execute(f"DROP DATABASE {self.connection.ops.quote_name(name)} WITH (FORCE)")

    patch = pytest.MonkeyPatch()
    patch.setattr(DatabaseCreation, "_destroy_test_db", drop)
    patch.setattr(DatabaseOperations, "sql_flush", of_rows)
    patch.setattr(DatabaseOperations, "execute_sql_flush", as_replica)
    patch.setattr(flush, "emit_post_migrate_signal", lambda *_, **__: None)
    yield
    patch.undo()


@pytest.fixture(autouse=True)
def own_files(settings, tmp_path):
    """Letters and media of a test go to its own folder; static addresses need no collectstatic."""
    settings.EMAIL_FILE_PATH = str(tmp_path / "mail")
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    }


@pytest.fixture(autouse=True)
def one_site(monkeypatch):
    """Each test begins without a site, and its pages do not ask for the table: how many queries a page makes must not depend on the clock.

    What a test writes into the table it reads with `sites.refresh()`, as a commit would.
    """
    from relais.foundation import sites

    monkeypatch.setattr(sites, "LIFE", 1_000_000.0)
    sites.hold([])


@pytest.fixture
def shared(transactional_db):
    """The threads of this process share two connections, as those of a web process share theirs."""
    from django.db import connection

    from relais.foundation.database.patience import Patient

    own = connection.settings_dict
    before = own["CONN_MAX_AGE"]
    connection.close()
    own["CONN_MAX_AGE"] = 0
    own["OPTIONS"]["pool"] = {"connection_class": Patient, "min_size": 1, "max_size": 2, "timeout": 10}
    try:
        yield
    finally:
        connection.close()
        connection.close_pool()
        own["CONN_MAX_AGE"] = before
        del own["OPTIONS"]["pool"]


@pytest.fixture
def now():
    from django.utils import timezone

    return timezone.now()


@pytest.fixture
def people(db, now):
    """The demonstration team: {"mediator", "mediator_2", "supervisor", "campaign_manager", "funder", "administrator",
    "administrator_2", "partner"} → User, approved, with a second factor."""
    from relais.accounts.services import ensure_demo_people

    return ensure_demo_people(now=now)


@pytest.fixture
def make_user(db, now):
    """Factory: make_user("mediator", organisation=None, approved=True, second_factor=True, **fields) → User.

    Without an organisation, one of its own is made: such a person is a stranger to `people`.
    """
    from functools import partial

    from tests import builders

    return partial(builders.user, now=now)


@pytest.fixture
def client_for():
    """client_for(user) → a Django test client signed in as `user`, as after a password and a code just now."""
    from tests import builders

    return builders.client
