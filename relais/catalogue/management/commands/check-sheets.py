"""`relais check-sheets`: is every occupation sheet fit to be shown?"""

import csv
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from relais.catalogue.importing import BadFile
from relais.catalogue.sheets import FOLDER, SCOPE, check_sheets, left_to_check, rome_scope, sheet_files
from relais.catalogue.sources import rome


class Command(BaseCommand):
    help = "Check the occupation sheets: fields, headings, sources, ROME names, links, length of sentences, names claimed twice.\nWhat a person still has to look up is listed, and stops nothing."
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument("folder", nargs="?", type=Path, default=FOLDER)
        parser.add_argument(
            "--rebuild", metavar="ZIP", help="first rebuild the packaged table of ROME names from this ROME archive"
        )

    def handle(self, folder, rebuild=None, **options):
        if rebuild:
            self.rebuild(rebuild)
        for note in left_to_check(folder, today=timezone.localdate()):
            self.stdout.write(f"À vérifier par une personne : {note}")
        problems = check_sheets(folder)
        for problem in problems:
            self.stdout.write(str(problem))
        if problems:
            raise CommandError(f"{len(problems)} problems in {len(sheet_files(folder))} sheets.")
        self.stdout.write(f"{len(sheet_files(folder))} sheets, no problem.")

    def rebuild(self, archive):
        try:
            codes, names, _ = rome.read(archive).tables
        except BadFile as error:
            raise CommandError(str(error)) from None
        numbers = {}
        for ogr, name in names.records.items():
            numbers.setdefault(name["rome_id"], []).append(ogr)
        with SCOPE.open("w", encoding="utf-8", newline="") as file:
            out = csv.writer(file, lineterminator="\n")
            out.writerow(["code", "name", "names"])
            for code in sorted(codes.records):
                out.writerow([code, codes.records[code]["name"], "|".join(map(str, sorted(numbers.get(code, []))))])
        rome_scope.cache_clear()
