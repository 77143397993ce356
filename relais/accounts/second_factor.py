"""A second factor and its proof made by the program: for the demonstration, for tests and measurements. People set their own on allauth's pages."""

import base64
import secrets
from time import time

from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator

SECRET_BYTES = 20  # RFC 4226, section 4: 160 bits


def new_secret() -> str:
    """Base32, as a telephone takes it."""
    return base64.b32encode(secrets.token_bytes(SECRET_BYTES)).decode()


def authenticator(user, secret: str = "") -> Authenticator:
    """Time-based codes (RFC 6238) for `user`, not saved yet."""
    return Authenticator(
        user=user, type=Authenticator.Type.TOTP, data={"secret": get_adapter().encrypt(secret or new_secret())}
    )


def as_after_both_factors(session, user) -> None:
    """Writes into `session` what allauth writes after a password and a code just now: the middleware needs to know no exception."""
    now = time()
    session[AUTHENTICATION_METHODS_SESSION_KEY] = [
        {"method": "password", "at": now, "email": user.email},
        {"method": "mfa", "at": now, "type": "totp"},
    ]
    session[f"{AUTHENTICATION_METHODS_SESSION_KEY}_user"] = str(user.pk)
