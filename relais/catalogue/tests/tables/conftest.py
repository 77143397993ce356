"""Tables that an organisation brings, and those who bring them."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from relais.catalogue.tables import services
from relais.catalogue.tables.columns import guess

from .. import tabled
from .asked import HERE


@pytest.fixture
def supervisor(people):
    return people["supervisor"]


@pytest.fixture
def organisation(supervisor):
    return supervisor.memberships.get().organisation


@pytest.fixture
def browser(client_for, supervisor):
    return client_for(supervisor)


@pytest.fixture
def send(browser, organisation):
    """send(data, name) → the answer to an upload; follow `Location` for the columns."""
    return lambda data, name="structures.csv", client=None, where=None: (client or browser).post(
        HERE, {"organisation": (where or organisation).pk, "file": SimpleUploadedFile(name, data)}
    )


@pytest.fixture
def table(france, supervisor, organisation, now):
    """table(rows or bytes, columns, missing="keep", by=None) → a BroughtTable, rehearsed."""

    def make(data=tabled.ROWS, columns=None, missing="keep", by=None, kind="service"):
        user = by or supervisor
        data = data if isinstance(data, bytes) else tabled.csv(data, charset="utf-8")
        made = services.bring(
            user=user, organisation=user.memberships.get().organisation, name="structures.csv", data=data, now=now
        )
        matching = {
            "columns": guess(made.sheet["headers"]) if columns is None else columns,
            "kind": kind,
            "missing": missing,
        }
        return services.match(table_id=made.pk, user=user, now=now, **matching)

    return make


@pytest.fixture
def confirmed(table, supervisor, now):
    """confirmed(…) → the ImportRun of such a table."""

    def make(*args, by=None, **options):
        made = table(*args, by=by, **options)
        return services.confirm(table_id=made.pk, user=by or supervisor, mark=made.rehearsal["mark"], now=now)

    return make
