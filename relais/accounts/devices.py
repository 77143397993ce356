"""On which devices an account is open, in words its holder knows, and how one of them is closed from another."""

import re
import uuid
from datetime import datetime

from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404

from relais.foundation import live
from relais.foundation.events import record
from relais.foundation.two_eyes import second_person

from . import rights
from .events import SessionsClosed
from .models import OpenSession, User
from .permissions import record_access
from .refusals import ON_YOURSELF

MACHINES = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android.*Mobile", "Téléphone Android"),
    ("Android", "Tablette Android"),
    ("Windows", "Ordinateur Windows"),
    ("CrOS", "Chromebook"),
    ("Macintosh|Mac OS X", "Mac"),
    ("Linux|X11", "Ordinateur Linux"),
)
BROWSERS = (
    ("Edg(?:e|A|iOS)?/", "Edge"),
    ("OPR/|Opera", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox|FxiOS", "Firefox"),
    ("Chrome|CriOS|Chromium", "Chrome"),
    ("Safari", "Safari"),
)
"""In the order in which they pretend to be one another."""
UNKNOWN = "Appareil inconnu"


def in_words(agent: str) -> str:
    """What a browser says of itself (User-Agent), as its holder would: « Téléphone Android, Firefox »."""
    return ", ".join(word for word in (_first(MACHINES, agent), _first(BROWSERS, agent)) if word) or UNKNOWN


def _first(known: tuple[tuple[str, str], ...], agent: str) -> str:
    return next((words for pattern, words in known if re.search(pattern, agent)), "")


def open_ones(user: User, *, now: datetime) -> QuerySet[OpenSession]:
    """Where this account is open, the last used first."""
    return OpenSession.objects.filter(user=user, session__expire_date__gt=now).select_related("session")


@transaction.atomic
def close(*, user: User, pk: uuid.UUID, now: datetime) -> OpenSession:
    """End one session of one's own. Raises Http404 for one that ended, or is somebody else's."""
    one = get_object_or_404(open_ones(user, now=now), pk=pk)
    _end(open_ones(user, now=now).filter(pk=pk), user, now)
    record_access(user, "close-session", user, now=now)
    return one


@transaction.atomic
def close_others(*, user: User, but: str, now: datetime) -> int:
    """End all sessions of one's own but the one of this key; how many they were."""
    ended = _end(open_ones(user, now=now).exclude(session=but), user, now)
    record_access(user, "close-sessions", user, now=now)
    return ended


@transaction.atomic
def close_all_of(*, actor: User, user_id: uuid.UUID, now: datetime) -> User:
    """A colleague calls: their telephone is gone. It takes away, so one administrator is enough; the account and those who
    look after it are told by letter.

    Raises SecondPersonNeeded for oneself, Http404 for somebody whom `actor` does not administer, or whose account is closed.
    """
    second_person(actor, user_id, says=ON_YOURSELF)
    user = get_object_or_404(
        User.objects.administered_by(actor).select_for_update(of=("self",)), pk=user_id, is_active=True
    )
    _end(OpenSession.objects.filter(user=user), user, now)
    record(SessionsClosed(user=user.pk, by=actor.pk), now=now)
    record_access(actor, "close-sessions", user, now=now)
    for organisation in {held.organisation for held in user.memberships.select_related("organisation")}:
        rights.tell(organisation, "sessions_closed", {"actor": actor, "user": user}, now=now, also=[user])
    return user


def _end(rows: QuerySet[OpenSession], user: User, now: datetime) -> int:
    """Their next request is nobody's; their streams end when this is committed."""
    keys = list(rows.values_list("session", flat=True))
    Session.objects.filter(pk__in=keys).delete()
    live.end_streams_of(user.pk)
    return len(keys)
