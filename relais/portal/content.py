"""What the portal says and a non-programmer edits: the files of content/, read once."""

import tomllib
from functools import cache
from pathlib import Path

import msgspec

FOLDER = Path(__file__).parent / "content"


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
    mail_provider: str = ""
    sms_provider: str = ""


def _read(name: str) -> dict:
    return tomllib.loads((FOLDER / name).read_text("utf-8"))


NEEDED = ("publisher", "host", "data_contact", "mail_provider")
"""Without these /confidentialite is not what the law asks for (RGPD, article 13)."""


def missing(one: Operator) -> list[str]:
    """What must be filled in before the site opens to the public."""
    return [name for name in NEEDED if not getattr(one, name)]


@cache
def operator() -> Operator:
    return msgspec.convert(_read("operator.toml"), Operator)
