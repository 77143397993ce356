"""Two conversations of one person, joined by a human."""

import pytest

from relais.accounts import reading
from relais.coaching.doors import merging
from relais.coaching.models import Conversation


@pytest.fixture
def join(people, now):
    def go(keep, other, *, at=None, user=None):
        """By somebody who holds both and has opened both, and has seen them as they are now."""
        who, pks = user or people["mediator"], {keep.pk, other.pk}
        Conversation.objects.filter(pk__in=pks).update(claimed_by=who, claimed_at=now)
        reading.open_files(user=who, kind="conversation", subjects=pks, reason="répondre", now=at or now)
        seen = merging.state_of(*(Conversation.objects.get(pk=one.pk) for one in (keep, other)))
        return merging.merge(keep=keep, other=other, user=who, reason="Elle le dit elle-même", seen=seen, now=at or now)

    return go
