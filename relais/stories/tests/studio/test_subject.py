"""A story as other apps know it: by a kind and a number."""

import pytest

from relais.foundation.subjects import KINDS
from relais.stories.studio.history import subject_of
from relais.stories.tests.drafts import draft

pytestmark = pytest.mark.django_db


def test_a_story_is_known_by_its_number(people, now):
    story = draft(people["mediator"], now)
    known = KINDS["story"].find(story.pk)
    assert (known.title, known.organisation_id) == (story.title, story.organisation_id)
    assert known.ids["subject"] == subject_of(story.slug) and known.address == f"/pro/studio/{story.slug}"
