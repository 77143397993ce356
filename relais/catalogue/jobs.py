"""Every source, as something that can come by itself at its hour."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from functools import partial
from pathlib import Path

from django.conf import settings

from relais.foundation import web
from relais.foundation.jinja import number, plural
from relais.foundation.refusals import NotAcceptable
from relais.foundation.schedule import Asks, Failed, scheduled

from .bringing import SOURCES, Source, bring, takes
from .importing import BadFile
from .slicing import Interrupted

FIRST, APART = time(1, 10), timedelta(minutes=20)
"""The usual hour of the first source, and how far the next one is from it."""


def resolved(line: str) -> str:
    """An address as it is; a file by its whole path. Raises NotAcceptable: nothing outside of the folder is read for somebody at a page."""
    folder = Path(settings.IMPORT_FOLDER).resolve()
    try:
        if web.is_address(line):
            return line
        path = (folder / line).resolve()
        is_within = path.is_relative_to(folder) and not line.startswith(("http://", "https://"))
        is_there = path.exists()
    except (OSError, RuntimeError, ValueError):
        # Too long, a link that leads to itself, a bracket without its other half.
        is_within = is_there = False
    if not is_within:
        raise NotAcceptable(f"« {line[:200]} » n’est ni une adresse https://… ni un fichier du dossier {folder}.")
    if not is_there:
        raise NotAcceptable(
            f"« {line} » n’est pas dans le dossier {folder}, où ce serveur cherche les fichiers. Posez-l’y d’abord."
        )
    return str(path)


def check(source: str, lines: Sequence[str]) -> None:
    one = SOURCES[source]
    if len(lines) < one.fewest:
        raise NotAcceptable("Écrivez d’abord une adresse, ou le nom d’un fichier.")
    if not takes(source, lines):
        raise NotAcceptable(f"Cette source prend {one.most} {plural(one.most, 'ligne', 'lignes')} au plus.")
    if len(set(lines)) < len(lines):
        raise NotAcceptable("La même ligne est écrite deux fois.")
    for line in lines:
        resolved(line)


def asks(source: str, one: Source) -> Asks | None:
    if not one.most:
        return None
    many = (
        "Une seule : l’adresse https://… ou le nom du fichier."
        if one.most == 1
        else "Une par ligne : l’adresse https://… ou le nom du fichier."
    )
    packaged = "" if one.fewest else " Vide : ce qui est livré avec Relais."
    return Asks(
        "Adresses ou fichiers",
        f"{many}{packaged} Les fichiers se posent sur le serveur, dans {settings.IMPORT_FOLDER}.",
        partial(check, source),
    )


def come(source: str, lines: Sequence[str], now: datetime) -> str:
    """Bring the source in, and say what that changed. Raises Failed."""
    try:
        files = [resolved(line) for line in lines]
    except NotAcceptable as refusal:
        raise Failed(str(refusal)) from None
    done, refused = [], []
    try:
        for _, outcome in bring(source, files, now=now):
            (refused if isinstance(outcome, BadFile) else done).append(outcome)
    except Interrupted as error:
        raise Failed(
            "La source s’est arrêtée en route. Ce qui était lu est gardé ; le prochain passage continue.", str(error)
        ) from None
    words = "Rien n’a changé." if refused and not done else told(done)
    if refused:
        how = plural(len(refused), "fichier ou adresse a été refusé", "fichiers ou adresses ont été refusés")
        several = f"{len(refused)} {how}, sur {len(refused) + len(done)}. {words}"
        said = "\n".join(map(str, refused))
        raise Failed(several if done or len(refused) > 1 else "La source a été refusée, rien n’a changé.", said)
    return words


def told(runs) -> str:
    counts = ((sum(getattr(run, name) for run in runs), *words) for name, *words in COUNTED)
    words = ", ".join(f"{number(count)} {plural(count, one, many)}" for count, one, many in counts)
    aside = sum(run.aside for run in runs)
    return (
        f"{words}."
        if not aside
        else f"{words} ; {number(aside)} {plural(aside, 'ligne mise', 'lignes mises')} de côté."
    )


COUNTED = (
    ("added", "ajout", "ajouts"),
    ("changed", "changement", "changements"),
    ("removed", "retrait", "retraits"),
    ("unchanged", "inchangé", "inchangés"),
)


def usual(place: int) -> str:
    """Each at another hour: they are done one at a time, and the services they ask are not asked all at once."""
    at = datetime.combine(datetime.min, FIRST) + place * APART
    return f"{at:%H:%M}"


for _place, (_name, _source) in enumerate(SOURCES.items()):
    _words = f"Importer {_source.words}"
    scheduled(f"import-{_name}", _words, usual=usual(_place), asks=asks(_name, _source), lacks=_source.lacks)(
        partial(come, _name)
    )
