"""What the tests of the whole site stand on, beside those of everybody (conftest.py above)."""

import pytest

from relais.coaching.tests.conftest import line  # noqa: F401 (a fixture)

from .permissions.rows import World


@pytest.fixture
def world(people, make_user, now):
    return World(people, make_user, now)
