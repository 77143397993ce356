"""`relais import SOURCE [FILE_OR_ADDRESS …]`: bring the catalogue to what a source says, writing only the differences."""

import inspect
import sys
from collections.abc import Callable
from typing import NamedTuple

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from relais.catalogue import slicing
from relais.catalogue.importing import BadFile, Batch, run
from relais.catalogue.sources import (
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

MANY = 500


class Source(NamedTuple):
    read: Callable[..., Batch]
    fewest: int
    most: int
    told: str
    apart: bool = False
    """Each file is an import of its own: one that is broken does not stop the others."""


SOURCES = {
    communes.NAME: Source(communes.read, 0, MANY, "[CSV_OR_JSON…]: the packaged table of communes, others, or answers of geo.api.gouv.fr"),
    rome.NAME: Source(rome.read, 0, 1, "[ZIP]: the packaged names of jobs, or RefRomeCsv.zip of France Travail"),
    missions_locales.NAME: Source(missions_locales.read, 0, MANY, "[JSON…]: the packaged i-milo lists, or others of structures and agencies"),
    occupations.NAME: Source(occupations.read, 0, 1, "[FOLDER]: the packaged occupation sheets, or another folder"),
    structures.NAME: Source(structures.read, 1, MANY, "FILE…: structures and their services, data.inclusion schema, JSON lines"),
    schools.NAME: Source(schools.read, 1, MANY, "CSV…: the Annuaire de l'éducation", apart=True),
    certifications.NAME: Source(certifications.read, 1, 12, "ZIP_OR_CSV…: RNCP of France compétences, or the apprenticeship kit"),
    lheo.NAME: Source(lheo.read, 1, MANY, "XML…: trainings in LHEO 2.2 or 2.3", apart=True),
    apprenticeship.CATALOGUE: Source(apprenticeship.read_catalogue, 1, MANY, "JSON…: catalogue of the Carif-Oref, all its pages", apart=True),
    apprenticeship.ALTERNANCE: Source(apprenticeship.read_alternance, 0, 0, "(no file): API Alternance, with API_ALTERNANCE_KEY"),
    offers.NAME: Source(offers.read, 1, MANY, "NDJSON_OR_JSON…: offers in the form of « Offres d'emploi 2 »", apart=True),
    france_travail.NAME: Source(lambda: Batch([]), 0, 0, "(no file): « Offres d'emploi 2 », with FRANCE_TRAVAIL_ID and FRANCE_TRAVAIL_SECRET"),
}


class Command(BaseCommand):
    help = "Import a source: a file, or an http(s) address. Says what was added, changed, removed. Safe to run twice."

    def create_parser(self, *args, **options):
        parser = super().create_parser(*args, **options)
        parser.epilog = "Sources: " + "; ".join(f"{name} {source.told}" for name, source in SOURCES.items())
        return parser

    def add_arguments(self, parser):
        parser.add_argument("source", choices=sorted(SOURCES), metavar="SOURCE", help=", ".join(sorted(SOURCES)))
        parser.add_argument("files", nargs="*", metavar="FILE_OR_URL")
        parser.add_argument("--dry-run", action="store_true", help="compare and tell, write nothing")
        parser.add_argument("--complete", action="store_true", help="these files are all of the source: what other files brought before leaves")
        parser.add_argument("--shrink", action="store_true", help="accept that more than half of the rows leave at once")

    def handle(self, source, files, dry_run=False, complete=False, shrink=False, **options):
        if not SOURCES[source].fewest <= len(files) <= SOURCES[source].most:
            raise CommandError(f"relais import {source} {SOURCES[source].told}")
        how = {"now": timezone.now(), "dry_run": dry_run, "progress": self.progress if sys.stderr.isatty() else lambda *_: None}
        refused = []
        for group in [[file] for file in files] if SOURCES[source].apart and not complete else [files]:
            try:
                self.tell(source, self.bring(source, group, complete, shrink, how), dry_run)
            except slicing.Interrupted as error:
                raise CommandError(str(error), returncode=1) from None
            except BadFile as error:
                refused.append(f"{error} Nothing was changed{' by it' if len(files) > len(group) else ''}.")
        if refused:
            raise CommandError("\n".join(refused), returncode=1)

    def bring(self, source, files, complete, shrink, how):
        if source == france_travail.NAME:
            harvest = france_travail.Harvest(france_travail.trades(), how["now"])
            return slicing.run_slices(source, harvest.plan, origin="api.francetravail.io", may_shrink=shrink, **how)
        return run(source, lambda: self.read(source, files, how["now"], complete, shrink), origin=" ".join(files) or "packaged", **how)

    def read(self, source, files, now, complete, shrink) -> Batch:
        reader = SOURCES[source].read
        batch = reader(*files, **({"now": now} if "now" in inspect.signature(reader).parameters else {}))
        batch.may_shrink = shrink
        for table in batch.tables if complete else []:
            table.parts, table.scope = (), {name: value for name, value in table.scope.items() if name == "source"}
        return batch

    def progress(self, what, done, total):
        end = "\n" if total and done >= total else ""
        told = f"[{'#' * (20 * done // total):<20}] {done:,} of {total:,}" if total else f"{done:,} "
        self.stderr.write(f"\r{what}: {told}".replace(",", " "), ending=end)

    def tell(self, source, outcome, dry_run):
        told = f"{outcome.added} added, {outcome.changed} changed, {outcome.removed} removed, {outcome.unchanged} unchanged"
        self.stdout.write(f"{source}: {told}, {len(outcome.set_aside)} set aside{' (dry run: nothing written)' if dry_run else ''}")
        if outcome.version:
            self.stdout.write(f"  version: {outcome.version}")
        for name, counts in outcome.notes.items():
            self.stdout.write(f"  {name}: " + ", ".join(f"{number} {label}" for label, number in counts.items()))
        for row in outcome.set_aside[:20]:
            self.stdout.write(f"  set aside: {row['row']}: {row['reason']}")
        if len(outcome.set_aside) > 20:
            self.stdout.write(f"  … and {len(outcome.set_aside) - 20} more, all kept with the run.")
