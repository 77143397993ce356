"""The sign-in of the demonstration: one button per role, on this machine only, and only once `relais demo --door` has opened it."""

import re
from datetime import UTC
from email import message_from_bytes, policy
from functools import wraps
from ipaddress import ip_address
from pathlib import Path

from allauth.account.adapter import get_adapter
from allauth.account.utils import get_next_redirect_url
from django.conf import settings
from django.http import Http404
from django.http.request import split_domain_port
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from relais.foundation import sites

from .models import Role, User
from .permissions import public
from .second_factor import as_after_both_factors
from .services import DEMO_TITLES

PASSED_ON = re.compile(
    r"HTTP_(?:FORWARDED|VIA|CDN_LOOP|(?:.*_)?(?:IP|ADDR|ADDRESS)|(?:WL_)?PROXY_.*|X_(?:FORWARDED|ORIGINAL|CLIENT|REAL|CLUSTER|REMOTE|PROXY|ENVOY|AMZ|AMZN|AZURE|"
    r"APPENGINE|CLOUD|PROXYUSER|ARR|COMING_FROM|HOST|SCHEME|HTTPS|PROTO|SSL|VERCEL|NF|RAILWAY|REQUEST_START|VARNISH|TRUE|"
    r"ORIGINATING|CACHE|EDGE|AKAMAI|SUCURI)(?:_.*)?|(?:CF|CLOUDFRONT|DO|FLY|FASTLY|AKAMAI|INCAP|TAILSCALE|NGROK)_.*)"
)
"""Headers that whoever stands in between adds: proxies, balancers, tunnels, delivery networks."""
AGAIN = {"id": "demo", "description": "Par la porte de la démonstration"}
"""How an account of the demonstration proves again who it is, for `get_reauthentication_methods`."""
LETTERS_SHOWN = 50
# Django's file backend ends each letter with this line.
BETWEEN_LETTERS = b"\n" + b"-" * 79 + b"\n"
LINK = re.compile(r"(https?://[^\s<>]+)")


def is_open(request) -> bool:
    """The file is there, the site is local, and the request comes from this machine, is for this machine by its own name, and went through
    nobody. No browser speaks HTTP/1.0 any more: a proxy of this machine that adds no header does."""
    try:
        here = ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False
    return (
        here
        and _is_own_name(split_domain_port(request.get_host())[0])
        and settings.LOCAL
        and settings.DEMO_LOGIN.exists()
        and request.META.get("SERVER_PROTOCOL") != "HTTP/1.0"
        and not any(PASSED_ON.fullmatch(name) for name in request.META)
    )


def _is_own_name(host: str) -> bool:
    """Whether a browser reaches by this name the machine it runs on, and no other. What a proxy serves has a name of its own."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def on_this_machine(view):
    @wraps(view)
    def guarded(request):
        if not is_open(request):
            raise Http404
        return view(request)

    return public(guarded)


@on_this_machine
@require_http_methods(["GET", "HEAD", "POST"])
def choose(request):
    people = User.objects.filter(is_demo=True, is_active=True).prefetch_related("memberships__organisation")
    if request.method == "POST":
        person = get_object_or_404(people, email=request.POST.get("person", ""))
        # Whoever proves again who they are keeps the forms that wait in their other tabs.
        if request.user != person:
            get_adapter().login(request, person)
        as_after_both_factors(request.session, person)
        return redirect(get_next_redirect_url(request) or "pro_home")
    buttons = [(person, membership.role) for person in people for membership in person.memberships.all()]
    buttons.sort(key=lambda button: (Role.values.index(button[1]), button[0].email))
    return render(
        request,
        "accounts/demo_login.html",
        {"buttons": buttons, "role_names": dict(Role.choices), "titles": DEMO_TITLES},
    )


@on_this_machine
@require_safe
def letters(request):
    """The letters that left, newest first."""
    files = sorted(Path(settings.EMAIL_FILE_PATH).glob("*.log"), key=lambda file: file.stat().st_mtime, reverse=True)
    found = []
    for file in files[:LETTERS_SHOWN]:
        parts = [part for part in file.read_bytes().split(BETWEEN_LETTERS) if part.strip()]
        found += [_letter(part) for part in reversed(parts)]
    return render(request, "accounts/letters.html", {"letters": found[:LETTERS_SHOWN]})


def _letter(raw: bytes) -> dict:
    message = message_from_bytes(raw, policy=policy.default)
    body = message.get_body(("plain",))
    text = body.get_content() if body else ""
    # Django dates its letters in UTC, which e-mail writes as « no known zone ».
    date = message["Date"].datetime.replace(tzinfo=UTC)
    # Links to one of our sites lose its name, which may be another one than the visitor's (another port).
    pieces = [(piece, sites.inside(piece) if number % 2 else "") for number, piece in enumerate(LINK.split(text))]
    return {"to": message["To"], "subject": message["Subject"], "date": date, "pieces": pieces}
