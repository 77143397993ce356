"""Columns of the sessions of those who work here; as in columns.py."""

from datetime import timedelta

from django.contrib.sessions.backends.db import SessionStore
from django.test import RequestFactory

from relais.accounts import lock
from relais.accounts.models import OpenSession
from tests import builders

DAY = timedelta(days=1)


def session_open(world, edge):
    """Without another look, until it locks."""
    request = RequestFactory().get("/")
    request.user, request.session = world.mediator, SessionStore(builders.session(world.mediator, ago=DAY))
    _seen(world, request.session.session_key, edge)
    return lambda at: not lock.is_locked(request, now=at)


def streams_end(world, edge):
    """The pages that are still open on it are told."""
    _seen(world, builders.session(world.mediator, ago=DAY), edge)
    return lambda at: lock.tell_the_locked(at) == 1


def _seen(world, key: str, edge) -> None:
    values = {"device": "Mac", "opened_at": edge - DAY, "seen_at": edge - lock.LIMIT}
    OpenSession.objects.create(session_id=key, user=world.mediator, **values)
