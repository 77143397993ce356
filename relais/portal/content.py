"""What the portal says and a non-programmer edits: the files of content/, read once."""

import tomllib
from datetime import date
from functools import cache
from pathlib import Path

import msgspec

FOLDER = Path(__file__).parent / "content"


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


class Operator(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who runs this site; '' where the file says nothing."""

    publisher: str
    address: str
    phone: str
    email: str
    publication_director: str
    host: str
    data_contact: str
    code_address: str


def _read(name: str) -> dict:
    return tomllib.loads((FOLDER / name).read_text("utf-8"))


@cache
def help_groups() -> list[HelpGroup]:
    """The help numbers in reading order. Raises msgspec.ValidationError naming the line that is wrong."""
    return msgspec.convert(_read("help_numbers.toml")["groups"], list[HelpGroup])


@cache
def operator() -> Operator:
    return msgspec.convert(_read("operator.toml"), Operator)
