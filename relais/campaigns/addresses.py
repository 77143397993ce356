"""Where a touch is followed."""

from relais.foundation import sites

from .models import Touch


def address_of(touch: Touch) -> str:
    return sites.absolute(f"/r/{touch.code}", organisation=touch.organisation_id)
