"""Every kind there is, in the order in which they are tried."""

from . import costly, erasure, floods, fuzz, hints, odd, owner, rights, secrets, streams, words
from .campaign import ATTACKS

FILES = (costly, erasure, floods, fuzz, hints, odd, owner, rights, secrets, streams, words)
"""Each adds its own to ATTACKS as soon as it is read."""

# What waits for a clock is begun first, and looked at last.
LATER = ("12", "B2")
NUMBERS = [*LATER, *(number for number in ATTACKS if number not in LATER)]
