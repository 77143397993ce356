"""How allauth behaves here: no open sign-up, French words, letters through the outbox, no address kept."""

import time
import uuid
from base64 import urlsafe_b64encode
from io import BytesIO

import segno
from allauth.account import app_settings
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet
from django.contrib import messages
from django.urls import reverse
from django.utils import timezone

from relais.foundation import keys, letters, live, sites
from relais.foundation.ratelimit import origin_of

from . import demo_login, lock, notices


class AccountAdapter(DefaultAccountAdapter):
    error_messages = DefaultAccountAdapter.error_messages | notices.ERRORS

    def is_open_for_signup(self, request):
        return False

    def send_mail(self, template_prefix, email, context):
        """A row in the outbox for known and unknown addresses alike: the answer takes the same time for both."""
        letters.send(
            f"accounts/{notices.LETTERS[template_prefix]}",
            to=email,
            context=context | {"email": email},
            key=f"account:{uuid.uuid4()}",
            now=timezone.now(),
            organisation=None,
            site=sites.site_of(self.request),
        )

    def logout(self, request):
        """What this account had open elsewhere comes back by itself, if its session still lives."""
        holder = request.user.pk
        super().logout(request)
        live.end_streams_of(holder)

    def add_message(self, request, level, message_template=None, message_context=None, extra_tags="", message=None):
        text = message or notices.NOTICES[message_template]
        if text:
            messages.add_message(request, level, text, extra_tags=extra_tags)

    def get_client_ip(self, request):
        """Not the address but a keyed hash of it that changes every day, for rate limits only."""
        return keys.sign(f"{timezone.now():%Y-%m-%d}|allauth|{origin_of(request)}")

    def is_reauthentication_required(self, app=""):
        """Signing in counts too: who has just shown a second factor, or a password where none is set, is not asked for it again at once."""
        if lock.second_factors(self.request):
            proofs = [at.timestamp() for at in lock.shown_at(self.request)]
        else:
            proofs = [one["at"] for one in get_authentication_records(self.request, self.request.user)]
        return not proofs or time.time() - proofs[-1] > app_settings.REAUTHENTICATION_TIMEOUT

    def get_reauthentication_methods(self, user):
        """A password alone is no proof any more once a second factor is set: a colleague may have seen it."""
        methods = super().get_reauthentication_methods(user)
        methods = [one for one in methods if one["id"] != "reauthenticate"] or methods
        known = [method | {"description": notices.REAUTHENTICATION[method["id"]]} for method in methods]
        # Nobody holds the second factor of somebody of the demonstration: their door is how they come in, again too.
        return known + ([demo_login.AGAIN | {"url": reverse("demo")}] if self._is_at_the_door(user) else [])

    def _is_at_the_door(self, user) -> bool:
        return user.is_authenticated and user.is_demo and demo_login.is_open(self.request)


class MFAAdapter(DefaultMFAAdapter):
    """Secrets of second factors are encrypted: a stolen copy of the database does not open accounts."""

    error_messages = DefaultMFAAdapter.error_messages | notices.SECOND_FACTOR_ERRORS

    def build_totp_svg(self, url):
        """With its white margin: black on nothing cannot be read on a dark page."""
        out = BytesIO()
        segno.make(url, error="m").save(out, kind="svg", scale=4, border=4, dark="#000", light="#fff", xmldecl=False)
        return out.getvalue().decode()

    def _fernet(self) -> Fernet:
        return Fernet(urlsafe_b64encode(keys.derive("relais.mfa")))

    def encrypt(self, text):
        return self._fernet().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text):
        return self._fernet().decrypt(encrypted_text.encode()).decode()
