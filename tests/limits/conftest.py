"""A clock that stands still, for limits that are looked at to the second; what the tests of the line stand on."""

from datetime import UTC, datetime

import pytest

from relais.coaching.tests.conftest import commune, line, structure, write  # noqa: F401

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
"""A Wednesday: no test here meets midnight, where the keys of the counters change."""


@pytest.fixture
def now(time_machine):
    time_machine.move_to(NOON, tick=False)
    return NOON
