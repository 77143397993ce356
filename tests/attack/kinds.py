"""Every kind there is, in the order in which they are tried."""

from . import costly, erasure, floods, fuzz, hints, odd, owner, rights, secrets, streams, words  # noqa: F401
from .campaign import ATTACKS

# What waits for a clock is begun first, and looked at last.
LATER = ("12", "B2")
NUMBERS = [*LATER, *(number for number in ATTACKS if number not in LATER)]
