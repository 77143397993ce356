"""How long a conversation is kept in which nobody says anything: who can be reached has twice the time, and is told before."""

from datetime import timedelta

import pytest

from relais.coaching.models import Conversation
from relais.coaching.rights import broom, ending

pytestmark = pytest.mark.django_db
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)


def _door(conversation, now):
    conversation.addresses.create(channel="email", address="lea@exemple.invalid", digest="x", last_at=now)


def _address_for_news(conversation, now):
    conversation.follow_ups.create(milestone=3, by="email", address="lea@exemple.invalid", due_at=now)


def _news_by_the_site(conversation, now):
    conversation.follow_ups.create(milestone=3, due_at=now)


@pytest.mark.parametrize(
    ("left", "keep"),
    [(_door, 365 * DAY), (_address_for_news, 365 * DAY), (_news_by_the_site, 183 * DAY), (lambda *_: None, 183 * DAY)],
    ids=["wrote by a door", "left an address for news", "asked on the site", "left nothing"],
)
def test_told_thirty_days_before_and_erased_on_the_day(world, left, keep):
    conversation = world.conversation()
    left(conversation, world.now)
    Conversation.objects.filter(pk=conversation.pk).update(updated_at=world.now)
    conversation.refresh_from_db()
    end = world.now + keep
    assert ending.end_of(conversation) == end, "as the page says"
    announced = [
        broom.sweep(at).counts["announced"] for at in (end - 30 * DAY - SECOND, end - 30 * DAY, end - 30 * DAY)
    ]
    assert announced == [0, 1, 0]
    conversation.refresh_from_db()
    assert conversation.erase_at == end == ending.end_of(conversation)
    broom.sweep(end - SECOND)
    assert Conversation.objects.exists()
    broom.sweep(end)
    assert not Conversation.objects.exists()


def test_told_late_everybody_still_has_thirty_days(world):
    """The worker was down for a year."""
    world.conversation()
    late = world.now + 700 * DAY
    broom.sweep(late)
    broom.sweep(late + 30 * DAY - SECOND)
    assert Conversation.objects.exists()
    broom.sweep(late + 30 * DAY)
    assert not Conversation.objects.exists()
