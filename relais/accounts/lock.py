"""The desk locks by itself: a session that nobody looked at for five minutes shows nothing more until its holder proves again who they are.

Two instants open it: the last request of a page that somebody had before their eyes (a visible page makes one each minute, see foundation/lock.js), and
the last proof by the second factor. What runs without anybody (streams, files on their way) is asked whether the session is open and never
says that somebody is there. So the lock is a comparison, held by no timer: a process that was down, or a clock that is late, opens nothing.
"""

from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

from allauth.account.adapter import get_adapter
from allauth.account.authentication import get_authentication_records
from allauth.mfa.models import Authenticator
from django.contrib.auth import logout
from django.db import IntegrityError, transaction
from django.http import JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from relais.foundation import keys, live, refusals
from relais.foundation.failures import SECRET

from . import demo_login, devices
from .models import OpenSession

LIMIT = timedelta(minutes=5)
"""Nobody looked for so long: locked."""
SEEN_AGAIN = timedelta(seconds=15)
"""The last look is written down anew at most so often: a session may lock that much earlier, never later."""
PROOF = frozenset({"mfa_reauthenticate", "mfa_reauthenticate_webauthn"})
"""Where a locked session is opened again."""
AT_ONCE = ("mfa_reauthenticate:webauthn", demo_login.AGAIN["id"])
"""The ways that take one gesture."""
SENTENCE = "Votre session s’est verrouillée : personne n’a regardé ces pages depuis cinq minutes. Rouvrez-la, ce que vous avez écrit attend."
NEVER_REPEATED = ("account_", "mfa_", "channel_account", "video_pattern")
"""How the names of pages begin where secrets are typed: nothing of them is put into another page, nor of a form in which a field is named as one."""
PRIVATE = frozenset({("agenda", "address")})
"""(page, field) of what is as good as a secret, and named as nothing of the kind: where somebody publishes their own agenda."""


def unattended(view):
    """Decorator of a view that a page asks by itself, for a long time, whoever is there: it never counts as a look."""
    view.is_unattended = True
    return view


def who(user) -> str:
    """What a page knows of the person it was made for, to tell whether the session is still theirs: 64 digits, nothing without the secret of the house."""
    return keys.sign(f"lock|{user.pk}")


def second_factors(request) -> dict[int, str]:
    """What the account has set by now, recovery codes too: their types by their numbers. Asked of the database once a request."""
    if not hasattr(request, "second_factors"):
        request.second_factors = dict(Authenticator.objects.filter(user=request.user).values_list("pk", "type"))
    return request.second_factors


def shown_at(request) -> list[datetime]:
    """When this session showed the second factor, earliest first; none if it never did. One that was removed since proves nothing; the records of the
    demonstration and of tests say no number."""
    still = second_factors(request)
    records = get_authentication_records(request, request.user)
    proofs = (one for one in records if one["method"] == "mfa" and ("id" not in one or one["id"] in still))
    return [datetime.fromtimestamp(one["at"], UTC) for one in proofs]


def is_locked(request, *, now: datetime, looks: bool = False) -> bool:
    """Whether the session of this request is locked. `looks`: somebody is there, so an open one stays open."""
    row = _row(request, now)
    if row is None:
        return True
    last = max([row.seen_at, *shown_at(request)])
    if now >= last + LIMIT:
        return True
    if last > row.seen_at or (looks and now >= row.seen_at + SEEN_AGAIN):
        # Never backwards: of two requests at once the later look stays.
        seen = OpenSession.objects.filter(pk=row.pk, seen_at__lt=now if looks else last)
        seen.update(seen_at=now if looks else last, told_at=None)
    return False


def _row(request, now: datetime) -> OpenSession | None:
    """What is known of this session, from its first request on; None where it ended meanwhile."""
    key = request.session.session_key
    if found := OpenSession.objects.filter(session=key, user=request.user).first():
        return found
    device = devices.in_words(request.META.get("HTTP_USER_AGENT", ""))
    made = OpenSession(session_id=key, user=request.user, device=device, opened_at=now, seen_at=now)
    try:
        # Of two first requests at once, one writes it.
        OpenSession.objects.bulk_create([made], ignore_conflicts=True)
    except IntegrityError:
        return None
    return made


def tell_the_locked(now: datetime) -> int:
    """End the streams that are open by sessions which have locked since the last turn: each once. How many they were."""
    silent = OpenSession.objects.filter(seen_at__lte=now - LIMIT, told_at=None)
    told = 0
    for pk, user in list(silent.values_list("pk", "user")):
        with transaction.atomic():
            # Looked at meanwhile, or told by another process: not by this one.
            if silent.filter(pk=pk).update(told_at=now):
                told += 1
                # Those of their other devices come back by themselves.
                live.end_streams_of(user)
    return told


# --- the answers of a locked session


def answer(request):
    """To what was asked of a locked session: where to prove who one is, and what was typed kept; signing in, where no way is left."""
    if not second_factors(request):
        logout(request)
        return redirect("account_login")
    if not _is_a_page(request):
        return JsonResponse({"error": SENTENCE, "ways": ways(request)}, status=401)
    if request.method in ("GET", "HEAD"):
        return redirect(f"{ways(request)[0]['url']}?{urlencode({'next': request.get_full_path()})}")
    context = {"fields": _repeated(request), "files": bool(request.FILES), "way": _way_here(request)}
    return render(request, "accounts/locked.html", context, status=401)


def ways(request) -> list[dict]:
    """How this session is opened again, in one gesture first: {id, url, description}."""
    found = get_adapter().get_reauthentication_methods(request.user)
    return sorted(found, key=lambda one: one["id"] not in AT_ONCE)


def _way_here(request) -> str:
    return f"{ways(request)[0]['url']}?{urlencode({'next': reverse('here')})}"


def _is_a_page(request) -> bool:
    """Whether the answer is put before somebody's eyes as it is. Browsers say so; of those that do not, by what they want."""
    mode = request.headers.get("Sec-Fetch-Mode", "navigate")
    return mode == "navigate" and not refusals.wants_json(request)


def _repeated(request) -> list[tuple[str, str]]:
    """What was typed, to be sent once the session is open; nothing of a page that asks for secrets."""
    page = request.resolver_match.view_name
    if page.startswith(NEVER_REPEATED) or any(SECRET.search(name) or (page, name) in PRIVATE for name in request.POST):
        return []
    typed = (pair for pair in request.POST.lists() if pair[0] != "csrfmiddlewaretoken")
    return [(name, value) for name, values in typed for value in values]
