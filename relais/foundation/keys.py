"""Secrets drawn from the one secret of the house: resume codes, links, digests of senders and of who wrote STOP, second factors.

That secret lies in the database, sealed under the ring of keys (RELAIS_KEYS, see `sealed`). So the ring turns without anybody
noticing: `relais reseal` seals it anew and nothing drawn from it changes. SECRET_KEY signs sessions and forms, nothing that lasts.
"""

import hmac
from functools import lru_cache
from hashlib import sha256

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from .models import HouseSecret
from .sealed import CannotOpen

OTHER_KEYS = (
    "The data of this database were sealed with another key. If RELAIS_KEYS was changed: put the former key after the new one "
    "(RELAIS_KEYS=NEW,FORMER), start, and run `relais reseal`. If RELAIS_KEYS is not set and SECRET_KEY was changed: the former key is the "
    "word « sealing: » followed by the former SECRET_KEY. A restored backup needs the keys of the site it was made on."
)


@lru_cache(maxsize=1)
def house() -> str:
    """The secret of the house. Raises CannotOpen."""
    # The first one is that of SECRET_KEY: what was drawn from it before the ring existed stays good.
    return HouseSecret.objects.get_or_create(pk=1, defaults={"secret": settings.SECRET_KEY})[0].secret


def sign(message: str) -> str:
    """64 hexadecimal digits that nobody can find without the secret of the house. `message` begins with its purpose."""
    return hmac.new(house().encode(), message.encode(), "sha256").hexdigest()


def derive(purpose: str) -> bytes:
    """A key of 32 bytes for one purpose."""
    return sha256(purpose.encode() + house().encode()).digest()


def check() -> None:
    """Refuse to go on with keys that do not open the data. Raises ImproperlyConfigured, with what to do."""
    house.cache_clear()
    try:
        house()
    except CannotOpen:
        raise ImproperlyConfigured(OTHER_KEYS) from None


def first(model, outbound) -> None:
    """For the migration that makes the table: the first secret, unless SECRET_KEY no longer opens what is there."""
    try:
        outbound.objects.order_by("-pk").first()
    except CannotOpen:
        raise ImproperlyConfigured(OTHER_KEYS) from None
    model.objects.bulk_create([model(pk=1, secret=settings.SECRET_KEY)], ignore_conflicts=True)
