"""Short codes that people read aloud, and secrets that only their holder knows."""

import hashlib
import secrets

# No 0/O, 1/I/L, 5/S, 2/Z, 8/B, U/V: a code is copied from a poster by hand, in the rain.
ALPHABET = "3467ACDEFGHJKMNPQRTWXY9"
TOUCH_LENGTH = 5
RESUME_LENGTH = 12


def readable(length: int) -> str:
    """A random code of `length` characters of ALPHABET (4.5 bits each)."""
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


def tidy(text: str) -> str:
    """What a person typed, as a code: upper case, without spaces and dashes."""
    return "".join(character for character in text.upper() if character not in " -–—.\u00a0\u202f")


def is_code(text: str, length: int) -> bool:
    return len(text) == length and all(character in ALPHABET for character in text)


def grouped(code: str) -> str:
    """« ACDE-FGHJ-KMNP »: easier to copy."""
    return "-".join(code[start : start + 4] for start in range(0, len(code), 4))


def secret() -> str:
    """A secret of 256 bits for a cookie or a link."""
    return secrets.token_urlsafe(32)


def digest(secret: str) -> str:
    """What the database keeps of a secret. Secrets are random and long: a plain hash is enough."""
    return hashlib.sha256(secret.encode()).hexdigest()
