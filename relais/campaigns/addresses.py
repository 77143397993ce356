"""Where a touch is followed, and where many are brought."""

from relais.foundation import sites

from .models import Touch

BRING = "/pro/contacts/importer"
"""Takes a file (see config/asgi.py)."""


def address_of(touch: Touch) -> str:
    return sites.absolute(f"/r/{touch.code}", organisation=touch.organisation_id)
