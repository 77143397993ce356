"""An address that is shown without being told: enough to recognise one's own, not enough to reach somebody."""

import re

_EMAIL = re.compile(r"[^\s<>\"'(),;:]+@[^\s<>\"'(),;:]+")
_NUMBER = re.compile(r"\+?\d[\d \u00a0\u202f.()-]{4,}\d")


def mask(address: str) -> str:
    """« lea@exemple.fr » → « l…@exemple.fr », « +33612345678 » → « …78 »; what is neither stays as it is."""
    masked = _EMAIL.sub(lambda found: f"{found[0][0]}…@{found[0].rpartition('@')[2]}", address)
    return _NUMBER.sub(lambda found: f"…{found[0][-2:]}", masked)
