"""What every answer carries, and what a visitor reads when something broke."""

import logging
import re

from django.conf import settings
from django.core.exceptions import ObjectDoesNotExist
from django.http import HttpResponse, JsonResponse

from . import failures, refusals, signs
from .outage import is_away, outage, unanswered
from .pulse import LOST

log = logging.getLogger(__name__)


class Headers:
    """Headers Django does not set by itself; a page about a person is never kept by a cache."""

    PERMISSIONS = "camera=(), microphone=(), geolocation=(), payment=(), usb=(), interest-cohort=()"

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        response.headers.setdefault("Permissions-Policy", self.PERMISSIONS)
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        if "immutable" in response.headers.get("Cache-Control", ""):
            # The same for everybody and for ever: whoever asks is not looked at.
            return response
        if response.cookies or (getattr(request, "user", None) and request.user.is_authenticated):
            response.headers["Cache-Control"] = "no-store"
        response.headers.setdefault("Cache-Control", "no-cache")
        return response


def is_lost(request) -> bool:
    """The native side knows that the database is away: this request is answered without it (see pulse.py)."""
    return LOST in request.META.get("asgi.scope", {})


class ProxyUnsaid:
    """Behind a TLS proxy that nobody told us of, each page would be sent to itself for ever: say which setting is missing instead.

    First of all, so that nothing redirects before it. The header proves nothing here: whoever sends it by hand reads this sentence.
    """

    SENTENCE = (
        "Relais : il manque un réglage sur le serveur.\n\n"
        "Cette page est déjà demandée en https (le proxy l’écrit dans X-Forwarded-Proto), mais Relais ne sait pas qu’il est derrière un proxy :\n"
        "il renverrait sans fin vers la même adresse.\n\n"
        "À faire, par la personne qui tient le serveur : mettre BEHIND_PROXY=1 dans l’environnement de Relais, puis le redémarrer.\n"
        "Le proxy doit remplacer lui-même X-Forwarded-Proto et compléter X-Forwarded-For (voir docs/operating.md).\n"
    )

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        said = request.META.get("HTTP_X_FORWARDED_PROTO", "").rpartition(",")[2].strip().lower()
        if said == "https" and settings.SECURE_SSL_REDIRECT and not settings.BEHIND_PROXY and not request.is_secure():
            return HttpResponse(
                self.SENTENCE,
                status=500,
                content_type="text/plain; charset=utf-8",
                headers={"Cache-Control": "no-store"},
            )
        return self.get_response(request)


_UNREAD = re.compile("%[89A-F][0-9A-F]")
"""What Django leaves in an address of bytes that are no UTF-8."""


def _head(request) -> tuple[str, bytes, list[tuple[bytes, bytes]]]:
    """The address, the query and the headers, as bytes; what WSGI gives as text stands for bytes one by one."""
    meta = request.META

    def raw(text: str) -> bytes:
        return (
            text.encode("latin-1") if text.isascii() or max(text) <= "\xff" else text.encode("utf-8", "surrogatepass")
        )

    headers = [
        (name.removeprefix("HTTP_").replace("_", "-").lower().encode(), raw(value))
        for name, value in meta.items()
        if name.startswith("HTTP_") or name == "CONTENT_TYPE"
    ]
    return _UNREAD.sub("\ufffd", request.path_info), raw(meta.get("QUERY_STRING", "")), headers


class PlainErrors:
    """A dead database, what was erased meanwhile, an address that only takes a form, signs that are no text: each answers in words."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if signs.ODD in request.META.get("asgi.scope", {}) or signs.in_head(*_head(request)):
            return self.unreadable(request)
        if is_lost(request) and not request.path.startswith("/health/"):
            return unavailable(request)
        response = self.get_response(request)
        return self.form_only(request, response) if response.status_code == 405 else response

    def process_view(self, request, view, args, kwargs):
        """The form, before anybody reads it. A webhook looks itself at what it is sent: words of people are kept all the same."""
        if getattr(view, "reads_bytes", False) or request.method in ("GET", "HEAD"):
            return None
        if request.content_type == "multipart/form-data":
            # Django reads a form out of these bytes from now on. Its own limit counts no files, so it cannot be asked for them.
            request._body = request.read()
        elif request.content_type not in ("application/x-www-form-urlencoded", "application/json"):
            return None
        odd = signs.in_body(request.META.get("CONTENT_TYPE", ""), request.body)
        return self.unreadable(request) if odd else None

    def form_only(self, request, refused):
        """A form's own address opened as a page: a reload, an address kept."""
        page = failures.page(request, "405", 405)
        page["Allow"] = refused.get("Allow", "GET")
        return page

    def process_exception(self, request, exception):
        if isinstance(exception, ObjectDoesNotExist):
            # Erased by its owner between two looks of one request: it is not there, as it would not have been a moment later.
            log.warning("Gone while it was asked for: %s", request.path, exc_info=exception)
            return failures.page(request, "404", 404)
        if isinstance(exception, refusals.Refusal):
            return self.refused(request, exception)
        return unavailable(request, exception) if unanswered(exception) else None

    def refused(self, request, refusal):
        """What no view said in a way of its own. What is not there is not there, whatever the reason."""
        if refusals.wants_json(request):
            return refusals.in_json(refusal)
        return failures.page(
            request, "404" if isinstance(refusal, refusals.Gone) else "refused", refusal.status, sentence=str(refusal)
        )

    def unreadable(self, request):
        if request.path.startswith("/api/"):
            return JsonResponse({"error": "Cette adresse contient un signe qui n’en est pas un."}, status=400)
        return failures.page(request, "400", 400)


def unavailable(request, error: BaseException | None = None):
    """503 in words, with the help numbers. Without an `error` the outage has been told already."""
    if is_away(error):
        outage.begin(error)
    elif error:
        log.error("The database could not answer %s", request.path, exc_info=error)
    return failures.page(request, "503", 503)
