"""The QR code of a touch."""

import io

import segno

from .addresses import address_of
from .models import Touch

QUIET_ZONE = 4
"""Modules of white around it: less, and some telephones do not see it on a dark wall."""


def drawn(touch: Touch) -> bytes:
    """As SVG, black on white with its quiet zone, one millimetre a module: ready for the printer."""
    out = io.BytesIO()
    address = address_of(touch)
    segno.make(address, error="m", micro=False).save(
        out,
        kind="svg",
        border=QUIET_ZONE,
        unit="mm",
        dark="#000",
        light="#fff",
        title=f"{touch.label} : {address}",
        svgclass=None,
        lineclass=None,
    )
    return out.getvalue()
