"""The page of a link that opens nothing: one for all purposes, whatever the reason, with another link sent where that is possible."""

from functools import wraps

from django.shortcuts import redirect, render
from django.utils import timezone

from . import links
from .ratelimit import allowed, origin_of
from .refusals import LinkOver

AGAIN = "nouveau-lien"
"""The name of the button that asks for another, and of what the page is told then."""


def opens(*purposes: str):
    """Decorator of the view behind the address of `purposes`, whose first argument is the secret. It raises LinkOver."""

    def decorate(view):
        @wraps(view)
        def answered(request, secret, **rest):
            if request.method == "POST" and AGAIN in request.POST:
                return _again(request, secret, purposes)
            try:
                return view(request, secret, **rest)
            except LinkOver:
                return _over(request, purposes)

        vars(answered)["purposes"] = purposes
        return answered

    return decorate


def _over(request, purposes: tuple[str, ...]):
    """Wrong ones are counted, all together: a right one always opens."""
    slow = not allowed("link", origin_of(request), now=timezone.now())
    kinds = [links.PURPOSES[name] for name in purposes]
    context = {
        "kind": kinds[0],
        "slow": slow,
        "again": AGAIN,
        "may_ask": any(kind.again for kind in kinds),
        "asked": AGAIN in request.GET,
    }
    return render(request, "links/over.html", context, status=429 if slow else 404)


def _again(request, secret: str, purposes: tuple[str, ...]):
    """The answer is the same for every secret, so that it says of none whether it was good once."""
    now = timezone.now()
    if not allowed("link", origin_of(request), now=now):
        return _over(request, purposes)
    links.ask_again(secret, *purposes, now=now)
    return redirect(f"{request.path}?{AGAIN}=1")
