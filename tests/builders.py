"""Accounts and browsers for tests and measurements, in one place."""

import hmac
from base64 import b32decode
from time import time

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.test import Client
from django.utils import timezone

from relais.accounts.models import Membership, Organisation, User
from relais.accounts.second_factor import as_after_both_factors, authenticator

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


def user(role="", *, organisation=None, approved=True, second_factor=True, password=None, secret="", now=None, **fields) -> User:
    """Somebody who works here, with an e-mail address of their own. Without an organisation, one is made for them."""
    number = User.objects.count() + 1
    fields.setdefault("email", f"personne-{number}@exemple.invalid")
    fields.setdefault("display_name", f"Personne {number}")
    one = User.objects.create_user(password=password, approved_at=(now or timezone.now()) if approved else None, **fields)
    EmailAddress.objects.create(user=one, email=one.email, verified=True, primary=True)
    if role:
        organisation = organisation or Organisation.objects.create(name=f"Organisation {number}", kind=Organisation.Kind.OPERATOR)
        Membership.objects.create(user=one, organisation=organisation, role=role)
    if second_factor:
        authenticator(one, secret).save()
    return one


def session(one: User) -> str:
    """The key of a session as after a password and a code just now."""
    store = SessionStore()
    store[SESSION_KEY], store[BACKEND_SESSION_KEY], store[HASH_SESSION_KEY] = str(one.pk), BACKEND, one.get_session_auth_hash()
    as_after_both_factors(store, one)
    store.create()
    return store.session_key


def client(one: User, **options) -> Client:
    """A browser in which `one` is signed in."""
    browser = Client(**options)
    browser.cookies[settings.SESSION_COOKIE_NAME] = session(one)
    return browser


def code(secret: str) -> str:
    """What the telephone shows now (RFC 6238: SHA-1, 30 seconds, six digits)."""
    counter = int(time()) // 30
    digest = hmac.digest(b32decode(secret), counter.to_bytes(8, "big"), "sha1")
    start = digest[-1] & 15
    return f"{(int.from_bytes(digest[start : start + 4], 'big') & 0x7FFFFFFF) % 1_000_000:06d}"
