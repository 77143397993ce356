"""The labelled sets: `kinds | message`, one a line."""

import hashlib
from pathlib import Path

FOLDER = Path(__file__).parent


def lines(name: str) -> list[tuple[frozenset[str], str]]:
    """[(kinds, message)]; no kind where nothing is to be found."""
    found = []
    for line in (FOLDER / name).read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            kinds, message = line.split(" | ", 1)
            found.append((frozenset(kinds.split("+")) - {"-"}, message))
    return found


def is_held_out(message: str) -> bool:
    """One message in two, by its hash: decided before the lexicon, and never looked at while it was written."""
    return hashlib.sha256(message.encode()).digest()[0] % 2 == 1


def braced(message: str) -> tuple[str, list[tuple[int, int]]]:
    """« tel {06…} » as its plain text, and where the braces stood."""
    plain, spans, opened = "", [], 0
    for letter in message:
        if letter == "{":
            opened = len(plain)
        elif letter == "}":
            spans.append((opened, len(plain)))
        else:
            plain += letter
    return plain, spans
