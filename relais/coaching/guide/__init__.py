"""The guided start: a script written by people, read as a graph. A program asks; a human is behind every door.

Nothing is kept while somebody walks through it: the choices made are short codes in the address, and only a person who
then writes takes them along. `script()` reads content/guide.toml once; a test holds it to what it promises.
"""

import tomllib
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path

FILE = Path(__file__).parent.parent / "content" / "guide.toml"
HUMAN = "humain"
SEPARATOR = "."
LONGEST = 20
"""Choices in one walk: people go back and forth; more is no walk."""


class UnknownChoice(Exception):
    """An address whose codes this script does not offer (any more)."""


@dataclass(frozen=True)
class Source:
    label: str
    url: str
    checked: date


@dataclass(frozen=True)
class Choice:
    """`sets`: what choosing it says of the person, in the codes of Conversation (subject, urgency, age_band, known)."""

    code: str
    label: str
    goes: str
    sets: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Node:
    """`sheets`: answers from the occupation sheets. `referral`: shows the places entitled to help. `link`: (label, address)."""

    id: str
    says: tuple[str, ...]
    choices: tuple[Choice, ...]
    source: Source | None = None
    link: tuple[str, str] | None = None
    sheets: bool = False
    referral: bool = False


@dataclass(frozen=True)
class Walk:
    """The choices made, in order: `node` is where they lead (None: to a human), `said` what they say of the person."""

    node: Node | None
    codes: tuple[str, ...]
    steps: tuple[tuple[str, str], ...]
    said: dict[str, str]

    @property
    def code(self) -> str:
        return SEPARATOR.join(self.codes)


class Script:
    def __init__(self, data: dict):
        self.nodes = {node["id"]: _node(node) for node in data["nodes"]}
        self.start = self.nodes[data["start"]]
        self.choices = {choice.code: (node, choice) for node in self.nodes.values() for choice in node.choices}

    def walk(self, text: str) -> Walk:
        """Follow the codes of an address (`fo.fa.a1`). Raises UnknownChoice when they are not a way through the script."""
        codes = tuple(filter(None, text.split(SEPARATOR)))
        if len(codes) > LONGEST:
            raise UnknownChoice(text[:40])
        node, steps, said = self.start, [], {}
        for code in codes:
            asked, choice = self.choices.get(code, (None, None))
            if asked is not node or node is None:
                raise UnknownChoice(code[:40])
            steps.append((" ".join(node.says), choice.label))
            said |= choice.sets
            node = self.nodes.get(choice.goes)
        return Walk(node, codes, tuple(steps), said)


def _node(data: dict) -> Node:
    return Node(
        id=data["id"],
        says=tuple(data["says"]),
        choices=tuple(Choice(**choice) for choice in data["choices"]),
        source=Source(**data["source"]) if "source" in data else None,
        link=(data["link"]["label"], data["link"]["href"]) if "link" in data else None,
        sheets=data.get("sheets", False),
        referral=data.get("referral", False),
    )


@cache
def script() -> Script:
    return Script(tomllib.loads(FILE.read_text("utf-8")))
