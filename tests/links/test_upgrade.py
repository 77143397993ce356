"""Links that were sent before the upgrade open after it: the tables as they were, rows as they were, then the migrations."""

from datetime import timedelta
from hashlib import sha256
from uuid import uuid4

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.test import Client

from relais.foundation import keys, links
from relais.foundation.models import Link
from relais.handovers.models import FollowUp, Handover
from relais.stories.models import Question
from relais.stories.questions import moderation

from .conftest import MADE

pytestmark = pytest.mark.django_db
LATER = {"agenda.feed", "channels.no-more"}
"""Purposes that had no link yet."""
BEFORE = [
    ("accounts", "0008_sites"),
    ("coaching", "0016_lines"),
    ("stories", "0007_two_eyes"),
    ("foundation", "0006_outbound_owner"),
]
DAY = timedelta(days=1)
KEY, QUESTION = uuid4(), uuid4()


def plain(secret: str) -> str:
    """As it was kept."""
    return sha256(secret.encode()).hexdigest()


def migrate(targets=None):
    """To these, or to the newest of every app. Inside the transaction of the test, which gives everything back at its end."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        # Between two migrations Python works out what the models were, for as long as a busy machine takes.
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
    executor = MigrationExecutor(connection)
    targets = targets or executor.loader.graph.leaf_nodes()
    executor.migrate(targets)
    return MigrationExecutor(connection).loader.project_state(targets).apps


def as_they_were(old, world, story: str, digests: dict, end, **invitation) -> None:
    """Rows of the tables that made no link without its digest."""
    team = world.people["administrator"].memberships.get().organisation_id
    old.get_model("accounts", "Invitation").objects.create(
        email="lina@exemple.invalid",
        organisation_id=team,
        role="mediator",
        invited_by_id=world.people["administrator"].pk,
        created_at=world.now,
        token_digest=digests["accounts.invitation"],
        expires_at=end,
        **invitation,
    )
    same = {
        "story_id": story,
        "pseudonym": "Loutre 12",
        "body": "Et si ?",
        "shown_body": "Et si ?",
        "asked_at": world.now,
        "due_at": world.now,
    }
    old.get_model("stories", "Question").objects.create(
        pk=QUESTION,
        key=KEY,
        state="shown",
        secret_digest=digests["stories.question"],
        answer_digest=digests["stories.answer"],
        answer_expires_at=end,
        **same,
    )
    old.get_model("stories", "Notice").objects.create(
        story_id=story,
        key=KEY,
        ground="false",
        received_at=world.now,
        secret_digest=digests["stories.notice"],
    )


def test_every_link_sent_before_still_opens(world):
    now, end = world.now, world.now + DAY
    story = world.story().pk
    follows = MADE["coaching.orientation.follow"](world)
    MADE["coaching.news"](world)
    handover, follow_up = Handover.objects.get(), FollowUp.objects.get(asked_at__isnull=False)
    # How the secrets were made then: drawn from these words, or at random.
    secrets = {
        "accounts.invitation": ("/pro/invitation/", "x" * 43),
        "coaching.conversation": ("/parler/l/", "ACDEFGHJKMNP"),
        "coaching.news": ("/nouvelles/", "PNMKJHGFEDCA"),
        "coaching.orientation.answer": ("/orientation/", keys.sign(f"coaching.orientation.answer:{handover.pk}")),
        "coaching.orientation.follow": ("/orientation/", keys.sign(f"coaching.orientation.follow:{handover.pk}")),
        "stories.question": ("/questions/", keys.sign(f"stories.question:{KEY}")),
        "stories.notice": ("/signaler/suivi/", keys.sign(f"stories.notice:{KEY}")),
        "stories.answer": ("/questions/repondre/", keys.sign(f"stories.answer:{QUESTION} {end.timestamp()}")),
    }
    assert secrets.keys() == MADE.keys() - LATER
    old, digests = migrate(BEFORE), {name: plain(secret) for name, (_, secret) in secrets.items()}
    assert "foundation_link" not in connection.introspection.table_names()
    as_they_were(old, world, story, digests, end)
    old.get_model("coaching", "PrivateLink").objects.create(
        conversation_id=follow_up.conversation_id, digest=digests["coaching.conversation"], expires_at=end
    )
    old.get_model("coaching", "FollowUp").objects.filter(pk=follow_up.pk).update(
        link_digest=digests["coaching.news"], expires_at=end
    )
    old.get_model("coaching", "Handover").objects.update(
        link_digest=digests["coaching.orientation.answer"],
        link_expires_at=end,
        follow_digest=digests["coaching.orientation.follow"],
        follow_expires_at=end,
    )
    migrate()
    assert set(Link.objects.values_list("purpose", flat=True)) == set(secrets) and Link.objects.count() == len(secrets)
    for name, (head, secret) in secrets.items():
        assert Client().get(head + secret).status_code == 200, name
    # What is written since gives the same links.
    assert follows == "".join(secrets["coaching.orientation.follow"])
    assert links.drawn("stories.notice", KEY) == secrets["stories.notice"][1]
    given = moderation.link_of(Question.objects.get(pk=QUESTION), now)
    assert links.secret_of(given) == secrets["stories.answer"][1]
    # What was to end ends.
    assert set(Link.objects.live(end).values_list("purpose", flat=True)) == {"stories.question", "stories.notice"}


def test_an_invitation_that_had_served_does_not_serve_again(world):
    story = world.story().pk
    old = migrate(BEFORE)
    as_they_were(
        old,
        world,
        story,
        dict.fromkeys(MADE, plain("x" * 43)) | {"stories.answer": "", "stories.question": "", "stories.notice": ""},
        world.now + DAY,
        accepted_at=world.now - DAY,
    )
    migrate()
    assert Client().get(f"/pro/invitation/{'x' * 43}").status_code == 404
    assert [link.purpose for link in Link.objects.all()] == ["accounts.invitation"]
