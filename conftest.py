"""What every test stands on: the real settings, a real PostgreSQL in RELAIS_DATA (var/test by default), people of each role."""

import os
import shutil
from pathlib import Path

# Before any import of the settings: they read the environment once.
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ.setdefault("DEBUG", "1")
os.environ.setdefault("RELAIS_DATA", str(Path(__file__).parent / "var" / "test"))
os.environ.setdefault("RELAIS_PG_FAST", "1")
# Playwright's own event loop would otherwise make Django refuse plain queries in browser tests.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")

import django
import hypothesis
import pytest

# Here and not through pyproject.toml, which pytest-django reads before this file: the settings would miss the lines above.
django.setup()

# Both read the clock: on a machine that does other work they would fail for what others do.
hypothesis.settings.register_profile("relais", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("relais")


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix):
    """The embedded server starts with the first test that needs it; DATABASE_URL names another. The index of its last life goes."""
    from django.conf import settings

    shutil.rmtree(settings.DATA / "index", ignore_errors=True)
    if not os.environ.get("DATABASE_URL", "").strip():
        from relais.foundation.postgres import ensure_running

        ensure_running(settings.DATA)


@pytest.fixture(scope="session", autouse=True)
def end_of_transactional_tests():
    """Append-only tables are emptied too; a browser's connection left open does not keep the test database from being dropped."""
    from django.db.backends.postgresql.creation import DatabaseCreation
    from django.db.backends.postgresql.operations import DatabaseOperations

    flush = DatabaseOperations.execute_sql_flush

    def as_replica(self, statements):
        return flush(self, ["SET session_replication_role = replica", *statements, "SET session_replication_role = origin"])

    def drop(self, name, verbosity):
        with self._nodb_cursor() as cursor:
            cursor.execute(f"DROP DATABASE {self.connection.ops.quote_name(name)} WITH (FORCE)")

    patch = pytest.MonkeyPatch()
    patch.setattr(DatabaseCreation, "_destroy_test_db", drop)
    patch.setattr(DatabaseOperations, "execute_sql_flush", as_replica)
    yield
    patch.undo()


@pytest.fixture(autouse=True)
def own_files(settings, tmp_path):
    """Letters and media of a test go to its own folder; static addresses need no collectstatic."""
    settings.EMAIL_FILE_PATH = str(tmp_path / "mail")
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.STORAGES = settings.STORAGES | {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}


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
    from allauth.account.models import EmailAddress
    from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret

    from relais.accounts.models import Membership, Organisation, User

    def make(role="", *, organisation=None, approved=True, second_factor=True, password=None, **fields):
        number = User.objects.count() + 1
        fields.setdefault("email", f"personne-{number}@exemple.invalid")
        fields.setdefault("display_name", f"Personne {number}")
        user = User.objects.create_user(password=password, approved_at=now if approved else None, **fields)
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
        if role:
            organisation = organisation or Organisation.objects.create(name=f"Organisation {number}", kind=Organisation.Kind.OPERATOR)
            Membership.objects.create(user=user, organisation=organisation, role=role)
        if second_factor:
            TOTP.activate(user, generate_totp_secret())
        return user

    return make


@pytest.fixture
def client_for():
    """client_for(user) → a Django test client signed in as `user`, as after a password and a code just now."""
    from allauth.account.internal.flows.login import record_authentication
    from django.test import Client, RequestFactory

    def sign_in(user, **options):
        client = Client(**options)
        client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
        request = RequestFactory().get("/")
        request.user, request.session = user, client.session
        record_authentication(request, user, "password", email=user.email)
        record_authentication(request, user, "mfa", type="totp")
        request.session.save()
        return client

    return sign_in
