"""The help numbers: the one table of the site (content/help_numbers.toml), read once, never from the database.

Pages that must work when everything else is down show them, and so does the answer line when somebody writes that they are in danger.
"""

import tomllib
from collections.abc import Iterable
from datetime import date
from functools import cache
from pathlib import Path

import msgspec

FILE = Path(__file__).parent / "content" / "help_numbers.toml"


class HelpNumber(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One line of the table of help numbers. All calls are free."""

    number: str
    name: str
    who: str
    hours: str
    source: str
    verified_on: date
    source_date: date | None = None
    sms: bool = False

    @property
    def address(self) -> str:
        """What a press on the number opens."""
        return f"{'sms' if self.sms else 'tel'}:{self.number.replace(' ', '')}"

    @property
    def is_long(self) -> bool:
        return len(self.number) > 4


class HelpGroup(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    title: str
    numbers: list[HelpNumber]


@cache
def help_groups() -> list[HelpGroup]:
    """The help numbers in reading order. Raises msgspec.ValidationError naming the line that is wrong."""
    return msgspec.convert(tomllib.loads(FILE.read_text("utf-8"))["groups"], list[HelpGroup])


def help_lines(numbers: Iterable[str]) -> list[HelpNumber]:
    """The lines of these numbers (« 3114 »…), in the order given, each once. Raises KeyError for a number not in the table."""
    table = {line.number: line for group in help_groups() for line in group.numbers}
    return [table[number] for number in dict.fromkeys(numbers)]
