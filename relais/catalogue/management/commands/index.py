"""`relais index`: bring the search index of this node to what the database says; `--rebuild` builds it whole beside the old one."""

import sys

from django.core.management.base import BaseCommand, CommandError

from relais.catalogue.search.generation import BuildRunning, read_pointer
from relais.catalogue.search.index import Keeper, build


class Command(BaseCommand):
    help = "Bring the search index of this node up to date. The worker does it by itself: this is for a node being prepared, or in doubt."

    def add_arguments(self, parser):
        parser.add_argument("--rebuild", action="store_true", help="build it whole beside the old one, and swap them")

    def handle(self, *, rebuild=False, **options):
        try:
            if rebuild:
                build(progress=self.progress if sys.stderr.isatty() else lambda _: None)
            else:
                Keeper().turn()
        except BuildRunning:
            raise CommandError(
                "Another process is building the index of this node. Try again when it is done."
            ) from None
        self.stdout.write(f"{read_pointer().documents} documents.")

    def progress(self, done):
        self.stderr.write(f"\r{done} documents", ending="")
