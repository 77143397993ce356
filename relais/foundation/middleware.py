"""What every answer carries, and what a visitor reads when something broke."""

import logging

from django.db import DatabaseError, OperationalError
from django.shortcuts import render

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


class PlainErrors:
    """A dead database answers 503 with the help numbers, whatever page was asked: these pages need no database."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        try:
            return self.get_response(request)
        except OperationalError:
            return self.unavailable(request)

    def process_exception(self, request, exception):
        if isinstance(exception, DatabaseError) and isinstance(exception, OperationalError):
            return self.unavailable(request)
        return None

    def unavailable(self, request):
        log.exception("The database does not answer")
        return render(request, "portal/503.html", status=503, using="jinja")
