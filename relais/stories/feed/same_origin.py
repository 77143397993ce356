"""Forms of public pages that a visitor may send without having a cookie first."""

from functools import wraps

from django.core.exceptions import PermissionDenied
from django.views.decorators.csrf import csrf_exempt


def from_our_pages(view):
    """Takes a form from our own pages only, and leaves no cookie on those who merely look.

    Django's protection needs a cookie on every page that shows a form. Here the browser itself says where the form was:
    `Sec-Fetch-Site`, or `Origin` in older ones, on every POST. A program that sends neither carries nobody's cookies.
    """

    @csrf_exempt
    @wraps(view)
    def guarded(request, *args, **kwargs):
        if request.method == "POST" and not is_from_here(request):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return guarded


def is_from_here(request) -> bool:
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    if site is not None:
        return site == "same-origin"
    return origin is None or origin == f"{request.scheme}://{request.get_host()}"
