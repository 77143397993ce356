"""A clock that stands still, for limits that are looked at to the second; a world for retention; what the tests of the line stand on."""

from datetime import UTC, datetime

import pytest

from relais.coaching.models import Conversation
from relais.coaching.tests.conftest import commune, line, structure, write  # noqa: F401
from relais.stories.tests.asking import online

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
"""A Wednesday: no test here meets midnight, where the keys of the counters change."""


@pytest.fixture
def now(time_machine):
    time_machine.move_to(NOON, tick=False)
    return NOON


@pytest.fixture
def mediator(people):
    return people["mediator"]


@pytest.fixture
def world(people, mediator, write, now):  # noqa: F811
    class World:
        pass

    world = World()
    world.mediator, world.people, world.now = mediator, people, now
    world.conversation = lambda: quiet(write().conversation, now)
    world.story = lambda: online(people, now)
    return world


def quiet(conversation, at) -> Conversation:
    """Answered, and nobody has said anything since `at`."""
    values = dict.fromkeys(["waiting_since", "due_at", "alert_at", "escalate_at", "oncall_at"])
    Conversation.objects.filter(pk=conversation.pk).update(state="closed", updated_at=at, **values)
    return Conversation.objects.get(pk=conversation.pk)
