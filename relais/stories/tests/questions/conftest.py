"""A story, and who moderates what is asked below it."""

import pytest

from relais.stories.tests.asking import (
    line,
    online,
)


@pytest.fixture
def story(people, now):
    line(people["mediator"])
    return online(people, now)


@pytest.fixture
def moderator(people):
    return people["mediator"]
