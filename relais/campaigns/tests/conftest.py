"""A testimony that a touch leads to."""

import pytest

from relais.stories.models import Story
from tests import builders


@pytest.fixture
def story(people, now):
    sheet = builders.occupation("aide", name="Aide")
    organisation = people["campaign_manager"].memberships.get().organisation
    return Story.objects.create(
        slug="porte", title="É" * 120, occupation=sheet, organisation=organisation, state="published", published_at=now
    )
