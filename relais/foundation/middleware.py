"""What every answer carries, and what a visitor reads when something broke."""

import logging

from django.core.exceptions import ObjectDoesNotExist
from django.http import JsonResponse
from django.shortcuts import render

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
        if response.cookies or (getattr(request, "user", None) and request.user.is_authenticated):
            response.headers["Cache-Control"] = "no-store"
        response.headers.setdefault("Cache-Control", "no-cache")
        return response


def is_lost(request) -> bool:
    """The native side knows that the database is away: this request is answered without it (see pulse.py)."""
    return LOST in request.META.get("asgi.scope", {})


class PlainErrors:
    """A dead database, what was erased meanwhile, an address that only takes a form: each answers with a page in words."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if is_lost(request) and not request.path.startswith("/health/"):
            return unavailable(request)
        response = self.get_response(request)
        return self.form_only(request, response) if response.status_code == 405 else response

    def form_only(self, request, refused):
        """A form's own address opened as a page: a reload, an address kept."""
        if request.path.startswith("/api/"):
            page = JsonResponse({"error": "Cette adresse ne se lit pas de cette façon."}, status=405)
        else:
            page = render(request, "portal/405.html", status=405, using="jinja")
        page["Allow"] = refused.get("Allow", "GET")
        return page

    def process_exception(self, request, exception):
        if isinstance(exception, ObjectDoesNotExist):
            # Erased by its owner between two looks of one request: it is not there, as it would not have been a moment later.
            log.warning("Gone while it was asked for: %s", request.path, exc_info=exception)
            return render(request, "portal/404.html", status=404, using="jinja")
        return unavailable(request, exception) if unanswered(exception) else None


def unavailable(request, error: BaseException | None = None):
    """503 in words, with the help numbers. Without an `error` the outage has been told already."""
    if is_away(error):
        outage.begin(error)
    elif error:
        log.error("The database could not answer %s", request.path, exc_info=error)
    if request.path.startswith("/api/"):
        return JsonResponse({"error": "Le site ne répond pas pour le moment. Réessaie dans quelques minutes."}, status=503)
    return render(request, "portal/503.html", status=503, using="jinja")
