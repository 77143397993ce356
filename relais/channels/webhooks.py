"""What every webhook of a provider has in common."""

import logging
from base64 import b64decode
from functools import wraps

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, JsonResponse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from relais.foundation import signs
from relais.foundation.ratelimit import allowed, origin_of

log = logging.getLogger(__name__)
LONGEST_LETTER = 30_000_000
"""Bytes of one delivery of letters: what providers add of attachments is kept until the letter is read, then dropped."""


class TooLong(Exception):
    """More bytes than this webhook takes."""


def webhook(setting: str = ""):
    """Decorator for the view of a webhook: POST only, no session, no form token; without its `setting` it does not exist. A webhook of accounts has
    none: it answers `wrong_key` where no account is."""

    def decorate(view):
        inner = require_POST(view)

        @wraps(view)
        def guarded(request, *args, **kwargs):
            if setting and not getattr(settings, setting):
                raise Http404
            answer = inner(request, *args, **kwargs)
            return no_text() if answer.status_code == 200 and getattr(request, "is_odd", False) else answer

        guarded = csrf_exempt(login_not_required(guarded))
        guarded.is_public = guarded.reads_bytes = True
        return guarded

    return decorate


def same(given: str, expected: str) -> bool:
    """Whether two secrets are the same, in a time that tells nothing. An empty one is never the same."""
    return bool(expected) and constant_time_compare(given, expected)


def password_of(authorization: str) -> str:
    """The password in a header of HTTP Basic authentication, or ''."""
    kind, _, encoded = authorization.partition(" ")
    if kind.lower() != "basic":
        return ""
    try:
        return b64decode(encoded, validate=True).decode().partition(":")[2]
    except ValueError:
        return ""


def may_be_heavy(path: str, authorization: str) -> bool:
    """Whether so many bytes may be read at this address: only letters, and only from who knows the secret."""
    return path.startswith("/entree/email/") and same(password_of(authorization), settings.INBOUND_EMAIL_SECRET)


def wrong_key(request) -> JsonResponse:
    """The answer to a wrong key: this webhook does not exist."""
    log.warning("A wrong key, or a clock that is wrong, at %s", request.resolver_match.view_name)
    if not allowed("webhook", origin_of(request), now=timezone.now()):
        return JsonResponse({"error": "Trop d’essais : attendez une heure."}, status=429)
    raise Http404


def whole_body(request, limit: int) -> bytes:
    """The bytes of the request, read once. Raises `TooLong` beyond `limit`."""
    body = request.read(limit + 1)
    if len(body) > limit:
        raise TooLong
    return body


def whole_text(request, limit: int) -> bytes:
    """The same of what should be text. Where it holds signs that are none (foundation.signs), what a person wrote in it is kept all the same,
    once, and the provider is told what is wrong with its delivery."""
    body = whole_body(request, limit)
    request.is_odd = signs.in_body(request.META.get("CONTENT_TYPE", ""), body)
    return body


def too_long() -> JsonResponse:
    return JsonResponse({"error": "Trop long."}, status=413)


def no_text() -> JsonResponse:
    return JsonResponse(
        {
            "error": "Reçu, mais avec des signes qui n’en sont pas : NUL, un demi-caractère ou autre chose que de l’UTF-8."
        },
        status=400,
    )


def unreadable() -> JsonResponse:
    """Not kept, and said so: the provider keeps it and tries again."""
    return JsonResponse({"error": "Illisible."}, status=400)
