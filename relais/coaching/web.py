"""What the pages of the answer line share: whose conversation a browser holds, and a message as HTML."""

from datetime import timedelta
from functools import wraps

from django.conf import settings
from django.http import Http404
from django.shortcuts import redirect
from django.template import engines

from relais.foundation.typography import unbreakable
from relais.journeys import services as journeys

from .models import Message
from .thread import selectors

REMEMBER = timedelta(days=90)


def with_conversation(view):
    """The view receives the conversation of this browser; without one, the visitor is sent to write first."""

    @wraps(view)
    def guarded(request, *args, **kwargs):
        journey = journeys.by_cookie(request.COOKIES.get(settings.JOURNEY_COOKIE_NAME))
        conversation = journey and selectors.own_conversation(journey)
        if not conversation:
            return redirect("talk")
        return view(request, conversation, *args, **kwargs)

    return guarded


def after_of(request) -> int:
    after = request.GET.get("apres", "0")
    if not after.isascii() or not after.isdigit() or len(after) > 9:
        raise Http404
    return int(after)


def remember(response, cookie: str):
    """Keep the path on this browser."""
    response.set_cookie(
        settings.JOURNEY_COOKIE_NAME,
        cookie,
        max_age=REMEMBER,
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )
    return response


def render(message: Message, side: str) -> str:
    """One message as HTML, as the young person's side ("young") or the staff's ("staff") sees it."""
    module = engines["jinja"].env.get_template("coaching/_message.html").module
    return unbreakable(str(module.message(message, side)))
