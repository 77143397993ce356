"""What hangs on a conversation is claimed under it: the conversation is locked first, and one that somebody holds is left to them."""

import threading
from datetime import timedelta

import pytest

from relais.coaching.line import changed_hours
from relais.coaching.models import Line, LineOverride

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_decision_about_the_line_is_not_over_before_everybody_follows(write, people, now, hold):
    """Who is held at this instant is waited for: nobody would come back for them once the decision is written down as followed."""
    conversation = write().conversation
    changed_hours.open_or_close_now(
        line=Line.objects.get(),
        user=people["supervisor"],
        state="closed",
        until=now + timedelta(hours=1),
        message="Panne",
        now=now,
    )
    threading.Timer(0.5, hold(conversation)).start()
    assert changed_hours.apply(now) == 1
    assert "Panne" in conversation.messages.get(side="notice").body and LineOverride.objects.get().applied_at == now
