"""What the matching of occupations stands on: the names of jobs, the lexicon of ideas (content/search/*.toml), the packaged ROME."""

import csv
import io
import tomllib
import zipfile
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import msgspec

from ..sources.rome import PACKAGED

CATALOGUE = Path(__file__).resolve().parent.parent
LEXICON = CATALOGUE / "content" / "search"


class JobName(msgspec.Struct, array_like=True):
    """One way to call a job. `weight`: 1 for what everybody says, less for a name that several jobs share."""

    code: str
    text: str
    weight: float = 1.0


class Sheet(msgspec.Struct, array_like=True):
    slug: str
    name: str
    rome: list[str]
    names: list[str]
    text: str
    no_diploma: bool = False


class Source(msgspec.Struct):
    """All that the understanding stands on: written with the index, read by each process."""

    labels: dict[str, str]
    names: list[JobName]
    texts: dict[str, str]
    sheets: list[Sheet]


class Idea(msgspec.Struct, forbid_unknown_fields=True):
    """« says »: ways to say it. « rome »: how well each job answers it, 1 to 10. `strength`: how much it tells of what is looked for."""

    says: list[str]
    rome: dict[str, int]
    strength: float = 1.0
    no_diploma: bool = False


class Lexicon(msgspec.Struct, forbid_unknown_fields=True):
    idea: list[Idea] = []
    alias: dict[str, list[str]] = {}


@cache
def lexicon() -> Lexicon:
    """All content files, in one."""
    whole = Lexicon([], {})
    for file in sorted(LEXICON.glob("*.toml")):
        part = msgspec.convert(tomllib.loads(file.read_text("utf-8")), Lexicon)
        whole.idea += part.idea
        whole.alias |= part.alias
    return whole


@cache
def packaged_rome() -> tuple[dict[str, str], tuple[tuple[str, str], ...], dict[str, str]]:
    """({code: name}, ((code, name of a job), …), {code: what it does}), from the packaged archive (see data/SOURCES.md)."""

    def rows(name):
        return csv.DictReader(io.StringIO(archive.read(name).decode()))

    with zipfile.ZipFile(PACKAGED) as archive:
        labels = {row["code_rome"]: row["libelle_rome"] for row in rows("unix_referentiel_code_rome.csv")}
        names = tuple(
            (row["code_rome"], row["libelle_appellation_long"]) for row in rows("unix_referentiel_appellation.csv")
        )
        texts = {row["code"]: f"{row['definition']}. {row['definition']}. {row['skills']}" for row in rows("texts.csv")}
    return labels, names, texts


def packaged_source(sheets: Iterable[Sheet] = ()) -> Source:
    """What is understood without any import: the packaged ROME, and the given sheets."""
    labels, names, texts = packaged_rome()
    return Source(dict(labels), [JobName(code, name) for code, name in names], dict(texts), list(sheets))
