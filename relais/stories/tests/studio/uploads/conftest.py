"""A draft of a story, and the browser of whoever writes it."""

import pytest

from relais.stories.tests.drafts import draft


@pytest.fixture
def user(people):
    return people["campaign_manager"]


@pytest.fixture
def story(user, now):
    return draft(user, now)


@pytest.fixture
def client(user, client_for):
    return client_for(user)
