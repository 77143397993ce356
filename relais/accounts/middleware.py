"""Default deny: every page is for people who work here, approved by a second person, with a second factor."""

from allauth.account.adapter import get_adapter
from allauth.core.exceptions import ReauthenticationRequired
from allauth.mfa.models import Authenticator
from django.contrib.auth import REDIRECT_FIELD_NAME, SESSION_KEY, logout
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.views import redirect_to_login
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from . import lock, reading

SECOND_FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)

# allauth does not mark this view, though nobody can be signed in there yet.
ENTRANCE = frozenset({"mfa_login_webauthn"})
# Pages of allauth that have no place here: an address is changed by a new invitation, a first password is set with it.
CLOSED = frozenset({"account_email", "account_set_password", "account_confirm_login_code"})
# What a person without a second factor may open.
ENROLMENT = frozenset(
    {"mfa_index", "mfa_activate_totp", "mfa_add_webauthn", "account_reauthenticate", "account_change_password"}
)
# Proves something only until a second factor is set: a password is what a colleague may have seen.
UNTIL_THEN = "account_reauthenticate"
# What a person may open whose session has not shown the second factor they have since set, or has locked since.
PROOF = lock.PROOF


def is_at_work(request) -> bool:
    """Signed in, approved, not stopped, with a second factor that this very session has shown, and not locked. For streams, which no
    middleware guards."""
    user = request.user
    return (
        user.is_authenticated
        and user.is_approved
        and _has_shown(request)
        and _has_set(request)
        and not lock.is_locked(request, now=timezone.now())
        and not reading.is_stopped(user)
    )


def _has_shown(request) -> bool:
    return bool(lock.shown_at(request))


def _has_set(request) -> bool:
    return not set(SECOND_FACTORS).isdisjoint(lock.second_factors(request).values())


def _is_locked(request, *, looks: bool = False) -> bool:
    return _has_set(request) and _has_shown(request) and lock.is_locked(request, now=timezone.now(), looks=looks)


def stop_page(request, sentence: str):
    return render(request, "accounts/stopped.html", {"sentence": sentence}, status=403)


class StaffOnly(LoginRequiredMiddleware):
    """Refuses every view that is not marked `login_not_required`, in this order: signed in, approved, second factor, not locked, not stopped.

    `request.is_at_work` says to pages that none of these refused: they may say that somebody is there, and lock by themselves.
    `request.is_locked` is known on every page: a locked session is shown no menu, nor what waits there.
    `request.who` is the mark of whom they are made for.

    A deactivated account is nobody from its next request on: Django no longer finds its user.
    """

    def process_request(self, request):
        # Also what reaches no view (an address that leads nowhere, a form refused), and the way out.
        request.is_locked = SimpleLazyObject(lambda: request.user.is_authenticated and _is_locked(request))

    def process_view(self, request, view_func, view_args, view_kwargs):
        name = request.resolver_match.view_name
        if name in CLOSED:
            raise Http404
        if name in ENTRANCE or not getattr(view_func, "login_required", True):
            return None
        user = request.user
        if not user.is_authenticated:
            if SESSION_KEY in request.session:
                logout(request)
            return self.handle_no_permission(request, view_func)
        if not user.is_approved:
            return render(request, "accounts/waiting.html", status=403)
        request.is_locked = False
        refused = self._second_factor(request, name) or self._lock(request, view_func, name) or self._stop(request)
        if refused is None and name == UNTIL_THEN and _has_set(request):
            refused = self._prove(request, request.GET.get(REDIRECT_FIELD_NAME) or reverse("mfa_index"))
        request.is_at_work = refused is None and not request.is_locked and _has_set(request) and _has_shown(request)
        request.who = lock.who(user)
        return refused

    def _lock(self, request, view_func, name: str):
        """Where the session is opened again, nothing else is: such a page is no look at the others either."""
        looks = name not in PROOF and not getattr(view_func, "is_unattended", False)
        request.is_locked = _is_locked(request, looks=looks)
        return lock.answer(request) if request.is_locked and name not in PROOF else None

    def _second_factor(self, request, name: str):
        # A session that began with a password alone, before the second factor was set, is worth nothing after.
        if _has_set(request):
            if _has_shown(request) or name in PROOF:
                return None
            return self._prove(request, request.get_full_path())
        return None if name in ENROLMENT else redirect("mfa_index")

    def _stop(self, request):
        """An account that read too much does nothing more, on any page, until somebody else lifts the stop."""
        return stop_page(request, reading.STOPPED) if reading.is_stopped(request.user) else None

    def _prove(self, request, back: str):
        return redirect_to_login(back, get_adapter().get_reauthentication_methods(request.user)[0]["url"])

    def process_exception(self, request, exception):
        """A file too many is answered by the stop, whatever the page. And allauth would keep the whole request in the session,
        address and fields included: only its path is kept here."""
        if isinstance(exception, reading.TooMany):
            return stop_page(request, str(exception))
        if isinstance(exception, ReauthenticationRequired) and request.method == "POST":
            methods = get_adapter().get_reauthentication_methods(request.user)
            return redirect_to_login(
                request.get_full_path(), methods[0]["url"] if methods else reverse("account_login")
            )
        return None
