"""Text that a copy of the database does not give away: encrypted (Fernet, AES-128 with HMAC) before it reaches PostgreSQL.

Keys are in the setting SEALING_KEYS, the newest first: it seals, all of them open. To change keys, put a new one first
and run `relais reseal`; the old one may then leave. A sealed column cannot be searched or sorted by the database.
"""

import json
from base64 import urlsafe_b64encode
from functools import lru_cache
from hashlib import sha256
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import models


class CannotOpen(Exception):
    """None of the keys opens this text: a key was taken away before `relais reseal`, or the data belong elsewhere."""


@lru_cache(maxsize=4)
def _box(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(urlsafe_b64encode(sha256(b"relais.sealed:" + key.encode()).digest())) for key in keys])


def seal(text: str) -> str:
    """`text`, unreadable without a key. The empty text stays empty: that nothing was written is no secret."""
    return _box(tuple(settings.SEALING_KEYS)).encrypt(text.encode()).decode() if text else ""


def unseal(token: str) -> str:
    """The text of `seal`. Raises CannotOpen."""
    if not token:
        return ""
    try:
        return _box(tuple(settings.SEALING_KEYS)).decrypt(token.encode()).decode()
    except InvalidToken:
        raise CannotOpen("A sealed text cannot be opened with the keys in RELAIS_KEYS.") from None


def reseal(token: str) -> str:
    """The same text under the newest key. Raises CannotOpen."""
    try:
        return _box(tuple(settings.SEALING_KEYS)).rotate(token.encode()).decode() if token else ""
    except InvalidToken:
        raise CannotOpen("A sealed text cannot be opened with the keys in RELAIS_KEYS.") from None


class SealedTextField(models.TextField):
    """A TextField whose column holds sealed text. Lookups other than « is empty » make no sense on it."""

    def get_prep_value(self, value):
        value = super().get_prep_value(value)
        return value if value is None else seal(value)

    def from_db_value(self, value, expression, connection):
        return value if value is None else unseal(value)


class SealedBytesField(SealedTextField):
    """Bytes as they came, in a column that `relais reseal` treats like any other; none reads as b""."""

    # For the checker of types, which would take them for text.
    _pyi_private_set_type: Any
    _pyi_private_get_type: Any

    def get_prep_value(self, value):
        return _box(tuple(settings.SEALING_KEYS)).encrypt(bytes(value)).decode() if value else ""

    def from_db_value(self, value, expression, connection):
        if not value:
            return b""
        try:
            return _box(tuple(settings.SEALING_KEYS)).decrypt(value.encode())
        except InvalidToken:
            raise CannotOpen("Sealed bytes cannot be opened with the keys in RELAIS_KEYS.") from None


class SealedJSONField(SealedTextField):
    """A plain value (list or dictionary), sealed as a whole; what is empty stays empty and reads as the default."""

    _pyi_private_set_type: Any
    _pyi_private_get_type: Any

    def get_prep_value(self, value):
        return super().get_prep_value(json.dumps(value, ensure_ascii=False) if value else "")

    def from_db_value(self, value, expression, connection):
        text = super().from_db_value(value, expression, connection)
        return json.loads(text) if text else self.get_default()
