"""Who may watch what, and what a stream hands over."""

from uuid import uuid4

import pytest
from django.conf import settings
from django.utils import timezone

from relais.accounts import reading
from relais.coaching import services
from relais.coaching.live import DeskFeed, InboxFeed, YoungFeed
from relais.foundation.live import Pass

pytestmark = pytest.mark.django_db


def session_of(client) -> dict:
    return {settings.SESSION_COOKIE_NAME: client.cookies[settings.SESSION_COOKIE_NAME].value}


def test_a_young_person_watches_their_own_thread_only(write):
    mine, other = write(), write(key=uuid4())
    cookies = {settings.JOURNEY_COOKIE_NAME: mine.cookie}
    feed = YoungFeed()
    assert feed.authorise(cookies, str(mine.conversation.pk)) == Pass(f"conversation:{mine.conversation.pk}")
    assert feed.authorise(cookies, str(other.conversation.pk)) is None
    assert feed.authorise({}, str(mine.conversation.pk)) is None
    assert feed.authorise(cookies, "../../etc") is None


def test_the_team_watches_what_it_has_opened_and_nobody_else(write, people, client_for, make_user):
    subject = str(write().conversation.pk)
    assert not any(DeskFeed().authorise(session_of(client_for(user)), subject) for user in people.values()), (
        "a stream is no way to read uncounted"
    )
    for user in people.values():
        reading.open_file(user=user, kind="conversation", subject=subject, reason="held", now=timezone.now())
    seen = {
        role: DeskFeed().authorise(session_of(client_for(user)), subject) is not None for role, user in people.items()
    }
    assert {role for role, found in seen.items() if found} == {"mediator", "mediator_2", "supervisor"}
    assert DeskFeed().authorise(session_of(client_for(make_user("mediator"))), subject) is None


@pytest.mark.parametrize("flaw", [{"approved": False}, {"second_factor": False}, {"is_active": False}])
def test_an_account_that_may_open_no_page_may_open_no_stream(flaw, write, line, make_user, client_for):
    user = make_user("mediator", organisation=line.organisation, **flaw)
    cookies = session_of(client_for(user))
    assert DeskFeed().authorise(cookies, str(write().conversation.pk)) is None
    assert InboxFeed().authorise(cookies, str(line.organisation_id)) is None


def test_a_session_of_a_password_alone_opens_no_stream(write, people, client):
    client.force_login(people["mediator"], backend="allauth.account.auth_backends.AuthenticationBackend")
    assert DeskFeed().authorise(session_of(client), str(write().conversation.pk)) is None


def test_each_side_gets_what_is_after_its_number_in_order(write, now, people):
    first, second = write(), write(key=uuid4())
    for number in range(3):
        services.write(journey=first.conversation.journey, body=f"<b>suite {number}</b>", key=uuid4(), now=now)
    items = YoungFeed().fetch({f"conversation:{first.conversation.pk}": 2, f"conversation:{second.conversation.pk}": 0})
    assert sorted((item.topic == f"conversation:{first.conversation.pk}", item.number) for item in items) == [
        (False, 1),
        (True, 3),
        (True, 4),
    ]
    assert "<b>suite" not in "".join(item.html for item in items), "what people type is never markup"


def test_one_query_serves_many_threads(write, django_assert_num_queries):
    wanted = {f"conversation:{write(key=uuid4()).conversation.pk}": 0 for _ in range(10)}
    with django_assert_num_queries(1):
        assert len(YoungFeed().fetch(wanted)) == 10
