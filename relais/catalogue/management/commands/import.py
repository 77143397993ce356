"""`relais import SOURCE [FILE_OR_ADDRESS …]`: bring the catalogue to what a source says, writing only the differences."""

import sys

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from relais.catalogue.importing import BadFile, run
from relais.catalogue.sources import communes, missions_locales, occupations, rome

# Source: (reader, fewest files, most files, what they are).
SOURCES = {
    communes.NAME: (communes.read, 0, 1, "[CSV]: the packaged table of communes, or another"),
    rome.NAME: (rome.read, 1, 1, "ZIP: RefRomeCsv.zip of France Travail"),
    missions_locales.NAME: (missions_locales.read, 0, 2, "[STRUCTURES [AGENCIES]]: the packaged i-milo lists, or others in JSON"),
    occupations.NAME: (occupations.read, 0, 1, "[FOLDER]: the packaged occupation sheets, or another folder"),
}


class Command(BaseCommand):
    help = "Import a source: a file, or an http(s) address. Says what was added, changed, removed. Safe to run twice."

    def create_parser(self, *args, **options):
        parser = super().create_parser(*args, **options)
        parser.epilog = "Sources: " + "; ".join(f"{name} {told}" for name, (*_, told) in SOURCES.items())
        return parser

    def add_arguments(self, parser):
        parser.add_argument("source", choices=sorted(SOURCES), metavar="SOURCE", help=", ".join(sorted(SOURCES)))
        parser.add_argument("files", nargs="*", metavar="FILE_OR_URL")
        parser.add_argument("--dry-run", action="store_true", help="compare and tell, write nothing")

    def handle(self, source, files, dry_run=False, **options):
        reader, fewest, most, told = SOURCES[source]
        if not fewest <= len(files) <= most:
            raise CommandError(f"relais import {source} {told}")
        try:
            outcome = run(
                source,
                lambda: reader(*files),
                origin=" ".join(files) or "packaged",
                now=timezone.now(),
                dry_run=dry_run,
                progress=self.progress if sys.stderr.isatty() else lambda *_: None,
            )
        except BadFile as error:
            raise CommandError(f"{error} Nothing was changed.", returncode=1) from None
        self.tell(source, outcome, dry_run)

    def progress(self, what, done, total):
        self.stderr.write(f"\r{what}: {done} of {total} written", ending="\n" if done == total else "")

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
