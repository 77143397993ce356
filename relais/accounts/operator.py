"""Who runs an installation before anybody wrote it on the page of its site: content/operator.toml, read once."""

import tomllib
from functools import cache
from pathlib import Path

import msgspec

FILE = Path(__file__).parent / "content" / "operator.toml"


class Operator(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the file says; '' where it says nothing."""

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


@cache
def operator() -> Operator:
    return msgspec.convert(tomllib.loads(FILE.read_text("utf-8")), Operator)


def as_site() -> dict:
    """The same under the names of the fields of a `Site`."""
    said = msgspec.structs.asdict(operator())
    return said | {"hosting": said.pop("host")}
