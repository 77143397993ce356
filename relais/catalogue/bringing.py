"""Every source of the catalogue, and the one way to bring it in: by hand with `relais import`, or by itself at its hour."""

import inspect
import logging
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from django.conf import settings

from relais.foundation.outage import is_away

from . import slicing
from .importing import BadFile, Batch, Progress, run
from .models import ImportRun
from .sources import (
    apprenticeship,
    certifications,
    communes,
    france_travail,
    lheo,
    missions_locales,
    occupations,
    offers,
    rome,
    schools,
    structures,
)

log = logging.getLogger(__name__)
MANY = 500


class Source(NamedTuple):
    """`words`: what it brings, in French. `told`: what the command takes. `lacks`: a sentence when the settings it needs are not there, or ""."""

    words: str
    read: Callable[..., Batch]
    fewest: int
    most: int
    told: str
    apart: bool = False
    """Each file is an import of its own: one that is broken does not stop the others."""
    lacks: Callable[[], str] = lambda: ""


def _alternance() -> str:
    return (
        ""
        if settings.API_ALTERNANCE_KEY
        else "Il manque la clé API_ALTERNANCE_KEY, à mettre dans les réglages du serveur."
    )


def _france_travail() -> str:
    given = settings.FRANCE_TRAVAIL_ID and settings.FRANCE_TRAVAIL_SECRET
    return (
        "" if given else "Il manque FRANCE_TRAVAIL_ID et FRANCE_TRAVAIL_SECRET, à mettre dans les réglages du serveur."
    )


SOURCES = {
    communes.NAME: Source(
        "les communes",
        communes.read,
        0,
        MANY,
        "[CSV_OR_JSON…]: the packaged table of communes, others, or answers of geo.api.gouv.fr",
    ),
    rome.NAME: Source(
        "les noms de métiers (ROME)",
        rome.read,
        0,
        1,
        "[ZIP]: the packaged names of jobs, or RefRomeCsv.zip of France Travail",
    ),
    missions_locales.NAME: Source(
        "les missions locales",
        missions_locales.read,
        0,
        MANY,
        "[JSON…]: the packaged i-milo lists, or others of structures and agencies",
    ),
    occupations.NAME: Source(
        "les fiches métiers",
        occupations.read,
        0,
        1,
        "[FOLDER]: the packaged occupation sheets, or another folder",
    ),
    structures.NAME: Source(
        "les structures d’insertion (data.inclusion)",
        structures.read,
        1,
        MANY,
        "FILE…: structures and their services, data.inclusion schema, JSON lines",
    ),
    schools.NAME: Source(
        "les établissements scolaires (Annuaire de l’éducation)",
        schools.read,
        1,
        MANY,
        "CSV…: the Annuaire de l'éducation",
        apart=True,
    ),
    certifications.NAME: Source(
        "les diplômes et titres (RNCP)",
        certifications.read,
        1,
        12,
        "ZIP_OR_CSV…: RNCP of France compétences, or the apprenticeship kit",
    ),
    lheo.NAME: Source(
        "les formations (LHEO)",
        lheo.read,
        1,
        MANY,
        "XML…: trainings in LHEO 2.2 or 2.3",
        apart=True,
    ),
    apprenticeship.CATALOGUE: Source(
        "les formations en apprentissage (Carif-Oref)",
        apprenticeship.read_catalogue,
        1,
        MANY,
        "JSON…: catalogue of the Carif-Oref, all its pages",
        apart=True,
    ),
    apprenticeship.ALTERNANCE: Source(
        "les formations d’API Alternance",
        apprenticeship.read_alternance,
        0,
        0,
        "(no file): API Alternance, with API_ALTERNANCE_KEY",
        lacks=_alternance,
    ),
    offers.NAME: Source(
        "les offres d’emploi d’un fichier",
        offers.read,
        1,
        MANY,
        "NDJSON_OR_JSON…: offers in the form of « Offres d'emploi 2 »",
        apart=True,
    ),
    france_travail.NAME: Source(
        "les offres de France Travail",
        lambda: Batch([]),
        0,
        0,
        "(no file): « Offres d'emploi 2 », with FRANCE_TRAVAIL_ID and FRANCE_TRAVAIL_SECRET",
        lacks=_france_travail,
    ),
}


def takes(source: str, files: Sequence[str]) -> bool:
    """Whether that is a number of files for this source."""
    return SOURCES[source].fewest <= len(files) <= SOURCES[source].most


def bring(
    source: str,
    files: Sequence[str],
    *,
    now: datetime,
    complete: bool = False,
    shrink: bool = False,
    dry_run: bool = False,
    progress: Progress = lambda *_: None,
) -> Iterator[tuple[Sequence[str], ImportRun | BadFile]]:
    """Each import in turn: its files, and its run or what it refused. `complete`: these files are all of the source. `shrink`: most may leave.

    Raises `slicing.Interrupted`.
    """
    how = {"now": now, "dry_run": dry_run, "progress": progress}
    for group in [[file] for file in files] if SOURCES[source].apart and not complete else [files]:
        try:
            yield group, _import(source, group, complete, shrink, how)
        except slicing.Interrupted:
            raise
        except BadFile as error:
            yield group, error
        except Exception as error:
            # What nobody foresaw in one file stops none of the others.
            if is_away(error):
                raise
            log.exception("The import of %s failed", source)
            yield group, BadFile(f"{' '.join(group) or source}: an error that nobody foresaw, the log says which.")


def _import(source: str, files: Sequence[str], complete: bool, shrink: bool, how: dict) -> ImportRun:
    if source == france_travail.NAME:
        harvest = france_travail.Harvest(france_travail.trades(), how["now"])
        return slicing.run_slices(source, harvest.plan, origin="api.francetravail.io", may_shrink=shrink, **how)
    return run(
        source, lambda: _read(source, files, how["now"], complete, shrink), origin=" ".join(files) or "packaged", **how
    )


def _read(source: str, files: Sequence[str], now: datetime, complete: bool, shrink: bool) -> Batch:
    reader = SOURCES[source].read
    batch = reader(*files, **({"now": now} if "now" in inspect.signature(reader).parameters else {}))
    batch.may_shrink = shrink
    for table in batch.tables if complete else []:
        table.parts, table.scope = (), {name: value for name, value in table.scope.items() if name == "source"}
    return batch
