"""Who is behind the session of an open stream, when it is opened and each time something is pushed to it."""

from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY, get_user
from django.contrib.sessions.backends.db import SessionStore
from django.db.models import Exists, OuterRef
from django.http import HttpRequest
from django.utils import timezone

from .lock import LIMIT
from .middleware import is_at_work
from .models import OpenSession, ReadingStop, User


@dataclass(frozen=True, slots=True)
class Badge:
    """An account and the session by which it came; `seal` changes with the password."""

    user: UUID
    session: str
    seal: str


def at_work(cookies: dict[str, str]) -> tuple[User, Badge] | tuple[None, None]:
    """Who works here behind these cookies, with the same conditions as for a page; or nobody."""
    request = HttpRequest()
    request.session = SessionStore(cookies.get(settings.SESSION_COOKIE_NAME))
    request.user = get_user(request)
    if not is_at_work(request):
        return None, None
    return request.user, Badge(request.user.pk, request.session.session_key, request.session.get(HASH_SESSION_KEY, ""))


def still_at_work(badges: set[Badge]) -> set[Badge]:
    """Those that are still worth something, in two queries: account open, approved and not stopped, session neither ended nor locked."""
    users = User.objects.filter(pk__in={badge.user for badge in badges}, is_active=True, approved_at__isnull=False)
    users = users.exclude(Exists(ReadingStop.objects.filter(user=OuterRef("pk"), lifted_at=None)))
    seals = {user.pk: user.get_session_auth_hash() for user in users}
    now, keys = timezone.now(), {badge.session for badge in badges}
    alive = OpenSession.objects.filter(session__in=keys, session__expire_date__gt=now, seen_at__gt=now - LIMIT)
    sessions = set(alive.values_list("session", flat=True))
    return {badge for badge in badges if badge.session in sessions and seals.get(badge.user) == badge.seal}
