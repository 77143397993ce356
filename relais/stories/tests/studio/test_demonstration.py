"""The stories of the demonstration pass the gates that everybody's do."""

import pytest

from relais.media import published_files
from relais.media.models import Clip
from relais.media.tests.places import place
from relais.stories.demo import loading
from relais.stories.models import ExternalCopy, Story
from relais.stories.studio import gates, rights
from relais.stories.tests.making import again
from tests import builders

pytestmark = pytest.mark.django_db


def sheets(now):
    names = {path.stem for path in (loading.CONTENT.parents[1] / "catalogue" / "content" / "occupations").glob("*.md")}
    for slug in names:
        builders.occupation(slug, name=slug)


def test_every_demonstration_story_passes_the_gates_of_its_content(people, now):
    sheets(now)
    organisation = people["mediator"].memberships.get().organisation
    texts = loading.load_demo_stories(organisation=organisation, now=now)
    clips = loading.load_demo_clips(organisation=organisation, now=now)
    loading.proofread_demo(now=now)
    assert len(clips) >= 24
    for story in gates.with_gates(Story.objects.filter(slug__in=[story.slug for story in [*texts, *clips]])):
        closed = [
            (gate.name, gate.why, gates.standing(story)) for gate in gates.content_gates(story) if not gate.is_open
        ]
        assert not closed, (story.slug, closed)
        assert gates.rights_gates(story, now) == [] and story.is_published(now) and story.is_demo
    published_files.sync(now)
    for story in clips:
        story = again(story)
        public = place(story.clip).parents[1] / "public" / str(story.clip_id)
        assert sorted(file.name for file in public.iterdir()) == [
            "540.mp4",
            "captions.vtt",
            "poster.webp",
            "thumbnail.webp",
        ]
        assert story.clip.facts["sizes"] == {
            name: (public / name).stat().st_size for name in ("540.mp4", "poster.webp", "thumbnail.webp")
        }


def test_the_demonstration_twice_changes_nothing(people, now):
    sheets(now)
    organisation = people["mediator"].memberships.get().organisation

    def everything():
        loading.load_demo_clips(organisation=organisation, now=now)
        loading.ensure_demo_studio(people=people, now=now)
        loading.proofread_demo(now=now)
        return (
            list(Story.objects.order_by("slug").values()),
            list(Clip.objects.order_by("pk").values()),
            ExternalCopy.objects.count(),
        )

    assert everything() == everything()
    states = set(Story.objects.exclude(created_by=None).values_list("state", flat=True))
    assert states == {"draft", "in-review", "withdrawn"}
    assert [copy.address for copy in rights.to_take_down(Story.objects.all(), now)] == [loading.ELSEWHERE]
    assert all(gate.is_open for gate in gates.content_gates(Story.objects.get(state="in-review")))
    assert gates.standing(Story.objects.get(state="draft"))


def test_a_sheet_that_is_not_there_is_named(people, now):
    with pytest.raises(loading.UnknownOccupation, match="aide-a-domicile"):
        loading.load_demo_clips(organisation=people["mediator"].memberships.get().organisation, now=now)
