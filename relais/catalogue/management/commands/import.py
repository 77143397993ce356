"""`relais import SOURCE [FILE_OR_ADDRESS …]`: bring the catalogue to what a source says, writing only the differences."""

import sys

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from relais.catalogue.bringing import SOURCES, bring, takes
from relais.catalogue.importing import BadFile
from relais.catalogue.slicing import Interrupted


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
        parser.add_argument(
            "--complete",
            action="store_true",
            help="these files are all of the source: what other files brought before leaves",
        )
        parser.add_argument(
            "--shrink", action="store_true", help="accept that more than half of the rows leave at once"
        )

    def handle(self, source, files, dry_run=False, complete=False, shrink=False, **options):
        if not takes(source, files):
            raise CommandError(f"relais import {source} {SOURCES[source].told}")
        how = {
            "now": timezone.now(),
            "dry_run": dry_run,
            "progress": self.progress if sys.stderr.isatty() else lambda *_: None,
        }
        refused = []
        try:
            for group, outcome in bring(source, files, complete=complete, shrink=shrink, **how):
                if isinstance(outcome, BadFile):
                    refused.append(f"{outcome} Nothing was changed{' by it' if len(files) > len(group) else ''}.")
                else:
                    self.tell(source, outcome, dry_run)
        except Interrupted as error:
            raise CommandError(str(error), returncode=1) from None
        if refused:
            raise CommandError("\n".join(refused), returncode=1)

    def progress(self, what, done, total):
        end = "\n" if total and done >= total else ""
        told = f"[{'#' * (20 * done // total):<20}] {done:,} of {total:,}" if total else f"{done:,} "
        self.stderr.write(f"\r{what}: {told}".replace(",", " "), ending=end)

    def tell(self, source, outcome, dry_run):
        told = f"{outcome.added} added, {outcome.changed} changed, {outcome.removed} removed, {outcome.unchanged} unchanged"
        self.stdout.write(
            f"{source}: {told}, {len(outcome.set_aside)} set aside{' (dry run: nothing written)' if dry_run else ''}"
        )
        if outcome.version:
            self.stdout.write(f"  version: {outcome.version}")
        for name, counts in outcome.notes.items():
            self.stdout.write(f"  {name}: " + ", ".join(f"{number} {label}" for label, number in counts.items()))
        for row in outcome.set_aside[:20]:
            self.stdout.write(f"  set aside: {row['row']}: {row['reason']}")
        if len(outcome.set_aside) > 20:
            self.stdout.write(f"  … and {len(outcome.set_aside) - 20} more, all kept with the run.")
