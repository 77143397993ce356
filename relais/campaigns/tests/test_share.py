"""The touch of the share button: one a story, made when it is published, whoever presses."""

import pytest
from django.db import IntegrityError, transaction

from relais.campaigns.forms import TouchForm
from relais.campaigns.models import Touch
from relais.campaigns.selectors import share_codes
from relais.campaigns.services import ensure_share_touch
from relais.foundation.events import record
from relais.stories.events import StoryPublished

pytestmark = pytest.mark.django_db


def publish(story, now):
    with transaction.atomic():
        record(StoryPublished(story=story.slug), now=now)


def test_publishing_gives_one_code_and_publishing_again_keeps_it(story, now):
    publish(story, now)
    (touch,) = Touch.objects.filter(story=story)
    touch.full_clean()
    assert (touch.kind, touch.organisation, touch.created_at) == ("share", story.organisation, now)
    assert touch.label.startswith("Partage : É") and touch.target() == "/temoignages/porte"
    publish(story, now)
    assert share_codes(["porte", "inconnue"]) == {"porte": touch.code}


def test_one_a_story_says_the_database(story, now):
    touch = ensure_share_touch(story=story, now=now)
    with pytest.raises(IntegrityError), transaction.atomic():
        Touch.objects.create(
            code="ACDEF", kind="share", label="x", story=story, organisation=touch.organisation, created_at=now
        )
    Touch.objects.create(
        code="ACDEF", kind="poster", label="x", story=story, organisation=touch.organisation, created_at=now
    )


def test_nobody_makes_one_by_hand(db):
    form = TouchForm({"kind": "share", "label": "Partage"})
    assert "share" not in dict(form.fields["kind"].choices) and "kind" in form.errors


def test_the_feed_gives_it_away(client, story, now, settings):
    assert f'href="{settings.SITE_URL}/temoignages/porte" data-share' in client.get("/").content.decode()
    code = ensure_share_touch(story=story, now=now).code
    for address in ("/", "/temoignages/porte"):
        assert f'href="{settings.SITE_URL}/r/{code}" data-share' in client.get(address).content.decode()
