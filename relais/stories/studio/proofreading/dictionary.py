"""The words of the trade that Grammalecte does not know, with their gender, so that agreement with them is checked too."""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

NATURES = {
    "m": ":N:m:i",
    "f": ":N:f:i",
    "e": ":N:e:i",
    "ms": ":N:m:s",
    "mp": ":N:m:p",
    "fs": ":N:f:s",
    "fp": ":N:f:p",
    "name": ":M1:e:i",
    "word": ":W",
}


@dataclass(frozen=True)
class Entry:
    word: str
    tags: str


@cache
def entries() -> tuple[Entry, ...]:
    """Raises ValueError on a line that cannot be read, with its number."""
    found = []
    for number, line in enumerate(files(__package__).joinpath("dictionary.txt").read_text().splitlines(), 1):
        fields = line.partition("#")[0].split()
        if not fields:
            continue
        if len(fields) != 2 or fields[1] not in NATURES:
            raise ValueError(f"dictionary.txt, line {number}: expected a word and one of {', '.join(NATURES)}.")
        found.append(Entry(fields[0], NATURES[fields[1]]))
    return tuple(found)
